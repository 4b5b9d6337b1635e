{{/*
The field behavior of an autoscaler: what the values say, and no way down while frozen. Nothing when it is empty.
  {{ include "genai.scaler.behavior" (dict "root" $ "behavior" $settings.autoscaling.behavior) }}
*/}}
{{- define "genai.scaler.behavior" -}}
{{- $behavior := deepCopy (.behavior | default dict) -}}
{{- if eq (include "genai.scaler.mode" .) "frozen" -}}
{{- $_ := set $behavior "scaleDown" (merge (dict "selectPolicy" "Disabled") ($behavior.scaleDown | default dict)) -}}
{{- end -}}
{{- with $behavior -}}
behavior:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}
