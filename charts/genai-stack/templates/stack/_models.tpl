{{/*
Fails when a route of the gateway leads to no inference server, or when the gateway would end before the server that it
waits for. Only the umbrella sees both sides.
  {{ include "genai.stack.models" (dict "root" $) }}
*/}}
{{- define "genai.stack.models" -}}
{{- $values := .root.Values -}}
{{- $served := ternary (fromYaml (include "genai.settings.present" (dict "map" $values.inference.models))) dict $values.inference.enabled -}}
{{- $missing := list -}}
{{- range $name, $route := fromYaml (include "genai.settings.present" (dict "map" $values.gateway.models)) -}}
{{- if and (not $route.url) (not (hasKey $served $name)) -}}
{{- $missing = append $missing $name -}}
{{- end -}}
{{- end -}}
{{- if $missing -}}
{{- $first := first $missing -}}
{{- fail (printf "gateway.models names %s, which inference.models does not serve. Write inference: {models: {%s: {source: {image: {repository: model-%s}}}}}, or gateway: {models: {%s: {url: \"http://...\"}}}." (join ", " $missing) $first $first $first) -}}
{{- end -}}
{{- range $name, $model := $served -}}
{{- $grace := ($model.terminationGracePeriodSeconds | default $values.inference.modelDefaults.terminationGracePeriodSeconds) | int -}}
{{- if gt $grace (int $values.gateway.terminationGracePeriodSeconds) -}}
{{- fail (printf "gateway.terminationGracePeriodSeconds is %d and model %s has %d: the gateway would end before the answers it waits for. Write gateway: {terminationGracePeriodSeconds: %d}." (int $values.gateway.terminationGracePeriodSeconds) $name $grace $grace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
