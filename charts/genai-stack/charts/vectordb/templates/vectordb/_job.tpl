{{/*
Pod template of a Job that talks to the database. "args" are those of genai-backup; "files" says that it needs the
folder of the backups, which only the database's own node may be able to mount.
  {{ include "genai.vectordb.job" (dict "root" $ "component" "vectordb-backup" "args" (list "create") "files" true) }}
*/}}
{{- define "genai.vectordb.job" -}}
{{- $values := .root.Values -}}
{{- $database := include "genai.name.instance" (dict "root" .root "suffix" "vectordb") -}}
{{- $settings := merge (dict "terminationGracePeriodSeconds" 30) $values.backup (pick $values "priorityClassName" "nodeSelector" "tolerations") -}}
{{- if ne .component "vectordb-backup" }}{{ $_ := set $settings "extraArgs" list }}{{ end -}}
{{- $args := concat .args (list "--url" (printf "http://%s:8080" $database) "--backend" $values.backup.target "--nodes" (toString (int $values.replicas)) "--timeout" (toString (int $values.backup.timeoutSeconds))) -}}
{{- $volumes := list -}}
{{- $mounts := list -}}
{{- if $values.auth.existingSecret -}}
{{- $args = concat $args (list "--key-file" "/etc/genai/vectordb/api-key") -}}
{{- $item := dict "key" $values.auth.secretKey "path" "api-key" -}}
{{- $volumes = append $volumes (dict "name" "vectordb-key" "secret" (dict "secretName" $values.auth.existingSecret "defaultMode" 288 "items" (list $item))) -}}
{{- $mounts = append $mounts (dict "name" "vectordb-key" "mountPath" "/etc/genai/vectordb" "readOnly" true) -}}
{{- end -}}
{{- if .files -}}
{{- $volumes = append $volumes (dict "name" "vectordb-backups" "persistentVolumeClaim" (dict "claimName" (include "genai.vectordb.backups" .))) -}}
{{- $mounts = append $mounts (dict "name" "vectordb-backups" "mountPath" "/var/lib/weaviate-backups") -}}
{{- end -}}
{{- $context := merge (dict "account" $database "settings" $settings "args" $args "volumes" $volumes "mounts" $mounts) . -}}
metadata:
  {{- include "genai.pod.metadata" $context | nindent 2 }}
spec:
  restartPolicy: Never
  {{- include "genai.pod.settings" $context | nindent 2 }}
  {{- with include "genai.vectordb.beside" . }}
  {{- . | nindent 2 }}
  {{- end }}
  containers:
    - {{ include "genai.vectordb.client" $context | nindent 6 | trim }}
  {{- include "genai.pod.volumes" $context | nindent 2 }}
{{- end -}}
