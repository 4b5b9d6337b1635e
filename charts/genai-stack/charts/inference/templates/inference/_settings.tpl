{{/*
Settings of one model as JSON: its entry on its profile on modelDefaults, then what follows from them (the engine, its
image, the GPUs among the resources, annotations for the CLI). What its embeddings are is for the CLI alone.
  {{ include "genai.inference.settings" (dict "root" $ "model" "smollm2") }}
*/}}
{{- define "genai.inference.settings" -}}
{{- $values := .root.Values -}}
{{- $entry := fromYaml (include "genai.settings.present" (dict "map" (omit (get $values.models .model | default dict) "embedding"))) -}}
{{- $name := $entry.profile | default $values.modelDefaults.profile -}}
{{- $profile := fromYaml (include "genai.inference.profile" (dict "root" .root "model" .model "profile" $name)) -}}
{{- $under := fromYaml (include "genai.settings.layer" (dict "under" $values.modelDefaults "over" $profile)) -}}
{{- $settings := fromYaml (include "genai.settings.layer" (dict "under" $under "over" $entry)) -}}
{{- $hasGpu := gt (int $settings.gpu.count) 0 -}}
{{- if not $settings.engine -}}
{{- $_ := set $settings "engine" (ternary "vllm" "llamacpp" $hasGpu) -}}
{{- end -}}
{{- if $hasGpu -}}
{{- $gpus := dict $settings.gpu.resource (int $settings.gpu.count | toString) -}}
{{- range $kind := list "requests" "limits" -}}
{{- $_ := set $settings.resources $kind (merge (dict) $gpus (get $settings.resources $kind | default dict)) -}}
{{- end -}}
{{- end -}}
{{- $told := dict -}}
{{- with $settings.minDriver -}}{{- $_ := set $told "genai-stack/min-driver" . -}}{{- end -}}
{{- with $settings.minCuda -}}{{- $_ := set $told "genai-stack/min-cuda" . -}}{{- end -}}
{{- with $settings.peakMemory -}}{{- $_ := set $told "genai-stack/peak-memory" . -}}{{- end -}}
{{- $_ := set $settings "podAnnotations" (merge $told ($settings.podAnnotations | default dict)) -}}
{{- $_ := set $settings "nodeSelector" (fromYaml (include "genai.settings.present" (dict "map" $settings.nodeSelector))) -}}
{{- $engine := get $values.engines $settings.engine | default dict -}}
{{- $_ := set $settings "image" (fromYaml (include "genai.settings.layer" (dict "under" $engine.image "over" $settings.image))) -}}
{{- include "genai.inference.coherent" (dict "root" .root "model" .model "settings" $settings) -}}
{{- toJson $settings -}}
{{- end -}}
