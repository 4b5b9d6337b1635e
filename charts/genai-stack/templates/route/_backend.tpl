{{/*
Name of the gateway Service of a slot, as that slot's own release renders it.
  {{ include "genai.route.backend" (dict "root" $ "slot" "blue") }}
*/}}
{{- define "genai.route.backend" -}}
{{- $instance := include "genai.instance" (dict "root" .root) -}}
{{- include "genai.name.cut" (dict "name" (printf "%s-%s-gateway" $instance .slot) "max" 63) -}}
{{- end -}}
