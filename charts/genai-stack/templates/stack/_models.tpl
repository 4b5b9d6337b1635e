{{/*
Notes when a route of the gateway leads to no inference server or asks one for a name it does not answer to, or when the
gateway would end before the server that it waits for. Only the umbrella sees both sides.
  {{ include "genai.stack.models" (dict "root" $) }}
*/}}
{{- define "genai.stack.models" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $served := ternary (fromYaml (include "genai.settings.present" (dict "map" $values.inference.models))) dict $values.inference.enabled -}}
{{- range $name, $route := fromYaml (include "genai.settings.present" (dict "map" $values.gateway.models)) -}}
{{- $model := $route.model | default $name -}}
{{- if and (not $route.url) (not (hasKey $served $model)) -}}
{{- include "genai.mistake.note" (dict "root" $root "message" (printf "gateway.models.%s leads to model %s, which inference.models does not serve. Write inference: {models: {%s: {source: {image: {repository: model-%s}}}}}, or gateway: {models: {%s: {url: \"http://...\"}}}." $name $model $model $model $name)) -}}
{{- else if not $route.url -}}
{{- $settings := fromYaml (include "genai.inference.settings" (dict "root" (dict "Values" $values.inference) "model" $model)) -}}
{{- $names := fromJsonArray (include "genai.inference.names" (dict "model" $model "settings" $settings)) -}}
{{- $asked := $route.servedName | default $name -}}
{{- if and (has $settings.engine (list "vllm" "tensorrtllm")) (not (has $asked $names)) -}}
{{- include "genai.mistake.note" (dict "root" $root "message" (printf "gateway.models.%s asks model %s for %q, and it answers to %s. Write gateway: {models: {%s: {servedName: %q}}}, or inference: {models: {%s: {aliases: [%q]}}}." $name $model $asked (join ", " $names) $name (first $names) $model $asked)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name, $_ := $served -}}
{{- $settings := fromYaml (include "genai.inference.settings" (dict "root" (dict "Values" $values.inference) "model" $name)) -}}
{{- $grace := int $settings.terminationGracePeriodSeconds -}}
{{- if gt $grace (int $values.gateway.terminationGracePeriodSeconds) -}}
{{- include "genai.mistake.note" (dict "root" $root "message" (printf "gateway.terminationGracePeriodSeconds is %d and model %s has %d: the gateway would end before the answers it waits for. Write gateway: {terminationGracePeriodSeconds: %d}." (int $values.gateway.terminationGracePeriodSeconds) $name $grace $grace)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
