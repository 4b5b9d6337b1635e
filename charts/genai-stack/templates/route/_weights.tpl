{{/*
Notes when route.weights and route.serving do not make a route: role route only.
  {{ include "genai.route.weights" (dict "root" $) }}
*/}}
{{- define "genai.route.weights" -}}
{{- $route := .root.Values.route -}}
{{- $sum := 0 -}}
{{- range $_, $weight := $route.weights -}}{{- $sum = add $sum (int $weight) -}}{{- end -}}
{{- if ne (int $sum) 100 -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" (printf "route.weights (%s) add up to %d. Set percents that add up to 100, such as route: {weights: {blue: 90, green: 10}}." (toJson $route.weights) (int $sum))) -}}
{{- end -}}
{{- if not (hasKey $route.weights $route.serving) -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" (printf "route.serving is %q, which is not in route.weights (%s). Set route.serving to one of its slots." $route.serving (keys $route.weights | sortAlpha | join ", "))) -}}
{{- end -}}
{{- end -}}
