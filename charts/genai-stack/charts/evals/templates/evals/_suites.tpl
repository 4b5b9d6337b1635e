{{/*
The suites that are on, by name, as JSON. One that is asked for and is not there is noted, and empty.
  {{- $suites := fromYaml (include "genai.evals.suites" (dict "root" $)) }}
*/}}
{{- define "genai.evals.suites" -}}
{{- $suites := fromYaml (include "genai.evals.present" (dict "root" .root)) -}}
{{- $wanted := dict "evals.suite" .root.Values.suite -}}
{{- range $name, $run := fromYaml (include "genai.settings.present" (dict "map" .root.Values.onDemand)) -}}
{{- with $run.suite -}}{{- $_ := set $wanted (printf "evals.onDemand.%s.suite" $name) . -}}{{- end -}}
{{- end -}}
{{- $names := keys $suites | sortAlpha -}}
{{- $root := .root -}}
{{- range $key, $suite := $wanted -}}
{{- if not (has $suite $names) -}}
{{- $message := printf "%s is %q, which is not in evals.suites, or off there (%s). Write evals: {suites: {%s: {prompts: [{id: sum, prompt: \"What is 2+2?\", expect: {contains: \"4\"}}]}}}, or set evals.enabled to false." $key $suite (join ", " $names) $suite -}}
{{- include "genai.mistake.note" (dict "root" $root "message" $message) -}}
{{- $_ := set $suites $suite dict -}}
{{- end -}}
{{- end -}}
{{- toJson $suites -}}
{{- end -}}
