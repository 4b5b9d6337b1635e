"""Rule on settings that count for nothing as long as another one stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tooling.core.finding import Finding, Severity
from tooling.core.rules.engines import Server, find_servers
from tooling.core.rules.workloads import is_on
from tooling.core.values import KeyPath, Layered, Values, format_path, pick, place_finding, table

_PLACED = frozenset({"image", "nodeSelector", "tolerations", "priorityClassName", "podLabels", "podAnnotations"})
"""What pods of `helm test` take from evals, on or off."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Keys below `path` that count for nothing: those in `keys`, or all but `others`; why, and what to write."""

    path: KeyPath
    why: str
    write: str
    keys: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset({"enabled"})


def find_unused_findings(layered: Layered, chart_layers: frozenset[str]) -> tuple[Finding, ...]:
    """Warn of keys that a user has set and that nothing reads; one finding for all that have the same reason."""
    own: dict[KeyPath, list[str]] = {}
    for path, origin in layered.origins.items():
        if origin.layer not in chart_layers and pick(layered.values, *path) not in (None, "", [], {}):
            own.setdefault(path[:-1], []).append(str(path[-1]))
    found: list[Finding] = []
    told: list[KeyPath] = []
    idle = (
        *_find_components(layered.values),
        *_find_details(layered.values),
        *_find_model_details(layered.values),
    )
    for one in idle:
        if any(one.path[: len(path)] == path for path in told):
            continue
        names = [name for name in own.get(one.path, ()) if _is_idle(one, name)]
        if names:
            told += [one.path] if not one.keys else []
            found.append(_tell(layered, one, names))
    return (*found, *_find_strays(layered, own, chart_layers))


def _is_idle(one: Idle, name: str) -> bool:
    return name in one.keys if one.keys else name not in one.others


def _tell(layered: Layered, one: Idle, names: list[str]) -> Finding:
    more = f" (and {', '.join(names[1:])})" if len(names) > 1 else ""
    return place_finding(
        layered.origins,
        (*one.path, names[0]),
        f"is not used{more}: {one.why}.",
        rule="unused",
        severity=Severity.WARNING,
        hint=f"Write {one.write}, or take it out.",
    )


def _off(path: KeyPath, others: frozenset[str] = frozenset({"enabled"})) -> Idle:
    place = format_path(path)
    write = ": {".join(str(part) for part in path) + ": {enabled: true}" + "}" * (len(path) - 1)
    return Idle(path, f"{place}.enabled is false", write, others=others)


def _find_components(values: Values) -> Iterator[Idle]:
    """Whole sections that are off."""
    for section in ("gateway", "inference", "vectordb"):
        if not is_on(values, section):
            yield _off((section,))
    if not is_on(values, "evals"):
        yield _off(("evals",), _PLACED | {"enabled"})
    switches: tuple[KeyPath, ...] = (
        ("gateway", "autoscaling"),
        ("inference", "weights"),
        ("vectordb", "backup"),
        ("evals", "results", "persistence"),
        ("quota", "resourceQuota"),
        ("quota", "limitRange"),
        ("observability", "monitors"),
        ("observability", "alerts"),
        ("route", "ingress"),
        ("rollout", "load"),
    )
    for path in switches:
        if pick(values, *path, "enabled") is not True:
            yield _off(path)
    if pick(values, "network", "policies", "enabled") is False:
        write = "network: {policies: {enabled: true}}"
        keys = frozenset({"dns", "edge", "metrics", "apiServer", "blocked", "allow"})
        yield Idle(("network",), "network.policies.enabled is false", write, keys)


