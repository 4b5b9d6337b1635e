{{/*
The fields of a container that brings an hf or s3 source into a volume, or waits until a Job has done so.
  {{ include "genai.inference.fetch" (dict "root" $ "part" $part "volume" "weights" "waits" true "mounts" list) }}
*/}}
{{- define "genai.inference.fetch" -}}
{{- $settings := .root.Values.fetch -}}
{{- $args := fromJsonArray (include "genai.inference.fetch.args" .) -}}
{{- $mount := dict "name" .volume "mountPath" "/weights" -}}
{{- if .waits -}}{{- $_ := set $mount "readOnly" true -}}{{- end -}}
{{- include "genai.image.container" (dict "root" .root "image" $settings.image) }}
{{ include "genai.container.args" (dict "root" .root "settings" (ternary dict $settings .waits) "args" $args) }}
{{- with include "genai.container.env" (dict "root" .root "settings" $settings) }}
{{ . }}
{{- end }}
{{ include "genai.container.extras" (dict "root" .root "settings" $settings "mounts" (concat (list $mount) .mounts)) }}
{{- /* Last, because it is never a user's text: what is read back by fromYaml loses a line break at its end. */}}
{{ include "genai.container.security" (dict "root" .root) }}
{{- end -}}
