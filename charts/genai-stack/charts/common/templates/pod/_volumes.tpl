{{/*
Volumes of a pod: a small /tmp, the chart's own, extraVolumes.
  {{ include "genai.pod.volumes" (dict "root" $ "settings" .Values "volumes" (list (dict ...))) }}
*/}}
{{- define "genai.pod.volumes" -}}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 64Mi
  {{- range concat (.volumes | default list) (.settings.extraVolumes | default list) }}
  - {{ toYaml . | nindent 4 | trim }}
  {{- end }}
{{- end -}}
