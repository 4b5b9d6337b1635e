{{/*
Name of the instance: global.instance, else the release. 47 characters leave room for "-green" in Helm's limit of 53.
  {{ include "genai.instance" (dict "root" $) }}
*/}}
{{- define "genai.instance" -}}
{{- $instance := (.root.Values.global | default dict).instance | default .root.Release.Name -}}
{{- if gt (len $instance) 47 -}}
{{- fail (printf "The instance name %q has %d characters, 47 are the limit. Set a shorter global.instance." $instance (len $instance)) -}}
{{- end -}}
{{- $instance -}}
{{- end -}}
