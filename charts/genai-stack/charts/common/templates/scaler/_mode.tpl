{{/*
What autoscalers do: on, off (none is rendered) or frozen (they never scale down). global.autoscaler, where empty means
on in role all and off elsewhere: there the CLI switches them on when it no longer owns the scale.
  {{ include "genai.scaler.mode" (dict "root" $) }}
*/}}
{{- define "genai.scaler.mode" -}}
{{- $default := ternary "on" "off" (eq (include "genai.role" (dict "root" .root)) "all") -}}
{{- (.root.Values.global | default dict).autoscaler | default $default -}}
{{- end -}}
