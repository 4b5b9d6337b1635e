{{/*
A peer: pods of this instance that are one of the components. With "slots" only those of the slots named.
  {{ include "genai.network.pods" (dict "root" $ "components" (list "gateway") "slots" (list "blue")) }}   slots is optional
*/}}
{{- define "genai.network.pods" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/instance: {{ include "genai.instance" (dict "root" .root) | quote }}
    matchExpressions:
      - key: app.kubernetes.io/component
        operator: In
        values: {{ toJson .components }}
      {{- with .slots }}
      - key: genai-stack/slot
        operator: In
        values: {{ toJson . }}
      {{- end }}
{{- end -}}
