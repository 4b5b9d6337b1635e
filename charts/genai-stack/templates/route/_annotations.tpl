{{/*
Annotations of the Service, as JSON. Where it splits traffic they say the weights that its pods were counted for.
  {{ include "genai.route.annotations" (dict "root" $) }}
*/}}
{{- define "genai.route.annotations" -}}
{{- $route := .root.Values.route -}}
{{- $annotations := deepCopy ($route.service.annotations | default dict) -}}
{{- if include "genai.route.splits" (dict "root" .root) -}}
{{- $shares := list -}}
{{- range $slot := keys $route.weights | sortAlpha -}}
{{- $shares = append $shares (printf "%s=%d" $slot (int (get $route.weights $slot))) -}}
{{- end -}}
{{- $_ := set $annotations "genai-stack/weights" (join "," $shares) -}}
{{- $_ := set $annotations "genai-stack/serving" $route.serving -}}
{{- end -}}
{{- toJson $annotations -}}
{{- end -}}