def _find_details(values: Values) -> Iterator[Idle]:
    """Keys of sections that are on, and settle nothing there."""
    route, database = table(values, "route"), table(values, "vectordb")
    creates = pick(route, "gateway", "create") is True
    if creates:
        yield Idle(
            ("route", "gateway"),
            "the chart makes a Gateway of its own",
            "route: {gateway: {create: false}}",
            frozenset({"name", "namespace"}),
        )
    else:
        keys = frozenset({"className", "annotations", "ports", "redirect"})
        why = "the Gateway is somebody else's"
        yield Idle(("route", "gateway"), why, "route: {gateway: {create: true, className: NAME}}", keys)
    is_service = route.get("kind") == "service"
    if is_service or route.get("enabled") is not True:
        why = "route.kind is service" if is_service else "route.enabled is false"
        write = "route: {kind: gatewayApi, enabled: true}" if is_service else "route: {enabled: true}"
        keys = frozenset({"annotations", "requestTimeout"})
        yield Idle(("route",), f"{why}: there is no HTTPRoute", write, keys)
        if pick(route, "ingress", "enabled") is not True and not creates:
            both = "route.enabled and route.ingress.enabled are false"
            alone = "route.kind is service, and route.ingress.enabled false"
            yield Idle(("route",), alone if is_service else both, write, frozenset({"hostnames"}))
    if pick(route, "service", "type") == "ClusterIP":
        keys = frozenset({"loadBalancerClass", "sourceRanges"})
        why = "route.service.type is ClusterIP"
        yield Idle(("route", "service"), why, "route: {service: {type: LoadBalancer}}", keys)
    yield from _find_database(database)
    if pick(values, "inference", "weights", "existingClaim"):
        keys = frozenset({"size", "storageClass"})
        why = "inference.weights.existingClaim names a claim that is there"
        yield Idle(("inference", "weights"), why, 'inference: {weights: {existingClaim: ""}}', keys)
    if pick(values, "evals", "results", "persistence", "existingClaim"):
        keys = frozenset({"size", "storageClass", "accessMode"})
        why = "evals.results.persistence.existingClaim names a claim that is there"
        write = 'evals: {results: {persistence: {existingClaim: ""}}}'
        yield Idle(("evals", "results", "persistence"), why, write, keys)


def _find_database(database: Values) -> Iterator[Idle]:
    backup = table(database, "backup")
    path: KeyPath = ("vectordb", "backup")
    if backup.get("enabled") is True and backup.get("target") == "filesystem":
        yield Idle((*path, "s3"), "vectordb.backup.target is filesystem", "vectordb: {backup: {target: s3}}")
    if backup.get("enabled") is True and backup.get("target") == "s3":
        why, write = "vectordb.backup.target is s3", "vectordb: {backup: {target: filesystem}}"
        yield Idle((*path, "filesystem"), why, write)
        yield Idle(path, f"{why}, where a lifecycle rule of the bucket decides", write, frozenset({"keep"}))
    if pick(backup, "filesystem", "existingClaim"):
        why = "vectordb.backup.filesystem.existingClaim names a claim that is there"
        write = 'vectordb: {backup: {filesystem: {existingClaim: ""}}}'
        yield Idle((*path, "filesystem"), why, write, frozenset({"size", "storageClass"}))
    if pick(database, "persistence", "enabled") is False:
        why, write = "vectordb.persistence.enabled is false", "vectordb: {persistence: {enabled: true}}"
        yield Idle(("vectordb", "persistence"), why, write, frozenset({"storageClass"}))
    if not pick(database, "auth", "existingSecret"):
        why, write = "vectordb.auth.existingSecret is empty", "vectordb: {auth: {existingSecret: NAME}}"
        yield Idle(("vectordb", "auth"), why, write, frozenset({"secretKey", "user"}))
    if database.get("replicas") == 1:
        why, write = "vectordb.replicas is 1", "vectordb: {replicas: 3}"
        yield Idle(("vectordb",), why, write, frozenset({"topologySpread"}))


