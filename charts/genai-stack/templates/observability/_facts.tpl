{{/*
What files/alerts/*.yaml leave open as @name@, as YAML: the instance, its pods and jobs, thresholds. All of it is names,
numbers and durations that the schema has checked, so nothing in it can break out of an expression.
  {{- $facts := fromYaml (include "genai.observability.facts" (dict "root" $)) }}
*/}}
{{- define "genai.observability.facts" -}}
{{- $values := .root.Values -}}
{{- $root := .root -}}
{{- $instance := include "genai.instance" (dict "root" .root) -}}
{{- $alerts := $values.observability.alerts -}}
{{- $facts := dict "instance" $instance "namespace" .root.Release.Namespace -}}
{{- $_ := set $facts "series" (printf "namespace=%q,genai_instance=%q" .root.Release.Namespace $instance) -}}
{{- $servers := list -}}
{{- range list $instance (printf "%s-blue" $instance) (printf "%s-green" $instance) -}}
{{- $servers = append $servers (printf "%s-inference-" . | trunc 54 | trimSuffix "-") -}}
{{- end -}}
{{- $_ := set $facts "servers" (printf "(%s)-.+" (join "|" $servers)) -}}
{{- $evals := list (include "genai.name.instance" (dict "root" .root "suffix" "evals")) -}}
{{- range $name, $suite := $values.evals.suites -}}
{{- if ($suite | default dict).schedule -}}
{{- $evals = append $evals (include "genai.name.instance" (dict "root" $root "suffix" (printf "evals-%s" $name))) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $facts "evals" (first $evals) -}}
{{- $_ := set $facts "allEvals" (join "|" $evals) -}}
{{- $_ := set $facts "backup" (include "genai.name.instance" (dict "root" .root "suffix" "vectordb-backup")) -}}
{{- range $group, $entries := dict "slo" $alerts.slo "above" $alerts.thresholds "for" $alerts.for -}}
{{- range $key, $value := $entries -}}
{{- $_ := set $facts (printf "%s.%s" $group $key) (toString $value) -}}
{{- end -}}
{{- end -}}
{{- toJson $facts -}}
{{- end -}}
