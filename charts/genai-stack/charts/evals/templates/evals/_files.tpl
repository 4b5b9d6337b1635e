{{/*
The prompts of the values as JSON Lines: file name to text, as JSON. Suites with a dataset of their own are left out.
  {{- $files := fromYaml (include "genai.evals.files" (dict "root" $)) }}
*/}}
{{- define "genai.evals.files" -}}
{{- $files := dict -}}
{{- range $name, $suite := fromYaml (include "genai.evals.suites" (dict "root" .root)) -}}
{{- if not (include "genai.settings.present" (dict "map" $suite.dataset) | fromYaml) -}}
{{- $lines := list -}}
{{- range $suite.prompts -}}{{- $lines = append $lines (toJson .) -}}{{- end -}}
{{- $_ := set $files (printf "%s.jsonl" $name) (join "\n" $lines) -}}
{{- end -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}
