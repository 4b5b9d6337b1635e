{{/*
Ports of a rule.
  {{ include "genai.network.ports" (dict "tcp" (list 8080) "udp" (list 7100)) }}   udp is optional
*/}}
{{- define "genai.network.ports" -}}
ports:
  {{- range .udp }}
  - {port: {{ int . }}, protocol: UDP}
  {{- end }}
  {{- range .tcp }}
  - {port: {{ int . }}, protocol: TCP}
  {{- end }}
{{- end -}}
