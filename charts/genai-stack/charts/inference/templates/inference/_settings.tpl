{{/*
Settings of one model: its entry laid on modelDefaults, as YAML.
  {{ include "genai.inference.settings" (dict "root" $ "model" "smollm2") }}
*/}}
{{- define "genai.inference.settings" -}}
{{- include "genai.settings.layer" (dict "under" .root.Values.modelDefaults "over" (get .root.Values.models .model)) -}}
{{- end -}}
