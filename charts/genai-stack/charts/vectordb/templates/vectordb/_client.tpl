{{/*
The container of a Job that talks to the database.
  {{ include "genai.vectordb.client" (dict "root" $ "settings" $settings "args" $args "mounts" $mounts) }}
*/}}
{{- define "genai.vectordb.client" -}}
name: client
{{ include "genai.image.container" (dict "root" .root "image" .root.Values.image) }}
command: [genai-backup]
{{ include "genai.container.args" . }}
{{- with include "genai.container.env" . }}
{{ . }}
{{- end }}
{{ include "genai.container.security" . }}
{{ include "genai.container.extras" . }}
{{- end -}}
