"""Configuration files of the node's components. Pure: addresses and paths in, text out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

from tooling.local.settings import DNS_SERVICE, POD_RANGE, SERVICE_RANGE

if TYPE_CHECKING:
    from pathlib import Path

    from tooling.local.folders import ClusterFolder
    from tooling.local.settings import Network

PAUSE_IMAGE = "localhost/genai-stack/pause:1"
BRIDGE = "cni0"
CLUSTER_DOMAIN = "cluster.local"


def render_containerd(folder: ClusterFolder, cni_plugins: Path) -> str:
    """Return containerd's configuration; version 2 of the format is read by containerd 1.6 to 2.x."""
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    # disable_apparmor: a loaded profile belongs to the whole machine and would stay after the cluster.
    # restrict_oom_score_adj: without CAP_SYS_RESOURCE a lower score than our own is refused.
    return f"""version = 2
root = "{folder.data}/containerd"
state = "/run/containerd"

[grpc]
address = "{folder.containerd_socket}"

[plugins."io.containerd.internal.v1.opt"]
path = "{folder.data}/containerd-opt"

[{cri}]
sandbox_image = "{PAUSE_IMAGE}"
restrict_oom_score_adj = true
disable_apparmor = true
stream_server_address = "127.0.0.1"

[{cri}.cni]
bin_dir = "{cni_plugins}"
conf_dir = "{folder.config}/cni"

[{cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[{cri}.containerd.runtimes.runc.options]
SystemdCgroup = false
"""


def render_cni(folder: ClusterFolder, network: Network) -> str:
    """Return the pod network: one bridge, routes to services and the node only, no way out."""
    ranges = [[{"subnet": POD_RANGE}]]
    routes = [{"dst": SERVICE_RANGE}, {"dst": str(network.prefix)}]
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {"type": "host-local", "dataDir": f"{folder.data}/cni", "ranges": ranges, "routes": routes},
    }
    return json.dumps({"cniVersion": "0.4.0", "name": "genai", "plugins": [bridge]}, indent=2)


def render_kubelet(folder: ClusterFolder) -> str:
    """Return the kubelet's configuration, for cgroup v1 and v2 alike."""
    return yaml.safe_dump(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": f"{folder.certificates}/ca.crt"},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": f"{folder.certificates}/kubelet.crt",
            "tlsPrivateKeyFile": f"{folder.certificates}/kubelet.key",
            "containerRuntimeEndpoint": f"unix://{folder.containerd_socket}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{folder.cgroup}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "enforceNodeAllocatable": [],
            "localStorageCapacityIsolation": True,
            "oomScoreAdj": 0,
            "makeIPTablesUtilChains": False,
            "podLogsDir": f"{folder.root}/pods",
            "volumePluginDir": f"{folder.data}/kubelet-plugins",
            "resolvConf": f"{folder.config}/resolv.conf",
            "clusterDNS": [DNS_SERVICE],
            "clusterDomain": CLUSTER_DOMAIN,
            # Images come from archives only: one that the kubelet deletes cannot be pulled again.
            "imageGCHighThresholdPercent": 100,
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
            "serializeImagePulls": False,
            "kubeAPIQPS": 100,
            "kubeAPIBurst": 200,
        },
        sort_keys=False,
    )


def render_kube_proxy(folder: ClusterFolder, node: str) -> str:
    """Return kube-proxy's configuration; conntrack limits belong to the machine and stay as they are."""
    return yaml.safe_dump(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "nftables",
            "clientConnection": {"kubeconfig": f"{folder.config}/kube-proxy.kubeconfig"},
            "hostnameOverride": node,
            "clusterCIDR": POD_RANGE,
            "healthzBindAddress": "127.0.0.1:10256",
            "metricsBindAddress": "127.0.0.1:10249",
            "oomScoreAdj": 0,
            "nftables": {"minSyncPeriod": "50ms"},
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        },
        sort_keys=False,
    )


def render_admission() -> str:
    """Return the API server's admission configuration: every namespace is `restricted` but kube-system."""
    levels = {
        f"{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (("", "restricted"), ("-version", "latest"))
    }
    pod_security = {
        "apiVersion": "pod-security.admission.config.k8s.io/v1",
        "kind": "PodSecurityConfiguration",
        "defaults": levels,
        "exemptions": {"usernames": [], "runtimeClasses": [], "namespaces": ["kube-system"]},
    }
    return yaml.safe_dump(
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "AdmissionConfiguration",
            "plugins": [{"name": "PodSecurity", "configuration": pod_security}],
        },
        sort_keys=False,
    )


def render_corefile(folder: ClusterFolder, network: Network) -> str:
    """Return CoreDNS's configuration: it knows this cluster's names, and that there are no others."""
    return f"""{CLUSTER_DOMAIN}:53 in-addr.arpa:53 {{
    bind {network.node}
    errors
    ready 127.0.0.1:8181
    kubernetes {CLUSTER_DOMAIN} in-addr.arpa {{
        kubeconfig {folder.config}/coredns.kubeconfig
        pods insecure
        ttl 5
    }}
}}
.:53 {{
    bind {network.node}
    errors
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""


def render_node_configs(folder: ClusterFolder, network: Network, node: str, plugins: Path) -> dict[str, str]:
    """Return the files of a node with real pods, by their names below the cluster's `config`."""
    return {
        "containerd.toml": render_containerd(folder, plugins),
        "cni/10-genai.conflist": render_cni(folder, network),
        "kubelet.yaml": render_kubelet(folder),
        "kube-proxy.yaml": render_kube_proxy(folder, node),
        "Corefile": render_corefile(folder, network),
        # Pods that ask for the node's resolver get one that knows nothing outside.
        "resolv.conf": f"nameserver {network.node}\n",
    }
