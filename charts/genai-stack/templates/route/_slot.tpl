{{/*
Slot that the Service selects; nothing where ready gateway pods of both share its traffic.
  {{ include "genai.route.slot" (dict "root" $) }}
*/}}
{{- define "genai.route.slot" -}}
{{- $route := .root.Values.route -}}
{{- if include "genai.route.splits" (dict "root" .root) -}}
{{- range $slot, $weight := $route.weights -}}{{- if eq (int $weight) 100 -}}{{- $slot -}}{{- end -}}{{- end -}}
{{- else -}}
{{- ternary $route.serving "all" (eq (include "genai.role" (dict "root" .root)) "route") -}}
{{- end -}}
{{- end -}}
