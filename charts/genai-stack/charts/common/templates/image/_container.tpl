{{/*
The fields image and imagePullPolicy of a container.
  {{ include "genai.image.container" (dict "root" $ "image" .Values.image) }}
*/}}
{{- define "genai.image.container" -}}
image: {{ include "genai.image.reference" . | quote }}
imagePullPolicy: {{ (.root.Values.global.image | default dict).pullPolicy | default "IfNotPresent" }}
{{- end -}}
