{{/*
Deployment of one model.
  {{ include "genai.inference.deployment" $context }}   root, component, model, name, account, settings
*/}}
{{- define "genai.inference.deployment" -}}
{{- $weights := fromYaml (include "genai.inference.weights" .) -}}
{{- $mount := dict "name" "models" "mountPath" "/models" "readOnly" true -}}
{{- if eq .root.Values.modelDelivery "imageVolume" -}}{{- $_ := set $mount "subPath" "model" -}}{{- end -}}
{{- $_ := set . "volumes" (list $weights) -}}
{{- $_ := set . "mounts" (list $mount) -}}
apiVersion: apps/v1
kind: Deployment
{{ include "genai.object.metadata" . }}
spec:
  {{- if eq (include "genai.role" (dict "root" .root)) "all" }}
  replicas: {{ int (.settings.replicas | default 1) }}
  {{- end }}
  {{- include "genai.pod.strategy" . | nindent 2 }}
  selector:
    matchLabels:
      {{- include "genai.labels.selector" . | nindent 6 }}
  template:
    metadata:
      {{- include "genai.pod.metadata" . | nindent 6 }}
    spec:
      {{- include "genai.pod.settings" . | nindent 6 }}
      {{- include "genai.pod.spread" . | nindent 6 }}
      {{- if eq .root.Values.modelDelivery "copy" }}
      {{- include "genai.inference.copy" . | nindent 6 }}
      {{- end }}
      containers:
        {{- include "genai.inference.container" . | nindent 8 }}
      {{- include "genai.pod.volumes" . | nindent 6 }}
{{- end -}}
