{{/*
Arguments of `genai-fetch`, as a JSON list.
  {{ include "genai.inference.fetch.args" (dict "root" $ "part" $part "waits" false) }}
*/}}
{{- define "genai.inference.fetch.args" -}}
{{- $source := .part.source -}}
{{- $target := list "--to" (printf "/weights/%s" (include "genai.inference.digest" (dict "source" $source))) -}}
{{- if .waits -}}
{{- concat (list "wait") $target (list "--seconds" (int .root.Values.fetch.timeoutSeconds | toString)) | toJson -}}
{{- else if eq .part.kind "hf" -}}
{{- $args := concat (list "hf" "--repository" $source.hf.repository "--revision" $source.hf.revision) $target -}}
{{- range $source.hf.files -}}{{- $args = concat $args (list "--include" .) -}}{{- end -}}
{{- if $source.hf.existingSecret -}}{{- $args = concat $args (list "--token-file" (printf "/secrets/%s/token" .part.name)) -}}{{- end -}}
{{- toJson $args -}}
{{- else -}}
{{- $args := concat (list "s3" "--uri" $source.s3.uri) $target -}}
{{- with $source.s3.endpoint -}}{{- $args = concat $args (list "--endpoint" .) -}}{{- end -}}
{{- with $source.s3.region -}}{{- $args = concat $args (list "--region" .) -}}{{- end -}}
{{- if $source.s3.existingSecret -}}{{- $args = concat $args (list "--key-folder" (printf "/secrets/%s" .part.name)) -}}{{- end -}}
{{- toJson $args -}}
{{- end -}}
{{- end -}}
