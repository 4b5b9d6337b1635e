{{/*
Labels of a pod: what users add, under what the chart owns. helm.sh/chart is left out: a new chart version alone
restarts no pod.
  {{ include "genai.labels.pod" (dict "root" $ "component" "gateway" "settings" .Values) }}   model is optional
*/}}
{{- define "genai.labels.pod" -}}
{{- $owned := fromYaml (include "genai.labels.selector" .) -}}
{{- $_ := set $owned "app.kubernetes.io/name" "genai-stack" -}}
{{- $_ := set $owned "app.kubernetes.io/part-of" "genai-stack" -}}
{{- $_ := set $owned "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $global := .root.Values.global.podLabels | default dict -}}
{{- toYaml (merge $owned (.settings.podLabels | default dict) $global) -}}
{{- end -}}
