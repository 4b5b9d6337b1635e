{{/*
The limits of a LimitRange as a YAML list, without what is empty: the API server refuses an object without limits.
  {{ include "genai.quota.limits" (dict "root" $) }}
*/}}
{{- define "genai.quota.limits" -}}
{{- $range := .root.Values.quota.limitRange -}}
{{- $limits := list -}}
{{- range $type, $section := dict "Container" $range.container "Pod" $range.pod "PersistentVolumeClaim" $range.claim -}}
{{- $limit := dict -}}
{{- range $key, $amounts := $section -}}
{{- with fromYaml (include "genai.quota.amounts" (dict "map" $amounts)) -}}{{- $_ := set $limit $key . -}}{{- end -}}
{{- end -}}
{{- if $limit -}}{{- $limits = append $limits (set $limit "type" $type) -}}{{- end -}}
{{- end -}}
{{- if $limits -}}{{- toYaml $limits -}}{{- end -}}
{{- end -}}
