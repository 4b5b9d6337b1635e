"""A chart's defaults under the user's values, as Helm lays them: subcharts' defaults, nulls and `global`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.values import Values, coalesce, merge, table


@dataclass(frozen=True, slots=True)
class ChartValues:
    """What a chart's values.yaml says, and those of its enabled subcharts by name."""

    values: Values
    subcharts: Mapping[str, ChartValues]


def coalesce_chart(chart: ChartValues, values: Values, *, hands_down: bool = True) -> dict[str, Any]:
    """Return what a chart's templates see as `.Values`.

    A null takes a default away; for a subchart only what its own values.yaml sets, as Helm does. With
    `hands_down`, `global` is in every subchart's values too, as its templates see it.
    """
    return _coalesce(_prepare(chart, hands_down=hands_down), values, hands_down=hands_down)


def _prepare(chart: ChartValues, *, hands_down: bool) -> ChartValues:
    """Lay each chart's values over those of its subcharts, from below."""
    subcharts = {name: _prepare(one, hands_down=hands_down) for name, one in chart.subcharts.items()}
    return ChartValues(_merge(ChartValues(chart.values, subcharts), {}, hands_down=hands_down), subcharts)


def _merge(chart: ChartValues, values: Values, *, hands_down: bool) -> dict[str, Any]:
    """Lay values over a chart's and its subcharts'; nulls are kept."""
    merged = merge(chart.values, values)
    return _lay_below(chart, merged, _merge, hands_down=hands_down)


def _coalesce(chart: ChartValues, values: Values, *, hands_down: bool) -> dict[str, Any]:
    merged = dict(chart.values)
    for key, value in values.items():
        below = merged.get(key)
        if value is None and key in merged:
            del merged[key]
        elif isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = merge(below, value) if key in chart.subcharts else coalesce(below, value)
        else:
            merged[key] = value
    return _lay_below(chart, merged, _coalesce, hands_down=hands_down)


def _lay_below(
    chart: ChartValues, merged: dict[str, Any], lay: Callable[..., dict[str, Any]], *, hands_down: bool
) -> dict[str, Any]:
    """Lay what a chart says of each of its subcharts over that subchart's own, by `_merge` or `_coalesce`."""
    for name, one in chart.subcharts.items():
        own = merged.get(name, {})
        if isinstance(own, Mapping):
            passed = _hand_down(merged, own) if hands_down else own
            merged[name] = lay(one, passed, hands_down=hands_down)
    return merged


def _hand_down(above: Values, own: Values) -> Values:
    """Return a subchart's values with the `global` of the chart above laid over its own."""
    theirs, mine = above.get("global", {}), own.get("global", {})
    if not isinstance(theirs, Mapping) or not isinstance(mine, Mapping):
        return own
    passed = dict(mine)
    for key, value in theirs.items():
        if isinstance(value, Mapping) == isinstance(mine.get(key, value), Mapping):
            passed[key] = merge(table(mine, key), value) if isinstance(value, Mapping) else value
    return {**own, "global": passed}
