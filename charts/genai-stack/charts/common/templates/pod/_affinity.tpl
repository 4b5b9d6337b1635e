{{/*
Prefer a node that has no pod of the same workload yet. A preference only: a pod without such a node still runs.
  {{ include "genai.pod.affinity" (dict "root" $ "component" "gateway") }}   model is optional
*/}}
{{- define "genai.pod.affinity" -}}
{{- if has .component (list "gateway" "inference" "vectordb") -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "genai.labels.selector" . | nindent 14 }}
{{- end -}}
{{- end -}}
