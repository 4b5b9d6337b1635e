{{/*
The three probes of a server container. kind completion runs files/probe.py in the container; kind http asks
/health. An engine that hangs, or never starts, is killed after a short grace: it has nothing to finish.
  {{ include "genai.inference.probes" (dict "root" $ "model" "smollm2" "settings" $settings) }}
*/}}
{{- define "genai.inference.probes" -}}
{{- $probes := .settings.probes -}}
{{- if ge (int $probes.unreadyAfterSeconds) (int $probes.restartAfterSeconds) -}}
{{- include "genai.mistake.note" (dict "root" .root "message" (printf "Model %s: probes.restartAfterSeconds is %d and unreadyAfterSeconds %d: it would be killed while it still gets requests. Write inference: {models: {%s: {probes: {restartAfterSeconds: %d}}}}." .model (int $probes.restartAfterSeconds) (int $probes.unreadyAfterSeconds) .model (mul 5 (int $probes.unreadyAfterSeconds)))) -}}
{{- end -}}
{{- /* No look outlasts its period, so that so many of them are startupSeconds. probe.py waits by itself. */ -}}
{{- $period := ternary 5 20 (eq (include "genai.inference.probeKind" .) "http") -}}
{{- $startup := add 1 (ceil (divf .settings.startupSeconds $period)) -}}
startupProbe:
  {{- include "genai.inference.probe" (merge (dict "kind" "startup" "period" $period "failures" $startup "timeout" $period "deadline" 17) .) | nindent 2 }}
  terminationGracePeriodSeconds: 10
readinessProbe:
  {{- include "genai.inference.probe" (merge (dict "kind" "ready" "period" 5 "failures" 2 "timeout" 8 "deadline" 6 "patience" $probes.unreadyAfterSeconds) .) | nindent 2 }}
livenessProbe:
  {{- include "genai.inference.probe" (merge (dict "kind" "live" "period" 15 "failures" 3 "timeout" 15 "deadline" 12 "patience" $probes.restartAfterSeconds) .) | nindent 2 }}
  terminationGracePeriodSeconds: 10
{{- end -}}
