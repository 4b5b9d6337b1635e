{{/*
"true" when the chart's own Gateway answers plain HTTP with a redirect to HTTPS, else nothing.
  {{- if include "genai.route.redirects" (dict "root" $) }}
*/}}
{{- define "genai.route.redirects" -}}
{{- $gateway := .root.Values.route.gateway -}}
{{- if and $gateway.create $gateway.redirect (include "genai.route.secret" (dict "root" .root)) -}}true{{- end -}}
{{- end -}}
