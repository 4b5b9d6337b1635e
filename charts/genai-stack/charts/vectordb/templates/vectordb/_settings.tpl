{{/*
Settings of the database's pods as YAML. Data in an emptyDir counts as ephemeral storage: persistence.size bounds it, and
a limit for logs and /tmp would evict the pod long before. Collections are for the CLI, and no setting of a pod.
  {{- $settings := fromYaml (include "genai.vectordb.settings" (dict "root" $)) }}
*/}}
{{- define "genai.vectordb.settings" -}}
{{- $settings := omit .root.Values "global" "mistakes" "collections" | deepCopy -}}
{{- if not $settings.persistence.enabled -}}
{{- $_ := set $settings.resources "limits" (omit ($settings.resources.limits | default dict) "ephemeral-storage") -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end -}}
