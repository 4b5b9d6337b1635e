{{/*
Rules of the HTTPRoute. Role route: per slot one for the preview header, then all other traffic by weight.
  {{ include "genai.route.rules" (dict "root" $) }}
*/}}
{{- define "genai.route.rules" -}}
{{- $root := .root -}}
{{- if eq (include "genai.role" (dict "root" $root)) "route" -}}
{{- $weights := $root.Values.route.weights -}}
{{- range $slot := keys $weights | sortAlpha }}
- matches:
    - path: {type: PathPrefix, value: /}
      headers:
        - {type: Exact, name: x-genai-preview, value: {{ $slot }}}
  {{- with $root.Values.route.requestTimeout }}
  timeouts: {request: {{ . | quote }}}
  {{- end }}
  backendRefs:
    - name: {{ include "genai.route.backend" (dict "root" $root "slot" $slot) }}
      port: 80
{{- end }}
- matches:
    - path: {type: PathPrefix, value: /}
  {{- with $root.Values.route.requestTimeout }}
  timeouts: {request: {{ . | quote }}}
  {{- end }}
  backendRefs:
    {{- range $slot := keys $weights | sortAlpha }}
    - name: {{ include "genai.route.backend" (dict "root" $root "slot" $slot) }}
      port: 80
      weight: {{ int (get $weights $slot) }}
    {{- end }}
{{- else -}}
- matches:
    - path: {type: PathPrefix, value: /}
  {{- with $root.Values.route.requestTimeout }}
  timeouts: {request: {{ . | quote }}}
  {{- end }}
  backendRefs:
    - name: {{ include "genai.instance" (dict "root" $root) | quote }}
      port: 80
{{- end }}
{{- end -}}
