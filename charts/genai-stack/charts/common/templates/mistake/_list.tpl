{{/*
All that was noted by the umbrella and its subcharts, sorted, one message a line; nothing when all is well.
  {{- with include "genai.mistake.list" (dict "root" $) }}{{ fail . }}{{ end -}}
*/}}
{{- define "genai.mistake.list" -}}
{{- $all := .root.Values.mistakes | default list -}}
{{- range $_, $chart := .root.Subcharts -}}
{{- $all = concat $all ($chart.Values.mistakes | default list) -}}
{{- end -}}
{{- uniq $all | sortAlpha | join "\n" -}}
{{- end -}}
