{{/*
Head of the NetworkPolicy of a component's pods, in both directions: what no rule below it allows is denied.
  {{ include "genai.network.policy" (dict "root" $ "name" $name "component" "gateway") }}   model is optional
*/}}
{{- define "genai.network.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
{{ include "genai.object.metadata" . }}
spec:
  podSelector:
    matchLabels:
      {{- include "genai.labels.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end -}}
