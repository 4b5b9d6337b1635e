{{/*
An HTTP probe of the port named http. It gives up after period x failures seconds.
  {{ include "genai.container.probe" (dict "root" $ "path" "/health" "period" 10 "failures" 6 "timeout" 5) }}
*/}}
{{- define "genai.container.probe" -}}
httpGet:
  path: {{ .path }}
  port: http
periodSeconds: {{ int .period }}
timeoutSeconds: {{ int .timeout }}
failureThreshold: {{ int .failures }}
{{- end -}}
