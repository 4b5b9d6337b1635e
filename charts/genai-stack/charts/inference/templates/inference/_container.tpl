{{/*
The server container of one model.
  {{ include "genai.inference.container" $context }}   the context of genai.inference.deployment
*/}}
{{- define "genai.inference.container" -}}
{{- $engine := get .root.Values.engines .settings.engine -}}
{{- $startup := max 1 (div (int .settings.startupSeconds) 2) -}}
- name: inference
  {{- include "genai.image.container" (dict "root" .root "image" $engine.image) | nindent 2 }}
  {{- include "genai.inference.args" . | nindent 2 }}
  {{- with include "genai.container.env" . }}
  {{- . | nindent 2 }}
  {{- end }}
  ports:
    - name: http
      containerPort: 8080
      protocol: TCP
  startupProbe:
    {{- include "genai.container.probe" (dict "root" .root "path" "/health" "period" 2 "failures" $startup "timeout" 3) | nindent 4 }}
  readinessProbe:
    {{- include "genai.container.probe" (dict "root" .root "path" "/health" "period" 2 "failures" 3 "timeout" 3) | nindent 4 }}
  livenessProbe:
    {{- include "genai.container.probe" (dict "root" .root "path" "/health" "period" 10 "failures" 12 "timeout" 10) | nindent 4 }}
  {{- include "genai.container.drain" . | nindent 2 }}
  {{- include "genai.container.security" . | nindent 2 }}
  {{- include "genai.container.extras" . | nindent 2 }}
{{- end -}}
