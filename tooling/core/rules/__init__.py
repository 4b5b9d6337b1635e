"""Rules on values that a schema cannot say: they hold between keys. Each finding names the YAML to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tooling.core.finding import Finding
from tooling.core.rules.amounts import find_amount_findings
from tooling.core.rules.arguments import find_argument_findings
from tooling.core.rules.data import find_data_findings
from tooling.core.rules.edge import find_edge_findings
from tooling.core.rules.embeddings import find_embedding_findings
from tooling.core.rules.engines import find_engine_findings
from tooling.core.rules.models import find_model_findings
from tooling.core.rules.network import find_network_findings
from tooling.core.rules.pods import find_pod_findings
from tooling.core.rules.quota import find_quota_findings
from tooling.core.rules.rollout import find_rollout_findings
from tooling.core.rules.routes import find_route_findings
from tooling.core.rules.secrets import find_secret_findings
from tooling.core.rules.times import find_time_findings
from tooling.core.rules.unused import find_unused_findings
from tooling.core.values import Layered, Origin, format_path


def find_rule_findings(
    layered: Layered,
    *,
    chart_layers: frozenset[str] = frozenset(),
    shared_layers: frozenset[str] = frozenset(),
    unknown_zones: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error.

    `chart_layers` names the layers that are the chart's own defaults, which nobody has to be warned of.
    `shared_layers` names those that serve several environments, so that one of these need not use all they set.
    `unknown_zones` are those of `times.find_zones` that do not exist.
    """
    # What is wrong with a default is so because of something that a user wrote around it: that is pointed at.
    own = Layered(
        layered.values, {path: one for path, one in layered.origins.items() if one.layer not in chart_layers}
    )
    found = (
        *find_rollout_findings(layered, chart_layers),
        *find_route_findings(own),
        *find_model_findings(own),
        *find_engine_findings(own),
        *find_argument_findings(own),
        *find_edge_findings(own),
        *find_network_findings(own),
        *find_data_findings(own),
        *find_embedding_findings(own),
        *find_secret_findings(own),
        *find_pod_findings(own),
        *find_amount_findings(own),
        *find_quota_findings(own),
        *find_time_findings(own, unknown_zones=unknown_zones),
        *find_unused_findings(layered, chart_layers | shared_layers),
    )
    if all(one.file for one in found):
        return found
    places = {format_path(path): origin for path, origin in layered.origins.items()}
    return tuple(one if one.file else _place(one, places) for one in found)


def _place(finding: Finding, places: Mapping[str, Origin]) -> Finding:
    """Point at the chart's own line where no user wrote anything near."""
    path = finding.path
    while path and path not in places:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    origin = places.get(path, Origin(""))
    return replace(finding, file=origin.layer, line=origin.line, column=origin.column)
