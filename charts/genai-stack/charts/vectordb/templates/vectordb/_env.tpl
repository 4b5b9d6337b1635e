{{/*
Environment of Weaviate as YAML.
  {{ include "genai.vectordb.env" (dict "root" $) }}
*/}}
{{- define "genai.vectordb.env" -}}
{{- $values := .root.Values -}}
PERSISTENCE_DATA_PATH: /var/lib/weaviate
DEFAULT_VECTORIZER_MODULE: none
ENABLE_MODULES: {{ ternary (printf "backup-%s" $values.backup.target) "" $values.backup.enabled | quote }}
DISABLE_TELEMETRY: "true"
LOG_LEVEL: info
GO_PROFILING_DISABLE: "true"
GRPC_PORT: "50051"
REPLICATION_MINIMUM_FACTOR: {{ int ($values.minimumReplicationFactor | default $values.replicas) | quote }}
{{- if $values.metrics.enabled }}
PROMETHEUS_MONITORING_ENABLED: "true"
PROMETHEUS_MONITORING_PORT: "2112"
# One series for all classes: a label for each class and shard would grow with the data.
PROMETHEUS_MONITORING_GROUP: "true"
{{- end }}
{{ include "genai.vectordb.env.cluster" . }}
{{ include "genai.vectordb.env.auth" . }}
{{- if $values.backup.enabled }}
{{ include "genai.vectordb.env.backup" . }}
{{- end }}
{{- end -}}
