{{/*
Labels of pods and selectors. They can never change, so nothing of a version is in them.
  {{ include "genai.labels.selector" (dict "root" $ "component" "inference" "model" "smollm2") }}   model is optional
*/}}
{{- define "genai.labels.selector" -}}
app.kubernetes.io/instance: {{ include "genai.instance" (dict "root" .root) | quote }}
app.kubernetes.io/component: {{ .component }}
genai-stack/slot: {{ include "genai.slot" (dict "root" .root) }}
{{- with .model }}
genai-stack/model: {{ . | quote }}
{{- end }}
{{- end -}}
