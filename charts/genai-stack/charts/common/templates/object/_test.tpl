{{/*
Head of a pod that `helm test` runs; its spec comes after. It goes when it succeeded; when it failed it stays to be
looked at, and helm (3.18 and later) prints its log. Its labels are a pod's own, component "test" where none is named, so that no Service takes it for a server.
  {{ include "genai.object.test" (dict "root" $ "name" $name "settings" $settings "weight" 0) }}   component is optional
*/}}
{{- define "genai.object.test" -}}
{{- $annotations := dict "helm.sh/hook" "test" "helm.sh/hook-weight" (toString .weight) "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" "helm.sh/hook-output-log-policy" "hook-failed" -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ .name | quote }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "genai.labels.pod" (dict "root" .root "component" (.component | default "test") "settings" .settings) | nindent 4 }}
  annotations:
    {{- toYaml (merge $annotations (.settings.podAnnotations | default dict) (.root.Values.global.podAnnotations | default dict)) | nindent 4 }}
{{- end -}}
