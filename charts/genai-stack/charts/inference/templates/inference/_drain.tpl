{{/*
Seconds that an engine may take to finish running requests: what is left of the grace after preStop (5 s), less 5 s to end.
  {{ include "genai.inference.drain" (dict "settings" $settings) }}
*/}}
{{- define "genai.inference.drain" -}}
{{- max 1 (sub (int .settings.terminationGracePeriodSeconds) 10) -}}
{{- end -}}
