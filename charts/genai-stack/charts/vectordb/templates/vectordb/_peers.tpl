{{/*
Name of the headless Service by which the nodes of the database find each other.
  {{ include "genai.vectordb.peers" (dict "root" $) }}
*/}}
{{- define "genai.vectordb.peers" -}}
{{- include "genai.name.instance" (dict "root" .root "suffix" "vectordb-peers") -}}
{{- end -}}
