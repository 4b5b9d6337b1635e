{{/*
Volume and mount of the credentials of an hf or s3 source, as files and never as environment; empty without a Secret.
  {{ include "genai.inference.fetch.secret" (dict "part" $part) }}   as YAML with volumes and mounts
*/}}
{{- define "genai.inference.fetch.secret" -}}
{{- $volume := printf "%s-secret" .part.name -}}
{{- $hf := .part.source.hf | default dict -}}
{{- $name := $hf.existingSecret | default (.part.source.s3 | default dict).existingSecret -}}
{{- if $name -}}
volumes:
  - name: {{ $volume }}
    secret:
      secretName: {{ $name | quote }}
      items:
        {{- if $hf.existingSecret }}
        - {key: {{ $hf.secretKey | default "token" | quote }}, path: token}
        {{- else }}
        - {key: access-key-id, path: access-key-id}
        - {key: secret-access-key, path: secret-access-key}
        {{- end }}
      defaultMode: 0440
mounts:
  - name: {{ $volume }}
    mountPath: /secrets/{{ .part.name }}
    readOnly: true
{{- end -}}
{{- end -}}
