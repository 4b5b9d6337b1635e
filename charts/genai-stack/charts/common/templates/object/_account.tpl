{{/*
ServiceAccount of a component. No pod gets its token: nothing in the stack talks to the API server.
  {{ include "genai.object.account" (dict "root" $ "name" $name "component" "gateway" "settings" .Values) }}
*/}}
{{- define "genai.object.account" -}}
apiVersion: v1
kind: ServiceAccount
{{ include "genai.object.metadata" . }}
  {{- with (.settings.serviceAccount | default dict).annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}
