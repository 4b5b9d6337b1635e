{{/*
What a run is told beside its prompts, as JSON: flag to value. "limit" is optional; "isCheck" leaves out what judges
and keeps the results.
  {{- $flags := fromYaml (include "genai.evals.flags" (dict "root" $ "suite" "golden" "entry" $suite)) }}
*/}}
{{- define "genai.evals.flags" -}}
{{- $values := .root.Values -}}
{{- $flags := dict "--name" .suite -}}
{{- range $flag, $value := dict "--scorer" .entry.scorer "--model" .entry.model "--max-tokens" (int .entry.maxTokens) "--limit" (int .limit) -}}
{{- with $value -}}{{- $_ := set $flags $flag (toString .) -}}{{- end -}}
{{- end -}}
{{- if not .isCheck -}}
{{- $threshold := ternary .entry.threshold $values.minAccuracy (hasKey .entry "threshold") -}}
{{- $_ := set $flags "--threshold" (toString $threshold) -}}
{{- if $values.results.configMap.enabled -}}
{{- $_ := set $flags "--publish" (include "genai.name.instance" (dict "root" .root "suffix" "evals-results")) -}}
{{- end -}}
{{- if $values.results.persistence.enabled -}}
{{- $_ := set $flags "--results-dir" "/results" -}}
{{- $_ := set $flags "--history" (toString (int $values.results.history)) -}}
{{- end -}}
{{- end -}}
{{- toJson $flags -}}
{{- end -}}
