{{/*
The model that answers requests which name none. Notes it when that cannot be told.
  {{ include "genai.gateway.default" (dict "root" $) }}
*/}}
{{- define "genai.gateway.default" -}}
{{- $names := keys (fromYaml (include "genai.settings.present" (dict "map" .root.Values.models))) | sortAlpha -}}
{{- if not $names -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" "gateway.models is empty: the gateway has nothing to route to. Write, for example, gateway: {models: {smollm2: {}}}.") -}}
{{- end -}}
{{- $default := .root.Values.defaultModel -}}
{{- if and (not $default) (gt (len $names) 1) -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" (printf "gateway.models has more than one entry (%s) and gateway.defaultModel is empty. Set gateway.defaultModel to one of them." (join ", " $names))) -}}
{{- end -}}
{{- if and $default (not (has $default $names)) -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" (printf "gateway.defaultModel is %q, which is not in gateway.models (%s). Write gateway: {models: {%s: {}}}." $default (join ", " $names) $default)) -}}
{{- end -}}
{{- $default | default (first $names) -}}
{{- end -}}
