{{/*
Name of the claim that holds backups in files. It is no claim template: those of a StatefulSet can never change.
  {{ include "genai.vectordb.backups" (dict "root" $) }}
*/}}
{{- define "genai.vectordb.backups" -}}
{{- .root.Values.backup.filesystem.existingClaim | default (include "genai.name.instance" (dict "root" .root "suffix" "vectordb-backup")) -}}
{{- end -}}
