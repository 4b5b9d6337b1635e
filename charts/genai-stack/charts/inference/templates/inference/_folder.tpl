{{/*
The folder at which a model's weights are mounted.
  {{ include "genai.inference.folder" (dict "model" "chat" "settings" $settings) }}
*/}}
{{- define "genai.inference.folder" -}}
/models{{ if eq .settings.engine "tensorrtllm" }}/{{ .model }}{{ end }}
{{- end -}}
