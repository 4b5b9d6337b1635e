{{/*
Arguments of our llama.cpp server, as a JSON list. One model has names, several carry theirs before the
file.
  {{ include "genai.inference.args.llamacpp" (dict "model" "smollm2" "settings" $settings) }}
*/}}
{{- define "genai.inference.args.llamacpp" -}}
{{- $settings := .settings -}}
{{- $own := concat (list ($settings.servedName | default .model)) ($settings.aliases | default list) -}}
{{- $others := fromYaml (include "genai.settings.present" (dict "map" $settings.with)) -}}
{{- $args := list "--model" (include "genai.inference.path" .) -}}
{{- if $others -}}
{{- $args = list "--model" (printf "%s=%s" (join "," $own) (include "genai.inference.path" .)) -}}
{{- range $name := keys $others | sortAlpha -}}
{{- $file := ((get $others $name).source | default dict).file | default "model.gguf" -}}
{{- $args = concat $args (list "--model" (printf "%s=/with/%s/%s" $name $name $file)) -}}
{{- end -}}
{{- else -}}
{{- range $own -}}{{- $args = concat $args (list "--alias" .) -}}{{- end -}}
{{- end -}}
{{- $adapters := fromYaml (include "genai.settings.present" (dict "map" $settings.lora)) -}}
{{- range $name := keys $adapters | sortAlpha -}}
{{- $file := ((get $adapters $name).source | default dict).file | default "model.gguf" -}}
{{- $args = concat $args (list "--lora" (printf "%s=/lora/%s/%s" $name $name $file)) -}}
{{- end -}}
{{- $context := $settings.context | default 2048 | int | toString -}}
{{- $parallel := $settings.parallel | default 4 | int | toString -}}
{{- $args = concat $args (list "--host" "0.0.0.0" "--port" "8080" "--context" $context "--parallel" $parallel) -}}
{{- $args = concat $args (list "--threads" (int $settings.threads | toString)) -}}
{{- concat $args (list "--drain-seconds" (include "genai.inference.drain" .)) | toJson -}}
{{- end -}}
