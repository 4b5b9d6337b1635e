{{/*
Arguments of `vllm serve`, as a JSON list. The model comes first, without --model, which newer versions no longer take.
  {{ include "genai.inference.args.vllm" (dict "model" "chat" "settings" $settings) }}
*/}}
{{- define "genai.inference.args.vllm" -}}
{{- $settings := .settings -}}
{{- $adapters := keys (fromYaml (include "genai.settings.present" (dict "map" $settings.lora))) | sortAlpha -}}
{{- $args := list (include "genai.inference.path" .) "--served-model-name" ($settings.servedName | default .model) -}}
{{- $args = concat $args ($settings.aliases | default list) (list "--host" "0.0.0.0" "--port" "8080") -}}
{{- with int $settings.context -}}
{{- $args = concat $args (list "--max-model-len" (toString .)) -}}
{{- end -}}
{{- with int $settings.parallel -}}
{{- $args = concat $args (list "--max-num-seqs" (toString .)) -}}
{{- end -}}
{{- $args = concat $args (list "--tensor-parallel-size" (max 1 (int $settings.gpu.count) | toString)) -}}
{{- if $adapters -}}
{{- $args = concat $args (list "--enable-lora" "--max-loras" (len $adapters | toString) "--lora-modules") -}}
{{- range $adapters -}}
{{- $args = append $args (printf "%s=/lora/%s" . .) -}}
{{- end -}}
{{- end -}}
{{- concat $args (list "--shutdown-timeout" (include "genai.inference.drain" .)) | toJson -}}
{{- end -}}
