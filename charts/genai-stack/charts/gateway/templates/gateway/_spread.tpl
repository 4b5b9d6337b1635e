{{/*
Spread the gateway's pods over nodes and zones. Pods of another version do not count: a rollout ends as even as it began.
  {{ include "genai.gateway.spread" (dict "root" $ "component" "gateway") }}
*/}}
{{- define "genai.gateway.spread" -}}
{{- $context := . -}}
{{- $spread := .root.Values.topologySpread -}}
{{- $keys := dict "kubernetes.io/hostname" $spread.node "topology.kubernetes.io/zone" $spread.zone -}}
{{- if or $spread.node $spread.zone -}}
topologySpreadConstraints:
  {{- range $key, $policy := $keys }}
  {{- if $policy }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $policy }}
    labelSelector:
      matchLabels:
        {{- include "genai.labels.selector" $context | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
  {{- end }}
{{- end -}}
{{- end -}}
