{{/*
The ports that URLs lead to, as a list without doubles; an empty URL leads nowhere.
  {{- $ports := fromYamlArray (include "genai.network.urlports" (dict "urls" (list "https://example.com"))) }}
*/}}
{{- define "genai.network.urlports" -}}
{{- $ports := list -}}
{{- range compact .urls -}}
{{- $host := regexReplaceAll "^[a-z0-9]+://([^/?#]*).*$" . "${1}" -}}
{{- $port := regexFind ":[0-9]{1,5}$" $host | trimPrefix ":" | default (ternary "80" "443" (hasPrefix "http:" .)) -}}
{{- $ports = append $ports (int $port) -}}
{{- end -}}
{{- uniq $ports | sortAlpha | toJson -}}
{{- end -}}
