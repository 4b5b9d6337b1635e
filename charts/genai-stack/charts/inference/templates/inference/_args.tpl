{{/*
Arguments of the inference server, extraArgs last.
  {{ include "genai.inference.args" (dict "root" $ "model" "smollm2" "settings" $settings) }}
*/}}
{{- define "genai.inference.args" -}}
{{- $settings := .settings -}}
{{- $args := list "--model" "/models/model.gguf" "--alias" ($settings.servedName | default .model) "--host" "0.0.0.0" "--port" "8080" -}}
{{- range $flag := list "context" "parallel" "threads" -}}
{{- $args = concat $args (list (printf "--%s" $flag) (get $settings $flag | int | toString)) -}}
{{- end -}}
{{- /* What is left of the grace after preStop (5 s), less 5 s to end. */ -}}
{{- $drain := max 1 (sub (int $settings.terminationGracePeriodSeconds) 10) -}}
{{- $args = concat $args (list "--drain-seconds" (toString $drain)) -}}
{{- include "genai.container.args" (dict "root" .root "settings" $settings "args" $args) -}}
{{- end -}}
