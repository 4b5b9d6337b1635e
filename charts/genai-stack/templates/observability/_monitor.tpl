{{/*
Monitor of a component's pods. What it reads carries instance, slot, component and model as labels of its own.
  {{ include "genai.observability.monitor" (dict "root" $ "name" $name "component" "gateway" "kind" "PodMonitor" "port" "http") }}   model is optional
*/}}
{{- define "genai.observability.monitor" -}}
{{- $monitors := .root.Values.observability.monitors -}}
{{- $own := fromYaml (include "genai.labels.object" .) -}}
apiVersion: monitoring.coreos.com/v1
kind: {{ .kind }}
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace | quote }}
  labels:
    {{- toYaml (merge $own $monitors.labels) | nindent 4 }}
spec:
  namespaceSelector:
    matchNames: [{{ .root.Release.Namespace | quote }}]
  selector:
    matchLabels:
      {{- include "genai.labels.selector" . | nindent 6 }}
  {{ ternary "podMetricsEndpoints" "endpoints" (eq .kind "PodMonitor") }}:
    - port: {{ .port }}
      path: /metrics
      interval: {{ $monitors.interval }}
      scrapeTimeout: {{ $monitors.scrapeTimeout }}
      relabelings:
        - {action: replace, targetLabel: genai_instance, replacement: {{ include "genai.instance" (dict "root" .root) | quote }}}
        - {action: replace, targetLabel: genai_slot, replacement: {{ include "genai.slot" (dict "root" .root) }}}
        - {action: replace, targetLabel: genai_component, replacement: {{ .component }}}
        {{- with .model }}
        - {action: replace, targetLabel: genai_model, replacement: {{ . | quote }}}
        {{- end }}
{{- end -}}
