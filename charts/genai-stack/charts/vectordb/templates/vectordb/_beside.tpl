{{/*
Puts a pod on the node of the database when it mounts a volume that only one node may use.
  {{ include "genai.vectordb.beside" (dict "root" $ "files" true) }}
*/}}
{{- define "genai.vectordb.beside" -}}
{{- if and .files (ne .root.Values.backup.filesystem.accessMode "ReadWriteMany") -}}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "genai.labels.selector" (dict "root" .root "component" "vectordb") | nindent 12 }}
{{- end -}}
{{- end -}}
