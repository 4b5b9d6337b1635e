{{/*
A quantity such as 10Gi or 500M in bytes.
  {{ include "genai.inference.bytes" (dict "quantity" "10Gi") }}
*/}}
{{- define "genai.inference.bytes" -}}
{{- $units := dict "k" 1000.0 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 "Ei" 1152921504606846976.0 -}}
{{- $number := regexFind "^[0-9.]+" (toString .quantity) -}}
{{- $unit := trimPrefix $number (toString .quantity) -}}
{{- mulf (float64 $number) (get $units $unit | default 1.0) | int64 -}}
{{- end -}}
