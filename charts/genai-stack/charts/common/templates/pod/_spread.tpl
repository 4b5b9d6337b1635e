{{/*
Spread the pods of a workload over nodes where that is possible; never hold one back for it.
  {{ include "genai.pod.spread" (dict "root" $ "component" "gateway") }}   model is optional
*/}}
{{- define "genai.pod.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "genai.labels.selector" . | nindent 8 }}
{{- end -}}
