{{/*
One probe of a server container: probe.py with its patience, or plain HTTP.
  {{ include "genai.inference.probe" (dict "kind" "ready" "period" 5 ... "settings" $settings) }}
*/}}
{{- define "genai.inference.probe" -}}
{{- if eq (include "genai.inference.probeKind" .) "http" -}}
{{- include "genai.container.probe" (dict "root" .root "path" "/health" "period" .period "failures" .failures "timeout" .timeout) -}}
{{- else -}}
exec:
  command:
    - python3
    - -I
    - -S
    - /probe/probe.py
    - {{ .kind }}
    - {{ printf "--model=%s" (.settings.servedName | default .model) | quote }}
    - --deadline={{ int .deadline }}
    {{- with .patience }}
    - --patience={{ int . }}
    {{- end }}
periodSeconds: {{ int .period }}
timeoutSeconds: {{ int .timeout }}
failureThreshold: {{ int .failures }}
{{- end -}}
{{- end -}}
