{{/*
Suites as file name to JSONL, as YAML. Fails when the suite to run is not there.
  {{ include "genai.evals.suites" (dict "root" $) }}
*/}}
{{- define "genai.evals.suites" -}}
{{- $values := .root.Values -}}
{{- $suites := fromYaml (include "genai.settings.present" (dict "map" $values.suites)) -}}
{{- if not (hasKey $suites $values.suite) -}}
{{- fail (printf "evals.suite is %q, which is not in evals.suites (%s). Write evals: {suites: {%s: {prompts: [{id: sum, prompt: \"What is 2+2?\", expect: {contains: \"4\"}}]}}}, or set evals.enabled to false." $values.suite (keys $suites | sortAlpha | join ", ") $values.suite) -}}
{{- end -}}
{{- $files := dict -}}
{{- range $name, $suite := $suites -}}
{{- $lines := list -}}
{{- range $suite.prompts -}}{{- $lines = append $lines (toJson .) -}}{{- end -}}
{{- $_ := set $files (printf "%s.jsonl" $name) (printf "%s\n" (join "\n" $lines)) -}}
{{- end -}}
{{- toYaml $files -}}
{{- end -}}
