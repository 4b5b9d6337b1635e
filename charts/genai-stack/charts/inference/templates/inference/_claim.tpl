{{/*
Name of the claim that holds the weights of hf and s3 sources. Notes when pods could not mount it where they run.
  {{ include "genai.inference.claim" (dict "root" $) }}
*/}}
{{- define "genai.inference.claim" -}}
{{- $weights := .root.Values.weights -}}
{{- if and (eq $weights.accessMode "ReadWriteOnce") (not $weights.singleNode) -}}
{{- include "genai.mistake.note" (dict "root" .root "message" "inference.weights.accessMode is ReadWriteOnce: one node at a time can mount the claim, and the prefetch Job and the pods of two slots run on several. Write inference: {weights: {accessMode: ReadWriteMany}}, or for a cluster of one node inference: {weights: {singleNode: true}}.") -}}
{{- end -}}
{{- if and (eq $weights.accessMode "ReadOnlyMany") (not $weights.existingClaim) -}}
{{- include "genai.mistake.note" (dict "root" .root "message" "inference.weights.accessMode is ReadOnlyMany and no existingClaim is named: nothing could write the weights to a new claim. Write inference: {weights: {existingClaim: NAME}} for one that is filled, or accessMode: ReadWriteMany.") -}}
{{- end -}}
{{- $weights.existingClaim | default (include "genai.name.instance" (dict "root" .root "suffix" "weights")) -}}
{{- end -}}
