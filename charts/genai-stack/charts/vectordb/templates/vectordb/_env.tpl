{{/*
Environment of Weaviate as YAML: one node that talks about the cluster to nobody but itself, with a name and an address
that stay the same when the pod moves (its raft log remembers them).
  {{ include "genai.vectordb.env" (dict "root" $) }}
*/}}
{{- define "genai.vectordb.env" -}}
{{- $auth := .root.Values.auth -}}
PERSISTENCE_DATA_PATH: /var/lib/weaviate
DEFAULT_VECTORIZER_MODULE: none
ENABLE_MODULES: ""
DISABLE_TELEMETRY: "true"
GO_PROFILING_DISABLE: "true"
GRPC_PORT: "50051"
CLUSTER_HOSTNAME: node-0
CLUSTER_BIND_ADDR: 127.0.0.1
CLUSTER_ADVERTISE_ADDR: 127.0.0.1
CLUSTER_GOSSIP_BIND_PORT: "7946"
CLUSTER_DATA_BIND_PORT: "7947"
RAFT_JOIN: node-0
RAFT_BOOTSTRAP_EXPECT: "1"
{{- if $auth.existingSecret }}
{{- $key := dict "secretKeyRef" (dict "name" $auth.existingSecret "key" $auth.secretKey) }}
AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: "false"
AUTHENTICATION_APIKEY_ENABLED: "true"
AUTHENTICATION_APIKEY_USERS: {{ $auth.user | quote }}
AUTHENTICATION_APIKEY_ALLOWED_KEYS:
  {{- toYaml $key | nindent 2 }}
CLUSTER_BASIC_AUTH_USERNAME: {{ $auth.user | quote }}
CLUSTER_BASIC_AUTH_PASSWORD:
  {{- toYaml $key | nindent 2 }}
{{- else }}
AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: "true"
{{- end }}
{{- end -}}
