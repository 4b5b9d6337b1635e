{{/*
A rule for every address but those of network.blocked, where clouds answer with credentials. Nothing without ports.
  {{ include "genai.network.world" (dict "root" $ "side" "to" "tcp" (list 443)) }}
*/}}
{{- define "genai.network.world" -}}
{{- if .tcp -}}
{{- $old := list -}}
{{- $new := list -}}
{{- range .root.Values.network.blocked | default list -}}
{{- if contains ":" . -}}{{- $new = append $new . -}}{{- else -}}{{- $old = append $old . -}}{{- end -}}
{{- end -}}
- {{ .side }}:
    - ipBlock:
        cidr: 0.0.0.0/0
        {{- with $old }}
        except: {{ toJson . }}
        {{- end }}
    - ipBlock:
        cidr: ::/0
        {{- with $new }}
        except: {{ toJson . }}
        {{- end }}
  {{- include "genai.network.ports" . | nindent 2 }}
{{- end -}}
{{- end -}}
