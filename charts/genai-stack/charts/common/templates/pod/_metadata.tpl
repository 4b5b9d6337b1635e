{{/*
Metadata of a pod template. "config" is what the pod reads at its start: another text restarts the pods.
  {{ include "genai.pod.metadata" (dict "root" $ "component" "gateway" "settings" .Values "config" $config) }}
*/}}
{{- define "genai.pod.metadata" -}}
{{- $annotations := merge (dict) (.settings.podAnnotations | default dict) (.root.Values.global.podAnnotations | default dict) -}}
{{- with .config -}}
{{- $_ := set $annotations "genai-stack/config-checksum" (sha256sum .) -}}
{{- end -}}
labels:
  {{- include "genai.labels.pod" . | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
