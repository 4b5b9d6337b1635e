{{/*
Notes settings of a model that no engine could run, or that a gateway would route to in vain. Prints nothing.
  {{ include "genai.inference.coherent" (dict "root" $ "model" "chat" "settings" $settings) }}
*/}}
{{- define "genai.inference.coherent" -}}
{{- $here := printf "inference.models.%s" .model -}}
{{- $settings := .settings -}}
{{- $engine := $settings.engine -}}
{{- if and (eq $engine "custom") (not $settings.image.repository) -}}
{{- include "genai.mistake.note" (dict "root" .root "message" (printf "%s has engine custom and no image. Write inference: {models: {%s: {image: {registry: docker.io, repository: vendor/server, tag: v1}}}}." $here .model)) -}}
{{- end -}}
{{- if and $settings.command (ne $engine "custom") -}}
{{- include "genai.mistake.note" (dict "root" .root "message" (printf "%s.command is for engine custom, and the engine is %s. Write inference: {models: {%s: {engine: custom}}}, or use extraArgs." $here $engine .model)) -}}
{{- end -}}
{{- if and (fromYaml (include "genai.settings.present" (dict "map" $settings.lora))) (not (has $engine (list "vllm" "llamacpp"))) -}}
{{- include "genai.mistake.note" (dict "root" .root "message" (printf "%s.lora needs engine vllm or llamacpp, and the engine is %s. Write inference: {models: {%s: {engine: vllm}}}, or serve each adapter as a model of its own." $here $engine .model)) -}}
{{- end -}}
{{- if and (fromYaml (include "genai.settings.present" (dict "map" $settings.with))) (ne $engine "llamacpp") -}}
{{- include "genai.mistake.note" (dict "root" .root "message" (printf "%s.with needs engine llamacpp, and the engine is %s, which serves one model and its adapters. Write each of them below inference.models." $here $engine)) -}}
{{- end -}}
{{- if and (eq $engine "tensorrtllm") (or $settings.aliases (not (has $settings.servedName (list "" .model)))) -}}
{{- include "genai.mistake.note" (dict "root" .root "message" (printf "%s: TensorRT-LLM answers to one name, %s. Take servedName and aliases out, or write inference: {models: {%s: {engine: vllm}}}." $here .model .model)) -}}
{{- end -}}
{{- $surge := trimSuffix "%" (toString $settings.strategy.maxSurge) -}}
{{- $unavailable := trimSuffix "%" (toString $settings.strategy.maxUnavailable) -}}
{{- if and (eq $surge "0") (eq $unavailable "0") -}}
{{- include "genai.mistake.note" (dict "root" .root "message" (printf "%s.strategy: maxSurge and maxUnavailable are both 0, so that no pod could ever be replaced. Write inference: {models: {%s: {strategy: {maxUnavailable: 1}}}}." $here .model)) -}}
{{- end -}}
{{- end -}}
