{{/*
Who may read and write: those with the key, or everybody who reaches the Service.
  {{ include "genai.vectordb.env.auth" (dict "root" $) }}
*/}}
{{- define "genai.vectordb.env.auth" -}}
{{- $auth := .root.Values.auth -}}
{{- if $auth.existingSecret -}}
{{- $key := dict "secretKeyRef" (dict "name" $auth.existingSecret "key" $auth.secretKey) -}}
AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: "false"
AUTHENTICATION_APIKEY_ENABLED: "true"
AUTHENTICATION_APIKEY_USERS: {{ $auth.user | quote }}
AUTHENTICATION_APIKEY_ALLOWED_KEYS:
  {{- toYaml $key | nindent 2 }}
CLUSTER_BASIC_AUTH_USERNAME: {{ $auth.user | quote }}
CLUSTER_BASIC_AUTH_PASSWORD:
  {{- toYaml $key | nindent 2 }}
{{- else -}}
AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED: "true"
{{- end -}}
{{- end -}}
