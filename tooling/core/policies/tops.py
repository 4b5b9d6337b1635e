"""How far the autoscalers of a slot may go, by the values: its manifests leave the scale to the CLI."""

from __future__ import annotations

from collections.abc import Mapping

from tooling.core.values import Values, read_count, read_model, table


def read_tops(values: Values) -> Mapping[str, int]:
    """Return maxReplicas where an autoscaler is on, by workload key: `gateway`, `inference/<model>`.

    What has another shape than the schema's is passed over.
    """
    inference = table(values, "inference")
    found = {"gateway": table(values, "gateway", "autoscaling")}
    for name, model in table(inference, "models").items():
        if isinstance(model, Mapping):
            found[f"inference/{name}"] = table(read_model(inference, model), "autoscaling")
    tops = {
        key: read_count(scaling.get("maxReplicas")) for key, scaling in found.items() if scaling.get("enabled")
    }
    return {key: most for key, most in tops.items() if most}
