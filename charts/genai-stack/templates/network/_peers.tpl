{{/*
Peers outside the instance, as a YAML list: pods by namespace and labels, and addresses. Labels without a namespace mean
pods beside the instance; "*" means every namespace.
  {{ include "genai.network.peers" (dict "source" .Values.network.edge) }}
*/}}
{{- define "genai.network.peers" -}}
{{- $peers := list -}}
{{- $pods := dict -}}
{{- with .source.podLabels -}}{{- $pods = dict "podSelector" (dict "matchLabels" .) -}}{{- end -}}
{{- range .source.namespaces | default list -}}
{{- $labels := ternary dict (dict "matchLabels" (dict "kubernetes.io/metadata.name" .)) (eq . "*") -}}
{{- $peers = append $peers (merge (dict "namespaceSelector" $labels) $pods) -}}
{{- end -}}
{{- if and $pods (not .source.namespaces) -}}{{- $peers = append $peers $pods -}}{{- end -}}
{{- range .source.cidrs | default list -}}
{{- $peers = append $peers (dict "ipBlock" (dict "cidr" .)) -}}
{{- end -}}
{{- toYaml $peers -}}
{{- end -}}
