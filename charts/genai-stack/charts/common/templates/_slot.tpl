{{/*
Value of the label genai-stack/slot: blue or green in role slot, else all.
  {{ include "genai.slot" (dict "root" $) }}
*/}}
{{- define "genai.slot" -}}
{{- if eq (include "genai.role" (dict "root" .root)) "slot" -}}
{{- .root.Values.global.slot -}}
{{- else -}}
all
{{- end -}}
{{- end -}}
