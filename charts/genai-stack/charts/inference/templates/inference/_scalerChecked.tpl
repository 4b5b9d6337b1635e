{{/*
Renders nothing; notes when a model's autoscaler could never work.
  {{ include "genai.inference.scalerChecked" $context }}   the context of genai.inference.scaler
*/}}
{{- define "genai.inference.scalerChecked" -}}
{{- $scaling := .settings.autoscaling -}}
{{- $metrics := fromYaml (include "genai.settings.present" (dict "map" $scaling.metrics)) -}}
{{- $at := printf "inference.models.%s.autoscaling" .model -}}
{{- $engineMetrics := or (hasKey $metrics "queueDepth") (hasKey $metrics "timeToFirstTokenSeconds") -}}
{{- if not $metrics -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" (printf "%s has no metric, so nothing would ever be scaled. Write inference: {models: {%s: {autoscaling: {metrics: {queueDepth: 5}}}}}." $at .model)) -}}
{{- end -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" (printf "%s: minReplicas is %d and maxReplicas %d. Write inference: {models: {%s: {autoscaling: {maxReplicas: %d}}}}." $at (int $scaling.minReplicas) (int $scaling.maxReplicas) .model (int $scaling.minReplicas))) -}}
{{- end -}}
{{- if and (eq (int $scaling.minReplicas) 0) (or (ne $scaling.provider "keda") (not $engineMetrics)) -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" (printf "%s.minReplicas is 0: only KEDA scales to zero, and not on cpu or memory alone. Write inference: {models: {%s: {autoscaling: {minReplicas: 1}}}}, or provider: keda with metrics: {queueDepth: 5}." $at .model)) -}}
{{- end -}}
{{- if and (eq $scaling.provider "keda") $engineMetrics (not $scaling.keda.serverAddress) -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" (printf "%s.keda.serverAddress is empty: KEDA asks Prometheus for queueDepth and timeToFirstTokenSeconds. Write inference: {modelDefaults: {autoscaling: {keda: {serverAddress: \"http://prometheus.monitoring:9090\"}}}}." $at)) -}}
{{- end -}}
{{- if and (eq .settings.engine "tensorrtllm") $engineMetrics -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" (printf "%s: queueDepth and timeToFirstTokenSeconds are read from vllm: metrics, which TensorRT-LLM has not. Scale on metrics: {cpu: 80} or write engine: vllm." $at)) -}}
{{- end -}}
{{- range $resource := list "cpu" "memory" -}}
{{- if and (hasKey $metrics $resource) (not (get ($.settings.resources.requests | default dict) $resource)) -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" (printf "%s.metrics.%s is a percentage of the request, and there is none. Write inference: {models: {%s: {resources: {requests: {%s: ...}}}}}." $at $resource $.model $resource)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
