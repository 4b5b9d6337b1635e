"""Rules on the gateway's routes: every model that it offers is served by somebody, and wakes when it sleeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tooling.core.finding import Finding, Severity
from tooling.core.rules.engines import find_servers
from tooling.core.rules.workloads import is_on, leads_to
from tooling.core.values import KeyPath, Layered, Values, pick, place_finding, table


def find_route_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    values = layered.values
    routes = _find_routes(values) if is_on(values, "gateway") else {}
    found: list[Finding] = []
    if is_on(values, "gateway"):
        found += [
            *_check_offers(layered, routes),
            *_check_default(layered, routes),
            *_check_served(layered, routes),
        ]
    return (*found, *_check_sleepers(layered, routes))


def _find_routes(values: Values) -> dict[str, Values]:
    """Routes that are there, by name; one that is null was taken out."""
    models = table(values, "gateway", "models")
    return {
        name: route if isinstance(route, Mapping) else {} for name, route in models.items() if route is not None
    }


def _find_served(values: Values) -> dict[str, object]:
    models = table(values, "inference", "models") if is_on(values, "inference") else {}
    return {name: model for name, model in models.items() if model is not None}


def _check_offers(layered: Layered, routes: Mapping[str, Values]) -> Iterator[Finding]:
    served = _find_served(layered.values)
    for name, route in routes.items():
        model = leads_to(name, route)
        if model and model not in served:
            yield place_finding(
                layered.origins,
                ("gateway", "models", name),
                f"has no url, and inference.models has no model {model}.",
                rule="model-unserved",
                hint=f"Write gateway: {{models: {{{name}: {{url: ...}}}}}} or add it to inference.models.",
            )


def _check_default(layered: Layered, routes: Mapping[str, Values]) -> Iterator[Finding]:
    path: KeyPath = ("gateway", "defaultModel")
    default = table(layered.values, "gateway").get("defaultModel")
    known = ", ".join(routes)
    if isinstance(default, str) and default and default not in routes:
        hint = f"Known are: {known}." if routes else ""
        message = f"names `{default}`, which gateway.models does not have."
        yield place_finding(layered.origins, path, message, rule="model-default", hint=hint)
    if not routes:
        message, hint = "is empty: the gateway has nothing to route to.", "Write gateway: {models: {smollm2: {}}}."
        yield place_finding(layered.origins, ("gateway", "models"), message, rule="model-default", hint=hint)
    elif not default and len(routes) > 1:
        message = f"is empty, and gateway.models has {len(routes)} entries: {known}."
        added = [name for name in routes if ("gateway", "models", name) in layered.origins]
        if path not in layered.origins and added:
            path = ("gateway", "models", added[-1])
            message = f"is one of {len(routes)} models ({known}), and gateway.defaultModel is empty."
        hint = f"Write gateway: {{defaultModel: {next(iter(routes))}}}."
        yield place_finding(layered.origins, path, message, rule="model-default", hint=hint)


def _check_served(layered: Layered, routes: Mapping[str, Values]) -> Iterator[Finding]:
    # A url under a model's own name is taken for that model's, whoever answers there.
    reached = {leads_to(name, route) or name for name, route in routes.items()}
    for name in _find_served(layered.values):
        if name not in reached:
            yield place_finding(
                layered.origins,
                ("inference", "models", name),
                "is served, but the gateway does not offer it.",
                rule="model-unreachable",
                severity=Severity.WARNING,
                hint=f"Write gateway: {{models: {{{name}: {{}}}}}}.",
            )


def _check_sleepers(layered: Layered, routes: Mapping[str, Values]) -> Iterator[Finding]:
    """Only requests that the gateway counts under a model's own name wake it from zero."""
    default = str(table(layered.values, "gateway").get("defaultModel") or min(routes, default=""))
    for server in find_servers(layered.values):
        scaling, name = table(server.settings, "autoscaling"), server.name
        if scaling.get("enabled") is not True or scaling.get("minReplicas") != 0:
            continue
        path: KeyPath = (*server.path, "autoscaling", "minReplicas")
        if leads_to(name, routes.get(name)) != name:
            message = f"is 0, and only requests for the gateway's route {name} wake it, which does not lead to it."
            hint = f"Write gateway: {{enabled: true, models: {{{name}: {{}}}}}}; other names are its aliases."
            yield place_finding(layered.origins, path, message, rule="model-asleep", hint=hint)
        lead = routes.get(default)
        if leads_to(default, lead) == name and pick(lead, "required") is not False:
            message = f"is 0, and the gateway waits for its default model {default} before it takes requests."
            hint = (
                f"Write gateway: {{models: {{{default}: {{required: false}}}}}}: nothing would wake it otherwise."
            )
            yield place_finding(layered.origins, path, message, rule="model-asleep", hint=hint)
