{{/*
The suites that are on, by name, as JSON. One without prompts, or with prompts from two places, is noted.
  {{- $suites := fromYaml (include "genai.evals.present" (dict "root" $)) }}
*/}}
{{- define "genai.evals.present" -}}
{{- $suites := dict -}}
{{- range $name, $suite := fromYaml (include "genai.settings.present" (dict "map" .root.Values.suites)) -}}
{{- if or (not (hasKey $suite "enabled")) $suite.enabled -}}
{{- $_ := set $suites $name $suite -}}
{{- end -}}
{{- end -}}
{{- range $name, $suite := $suites -}}
{{- $message := "" -}}
{{- $sources := keys (fromYaml (include "genai.settings.present" (dict "map" $suite.dataset))) | sortAlpha -}}
{{- if gt (len $sources) 1 -}}
{{- $message = printf "evals.suites.%s.dataset has %s, and takes one of them. Write evals: {suites: {%s: {dataset: {%s: null}}}}." $name (join " and " $sources) $name (last $sources) -}}
{{- else if not (or $sources $suite.prompts) -}}
{{- $message = printf "evals.suites.%s has no prompts. Write evals: {suites: {%s: {prompts: [{id: sum, prompt: \"What is 2+2?\", expect: {contains: \"4\"}}]}}}, or in place of prompts a dataset: {configMap: {name: my-prompts, key: %s.jsonl}}." $name $name $name -}}
{{- end -}}
{{- with $message -}}
{{- include "genai.mistake.note" (dict "root" $.root "message" .) -}}
{{- end -}}
{{- end -}}
{{- toJson $suites -}}
{{- end -}}
