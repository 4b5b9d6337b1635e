{{/*
A map without the entries that are null, as JSON: null is how a values file takes out an entry of the defaults, and
Helm hands the null on to subcharts. Not as YAML, which would lose a line break at the end of its last text.
  {{- $models := fromYaml (include "genai.settings.present" (dict "map" .Values.models)) }}
*/}}
{{- define "genai.settings.present" -}}
{{- $result := dict -}}
{{- range $key, $value := .map | default dict -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $_ := set $result $key $value -}}
{{- end -}}
{{- end -}}
{{- toJson $result -}}
{{- end -}}
