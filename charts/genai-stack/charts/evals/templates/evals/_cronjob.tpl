{{/*
CronJob that runs one suite.
  {{ include "genai.evals.cronjob" (dict "root" $ "suite" "golden" "entry" $suite "suffix" "evals") }}
*/}}
{{- define "genai.evals.cronjob" -}}
{{- $values := .root.Values -}}
{{- $context := dict "root" .root "component" "evals" "name" (include "genai.name.instance" (dict "root" .root "suffix" .suffix)) -}}
apiVersion: batch/v1
kind: CronJob
{{ include "genai.object.metadata" $context }}
spec:
  schedule: {{ .entry.schedule | default $values.schedule | quote }}
  timeZone: {{ $values.timeZone | quote }}
  suspend: {{ $values.suspend }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {{ int $values.startingDeadlineSeconds }}
  successfulJobsHistoryLimit: {{ int $values.successfulJobsHistoryLimit }}
  failedJobsHistoryLimit: {{ int $values.failedJobsHistoryLimit }}
  jobTemplate:
    metadata:
      labels:
        {{- include "genai.labels.object" $context | nindent 8 }}
    spec:
      backoffLimit: {{ int $values.backoffLimit }}
      activeDeadlineSeconds: {{ int $values.activeDeadlineSeconds }}
      template:
        {{- include "genai.evals.template" . | nindent 8 }}
{{- end -}}
