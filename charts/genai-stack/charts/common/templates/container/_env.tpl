{{/*
Environment of a main container: "env" is the chart's own as a map, extraEnv comes after and wins.
  {{ include "genai.container.env" (dict "root" $ "settings" .Values "env" (dict "NAME" "value")) }}
*/}}
{{- define "genai.container.env" -}}
{{- $extra := .settings.extraEnv | default list -}}
{{- $taken := list -}}
{{- range $extra }}{{ $taken = append $taken .name }}{{ end -}}
{{- if or .env $extra -}}
env:
  {{- range $name, $value := .env | default dict }}
  {{- if not (has $name $taken) }}
  - name: {{ $name }}
    {{- if kindIs "map" $value }}
    valueFrom:
      {{- toYaml $value | nindent 6 }}
    {{- else }}
    value: {{ $value | quote }}
    {{- end }}
  {{- end }}
  {{- end }}
  {{- range $extra }}
  - {{ toYaml . | nindent 4 | trim }}
  {{- end }}
{{- end -}}
{{- end -}}
