{{/*
A rule for the API server: network.apiServer.cidrs, every address where they are not known.
  {{ include "genai.network.server" (dict "root" $ "side" "to" "tcp" .Values.network.apiServer.ports) }}
*/}}
{{- define "genai.network.server" -}}
{{- $server := .root.Values.network.apiServer -}}
{{- if $server.cidrs -}}
{{- include "genai.network.outside" (dict "side" .side "source" (dict "cidrs" $server.cidrs) "tcp" .tcp) -}}
{{- else -}}
{{- include "genai.network.world" . -}}
{{- end -}}
{{- end -}}
