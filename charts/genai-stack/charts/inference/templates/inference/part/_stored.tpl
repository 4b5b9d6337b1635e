{{/*
Volumes, mount and init container for weights of an hf or s3 source, as YAML: on the shared claim, where the init
container waits for the prefetch Job, or in an emptyDir that it fills. Either way the folder is named by digest.
  {{ include "genai.inference.part.stored" (dict "root" $ "part" $part) }}   part: an entry of genai.inference.parts
*/}}
{{- define "genai.inference.part.stored" -}}
{{- $part := .part -}}
{{- $weights := .root.Values.weights -}}
{{- $fetch := .root.Values.fetch -}}
{{- $shared := $weights.enabled -}}
{{- $volume := ternary "weights" $part.volume $shared -}}
{{- $secret := ternary dict (fromYaml (include "genai.inference.fetch.secret" (dict "part" $part))) $shared -}}
volumes:
  - name: {{ $volume }}
    {{- if $shared }}
    persistentVolumeClaim:
      claimName: {{ include "genai.inference.claim" (dict "root" .root) | quote }}
      readOnly: true
    {{- else }}
    emptyDir: {{ ternary (dict "sizeLimit" $part.source.size) dict (not (empty $part.source.size)) | toJson }}
    {{- end }}
  {{- range concat ($secret.volumes | default list) $fetch.extraVolumes }}
  - {{ toYaml . | nindent 4 | trim }}
  {{- end }}
mounts:
  - name: {{ $volume }}
    mountPath: {{ $part.path }}
    subPath: {{ include "genai.inference.digest" (dict "source" $part.source) | quote }}
    readOnly: true
inits:
  - name: {{ ternary "wait" "fetch" $shared }}-{{ $part.name }}
    {{- include "genai.inference.fetch" (dict "root" .root "part" $part "volume" $volume "waits" $shared "mounts" ($secret.mounts | default list)) | nindent 4 }}
{{- end -}}
