{{/*
PodDisruptionBudget of a workload that has more than one replica: a drain takes one pod at a time.
  {{ include "genai.object.budget" (dict "root" $ "name" $name "component" "gateway" "replicas" 2) }}   model is optional
*/}}
{{- define "genai.object.budget" -}}
{{- if gt (int .replicas) 1 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
{{ include "genai.object.metadata" . }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "genai.labels.selector" . | nindent 6 }}
{{- end -}}
{{- end -}}
