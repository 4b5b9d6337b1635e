{{/*
"true" when the Service itself splits traffic: role route of kind service.
  {{- if include "genai.route.splits" (dict "root" $) }}
*/}}
{{- define "genai.route.splits" -}}
{{- if and (eq .root.Values.route.kind "service") (eq (include "genai.role" (dict "root" .root)) "route") -}}true{{- end -}}
{{- end -}}
