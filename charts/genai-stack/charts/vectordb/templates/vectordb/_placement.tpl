{{/*
Where three replicas go: a majority of them should never be on one node, or in one zone.
  {{ include "genai.vectordb.placement" (dict "root" $ "component" "vectordb") }}
*/}}
{{- define "genai.vectordb.placement" -}}
{{- $spread := .root.Values.topologySpread -}}
{{- $selector := include "genai.labels.selector" . -}}
{{- if or $spread.node $spread.zone -}}
topologySpreadConstraints:
{{- range $key, $policy := dict "kubernetes.io/hostname" $spread.node "topology.kubernetes.io/zone" $spread.zone }}
{{- if $policy }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $policy }}
    labelSelector:
      matchLabels:
        {{- $selector | nindent 8 }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}
