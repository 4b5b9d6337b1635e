{{/*
Pod template of a prefetch Job.
  {{ include "genai.inference.fetch.pod" $context }}   the context that genai.inference.prefetch makes
*/}}
{{- define "genai.inference.fetch.pod" -}}
metadata:
  {{- include "genai.pod.metadata" . | nindent 2 }}
spec:
  restartPolicy: Never
  {{- include "genai.pod.settings" . | nindent 2 }}
  containers:
    - name: fetch
      {{- include "genai.inference.fetch" (dict "root" .root "part" .part "volume" "weights" "waits" false "mounts" .secretMounts) | nindent 6 }}
  {{- include "genai.pod.volumes" . | nindent 2 }}
{{- end -}}
