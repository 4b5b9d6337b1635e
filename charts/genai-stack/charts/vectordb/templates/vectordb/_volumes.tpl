{{/*
The chart's own volumes of the database's pods as {"volumes": [...], "mounts": [...]}.
  {{- $own := fromYaml (include "genai.vectordb.volumes" (dict "root" $)) }}
*/}}
{{- define "genai.vectordb.volumes" -}}
{{- $values := .root.Values -}}
{{- $backup := $values.backup -}}
{{- $volumes := list -}}
{{- $mounts := list (dict "name" "data" "mountPath" "/var/lib/weaviate") -}}
{{- if not $values.persistence.enabled -}}
{{- $volumes = append $volumes (dict "name" "data" "emptyDir" (dict "sizeLimit" $values.persistence.size)) -}}
{{- end -}}
{{- if and $backup.enabled (eq $backup.target "filesystem") -}}
{{- $volumes = append $volumes (dict "name" "vectordb-backups" "persistentVolumeClaim" (dict "claimName" (include "genai.vectordb.backups" .))) -}}
{{- $mounts = append $mounts (dict "name" "vectordb-backups" "mountPath" "/var/lib/weaviate-backups") -}}
{{- end -}}
{{- toYaml (dict "volumes" $volumes "mounts" $mounts) -}}
{{- end -}}
