{{/*
Name of the Secret with the certificate of the host names; nothing where there is no TLS.
  {{ include "genai.route.secret" (dict "root" $) }}
*/}}
{{- define "genai.route.secret" -}}
{{- $tls := .root.Values.route.tls -}}
{{- if $tls.secretName -}}
{{- $tls.secretName -}}
{{- else if $tls.certManager.issuer -}}
{{- include "genai.name.instance" (dict "root" .root "suffix" "tls") -}}
{{- end -}}
{{- end -}}
