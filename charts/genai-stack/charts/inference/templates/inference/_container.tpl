{{/*
The server container of one model; its environment is set by genai.inference.deployment.
  {{ include "genai.inference.container" $context }}   the context of genai.inference.deployment
*/}}
{{- define "genai.inference.container" -}}
- name: inference
  {{- include "genai.image.container" (dict "root" .root "image" .settings.image) | nindent 2 }}
  {{- include "genai.inference.args" . | nindent 2 }}
  {{- with include "genai.container.env" . }}
  {{- . | nindent 2 }}
  {{- end }}
  ports:
    - name: http
      containerPort: 8080
      protocol: TCP
  {{- include "genai.inference.probes" . | nindent 2 }}
  {{- include "genai.container.drain" . | nindent 2 }}
  {{- include "genai.container.security" . | nindent 2 }}
  {{- include "genai.container.extras" . | nindent 2 }}
{{- end -}}
