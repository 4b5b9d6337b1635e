{{/*
The name itself, or its first max-9 characters and 8 of its hash, so that two long names never become one.
  {{ include "genai.name.cut" (dict "name" $name "max" 63) }}
*/}}
{{- define "genai.name.cut" -}}
{{- if gt (len .name) (int .max) -}}
{{- printf "%s-%s" (trunc (int (sub .max 9)) .name | trimSuffix "-") (sha256sum .name | trunc 8) -}}
{{- else -}}
{{- .name -}}
{{- end -}}
{{- end -}}
