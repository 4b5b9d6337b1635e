{{/*
Prints nothing. Notes a name that means two models: the gateway would not start.
  {{ include "genai.gateway.names" (dict "root" $ "models" $models) }}   models: the entries of config.yaml
*/}}
{{- define "genai.gateway.names" -}}
{{- $root := .root -}}
{{- $owners := dict -}}
{{- range $name, $_ := .models -}}{{- $_ := set $owners $name $name -}}{{- end -}}
{{- range $name, $model := .models -}}
{{- range $alias := $model.aliases -}}
{{- $owner := get $owners $alias -}}
{{- if and $owner (ne $owner $name) -}}
{{- include "genai.mistake.note" (dict "root" $root "message" (printf "gateway.models.%s.aliases has %q, which is a name of model %s already. Take it out of one of the two." $name $alias $owner)) -}}
{{- end -}}
{{- $_ := set $owners $alias $name -}}
{{- end -}}
{{- end -}}
{{- end -}}
