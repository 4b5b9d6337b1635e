"""GPU drivers before anything is written: a model that no node can run is refused, not left Pending."""

from __future__ import annotations

from tooling.app.context import Ports
from tooling.core.hardware import Fit, HardwareNeed, find_needs, match_nodes
from tooling.errors import ClusterError, PreflightError
from tooling.ports.helm import Manifest


def check_hardware(ports: Ports, manifests: tuple[Manifest, ...]) -> None:
    """Compare least driver and CUDA versions with node labels; raises PreflightError when no node can do.

    Nodes that do not tell their versions, or that cannot be listed with this account, are a warning.
    """
    needs = find_needs(manifests)
    if not needs:
        return
    try:
        nodes = ports.cluster.list_nodes()
    except ClusterError as error:
        ports.reporter.say(f"warning: driver and CUDA versions were not compared: {error.message}")
        return
    fits = tuple(match_nodes(need, nodes) for need in needs)
    hopeless = [fit for fit in fits if fit.is_hopeless]
    if hopeless:
        raise PreflightError(
            "; ".join(f"no node can run {describe(fit.need)}: {', '.join(fit.unfit)}" for fit in hopeless) + ".",
            hint="Upgrade the driver there, or choose other nodes in the model's profile. Nothing was touched.",
        )
    for fit in fits:
        if warning := warn(fit):
            ports.reporter.say(f"warning: {warning}")


def describe(need: HardwareNeed) -> str:
    """Name a workload with the versions that it needs."""
    versions = (("driver", need.min_driver), ("CUDA", need.min_cuda))
    return f"{need.workload} (needs {', '.join(f'{what} {least}' for what, least in versions if least)})"


def warn(fit: Fit) -> str:
    """Say what is uncertain about a fit; empty when every node fits."""
    if not fit.fit and not fit.unfit and not fit.unknown:
        return f"no node has the labels that {describe(fit.need)} asks for: it waits until one is added."
    if fit.unfit:
        return f"{describe(fit.need)} may be scheduled to a node that is too old: {', '.join(fit.unfit)}."
    if fit.unknown:
        return f"{', '.join(fit.unknown)} tell no driver and CUDA version; {describe(fit.need)} is not compared."
    return ""
