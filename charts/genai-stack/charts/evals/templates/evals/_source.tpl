{{/*
Where a run finds its prompts, as JSON: "args" of the command, and the "volume" and "mount" where they are files.
  {{- $source := fromYaml (include "genai.evals.source" (dict "root" $ "suite" "golden" "entry" $suite)) }}
*/}}
{{- define "genai.evals.source" -}}
{{- $file := printf "%s.jsonl" .suite -}}
{{- $dataset := fromYaml (include "genai.settings.present" (dict "map" .entry.dataset)) -}}
{{- $args := list -}}
{{- $volume := dict "name" "dataset" -}}
{{- with $dataset.url -}}
{{- $args = list "--suite-url" .url "--sha256" .sha256 -}}
{{- else -}}
{{- with $dataset.configMap -}}
{{- $_ := set $volume "configMap" (dict "name" .name "items" (list (dict "key" .key "path" $file))) -}}
{{- else with $dataset.pvc -}}
{{- $file = .path -}}
{{- $_ := set $volume "persistentVolumeClaim" (dict "claimName" .claimName "readOnly" true) -}}
{{- else -}}
{{- $_ := set $volume "name" "suites" -}}
{{- $_ := set $volume "configMap" (dict "name" (include "genai.name.instance" (dict "root" .root "suffix" "evals"))) -}}
{{- end -}}
{{- $args = list "--suite" (printf "/etc/genai/suites/%s" $file) -}}
{{- end -}}
{{- $source := dict "args" $args -}}
{{- if gt (len $volume) 1 -}}
{{- $_ := set $source "volume" $volume -}}
{{- $_ := set $source "mount" (dict "name" $volume.name "mountPath" "/etc/genai/suites" "readOnly" true) -}}
{{- end -}}
{{- toJson $source -}}
{{- end -}}
