{{/*
What the HorizontalPodAutoscaler goes by. Notes it when that is nothing.
  {{ include "genai.gateway.metrics" (dict "root" $) }}
*/}}
{{- define "genai.gateway.metrics" -}}
{{- $metrics := fromYaml (include "genai.settings.present" (dict "map" .root.Values.autoscaling.metrics)) -}}
{{- if not $metrics -}}
{{- include "genai.mistake.note" (dict "root" .root "message" "gateway.autoscaling is enabled and goes by no metric. Write gateway: {autoscaling: {metrics: {cpu: 70}}}.") -}}
{{- end -}}
{{- range $name := list "cpu" "memory" }}
{{- with get $metrics $name }}
- type: ContainerResource
  containerResource:
    container: gateway
    name: {{ $name }}
    target: {type: Utilization, averageUtilization: {{ int . }}}
{{- end }}
{{- end }}
{{- with $metrics.inFlight }}
- type: Pods
  pods:
    metric:
      name: genai_gateway_requests_in_flight
    target: {type: AverageValue, averageValue: {{ . | quote }}}
{{- end }}
{{- end -}}
