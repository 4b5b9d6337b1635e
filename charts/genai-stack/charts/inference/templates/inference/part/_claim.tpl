{{/*
Volume and mount for weights on a claim that users filled, as YAML. Two parts on one claim share the volume.
  {{ include "genai.inference.part.claim" (dict "root" $ "part" $part) }}   part: an entry of genai.inference.parts
*/}}
{{- define "genai.inference.part.claim" -}}
{{- $claim := .part.source.pvc -}}
{{- $volume := printf "claim-%s" (sha256sum $claim.claimName | trunc 8) -}}
volumes:
  - name: {{ $volume }}
    persistentVolumeClaim:
      claimName: {{ $claim.claimName | quote }}
      readOnly: true
mounts:
  - name: {{ $volume }}
    mountPath: {{ .part.path }}
    readOnly: true
    {{- with $claim.path }}
    subPath: {{ . | quote }}
    {{- end }}
{{- end -}}
