{{/*
The mount of probe.py in a server container.
  {{ include "genai.inference.probeMount" . }}   as YAML
*/}}
{{- define "genai.inference.probeMount" -}}
name: probe
mountPath: /probe
readOnly: true
{{- end -}}
