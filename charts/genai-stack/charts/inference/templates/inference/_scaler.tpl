{{/*
The autoscaler of one model: a HorizontalPodAutoscaler, or KEDA's ScaledObject.
  {{ include "genai.inference.scaler" (dict "root" $ "component" "inference" "model" $model "name" $name "settings" $settings) }}
*/}}
{{- define "genai.inference.scaler" -}}
{{- include "genai.inference.scalerChecked" . -}}
{{- $served := .settings.servedName | default .model -}}
{{- if eq .settings.autoscaling.provider "keda" -}}
{{- include "genai.inference.scalerKeda" (merge (dict "served" $served) .) -}}
{{- else -}}
{{- include "genai.inference.scalerHpa" (merge (dict "served" $served) .) -}}
{{- end -}}
{{- end -}}
