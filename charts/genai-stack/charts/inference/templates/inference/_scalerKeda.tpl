{{/*
KEDA's ScaledObject of one model; frozen, it keeps at least one pod.
  {{ include "genai.inference.scalerKeda" (dict ... "served" $name) }}   the context of genai.inference.scaler
*/}}
{{- define "genai.inference.scalerKeda" -}}
{{- $scaling := .settings.autoscaling -}}
{{- $isFrozen := eq (include "genai.scaler.mode" .) "frozen" -}}
{{- $queries := fromYaml (include "genai.inference.scalerQueries" .) -}}
{{- $targets := fromYaml (include "genai.settings.present" (dict "map" $scaling.metrics)) -}}
{{- if eq (int $scaling.minReplicas) 0 -}}
{{- /* One pod at most for waking: what more it takes is the other metrics' to say. */ -}}
{{- $_ := set $targets "wake" 100000 -}}
{{- end -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
{{ include "genai.object.metadata" . }}
spec:
  scaleTargetRef: {name: {{ .name }}}
  minReplicaCount: {{ ternary (max 1 (int $scaling.minReplicas)) (int $scaling.minReplicas) $isFrozen }}
  maxReplicaCount: {{ int $scaling.maxReplicas }}
  pollingInterval: {{ int $scaling.keda.pollingSeconds }}
  cooldownPeriod: {{ int $scaling.keda.cooldownSeconds }}
  {{- if eq (int $scaling.minReplicas) 0 }}
  {{- /* Else a new model would be taken away at once, while it still loads for the first time. */}}
  initialCooldownPeriod: {{ int .settings.startupSeconds }}
  {{- end }}
  {{- with include "genai.scaler.behavior" (dict "root" .root "behavior" $scaling.behavior) }}
  advanced:
    horizontalPodAutoscalerConfig:
      {{- . | nindent 6 }}
  {{- end }}
  triggers:
    {{- range $name, $target := $targets }}
    {{- include "genai.inference.scalerTrigger" (dict "name" $name "target" $target "query" (get $queries $name) "keda" $scaling.keda) | nindent 4 }}
    {{- end }}
{{- end -}}
