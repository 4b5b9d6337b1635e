{{/*
Ports of the database's container: those that clients use, metrics, and those between nodes.
  {{ include "genai.vectordb.ports" (dict "root" $) }}
*/}}
{{- define "genai.vectordb.ports" -}}
{{- $ports := list (list "http" 8080 "TCP") (list "grpc" 50051 "TCP") -}}
{{- if .root.Values.metrics.enabled -}}
{{- $ports = append $ports (list "metrics" 2112 "TCP") -}}
{{- end -}}
{{- if gt (int .root.Values.replicas) 1 -}}
{{- $ports = concat $ports (list (list "gossip" 7100 "TCP") (list "gossip-udp" 7100 "UDP") (list "data" 7101 "TCP") (list "raft" 8300 "TCP") (list "raft-rpc" 8301 "TCP")) -}}
{{- end -}}
{{- range $ports }}
- name: {{ index . 0 }}
  containerPort: {{ index . 1 }}
  protocol: {{ index . 2 }}
{{- end }}
{{- end -}}
