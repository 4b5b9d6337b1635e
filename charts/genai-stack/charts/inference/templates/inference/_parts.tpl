{{/*
What has to be mounted for a model, as a JSON list: its weights, those of its adapters and of other models in the same
process, each with where they come from.
  {{ include "genai.inference.parts" (dict "root" $ "model" "chat" "settings" $settings) }}
*/}}
{{- define "genai.inference.parts" -}}
{{- $root := .root -}}
{{- $here := printf "inference.models.%s" .model -}}
{{- $isFile := eq .settings.engine "llamacpp" -}}
{{- $wanted := list (dict "name" "model" "volume" "models" "path" (include "genai.inference.folder" .) "at" $here "entry" .settings) -}}
{{- range $field := list "lora" "with" -}}
{{- range $name, $entry := fromYaml (include "genai.settings.present" (dict "map" (get $.settings $field))) -}}
{{- $label := include "genai.name.cut" (dict "name" (printf "%s-%s" $field $name) "max" 50) -}}
{{- $wanted = append $wanted (dict "name" $label "volume" $label "path" (printf "/%s/%s" $field $name) "at" (printf "%s.%s.%s" $here $field $name) "entry" $entry) -}}
{{- end -}}
{{- end -}}
{{- $parts := list -}}
{{- range $wanted -}}
{{- $source := .entry.source | default dict -}}
{{- $kind := include "genai.inference.source" (dict "root" $root "source" $source "path" (printf "%s.source" .at)) -}}
{{- $file := ternary ($source.file | default "model.gguf") "" $isFile -}}
{{- $parts = append $parts (dict "name" .name "volume" .volume "path" .path "kind" $kind "source" $source "file" $file) -}}
{{- end -}}
{{- toJson $parts -}}
{{- end -}}
