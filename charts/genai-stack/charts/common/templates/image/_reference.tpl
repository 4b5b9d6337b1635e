{{/*
Reference of an image. A digest wins over a tag; without either, the tag is global.image.tag or the chart's appVersion.
  {{ include "genai.image.reference" (dict "root" $ "image" .Values.image) }}
*/}}
{{- define "genai.image.reference" -}}
{{- $global := .root.Values.global.image | default dict -}}
{{- $name := printf "%s/%s" (.image.registry | default $global.registry) .image.repository -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (.image.tag | default $global.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
