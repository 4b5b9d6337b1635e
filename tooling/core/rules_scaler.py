"""The rule on autoscalers, the gateway's and every model's: bounds in order, and something to go by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tooling.core.finding import Finding
from tooling.core.values import KeyPath, Layered, place_finding, table


def find_scaler_findings(
    layered: Layered, path: KeyPath, scaling: Mapping[str, Any], *, rule: str, yaml: str, metric: str
) -> Iterator[Finding]:
    """Check the settings `scaling` of an autoscaler at `path`, when it is on.

    `yaml` is what to write, with `%s` for the settings; `metric` is an example of what to go by.
    """
    if scaling.get("enabled") is not True:
        return
    least, most = scaling.get("minReplicas"), scaling.get("maxReplicas")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        message = f"is {most}, below minReplicas, which is {least}."
        hint = f"Write {yaml % f'{{maxReplicas: {least}}}'}."
        yield place_finding(layered.origins, (*path, "maxReplicas"), message, rule=rule, hint=hint)
    if not any(table(scaling, "metrics").values()):
        message = "has nothing that the autoscaler could go by."
        hint = f"Write {yaml % f'{{metrics: {metric}}}'}."
        yield place_finding(layered.origins, (*path, "metrics"), message, rule=rule, hint=hint)
