{{/*
Volumes, mounts and init containers for weights out of a model image, as YAML: the image itself, or a copy of /model.
  {{ include "genai.inference.part.image" (dict "root" $ "part" $part) }}   part: an entry of genai.inference.parts
*/}}
{{- define "genai.inference.part.image" -}}
{{- $part := .part -}}
{{- $image := $part.source.image -}}
{{- $copies := eq .root.Values.modelDelivery "copy" -}}
volumes:
  - name: {{ $part.volume }}
    {{- if $copies }}
    emptyDir: {{ ternary (dict "sizeLimit" $part.source.size) dict (not (empty $part.source.size)) | toJson }}
    {{- else }}
    image:
      reference: {{ include "genai.image.reference" (dict "root" .root "image" $image) | quote }}
      pullPolicy: {{ .root.Values.global.image.pullPolicy | default "IfNotPresent" }}
    {{- end }}
mounts:
  - name: {{ $part.volume }}
    mountPath: {{ $part.path }}
    readOnly: true
    {{- if not $copies }}
    subPath: model
    {{- end }}
{{- if $copies }}
inits:
  - name: copy-{{ $part.name }}
    {{- include "genai.image.container" (dict "root" .root "image" $image) | nindent 4 }}
    {{- if and $part.file (not (contains "/" $part.file)) }}
    command: [cp, {{ printf "/model/%s" $part.file | quote }}, {{ printf "%s/%s" $part.path $part.file | quote }}]
    {{- else }}
    command: [cp, -r, /model/., {{ printf "%s/" $part.path | quote }}]
    {{- end }}
    {{- include "genai.container.security" (dict "root" .root) | nindent 4 }}
    resources:
      requests: {cpu: 50m, memory: 64Mi, ephemeral-storage: 16Mi}
      limits: {cpu: "1", memory: 256Mi}
    volumeMounts:
      - name: {{ $part.volume }}
        mountPath: {{ $part.path }}
{{- end }}
{{- end -}}
