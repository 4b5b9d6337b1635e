{{/*
Labels of every object. In role route the CLI owns what it applies, so the label does not claim it for Helm.
  {{ include "genai.labels.object" (dict "root" $ "component" "gateway") }}   model is optional
*/}}
{{- define "genai.labels.object" -}}
{{- $isRoute := eq (include "genai.role" (dict "root" .root)) "route" -}}
app.kubernetes.io/name: genai-stack
app.kubernetes.io/part-of: genai-stack
app.kubernetes.io/managed-by: {{ ternary "genai-stack" .root.Release.Service $isRoute }}
helm.sh/chart: {{ printf "genai-stack-%s" (.root.Chart.Version | replace "+" "_") | quote }}
{{ include "genai.labels.selector" . }}
{{- end -}}
