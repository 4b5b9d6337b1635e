{{/*
A map without the entries that are null, as YAML: null is how a values file takes out an entry of the defaults, and
Helm hands the null on to subcharts.
  {{- $models := fromYaml (include "genai.settings.present" (dict "map" .Values.models)) }}
*/}}
{{- define "genai.settings.present" -}}
{{- $result := dict -}}
{{- range $key, $value := .map | default dict -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $_ := set $result $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $result -}}
{{- end -}}
