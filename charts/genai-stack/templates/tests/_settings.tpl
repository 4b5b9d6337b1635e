{{/*
Settings of a test pod, as JSON: small, and placed as the evals are, whose image it runs. They lie in the umbrella
because it alone sees that image.
  {{- $settings := fromYaml (include "genai.tests.settings" (dict "root" $)) }}
*/}}
{{- define "genai.tests.settings" -}}
{{- $requests := dict "cpu" "20m" "memory" "48Mi" "ephemeral-storage" "16Mi" -}}
{{- $limits := dict "cpu" "500m" "memory" "128Mi" "ephemeral-storage" "128Mi" -}}
{{- $settings := dict "terminationGracePeriodSeconds" 5 "resources" (dict "requests" $requests "limits" $limits) -}}
{{- $taken := list "image" "nodeSelector" "tolerations" "priorityClassName" "podLabels" "podAnnotations" -}}
{{- range $key, $value := .root.Values.evals -}}
{{- if has $key $taken -}}
{{- $_ := set $settings $key $value -}}
{{- end -}}
{{- end -}}
{{- toJson $settings -}}
{{- end -}}
