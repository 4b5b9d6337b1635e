{{/*
What leads traffic to the gateways, as YAML {namespaces, podLabels, cidrs}: network.edge, else what the route says. An
Ingress controller may be in any namespace, a load balancer has the addresses of its clients.
  {{- $edge := fromYaml (include "genai.network.edge" (dict "root" $)) }}
*/}}
{{- define "genai.network.edge" -}}
{{- $values := .root.Values -}}
{{- $route := $values.route -}}
{{- $edge := deepCopy $values.network.edge -}}
{{- $ingress := ($route.ingress | default dict).enabled -}}
{{- $service := $route.service | default dict -}}
{{- if not (or $edge.namespaces $edge.podLabels) -}}
{{- if or $ingress $route.gateway.create -}}
{{- $_ := set $edge "namespaces" (list "*") -}}
{{- else if $route.enabled -}}
{{- $_ := set $edge "namespaces" (list ($route.gateway.namespace | default .root.Release.Namespace)) -}}
{{- end -}}
{{- end -}}
{{- if and (eq ($service.type | default "ClusterIP") "LoadBalancer") (not $edge.cidrs) -}}
{{- $_ := set $edge "cidrs" ($service.sourceRanges | default (list "0.0.0.0/0" "::/0")) -}}
{{- end -}}
{{- toJson $edge -}}
{{- end -}}
