{{/*
Notes what would break a running stack, so that the umbrella can say all mistakes at once (templates/validate.yaml, which
Helm renders last). Renders nothing.
  {{- include "genai.mistake.note" (dict "root" $ "message" "gateway.models is empty. Write gateway: {models: {smollm2: {}}}.") -}}
*/}}
{{- define "genai.mistake.note" -}}
{{- $_ := set .root.Values "mistakes" (append (.root.Values.mistakes | default list) .message) -}}
{{- end -}}
