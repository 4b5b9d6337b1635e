{{/*
Security context of every container, init containers included.
  {{ include "genai.container.security" (dict "root" $) }}
*/}}
{{- define "genai.container.security" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end -}}
