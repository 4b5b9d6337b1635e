"""The rule on autoscalers, the gateway's and every model's: bounds in order, and something to go by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tooling.core.finding import Finding, Severity
from tooling.core.values import KeyPath, Layered, place_finding, table


def find_scaler_findings(
    layered: Layered,
    path: KeyPath,
    scaling: Mapping[str, Any],
    *,
    rule: str,
    yaml: str,
    metric: str,
    replicas: object = None,
) -> Iterator[Finding]:
    """Check the settings `scaling` of an autoscaler at `path`, when it is on.

    `yaml` is what to write, with `%s` for the settings; `metric` is an example of what to go by. `replicas` is the
    number that a slot starts with.
    """
    if scaling.get("enabled") is not True:
        return
    least, most = scaling.get("minReplicas"), scaling.get("maxReplicas")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        message = f"is {most}, below minReplicas, which is {least}."
        hint = f"Write {yaml % f'{{maxReplicas: {least}}}'}."
        yield place_finding(layered.origins, (*path, "maxReplicas"), message, rule=rule, hint=hint)
    if isinstance(replicas, int) and isinstance(most, int) and replicas > most:
        message = (
            f"is {most}, and replicas is {replicas}: a slot would start with pods that the autoscaler takes away."
        )
        hint = f"Write {yaml % f'{{maxReplicas: {replicas}}}'}, or fewer replicas."
        severity = Severity.WARNING
        yield place_finding(
            layered.origins, (*path, "maxReplicas"), message, rule=rule, severity=severity, hint=hint
        )
    if not any(table(scaling, "metrics").values()):
        message = "has nothing that the autoscaler could go by."
        hint = f"Write {yaml % f'{{metrics: {metric}}}'}."
        yield place_finding(layered.origins, (*path, "metrics"), message, rule=rule, hint=hint)
