{{/*
The rule for names: the cluster's DNS servers, over UDP and TCP.
  {{ include "genai.network.dns" (dict "root" $) }}
*/}}
{{- define "genai.network.dns" -}}
{{- $dns := .root.Values.network.dns -}}
{{- include "genai.network.outside" (dict "side" "to" "source" $dns "udp" $dns.ports "tcp" $dns.ports) -}}
{{- end -}}
