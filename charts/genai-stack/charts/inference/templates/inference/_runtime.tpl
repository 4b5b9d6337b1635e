{{/*
Volumes, mounts and environment that an engine needs to run as nobody on a read-only file system, as JSON: shared
memory, and for GPU engines a place to compile and cache in.
  {{ include "genai.inference.runtime" (dict "model" "chat" "settings" $settings) }}
*/}}
{{- define "genai.inference.runtime" -}}
{{- $result := dict "volumes" list "mounts" list "env" dict -}}
{{- with .settings.shmSize -}}
{{- $_ := set $result "volumes" (list (dict "name" "shm" "emptyDir" (dict "medium" "Memory" "sizeLimit" .))) -}}
{{- $_ := set $result "mounts" (list (dict "name" "shm" "mountPath" "/dev/shm")) -}}
{{- end -}}
{{- if ne .settings.engine "llamacpp" -}}
{{- $limit := ternary dict (dict "sizeLimit" .settings.cacheSize) (empty .settings.cacheSize) -}}
{{- $_ := set $result "volumes" (append $result.volumes (dict "name" "engine-cache" "emptyDir" $limit)) -}}
{{- $_ := set $result "mounts" (append $result.mounts (dict "name" "engine-cache" "mountPath" "/cache")) -}}
{{- /* A uid without an entry in /etc/passwd: torch asks for USER before it looks there. */ -}}
{{- $env := dict "HOME" "/cache" "USER" "genai" "LOGNAME" "genai" "XDG_CACHE_HOME" "/cache" "HF_HOME" "/cache/huggingface" "HF_HUB_OFFLINE" "1" -}}
{{- $_ := set $env "TMPDIR" "/cache" -}}
{{- $_ := set $env "TORCHINDUCTOR_CACHE_DIR" "/cache/torchinductor" -}}
{{- $_ := set $env "TRITON_CACHE_DIR" "/cache/triton" -}}
{{- if eq .settings.engine "vllm" -}}
{{- $_ := set $env "VLLM_CACHE_ROOT" "/cache/vllm" -}}
{{- $_ := set $env "VLLM_NO_USAGE_STATS" "1" -}}
{{- else if eq .settings.engine "custom" -}}
{{- $_ := set $env "GENAI_MODEL_PATH" (include "genai.inference.path" .) -}}
{{- $_ := set $env "GENAI_SERVED_NAME" (.settings.servedName | default .model) -}}
{{- end -}}
{{- $_ := set $result "env" $env -}}
{{- end -}}
{{- toJson $result -}}
{{- end -}}
