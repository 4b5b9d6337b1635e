{{/*
Time for proxies to learn that the pod goes, before it stops to accept connections.
  {{ include "genai.container.drain" (dict "root" $) }}
*/}}
{{- define "genai.container.drain" -}}
lifecycle:
  preStop:
    sleep:
      seconds: 5
{{- end -}}
