{{/*
Volumes, mounts and init containers of a model's pod, as JSON. A volume that two parts share is there once.
  {{ include "genai.inference.storage" (dict "root" $ "model" "chat" "settings" $settings) }}
*/}}
{{- define "genai.inference.storage" -}}
{{- $root := .root -}}
{{- $volumes := dict -}}
{{- $mounts := list -}}
{{- $inits := list -}}
{{- range $part := fromJsonArray (include "genai.inference.parts" .) -}}
{{- $context := dict "root" $root "part" $part -}}
{{- $found := dict -}}
{{- if eq $part.kind "image" -}}
{{- $found = fromYaml (include "genai.inference.part.image" $context) -}}
{{- else if eq $part.kind "pvc" -}}
{{- $found = fromYaml (include "genai.inference.part.claim" $context) -}}
{{- else if $part.kind -}}
{{- $found = fromYaml (include "genai.inference.part.stored" $context) -}}
{{- end -}}
{{- range $found.volumes -}}{{- $_ := set $volumes .name . -}}{{- end -}}
{{- $mounts = concat $mounts ($found.mounts | default list) -}}
{{- $inits = concat $inits ($found.inits | default list) -}}
{{- end -}}
{{- /* A volume of fetch.extraVolumes that the model brings too is the same one. */ -}}
{{- range .settings.extraVolumes -}}{{- $_ := unset $volumes .name -}}{{- end -}}
{{- /* The largest limit of a pod's containers is that of the pod: an init container's own would evict the server. */ -}}
{{- $limit := get (fromJson (include "genai.inference.disk" .)).limits "ephemeral-storage" -}}
{{- range $inits -}}
{{- $_ := unset .resources.limits "ephemeral-storage" -}}
{{- if $limit -}}{{- $_ := set .resources.limits "ephemeral-storage" $limit -}}{{- end -}}
{{- end -}}
{{- $sorted := list -}}
{{- range keys $volumes | sortAlpha -}}{{- $sorted = append $sorted (get $volumes .) -}}{{- end -}}
{{- toJson (dict "volumes" $sorted "mounts" ($mounts | default list) "inits" ($inits | default list)) -}}
{{- end -}}
