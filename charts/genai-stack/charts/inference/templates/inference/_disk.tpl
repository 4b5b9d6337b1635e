{{/*
Resources of a model's server with the disk that its pod uses: weights that are copied or downloaded into it, what the
engine caches, volumes that users add, and 1Gi for logs and /tmp. No limit where one of them has none: a pod is evicted above it. As JSON.
  {{ include "genai.inference.disk" (dict "root" $ "model" "chat" "settings" $settings) }}
*/}}
{{- define "genai.inference.disk" -}}
{{- $root := .root -}}
{{- $weights := 0 -}}
{{- $cache := 0 -}}
{{- $isKnown := true -}}
{{- range $part := fromJsonArray (include "genai.inference.parts" .) -}}
{{- $isCopied := and (eq $part.kind "image") (eq $root.Values.modelDelivery "copy") -}}
{{- if or $isCopied (and (has $part.kind (list "hf" "s3")) (not $root.Values.weights.enabled)) -}}
{{- $isKnown = and $isKnown (not (empty $part.source.size)) -}}
{{- $weights = add $weights (include "genai.inference.bytes" (dict "quantity" ($part.source.size | default "0")) | int64) -}}
{{- end -}}
{{- end -}}
{{- range .settings.extraVolumes -}}
{{- if and (hasKey . "emptyDir") (ne (.emptyDir.medium | default "") "Memory") -}}
{{- $isKnown = and $isKnown (not (empty .emptyDir.sizeLimit)) -}}
{{- $cache = add $cache (include "genai.inference.bytes" (dict "quantity" (.emptyDir.sizeLimit | default "0")) | int64) -}}
{{- end -}}
{{- end -}}
{{- if ne .settings.engine "llamacpp" -}}
{{- $isKnown = and $isKnown (not (empty .settings.cacheSize)) -}}
{{- $cache = add $cache (include "genai.inference.bytes" (dict "quantity" (.settings.cacheSize | default "0")) | int64) -}}
{{- end -}}
{{- $disk := dict "requests" (dict "ephemeral-storage" (printf "%dMi" (add 256 (div $weights 1048576)))) -}}
{{- if $isKnown -}}
{{- $_ := set $disk "limits" (dict "ephemeral-storage" (printf "%dMi" (add 1024 (div (add $weights $cache) 1048576)))) -}}
{{- end -}}
{{- include "genai.settings.layer" (dict "under" $disk "over" .settings.resources) -}}
{{- end -}}
