{{/*
Where Weaviate writes backups.
  {{ include "genai.vectordb.env.backup" (dict "root" $) }}
*/}}
{{- define "genai.vectordb.env.backup" -}}
{{- $backup := .root.Values.backup -}}
# A backup that a restart cut off counts as cancelled and not as running for ever.
ENABLE_CLEANUP_UNFINISHED_BACKUPS: "true"
{{- if eq $backup.target "filesystem" }}
BACKUP_FILESYSTEM_PATH: /var/lib/weaviate-backups
{{- else }}
BACKUP_S3_BUCKET: {{ $backup.s3.bucket | quote }}
BACKUP_S3_PATH: {{ $backup.s3.path | quote }}
BACKUP_S3_USE_SSL: {{ $backup.s3.tls | quote }}
{{- with $backup.s3.endpoint }}
BACKUP_S3_ENDPOINT: {{ . | quote }}
{{- end }}
{{- with $backup.s3.region }}
AWS_REGION: {{ . | quote }}
{{- end }}
{{- with $backup.s3.existingSecret }}
AWS_ACCESS_KEY_ID:
  secretKeyRef: {name: {{ . | quote }}, key: access-key-id}
AWS_SECRET_ACCESS_KEY:
  secretKeyRef: {name: {{ . | quote }}, key: secret-access-key}
{{- end }}
{{- end }}
{{- end -}}
