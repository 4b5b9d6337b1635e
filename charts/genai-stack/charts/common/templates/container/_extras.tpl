{{/*
Resources and mounts of a main container: "mounts" are the chart's own, extraVolumeMounts come after.
  {{ include "genai.container.extras" (dict "root" $ "settings" .Values "mounts" (list (dict ...))) }}
*/}}
{{- define "genai.container.extras" -}}
resources:
  {{- toYaml .settings.resources | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- range concat (.mounts | default list) (.settings.extraVolumeMounts | default list) }}
  - {{ toYaml . | nindent 4 | trim }}
  {{- end }}
{{- end -}}
