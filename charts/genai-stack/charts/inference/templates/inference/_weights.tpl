{{/*
The volume that holds the weights: an emptyDir that an init container fills, or the model image itself.
  {{ include "genai.inference.weights" (dict "root" $ "settings" $settings) }}   as YAML
*/}}
{{- define "genai.inference.weights" -}}
{{- $image := .settings.source.image -}}
name: models
{{- if eq .root.Values.modelDelivery "imageVolume" }}
image:
  reference: {{ include "genai.image.reference" (dict "root" .root "image" $image) | quote }}
  pullPolicy: {{ .root.Values.global.image.pullPolicy | default "IfNotPresent" }}
{{- else }}
emptyDir:
  {{- with .settings.source.size }}
  sizeLimit: {{ . | quote }}
  {{- else }} {}
  {{- end }}
{{- end }}
{{- end -}}
