{{/*
"true" when an autoscaler owns the gateway's replicas, else nothing.
  {{- if include "genai.gateway.scaled" (dict "root" $) }}
*/}}
{{- define "genai.gateway.scaled" -}}
{{- if and .root.Values.autoscaling.enabled (ne (include "genai.scaler.mode" (dict "root" .root)) "off") -}}true{{- end -}}
{{- end -}}
