{{/*
A rule for peers outside the instance; nothing without peers, since a rule that names none would allow all of them.
  {{ include "genai.network.outside" (dict "side" "from" "source" .Values.network.edge "tcp" (list 8080)) }}   udp is optional
*/}}
{{- define "genai.network.outside" -}}
{{- $peers := include "genai.network.peers" . -}}
{{- if ne $peers "[]" -}}
- {{ .side }}:
    {{- $peers | nindent 4 }}
  {{- include "genai.network.ports" . | nindent 2 }}
{{- end -}}
{{- end -}}
