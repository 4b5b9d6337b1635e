{{/*
Init container that copies the weights out of the model image.
  {{ include "genai.inference.copy" (dict "root" $ "settings" $settings) }}
*/}}
{{- define "genai.inference.copy" -}}
initContainers:
  - name: copy-model
    {{- include "genai.image.container" (dict "root" .root "image" .settings.source.image) | nindent 4 }}
    command: [cp, /model/model.gguf, /models/model.gguf]
    {{- include "genai.container.security" (dict "root" .root) | nindent 4 }}
    resources:
      requests: {cpu: 50m, memory: 64Mi}
      limits: {cpu: "1", memory: 256Mi}
    volumeMounts:
      - name: models
        mountPath: /models
{{- end -}}
