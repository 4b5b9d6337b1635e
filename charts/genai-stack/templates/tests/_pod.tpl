{{/*
Pod of `helm test` that runs one check of the evals image, under the account of the component that it looks at.
  {{ include "genai.tests.pod" (dict "root" $ "name" $name "account" $account "args" $args "weight" 0) }}   volumes, mounts: optional
*/}}
{{- define "genai.tests.pod" -}}
{{- $settings := fromYaml (include "genai.tests.settings" (dict "root" .root)) -}}
{{- $image := merge (dict) ($settings.image | default dict) (dict "repository" "evals") -}}
{{- $context := merge (dict "settings" $settings) (omit . "settings") -}}
{{ include "genai.object.test" $context }}
spec:
  activeDeadlineSeconds: 240
  restartPolicy: Never
  {{- include "genai.pod.settings" $context | nindent 2 }}
  containers:
    - name: check
      {{- include "genai.image.container" (dict "root" .root "image" $image) | nindent 6 }}
      {{- include "genai.container.args" $context | nindent 6 }}
      {{- include "genai.container.security" $context | nindent 6 }}
      {{- include "genai.container.extras" $context | nindent 6 }}
  {{- include "genai.pod.volumes" $context | nindent 2 }}
{{- end -}}
