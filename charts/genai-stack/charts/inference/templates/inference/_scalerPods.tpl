{{/*
A PromQL pattern for the pods of one Deployment. No dash follows the name but those that Kubernetes writes, so the
pods of "m-large" are not taken for some of "m". Kubernetes cuts long names: there the beginning has to do.
  {{ include "genai.inference.scalerPods" (dict "name" "genai-inference-m") }}
*/}}
{{- define "genai.inference.scalerPods" -}}
{{- if gt (len .name) 46 -}}
{{- printf "%s.*" (trunc 58 .name) | replace "." "[.]" | replace "[.]*" ".*" -}}
{{- else -}}
{{- printf "%s-[a-z0-9]+-[a-z0-9]{5}" (replace "." "[.]" .name) -}}
{{- end -}}
{{- end -}}
