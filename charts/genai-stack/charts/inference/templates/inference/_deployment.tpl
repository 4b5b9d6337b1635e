{{/*
Deployment of one model. Who scales it, when it is not the values: the CLI in a slot, else the model's autoscaler.
  {{ include "genai.inference.deployment" $context }}   root, component, model, name, account, settings
*/}}
{{- define "genai.inference.deployment" -}}
{{- $storage := fromYaml (include "genai.inference.storage" .) -}}
{{- $runtime := fromYaml (include "genai.inference.runtime" .) -}}
{{- $_ := set . "volumes" (concat $storage.volumes $runtime.volumes (list (fromYaml (include "genai.inference.probeVolume" .)))) -}}
{{- $_ := set . "mounts" (concat $storage.mounts $runtime.mounts (list (fromYaml (include "genai.inference.probeMount" .)))) -}}
{{- $_ := set . "env" $runtime.env -}}
{{- $_ := set .settings "resources" (fromJson (include "genai.inference.disk" .)) -}}
apiVersion: apps/v1
kind: Deployment
{{ include "genai.object.metadata" . }}
spec:
  {{- if and (eq (include "genai.role" (dict "root" .root)) "all") (not (include "genai.inference.scaled" .)) }}
  replicas: {{ int (.settings.replicas | default 1) }}
  {{- end }}
  {{- include "genai.inference.strategy" . | nindent 2 }}
  selector:
    matchLabels:
      {{- include "genai.labels.selector" . | nindent 6 }}
  template:
    metadata:
      {{- include "genai.pod.metadata" . | nindent 6 }}
    spec:
      {{- include "genai.pod.settings" . | nindent 6 }}
      {{- with .settings.runtimeClassName }}
      runtimeClassName: {{ . | quote }}
      {{- end }}
      {{- include "genai.pod.spread" . | nindent 6 }}
      {{- with $storage.inits }}
      initContainers:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        {{- include "genai.inference.container" . | nindent 8 }}
      {{- include "genai.pod.volumes" . | nindent 6 }}
{{- end -}}
