{{/*
Where a run keeps its results, as JSON: "volumes" and "mounts". The token of the account is mounted here and nowhere
else in the chart; its Role allows to patch one ConfigMap.
  {{- $storage := fromYaml (include "genai.evals.storage" (dict "root" $)) }}
*/}}
{{- define "genai.evals.storage" -}}
{{- $results := .root.Values.results -}}
{{- $claim := $results.persistence.existingClaim | default (include "genai.name.instance" (dict "root" .root "suffix" "evals-results")) -}}
{{- $volumes := list -}}
{{- $mounts := list -}}
{{- if $results.persistence.enabled -}}
{{- $volumes = append $volumes (dict "name" "results" "persistentVolumeClaim" (dict "claimName" $claim)) -}}
{{- $mounts = append $mounts (dict "name" "results" "mountPath" "/results") -}}
{{- end -}}
{{- if $results.configMap.enabled -}}
{{- $token := dict "serviceAccountToken" (dict "path" "token" "expirationSeconds" 3600) -}}
{{- $trust := dict "configMap" (dict "name" "kube-root-ca.crt" "items" (list (dict "key" "ca.crt" "path" "ca.crt"))) -}}
{{- $where := dict "downwardAPI" (dict "items" (list (dict "path" "namespace" "fieldRef" (dict "fieldPath" "metadata.namespace")))) -}}
{{- $volumes = append $volumes (dict "name" "api" "projected" (dict "sources" (list $token $trust $where))) -}}
{{- $mounts = append $mounts (dict "name" "api" "mountPath" "/var/run/secrets/kubernetes.io/serviceaccount" "readOnly" true) -}}
{{- end -}}
{{- toJson (dict "volumes" $volumes "mounts" $mounts) -}}
{{- end -}}
