{{/*
"true" when this render plays one of the roles named, else nothing.
  {{- if include "genai.renders" (dict "root" $ "roles" (list "all" "slot")) }}
*/}}
{{- define "genai.renders" -}}
{{- if has (include "genai.role" (dict "root" .root)) .roles -}}true{{- end -}}
{{- end -}}
