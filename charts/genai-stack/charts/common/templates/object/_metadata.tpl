{{/*
Metadata of an object.
  {{ include "genai.object.metadata" (dict "root" $ "name" $name "component" "gateway") }}   model is optional
*/}}
{{- define "genai.object.metadata" -}}
metadata:
  name: {{ .name | quote }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "genai.labels.object" . | nindent 4 }}
{{- end -}}
