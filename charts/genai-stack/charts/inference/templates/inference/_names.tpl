{{/*
Every name that the server of a model answers to, as a JSON list, its own first: served name, aliases, adapters, and
other models in the same process.
  {{ include "genai.inference.names" (dict "model" "chat" "settings" $settings) }}
*/}}
{{- define "genai.inference.names" -}}
{{- $adapters := keys (fromYaml (include "genai.settings.present" (dict "map" .settings.lora))) | sortAlpha -}}
{{- $others := keys (fromYaml (include "genai.settings.present" (dict "map" .settings.with))) | sortAlpha -}}
{{- concat (list (.settings.servedName | default .model)) (.settings.aliases | default list) $adapters $others | uniq | toJson -}}
{{- end -}}