def _find_model_details(values: Values) -> Iterator[Idle]:
    for server in find_servers(values):
        path, settings = server.path, server.settings
        if pick(settings, "autoscaling", "enabled") is not True:
            write = server.yaml % "autoscaling: {enabled: true}"
            yield Idle((*path, "autoscaling"), "autoscaling.enabled is false", write)
        elif pick(settings, "autoscaling", "provider") == "hpa":
            write = server.yaml % "autoscaling: {provider: keda}"
            yield Idle((*path, "autoscaling", "keda"), "autoscaling.provider is hpa", write)
        yield from _find_engine_details(server)
    weights = pick(values, "inference", "weights", "enabled") is True
    if find_servers(values) and not any(_is_fetched(server) for server in find_servers(values)):
        why = "no model has a source hf or s3"
        write = "inference: {models: {NAME: {source: {hf: {repository: ..., revision: ...}}}}}"
        yield Idle(("inference", "fetch"), why, write)
        if weights:
            yield Idle(("inference", "weights"), why, write, frozenset({"size", "storageClass", "accessMode"}))


def _find_engine_details(server: Server) -> Iterator[Idle]:
    engine = server.engine
    if engine != "llamacpp":
        write = server.yaml % "engine: llamacpp"
        yield Idle(server.path, f"the engine is {engine}", write, frozenset({"threads"}))
    else:
        why, write = "the engine is llamacpp, which compiles nothing", server.yaml % "engine: vllm"
        yield Idle(server.path, why, write, frozenset({"cacheSize"}))
    if not pick(server.settings, "gpu", "count"):
        keys = frozenset({"minDriver", "minCuda"})
        write = server.yaml % "gpu: {count: 1}"
        yield Idle(server.path, "the model has no GPU", write, keys)


def _is_fetched(server: Server) -> bool:
    below = [server.settings, *table(server.settings, "lora").values(), *table(server.settings, "with").values()]
    return any(pick(one, "source", kind) is not None for one in below for kind in ("hf", "s3"))


def _find_strays(
    layered: Layered, own: Mapping[KeyPath, list[str]], chart_layers: frozenset[str]
) -> Iterator[Finding]:
    """Named things of the user's own that nothing names: hardware, and suites."""
    values = layered.values
    shipped = {path[:3] for path, origin in layered.origins.items() if origin.layer in chart_layers}
    if is_on(values, "inference"):
        used = {str(server.settings.get("profile")) for server in find_servers(values)}
        yield from _tell_strays(layered, _find_new(own, shipped, ("inference", "profiles")) - used, "profile")
    evals = table(values, "evals")
    if is_on(values, "evals"):
        suites = table(evals, "suites")
        runs = {str(pick(run, "suite")) for run in table(evals, "onDemand").values()}
        used = {str(evals.get("suite")), *runs, *(name for name, one in suites.items() if pick(one, "schedule"))}
        used |= {name for name, one in suites.items() if pick(one, "enabled") is False}
        used |= _find_gates(table(values, "rollout"))
        yield from _tell_strays(layered, _find_new(own, shipped, ("evals", "suites")) - used, "suite")


def _find_gates(rollout: Values) -> set[str]:
    """Suites that a rollout asks of both slots."""
    both = table(rollout, "blueGreen")
    lists = (rollout.get("steps"), both.get("preview"), both.get("after"))
    entries = [entry for entries in lists if isinstance(entries, list) for entry in entries]
    return {
        str(pick(gate, "suite")) for gate in (rollout.get("quality"), *(pick(one, "quality") for one in entries))
    }


def _find_new(own: Mapping[KeyPath, list[str]], shipped: set[KeyPath], path: KeyPath) -> set[str]:
    """Names that only users have: what the chart has too is adjusted, for whoever uses it."""
    return {name for name in own.get(path, ()) if (*path, name) not in shipped}


def _tell_strays(layered: Layered, names: set[str], kind: str) -> Iterator[Finding]:
    for name in sorted(names):
        path: KeyPath = ("inference", "profiles", name) if kind == "profile" else ("evals", "suites", name)
        message = "is not used: no model names it." if kind == "profile" else "is not used: nothing runs it."
        hint = f"Write inference: {{models: {{NAME: {{profile: {name}}}}}}}, or take it out."
        if kind == "suite":
            hint = f'Write evals: {{suites: {{{name}: {{schedule: "17 3 * * *"}}}}}}, or name it in evals.suite.'
        severity = Severity.WARNING
        yield place_finding(layered.origins, path, message, rule="unused", severity=severity, hint=hint)
