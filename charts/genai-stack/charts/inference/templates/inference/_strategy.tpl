{{/*
How the Deployment of a model replaces its pods. With GPUs an old pod goes first: a new one would wait for a GPU that
only the old one can free. Without, a new one is ready before an old one goes.
  {{ include "genai.inference.strategy" (dict "settings" $settings) }}
*/}}
{{- define "genai.inference.strategy" -}}
{{- $hasGpu := gt (int .settings.gpu.count) 0 -}}
{{- $default := dict "maxUnavailable" (ternary 1 0 $hasGpu) "maxSurge" (ternary 0 1 $hasGpu) -}}
revisionHistoryLimit: 3
strategy:
  type: RollingUpdate
  rollingUpdate:
    {{- range $key := list "maxUnavailable" "maxSurge" }}
    {{- $given := get $.settings.strategy $key }}
    {{ $key }}: {{ if eq (toString $given) "" }}{{ get $default $key }}{{ else }}{{ $given }}{{ end }}
    {{- end }}
{{- if gt (int .settings.startupSeconds) 540 }}
progressDeadlineSeconds: {{ add (int .settings.startupSeconds) 60 }}
{{- end }}
{{- end -}}
