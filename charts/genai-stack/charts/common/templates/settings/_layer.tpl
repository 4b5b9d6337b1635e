{{/*
"over" laid on "under", as JSON. Maps are merged; anything else that "over" has wins, an empty list or 0 included
(sprig's merge functions treat those as missing).
  {{- $model := fromYaml (include "genai.settings.layer" (dict "under" .Values.modelDefaults "over" $entry)) }}
*/}}
{{- define "genai.settings.layer" -}}
{{- $result := deepCopy (.under | default dict) -}}
{{- range $key, $value := .over | default dict -}}
{{- $below := get $result $key -}}
{{- if and (kindIs "map" $value) (kindIs "map" $below) -}}
{{- $_ := set $result $key (fromYaml (include "genai.settings.layer" (dict "under" $below "over" $value))) -}}
{{- else -}}
{{- $_ := set $result $key $value -}}
{{- end -}}
{{- end -}}
{{- toJson $result -}}
{{- end -}}
