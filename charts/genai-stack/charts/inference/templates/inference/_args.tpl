{{/*
Command and arguments of the inference server, extraArgs last.
  {{ include "genai.inference.args" (dict "root" $ "model" "smollm2" "settings" $settings) }}
*/}}
{{- define "genai.inference.args" -}}
{{- $engine := .settings.engine -}}
{{- $args := list -}}
{{- if eq $engine "llamacpp" -}}
{{- $args = fromJsonArray (include "genai.inference.args.llamacpp" .) -}}
{{- else if eq $engine "vllm" -}}
{{- $args = fromJsonArray (include "genai.inference.args.vllm" .) -}}
command: [vllm, serve]
{{ else if eq $engine "tensorrtllm" -}}
{{- $args = fromJsonArray (include "genai.inference.args.tensorrtllm" .) -}}
command: [trtllm-serve]
{{ else if .settings.command -}}
command:
  {{- toYaml .settings.command | nindent 2 }}
{{ end -}}
{{- include "genai.container.args" (dict "root" .root "settings" .settings "args" $args) -}}
{{- end -}}
