{{/*
Notes when a model that scales to zero would never come back: only requests that the gateway counts under the model's own
name wake it, and a gateway that waits for it to be healthy counts none. Only the umbrella sees both sides.
  {{ include "genai.stack.asleep" (dict "root" $) }}
*/}}
{{- define "genai.stack.asleep" -}}
{{- $root := .root -}}
{{- $gateway := .root.Values.gateway -}}
{{- $routes := ternary (fromYaml (include "genai.settings.present" (dict "map" $gateway.models))) dict $gateway.enabled -}}
{{- $default := $gateway.defaultModel | default (first (keys $routes | sortAlpha)) -}}
{{- $inference := dict "Values" .root.Values.inference -}}
{{- range $model, $_ := ternary (fromYaml (include "genai.settings.present" (dict "map" .root.Values.inference.models))) dict .root.Values.inference.enabled -}}
{{- $scaling := (fromYaml (include "genai.inference.settings" (dict "root" $inference "model" $model))).autoscaling -}}
{{- if and $scaling.enabled (eq (int $scaling.minReplicas) 0) -}}
{{- $own := get $routes $model | default dict -}}
{{- if or (not (hasKey $routes $model)) $own.url (ne ($own.model | default $model) $model) -}}
{{- include "genai.mistake.note" (dict "root" $root "message" (printf "inference.models.%s.autoscaling.minReplicas is 0, and only requests for the gateway's route %s wake it, which does not lead to it. Write gateway: {enabled: true, models: {%s: {}}}; other names are its aliases." $model $model $model)) -}}
{{- end -}}
{{- range $name, $route := $routes -}}
{{- $leads := and (not $route.url) (eq ($route.model | default $name) $model) -}}
{{- if and $leads (eq $name $default) (ne (toString $route.required) "false") -}}
{{- include "genai.mistake.note" (dict "root" $root "message" (printf "gateway.models.%s is the default model, for which the gateway waits before it takes requests, and inference.models.%s.autoscaling.minReplicas is 0: nothing would ever wake it. Write gateway: {models: {%s: {required: false}}}." $name $model $name)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
