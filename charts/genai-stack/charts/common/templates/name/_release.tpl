{{/*
Name of an object that each slot has for itself: <release>-<suffix>, at most 63 characters.
  {{ include "genai.name.release" (dict "root" $ "suffix" "gateway") }}
*/}}
{{- define "genai.name.release" -}}
{{- include "genai.name.cut" (dict "name" (printf "%s-%s" .root.Release.Name .suffix) "max" 63) -}}
{{- end -}}
