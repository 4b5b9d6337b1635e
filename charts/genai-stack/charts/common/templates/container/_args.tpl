{{/*
Arguments of a main container: the chart's own, then extraArgs. Nothing when there are none.
  {{ include "genai.container.args" (dict "root" $ "settings" .Values "args" (list "--port" "8080")) }}
*/}}
{{- define "genai.container.args" -}}
{{- with concat (.args | default list) (.settings.extraArgs | default list) -}}
args:
  {{- range . }}
  - {{ . | quote }}
  {{- end }}
{{- end -}}
{{- end -}}
