{{/*
Arguments of `trtllm-serve`, as a JSON list. It finishes running requests after SIGTERM without being told how long.
  {{ include "genai.inference.args.tensorrtllm" (dict "model" "chat" "settings" $settings) }}
*/}}
{{- define "genai.inference.args.tensorrtllm" -}}
{{- $args := list (include "genai.inference.path" .) "--host" "0.0.0.0" "--port" "8080" "--backend" "pytorch" -}}
{{- $args = concat $args (list "--tp_size" (max 1 (int .settings.gpu.count) | toString)) -}}
{{- with int .settings.context -}}
{{- $args = concat $args (list "--max_seq_len" (toString .)) -}}
{{- end -}}
{{- with int .settings.parallel -}}
{{- $args = concat $args (list "--max_batch_size" (toString .)) -}}
{{- end -}}
{{- toJson $args -}}
{{- end -}}
