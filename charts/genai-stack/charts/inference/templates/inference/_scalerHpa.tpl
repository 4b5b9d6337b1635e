{{/*
HorizontalPodAutoscaler of one model. Metrics of the engine come from an adapter with the rules of
files/prometheus-adapter.yaml; they are those of the Deployment's own pods, so slots and instances stay apart.
  {{ include "genai.inference.scalerHpa" (dict ... "served" $name) }}   the context of genai.inference.scaler
*/}}
{{- define "genai.inference.scalerHpa" -}}
{{- $scaling := .settings.autoscaling -}}
{{- $metrics := fromYaml (include "genai.settings.present" (dict "map" $scaling.metrics)) -}}
{{- $named := dict "queueDepth" "vllm_num_requests_waiting" "timeToFirstTokenSeconds" "vllm_time_to_first_token_seconds_p95" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
{{ include "genai.object.metadata" . }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .name }}}
  minReplicas: {{ int $scaling.minReplicas }}
  maxReplicas: {{ int $scaling.maxReplicas }}
  metrics:
    {{- range $name, $target := $metrics }}
    {{- if hasKey $named $name }}
    - type: Pods
      pods:
        metric:
          name: {{ get $named $name }}
          {{- /* A selector takes no other names; without one, all series of the pod are added up. */}}
          {{- if regexMatch "^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$" $.served }}
          selector: {matchLabels: {model_name: {{ $.served | quote }}}}
          {{- end }}
        target: {type: AverageValue, averageValue: {{ $target | quote }}}
    {{- else }}
    - type: Resource
      resource: {name: {{ $name }}, target: {type: Utilization, averageUtilization: {{ int $target }}}}
    {{- end }}
    {{- end }}
  {{- include "genai.scaler.behavior" (dict "root" .root "behavior" $scaling.behavior) | nindent 2 }}
{{- end -}}
