{{/*
The volume with probe.py, which genai.inference.probeMount mounts.
  {{ include "genai.inference.probeVolume" (dict "root" $) }}   as YAML
*/}}
{{- define "genai.inference.probeVolume" -}}
name: probe
configMap:
  name: {{ include "genai.name.release" (dict "root" .root "suffix" "inference-probe") }}
{{- end -}}
