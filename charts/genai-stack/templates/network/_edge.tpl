{{/*
What leads traffic to the gateways, as YAML {namespaces, podLabels, cidrs}: network.edge, and the namespace of a Gateway
that the route attaches to. Where network.edge says nothing an Ingress controller may be in any namespace, and a load
balancer has the addresses of its clients.
  {{- $edge := fromYaml (include "genai.network.edge" (dict "root" $)) }}
*/}}
{{- define "genai.network.edge" -}}
{{- $values := .root.Values -}}
{{- $route := $values.route -}}
{{- $edge := deepCopy $values.network.edge -}}
{{- $ingress := ($route.ingress | default dict).enabled -}}
{{- $service := $route.service | default dict -}}
{{- $isTold := or $edge.namespaces $edge.podLabels $edge.cidrs -}}
{{- if and (not $isTold) (or $ingress $route.gateway.create) -}}
{{- $_ := set $edge "namespaces" (list "*") -}}
{{- else if and (include "genai.route.http" (dict "root" .root)) (not $route.gateway.create) (or $edge.namespaces (not $edge.podLabels)) -}}
{{- /* Also beside the namespaces of a profile, which knows its own proxies only. Labels alone mean pods of this namespace. */ -}}
{{- $home := $route.gateway.namespace | default .root.Release.Namespace -}}
{{- $_ := set $edge "namespaces" (append ($edge.namespaces | default list) $home | uniq) -}}
{{- end -}}
{{- if and (eq ($service.type | default "ClusterIP") "LoadBalancer") (not $edge.cidrs) -}}
{{- $_ := set $edge "cidrs" ($service.sourceRanges | default (list "0.0.0.0/0" "::/0")) -}}
{{- end -}}
{{- toJson $edge -}}
{{- end -}}
