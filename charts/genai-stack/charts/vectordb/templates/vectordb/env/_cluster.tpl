{{/*
How the nodes of the database find each other. Their names, node-0 and so on, stay the same when pods move and from one
replica to three: the raft log and every backup remember them.
  {{ include "genai.vectordb.env.cluster" (dict "root" $) }}
*/}}
{{- define "genai.vectordb.env.cluster" -}}
CLUSTER_GOSSIP_BIND_PORT: "7100"
CLUSTER_DATA_BIND_PORT: "7101"
RAFT_PORT: "8300"
RAFT_INTERNAL_RPC_PORT: "8301"
RAFT_BOOTSTRAP_EXPECT: {{ int .root.Values.replicas | quote }}
{{- if eq (int .root.Values.replicas) 1 }}
# Alone it talks about the cluster to nobody but itself.
CLUSTER_HOSTNAME: node-0
CLUSTER_BIND_ADDR: 127.0.0.1
CLUSTER_ADVERTISE_ADDR: 127.0.0.1
RAFT_JOIN: node-0
{{- else }}
# A variable can only use those before it, and they are sorted by name.
APPS_POD_INDEX:
  fieldRef:
    fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']"
CLUSTER_HOSTNAME: node-$(APPS_POD_INDEX)
# The address is told and not guessed: not every cluster's pods have private ones.
CLUSTER_BIND_ADDR:
  fieldRef:
    fieldPath: status.podIP
CLUSTER_JOIN: {{ include "genai.vectordb.peers" . }}
RAFT_JOIN: node-0,node-1,node-2
{{- end }}
{{- end -}}
