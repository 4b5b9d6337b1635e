{{/*
The claim for the data. A StatefulSet's claim templates can never change: only selector labels are on it.
  {{ include "genai.vectordb.claim" (dict "root" $) }}
*/}}
{{- define "genai.vectordb.claim" -}}
volumeClaimTemplates:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata:
      name: data
      labels:
        {{- include "genai.labels.selector" (dict "root" .root "component" "vectordb") | nindent 8 }}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .root.Values.persistence.storageClass }}
      storageClassName: {{ . | quote }}
      {{- end }}
      resources:
        requests:
          storage: {{ .root.Values.persistence.size | quote }}
{{- end -}}
