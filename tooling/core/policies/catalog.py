"""Every policy of ours on manifests, in the order in which they are documented."""

from __future__ import annotations

from tooling.core.policies.amounts import AMOUNT_POLICIES
from tooling.core.policies.bundle import Bundle, Ref
from tooling.core.policies.content import CONTENT_POLICIES
from tooling.core.policies.dead_ends import DEAD_END_POLICIES
from tooling.core.policies.fitting import POD_POLICIES
from tooling.core.policies.gpu import GPU_POLICIES
from tooling.core.policies.names import NAME_POLICIES
from tooling.core.policies.policy import Fault, Policy
from tooling.core.policies.ports import PORT_POLICIES
from tooling.core.policies.scaling import SCALING_POLICIES
from tooling.core.policies.serving import ENGINE_POLICIES
from tooling.core.policies.traffic import TRAFFIC_POLICIES

__all__ = ["POLICIES", "Bundle", "Fault", "Policy", "Ref"]

POLICIES: tuple[Policy, ...] = (
    *GPU_POLICIES,
    *ENGINE_POLICIES,
    *TRAFFIC_POLICIES,
    *DEAD_END_POLICIES,
    *SCALING_POLICIES,
    *CONTENT_POLICIES,
    *POD_POLICIES,
    *NAME_POLICIES,
    *AMOUNT_POLICIES,
    *PORT_POLICIES,
)
