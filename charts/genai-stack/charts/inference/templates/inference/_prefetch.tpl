{{/*
Job that brings one source onto the shared claim. Kubernetes lets nobody change a Job's pods, so the name carries a
digest of them beside that of the source: another image or toleration makes another Job, which finds the folder there.
  {{ include "genai.inference.prefetch" (dict "root" $ "digest" $digest "part" $part) }}
*/}}
{{- define "genai.inference.prefetch" -}}
{{- $root := .root -}}
{{- $settings := $root.Values.fetch -}}
{{- $account := include "genai.name.instance" (dict "root" $root "suffix" "model-prefetch") -}}
{{- $secret := fromYaml (include "genai.inference.fetch.secret" (dict "part" .part)) -}}
{{- $claim := dict "name" "weights" "persistentVolumeClaim" (dict "claimName" (include "genai.inference.claim" (dict "root" $root))) -}}
{{- $volumes := concat (list $claim) ($secret.volumes | default list) -}}
{{- $context := dict "root" $root "component" "model-prefetch" "settings" $settings "account" $account "volumes" $volumes -}}
{{- $_ := set $context "part" .part -}}
{{- $_ := set $context "secretMounts" ($secret.mounts | default list) -}}
{{- $pod := include "genai.inference.fetch.pod" $context -}}
{{- $suffix := printf "prefetch-%s-%s" (trunc 12 .digest) (sha256sum $pod | trunc 8) -}}
{{- $_ := set $context "name" (include "genai.name.instance" (dict "root" $root "suffix" $suffix)) -}}
apiVersion: batch/v1
kind: Job
{{ include "genai.object.metadata" $context }}
  annotations:
    genai-stack/digest: {{ .digest | quote }}
spec:
  backoffLimit: 4
  activeDeadlineSeconds: {{ int $settings.timeoutSeconds }}
  # Two pods of one Job would write the same folder.
  podReplacementPolicy: Failed
  template:
    {{- $pod | nindent 4 }}
{{- end -}}
