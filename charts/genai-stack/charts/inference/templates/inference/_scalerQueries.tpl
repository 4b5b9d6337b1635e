{{/*
What KEDA asks Prometheus, by metric, as YAML. vLLM's label is model_name. A model without pods has no queue, so
"wake" counts what the gateway was asked for in the last two minutes, requests of a new series included. An idle model's
quantile is NaN, which KEDA takes for an error: compared, it is left out, and 0 takes its place.
  {{ include "genai.inference.scalerQueries" $context }}   the context of genai.inference.scalerKeda
*/}}
{{- define "genai.inference.scalerQueries" -}}
{{- $namespace := .root.Release.Namespace -}}
{{- $own := printf "namespace=%q,pod=~%q,model_name=%q" $namespace (include "genai.inference.scalerPods" .) .served -}}
{{- $gateway := include "genai.name.release" (dict "root" .root "suffix" "gateway") -}}
{{- $asked := printf "genai_gateway_requests_total{namespace=%q,pod=~%q,model=%q}" $namespace (include "genai.inference.scalerPods" (dict "name" $gateway)) .model -}}
queueDepth: {{ printf "sum(vllm:num_requests_waiting{%s})" $own | quote }}
timeToFirstTokenSeconds: {{ printf "(histogram_quantile(0.95, sum(rate(vllm:time_to_first_token_seconds_bucket{%s}[2m])) by (le)) >= 0) or vector(0)" $own | quote }}
wake: {{ printf "(sum(increase(%s[2m])) or vector(0)) + (sum(%s unless %s offset 2m) or vector(0))" $asked $asked $asked | quote }}
{{- end -}}
