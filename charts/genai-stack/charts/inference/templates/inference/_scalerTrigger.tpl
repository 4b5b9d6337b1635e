{{/*
One trigger of a ScaledObject: a PromQL query, or cpu and memory without one.
  {{ include "genai.inference.scalerTrigger" (dict "name" "queueDepth" "target" 5 "query" $query "keda" $keda) }}
*/}}
{{- define "genai.inference.scalerTrigger" -}}
{{- if .query -}}
- type: prometheus
  name: {{ .name }}
  {{- /* A share of the pods' own sum; a duration is the same for all of them. */}}
  metricType: {{ ternary "Value" "AverageValue" (eq .name "timeToFirstTokenSeconds") }}
  metadata:
    serverAddress: {{ .keda.serverAddress | quote }}
    query: {{ .query | quote }}
    threshold: {{ .target | toString | quote }}
    activationThreshold: "0"
  {{- with .keda.authentication }}
  authenticationRef: {name: {{ . | quote }}}
  {{- end }}
{{- else -}}
- type: {{ .name }}
  metricType: Utilization
  metadata: {value: {{ .target | int | toString | quote }}}
{{- end -}}
{{- end -}}
