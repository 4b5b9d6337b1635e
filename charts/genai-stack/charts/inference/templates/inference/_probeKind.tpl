{{/*
How a model's servers are probed: completion or http.
  {{ include "genai.inference.probeKind" (dict "settings" $settings) }}
*/}}
{{- define "genai.inference.probeKind" -}}
{{- .settings.probes.kind | default (ternary "http" "completion" (eq .settings.engine "custom")) -}}
{{- end -}}
