{{/*
How a Deployment replaces its pods: a new one is ready before an old one goes.
  {{ include "genai.pod.strategy" (dict "root" $) }}
*/}}
{{- define "genai.pod.strategy" -}}
revisionHistoryLimit: 3
strategy:
  type: RollingUpdate
  rollingUpdate:
    maxUnavailable: 0
    maxSurge: 1
{{- end -}}
