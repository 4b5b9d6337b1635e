{{/*
"true" when an autoscaler owns the replicas of a model, else nothing.
  {{ include "genai.inference.scaled" (dict "root" $ "settings" $settings) }}
*/}}
{{- define "genai.inference.scaled" -}}
{{- if and .settings.autoscaling.enabled (ne (include "genai.scaler.mode" .) "off") -}}true{{- end -}}
{{- end -}}
