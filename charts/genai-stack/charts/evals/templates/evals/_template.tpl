{{/*
Pod template of a run, the same for a CronJob and for a Job on demand. Other prompts in the values make another
template, and so another Job.
  {{ include "genai.evals.template" (dict "root" $ "suite" "golden" "entry" $suite) }}   limit is optional
*/}}
{{- define "genai.evals.template" -}}
{{- $prompts := get (fromYaml (include "genai.evals.files" (dict "root" .root))) (printf "%s.jsonl" .suite) -}}
metadata:
  {{- include "genai.pod.metadata" (dict "root" .root "component" "evals" "settings" .root.Values "config" $prompts) | nindent 2 }}
spec:
  {{- include "genai.evals.spec" . | nindent 2 }}
{{- end -}}
