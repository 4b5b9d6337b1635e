{{/*
Spec of a pod that runs one suite: of the CronJobs, of the Jobs on demand, of the helm test.
  {{ include "genai.evals.spec" (dict "root" $ "suite" "golden" "entry" $suite) }}   limit and isCheck: see genai.evals.flags
*/}}
{{- define "genai.evals.spec" -}}
{{- $values := .root.Values -}}
{{- $name := include "genai.name.instance" (dict "root" .root "suffix" "evals") -}}
{{- $source := fromYaml (include "genai.evals.source" .) -}}
{{- $args := concat (list "run") $source.args -}}
{{- range $flag, $value := fromYaml (include "genai.evals.flags" .) -}}
{{- $args = concat $args (list $flag $value) -}}
{{- end -}}
{{- $storage := dict "volumes" list "mounts" list -}}
{{- if not .isCheck -}}
{{- $storage = fromYaml (include "genai.evals.storage" .) -}}
{{- end -}}
{{- $endpoint := $values.endpoint | default (printf "http://%s" (include "genai.instance" (dict "root" .root))) -}}
{{- $context := dict "root" .root "account" $name "settings" $values "args" $args -}}
{{- $_ := set $context "env" (dict "GENAI_ENDPOINT" $endpoint "GENAI_VERSION" .root.Chart.AppVersion) -}}
{{- $_ := set $context "volumes" (concat (compact (list $source.volume)) $storage.volumes) -}}
{{- $_ := set $context "mounts" (concat (compact (list $source.mount)) $storage.mounts) -}}
restartPolicy: Never
{{ include "genai.pod.settings" $context }}
containers:
  - name: evals
    {{- include "genai.image.container" (dict "root" .root "image" $values.image) | nindent 4 }}
    {{- include "genai.container.args" $context | nindent 4 }}
    {{- include "genai.container.env" $context | nindent 4 }}
    {{- include "genai.container.security" $context | nindent 4 }}
    {{- include "genai.container.extras" $context | nindent 4 }}
{{ include "genai.pod.volumes" $context }}
{{- end -}}
