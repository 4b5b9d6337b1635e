{{/*
What the prefetch Jobs have to bring, as a JSON list of digests with one part of genai.inference.parts each. Empty where
nothing is shared, or where the claim can only be read.
  {{ include "genai.inference.prefetches" (dict "root" $) }}
*/}}
{{- define "genai.inference.prefetches" -}}
{{- $root := .root -}}
{{- $found := list -}}
{{- $digests := list -}}
{{- if and $root.Values.weights.enabled (ne $root.Values.weights.accessMode "ReadOnlyMany") -}}
{{- range $model, $_ := fromYaml (include "genai.settings.present" (dict "map" $root.Values.models)) -}}
{{- $settings := fromYaml (include "genai.inference.settings" (dict "root" $root "model" $model)) -}}
{{- range $part := fromJsonArray (include "genai.inference.parts" (dict "root" $root "model" $model "settings" $settings)) -}}
{{- if has $part.kind (list "hf" "s3") -}}
{{- $digest := include "genai.inference.digest" (dict "source" $part.source) -}}
{{- if not (has $digest $digests) -}}
{{- $digests = append $digests $digest -}}
{{- $found = append $found (dict "digest" $digest "part" $part) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}
