{{/*
The role that this render plays: all, base, slot or route. Fails when role, slot, instance and release do not fit.
  {{ include "genai.role" (dict "root" $) }}
*/}}
{{- define "genai.role" -}}
{{- $global := .root.Values.global | default dict -}}
{{- $role := $global.role | default "all" -}}
{{- $slot := $global.slot | default "" -}}
{{- $instance := $global.instance | default "" -}}
{{- if not (has $role (list "all" "base" "slot" "route")) -}}
{{- fail (printf "global.role is %q. Set it to all, base, slot or route." $role) -}}
{{- end -}}
{{- if and (eq $role "slot") (not (has $slot (list "blue" "green"))) -}}
{{- fail (printf "global.role is slot and global.slot is %q. Set global.slot to blue or green." $slot) -}}
{{- end -}}
{{- if and (ne $role "slot") $slot -}}
{{- fail (printf "global.slot is %q and global.role is %s. Only role slot has a slot: set global.role to slot, or leave global.slot empty." $slot $role) -}}
{{- end -}}
{{- if and (eq $role "slot") (ne .root.Release.Name (printf "%s-%s" $instance $slot)) -}}
{{- fail (printf "The Helm release is %q, but slot %s of instance %q is the release \"%s-%s\". Name the release like that, or set global.instance." .root.Release.Name $slot $instance (default "<instance>" $instance) $slot) -}}
{{- end -}}
{{- $role -}}
{{- end -}}
