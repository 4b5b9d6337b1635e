{{/*
The ports over which models, their adapters and other models of the same process are fetched, as a YAML list; empty when
images or volumes bring them all.
  {{- $ports := fromYamlArray (include "genai.network.downloads" (dict "models" .Values.inference.models)) }}
*/}}
{{- define "genai.network.downloads" -}}
{{- $urls := list -}}
{{- range $model := .models -}}
{{- $settings := $model | default dict -}}
{{- $sources := list ($settings.source | default dict) -}}
{{- range $field := list "lora" "with" -}}
{{- range get $settings $field | default dict -}}{{- $sources = append $sources ((. | default dict).source | default dict) -}}{{- end -}}
{{- end -}}
{{- range $source := $sources -}}
{{- if $source.hf -}}{{- $urls = append $urls "https://" -}}{{- end -}}
{{- with $source.s3 -}}{{- $urls = append $urls (.endpoint | default "https://") -}}{{- end -}}
{{- with $source.url -}}{{- $urls = append $urls . -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- include "genai.network.urlports" (dict "urls" $urls) -}}
{{- end -}}
