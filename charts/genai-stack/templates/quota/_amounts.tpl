{{/*
Amounts by name as YAML, as text, without the entries that are null: Helm reads 1000000 as 1e+06.
  {{ include "genai.quota.amounts" (dict "map" .Values.quota.resourceQuota.hard) }}
*/}}
{{- define "genai.quota.amounts" -}}
{{- range $name, $amount := .map }}
{{- if kindIs "float64" $amount }}
{{ $name }}: {{ ternary (int64 $amount | toString) (toString $amount) (eq (floor $amount) $amount) | quote }}
{{- else if not (kindIs "invalid" $amount) }}
{{ $name }}: {{ $amount | toString | quote }}
{{- end }}
{{- end }}
{{- end -}}
