{{/*
The Gateway, or the listener of it, that the HTTPRoute attaches to.
  {{ include "genai.route.parent" (dict "root" $) }}
*/}}
{{- define "genai.route.parent" -}}
{{- $gateway := .root.Values.route.gateway -}}
{{- $section := $gateway.sectionName -}}
{{- if and (not $section) (include "genai.route.redirects" (dict "root" .root)) -}}{{- $section = "https" -}}{{- end -}}
{{- if $gateway.create -}}
name: {{ include "genai.instance" (dict "root" .root) | quote }}
{{- else -}}
name: {{ $gateway.name | quote }}
{{- with $gateway.namespace }}
namespace: {{ . | quote }}
{{- end }}
{{- end }}
{{- with $section }}
sectionName: {{ . | quote }}
{{- end }}
{{- end -}}
