{{/*
"true" when an HTTPRoute leads to the gateways, else nothing.
  {{- if include "genai.route.http" (dict "root" $) }}
*/}}
{{- define "genai.route.http" -}}
{{- $route := .root.Values.route -}}
{{- if and $route.enabled (eq $route.kind "gatewayApi") -}}true{{- end -}}
{{- end -}}
