{{/*
Where a model's server finds the weights: a file for llama.cpp, the folder for others. TensorRT-LLM takes its name from
the folder's.
  {{ include "genai.inference.path" (dict "model" "chat" "settings" $settings) }}
*/}}
{{- define "genai.inference.path" -}}
{{- $file := (.settings.source | default dict).file | default (ternary "model.gguf" "" (eq .settings.engine "llamacpp")) -}}
{{- include "genai.inference.folder" . }}{{ with $file }}/{{ . }}{{ end -}}
{{- end -}}
