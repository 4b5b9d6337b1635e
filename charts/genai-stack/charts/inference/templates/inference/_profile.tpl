{{/*
The entry of inference.profiles that a model names, as YAML; nothing when it names none. An unknown name is noted.
gpuMemory describes the hardware, for genai-stack size; it is no setting of a model.
  {{ include "genai.inference.profile" (dict "root" $ "model" "chat" "profile" "a100-80g") }}
*/}}
{{- define "genai.inference.profile" -}}
{{- if .profile -}}
{{- $known := fromYaml (include "genai.settings.present" (dict "map" .root.Values.profiles)) -}}
{{- if not (hasKey $known .profile) -}}
{{- include "genai.mistake.note" (dict "root" .root "message" (printf "inference.models.%s.profile is %q, which is not in inference.profiles (%s). Write inference: {profiles: {%s: {gpu: {resource: nvidia.com/gpu, count: 1}}}}, or name one of those." .model .profile (keys $known | sortAlpha | join ", ") .profile)) -}}
{{- end -}}
{{- include "genai.settings.present" (dict "map" (omit (get $known .profile | default dict) "gpuMemory")) -}}
{{- end -}}
{{- end -}}
