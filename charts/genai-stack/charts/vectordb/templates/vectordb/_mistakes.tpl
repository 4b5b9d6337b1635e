{{/*
Notes what would break a running database; renders nothing.
  {{ include "genai.vectordb.mistakes" (dict "root" $) }}
*/}}
{{- define "genai.vectordb.mistakes" -}}
{{- $backup := .root.Values.backup -}}
{{- $messages := list -}}
{{- if and $backup.enabled (eq $backup.target "filesystem") (gt (int .root.Values.replicas) 1) -}}
{{- $messages = append $messages (printf "vectordb.backup.target is filesystem and vectordb.replicas is %d: Weaviate backs up several nodes to S3 only. Write vectordb: {backup: {target: s3, s3: {bucket: ...}}}." (int .root.Values.replicas)) -}}
{{- end -}}
{{- if and $backup.enabled (eq $backup.target "s3") (not $backup.s3.bucket) -}}
{{- $messages = append $messages "vectordb.backup.target is s3 and no bucket is named. Write vectordb: {backup: {s3: {bucket: ...}}}." -}}
{{- end -}}
{{- if and .root.Values.restore.from (not $backup.enabled) -}}
{{- $messages = append $messages "vectordb.restore.from names a backup, and vectordb.backup says nowhere to read it from. Write vectordb: {backup: {enabled: true}}." -}}
{{- end -}}
{{- range $messages -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" .) -}}
{{- end -}}
{{- end -}}
