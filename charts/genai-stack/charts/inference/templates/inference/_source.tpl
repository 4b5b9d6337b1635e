{{/*
The kind of a source: image, pvc, hf or s3; nothing for none. Notes unless it names exactly one. "path" says where it stands
in the values.
  {{ include "genai.inference.source" (dict "root" $ "source" $settings.source "path" "inference.models.chat.source") }}
*/}}
{{- define "genai.inference.source" -}}
{{- $given := keys (fromYaml (include "genai.settings.present" (dict "map" .source))) -}}
{{- $found := list -}}
{{- range $kind := list "image" "pvc" "hf" "s3" -}}
{{- if has $kind $given -}}{{- $found = append $found $kind -}}{{- end -}}
{{- end -}}
{{- if not $found -}}
{{- include "genai.mistake.note" (dict "root" .root "message" (printf "%s names no source. Write one of image: {repository: ...}, pvc: {claimName: ...}, hf: {repository: ..., revision: ...}, s3: {uri: ...}." .path)) -}}
{{- end -}}
{{- if gt (len $found) 1 -}}
{{- include "genai.mistake.note" (dict "root" .root "message" (printf "%s names %d sources (%s); weights come from one. Keep %s and take out what another values file sets: {%s: null}." .path (len $found) (join ", " $found) (last $found) (first $found))) -}}
{{- end -}}
{{- first (append $found "") -}}
{{- end -}}
