{{/*
The gateway's config.yaml.
  {{ include "genai.gateway.config" (dict "root" $) }}
*/}}
{{- define "genai.gateway.config" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
{{- $models := dict -}}
{{- range $name, $route := fromYaml (include "genai.settings.present" (dict "map" $values.models)) -}}
{{- $service := include "genai.name.release" (dict "root" $root "suffix" (printf "inference-%s" ($route.model | default $name))) -}}
{{- $entry := dict
  "url" ($route.url | default (printf "http://%s:8080" $service))
  "servedName" ($route.servedName | default $name)
  "timeoutSeconds" ($route.timeoutSeconds | default 60) -}}
{{- with $route.aliases -}}{{- $_ := set $entry "aliases" . -}}{{- end -}}
{{- with $route.maxTokens -}}{{- $_ := set $entry "maxTokens" (int .) -}}{{- end -}}
{{- if eq (toString $route.required) "false" -}}{{- $_ := set $entry "required" false -}}{{- end -}}
{{- $_ := set $models $name $entry -}}
{{- end -}}
{{- include "genai.gateway.names" (dict "root" $root "models" $models) -}}
{{- toYaml (dict
  "instance" (include "genai.instance" (dict "root" $root))
  "slot" (include "genai.slot" (dict "root" $root))
  "defaultModel" (include "genai.gateway.default" (dict "root" $root))
  "models" $models
  "flags" ($values.flags | default dict)
  "limits" ($values.limits | default dict)) -}}
{{- end -}}
