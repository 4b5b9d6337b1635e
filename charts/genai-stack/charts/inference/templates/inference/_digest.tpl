{{/*
The folder of an hf or s3 source on a volume: a digest of all that decides which bytes it holds. Credentials do not.
  {{ include "genai.inference.digest" (dict "source" $settings.source) }}
*/}}
{{- define "genai.inference.digest" -}}
{{- $hf := .source.hf | default dict -}}
{{- $s3 := .source.s3 | default dict -}}
{{- if $hf -}}
{{- list "hf" $hf.repository $hf.revision ($hf.files | default list | sortAlpha) | toJson | sha256sum -}}
{{- else -}}
{{- list "s3" ($s3.endpoint | default "" | trimSuffix "/") ($s3.uri | trimSuffix "/") ($s3.revision | default "") | toJson | sha256sum -}}
{{- end -}}
{{- end -}}
