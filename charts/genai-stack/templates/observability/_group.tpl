{{/*
One group of rules out of a file, as YAML: placeholders filled in, labels and runbook of each alert set. The file is read
as it is, so that what Prometheus itself fills in, such as the labels of an alert, is left alone.
  {{ include "genai.observability.group" (dict "root" $ "name" "slo" "facts" $facts) }}
*/}}
{{- define "genai.observability.group" -}}
{{- $alerts := .root.Values.observability.alerts -}}
{{- $facts := .facts -}}
{{- $text := .root.Files.Get (printf "files/alerts/%s.yaml" .name) -}}
{{- range $name, $value := $facts -}}{{- $text = replace (printf "@%s@" $name) $value $text -}}{{- end -}}
{{- $rules := list -}}
{{- range (fromYaml $text).rules -}}
{{- if .alert -}}
{{- if not (get $alerts.silenced .alert) -}}
{{- $fixed := dict "genai_instance" $facts.instance "namespace" $facts.namespace -}}
{{- $_ := set . "labels" (merge $fixed .labels $alerts.alertLabels) -}}
{{- $_ := set .annotations "runbook_url" (printf "%s#%s" $alerts.runbookUrl (lower .alert)) -}}
{{- $rules = append $rules . -}}
{{- end -}}
{{- else -}}
{{- $rules = append $rules . -}}
{{- end -}}
{{- end -}}
name: {{ printf "%s-%s" $facts.instance .name }}
rules:
  {{- toYaml $rules | nindent 2 }}
{{- end -}}
