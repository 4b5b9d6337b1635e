{{/*
Name of an object that the instance has once: <instance>-<suffix>. At most 52 characters: a CronJob allows no more, and
a StatefulSet appends 11 to make the label controller-revision-hash.
  {{ include "genai.name.instance" (dict "root" $ "suffix" "vectordb") }}
*/}}
{{- define "genai.name.instance" -}}
{{- $instance := include "genai.instance" (dict "root" .root) -}}
{{- include "genai.name.cut" (dict "name" (printf "%s-%s" $instance .suffix) "max" 52) -}}
{{- end -}}
