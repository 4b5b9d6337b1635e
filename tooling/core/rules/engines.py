"""Rules on a model and the server that runs it: what its engine can do, and where its weights come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tooling.core.finding import Finding, Severity
from tooling.core.rules.workloads import choose_engine, is_on, leads_to
from tooling.core.values import KeyPath, Layered, Values, pick, place_finding, read_count, read_model, table

_SOURCES = ("image", "pvc", "hf", "s3")
_GPU_ENGINES = ("vllm", "tensorrtllm")
_ENGINE_METRICS = ("queueDepth", "timeToFirstTokenSeconds")


@dataclass(frozen=True, slots=True)
class Server:
    """One model with all its settings: `engine` is what runs it, as the chart chooses it."""

    name: str
    settings: Values
    engine: str

    @property
    def path(self) -> KeyPath:
        """Where the model stands."""
        return ("inference", "models", self.name)

    @property
    def yaml(self) -> str:
        """How to write something into the model's entry, with `%s` for it."""
        return f"inference: {{models: {{{self.name}: {{%s}}}}}}"

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that the server answers to, its own first."""
        aliases = self.settings.get("aliases")
        more = [*table(self.settings, "lora"), *table(self.settings, "with")]
        listed = [one for one in aliases if isinstance(one, str)] if isinstance(aliases, list) else []
        return (str(self.settings.get("servedName") or self.name), *listed, *sorted(more))


def find_servers(values: Values) -> tuple[Server, ...]:
    """Read every model that the chart serves."""
    inference = table(values, "inference")
    models = table(inference, "models") if is_on(values, "inference") else {}
    return tuple(_read(inference, name, model) for name, model in models.items() if isinstance(model, Mapping))


def _read(inference: Values, name: str, model: Values) -> Server:
    settings = read_model(inference, {key: value for key, value in model.items() if value is not None})
    return Server(name, settings, choose_engine(settings))


def find_engine_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    found: list[Finding] = []
    for server in find_servers(layered.values):
        found += [*_check_engine(layered, server), *_check_sources(layered, server), *_check_pace(layered, server)]
        found += [*_check_scaling(layered, server), *_check_names(layered, server)]
        found += [*_check_hardware(layered, server), *_check_peak(layered, server)]
    return tuple(found)


def _check_engine(layered: Layered, server: Server) -> Iterator[Finding]:
    settings, engine = server.settings, server.engine
    if engine == "custom" and not pick(settings, "image", "repository"):
        hint = f"Write {server.yaml % 'image: {registry: docker.io, repository: vendor/server, tag: v1}'}."
        yield place_finding(
            layered.origins,
            (*server.path, "image"),
            "is not set, and engine custom is its own image.",
            rule="model-engine",
            hint=hint,
        )
    if settings.get("command") and engine != "custom":
        message = f"is for engine custom, and the engine is {engine}."
        yield place_finding(
            layered.origins,
            (*server.path, "command"),
            message,
            rule="model-engine",
            hint=f"Write {server.yaml % 'engine: custom'}, or use extraArgs.",
        )
    for key, able in (("lora", ("vllm", "llamacpp")), ("with", ("llamacpp",))):
        if engine not in able and any(one is not None for one in table(settings, key).values()):
            message = f"needs engine {' or '.join(able)}, and the engine is {engine}."
            hint = f"Write {server.yaml % f'engine: {able[0]}'}, or serve each as a model of its own."
            yield place_finding(layered.origins, (*server.path, key), message, rule="model-engine", hint=hint)
    if engine == "tensorrtllm" and (
        settings.get("aliases") or settings.get("servedName") not in (None, "", server.name)
    ):
        key = "aliases" if settings.get("aliases") else "servedName"
        message = f"is another name, and TensorRT-LLM answers to one: {server.name}."
        yield place_finding(
            layered.origins,
            (*server.path, key),
            message,
            rule="model-engine",
            hint=f"Take it out, or write {server.yaml % 'engine: vllm'}.",
        )


def _check_sources(layered: Layered, server: Server) -> Iterator[Finding]:
    found: list[tuple[KeyPath, Any]] = [((*server.path, "source"), server.settings.get("source"))]
    for key in ("lora", "with"):
        entries = table(server.settings, key).items()
        found += [
            ((*server.path, key, name, "source"), pick(one, "source")) for name, one in entries if one is not None
        ]
    for path, source in found:
        kinds = [kind for kind in _SOURCES if pick(source, kind) is not None]
        if isinstance(source, Mapping) and not kinds:
            hint = "Write one of image: {repository: ...}, pvc: {claimName: ...}, s3: {uri: ...},"
            yield place_finding(
                layered.origins,
                path,
                "names no source of weights.",
                rule="model-source",
                hint=f"{hint} hf: {{repository: ..., revision: ...}}.",
            )
        elif len(kinds) > 1:
            message = f"names {len(kinds)} sources ({', '.join(kinds)}), and weights come from one."
            hint = f"Keep {kinds[-1]} and take out what another values file sets: {{{kinds[0]}: null}}."
            yield place_finding(layered.origins, path, message, rule="model-source", hint=hint)


def _check_pace(layered: Layered, server: Server) -> Iterator[Finding]:
    """Numbers of one model that have to fit each other."""
    probes, strategy = table(server.settings, "probes"), table(server.settings, "strategy")
    unready, restart = probes.get("unreadyAfterSeconds"), probes.get("restartAfterSeconds")
    if isinstance(unready, int) and isinstance(restart, int) and unready >= restart:
        message = (
            f"is {restart}, and unreadyAfterSeconds is {unready}: it would be killed while it still gets requests."
        )
        hint = f"Write {server.yaml % f'probes: {{restartAfterSeconds: {5 * unready}}}'}."
        yield place_finding(
            layered.origins,
            (*server.path, "probes", "restartAfterSeconds"),
            message,
            rule="model-probes",
            hint=hint,
        )
    numbers = [str(strategy.get(key)).removesuffix("%") for key in ("maxSurge", "maxUnavailable")]
    if numbers == ["0", "0"]:
        message = "has maxSurge 0 and maxUnavailable 0, so that no pod could ever be replaced."
        hint = f"Write {server.yaml % 'strategy: {maxUnavailable: 1}'}."
        yield place_finding(layered.origins, (*server.path, "strategy"), message, rule="model-strategy", hint=hint)
    threads, cpus = server.settings.get("threads"), read_count(pick(server.settings, "resources", "limits", "cpu"))
    if server.engine == "llamacpp" and isinstance(threads, int) and cpus and threads > cpus:
        message = f"is {threads}, and the CPU limit is {cpus}: threads would wait for each other."
        hint = f"Write {server.yaml % f'threads: {cpus}'}, or raise resources.limits.cpu."
        yield place_finding(
            layered.origins,
            (*server.path, "threads"),
            message,
            rule="model-threads",
            severity=Severity.WARNING,
            hint=hint,
        )


def _check_scaling(layered: Layered, server: Server) -> Iterator[Finding]:
    scaling = table(server.settings, "autoscaling")
    metrics = {name for name, target in table(scaling, "metrics").items() if target is not None}
    path: KeyPath = (*server.path, "autoscaling")
    if scaling.get("enabled") is not True:
        return
    has_engine_metric, provider = bool(metrics & set(_ENGINE_METRICS)), scaling.get("provider")
    if scaling.get("minReplicas") == 0 and (provider != "keda" or not has_engine_metric):
        message = "is 0: only KEDA scales to zero, and not on cpu or memory alone."
        hint = f"Write {server.yaml % 'autoscaling: {minReplicas: 1}'}, or provider: keda with queueDepth."
        yield place_finding(layered.origins, (*path, "minReplicas"), message, rule="model-scaler", hint=hint)
    if provider == "keda" and has_engine_metric and not pick(scaling, "keda", "serverAddress"):
        message = "is empty: KEDA asks Prometheus for queueDepth and timeToFirstTokenSeconds."
        keda = 'keda: {serverAddress: "http://prometheus.monitoring:9090"}'
        hint = f"Write inference: {{modelDefaults: {{autoscaling: {{{keda}}}}}}}."
        yield place_finding(
            layered.origins, (*path, "keda", "serverAddress"), message, rule="model-scaler", hint=hint
        )
    if server.engine == "tensorrtllm" and has_engine_metric:
        message = "names queueDepth or timeToFirstTokenSeconds, which TensorRT-LLM does not report."
        hint = f"Write {server.yaml % 'autoscaling: {metrics: {cpu: 80}}'}, or engine: vllm."
        yield place_finding(layered.origins, (*path, "metrics"), message, rule="model-scaler", hint=hint)
    for resource in ("cpu", "memory"):
        if resource in metrics and not pick(server.settings, "resources", "requests", resource):
            message = f"is a percentage of the request, and resources.requests has no {resource}."
            hint = f"Write {server.yaml % f'resources: {{requests: {{{resource}: ...}}}}'}."
            yield place_finding(
                layered.origins, (*path, "metrics", resource), message, rule="model-scaler", hint=hint
            )


def _check_names(layered: Layered, server: Server) -> Iterator[Finding]:
    """A server of these engines answers to its own names only; llama.cpp takes any."""
    if server.engine not in _GPU_ENGINES or not is_on(layered.values, "gateway"):
        return
    for name, route in table(layered.values, "gateway", "models").items():
        asked = pick(route, "servedName") or name
        if leads_to(name, route) == server.name and asked not in server.names:
            message = f"asks model {server.name} for `{asked}`, and it answers to {', '.join(server.names)}."
            hint = f"Write gateway: {{models: {{{name}: {{servedName: {server.names[0]}}}}}}}, or"
            hint += f" {server.yaml % f'aliases: [{asked}]'}."
            path: KeyPath = ("gateway", "models", name)
            if path not in layered.origins and (*server.path, "servedName") in layered.origins:
                path = (*server.path, "servedName")
                message = f"is another name than the gateway's route {name} asks for: {asked}."
            yield place_finding(layered.origins, path, message, rule="model-unanswered", hint=hint)


def _check_hardware(layered: Layered, server: Server) -> Iterator[Finding]:
    """What the images of the chart compute on; one of the user's own may be built for anything."""
    image: KeyPath = ("inference", "engines", server.engine, "image", "repository")
    if pick(server.settings, "image", "repository") or image in layered.origins:
        return
    gpus = read_count(pick(server.settings, "gpu", "count"))
    has_device = bool(gpus) or any("/" in name for name in table(server.settings, "resources", "limits"))
    if server.engine in _GPU_ENGINES and not has_device:
        message = f"is {server.engine}, which computes on GPUs, and the model has none: it would not start."
        hint = f"Write {server.yaml % 'profile: l4'}, another of inference.profiles, or engine: llamacpp."
    elif server.engine == "llamacpp" and gpus:
        message = f"is llamacpp, which computes on CPUs, and the model takes GPUs ({gpus}) that nothing would use."
        hint = f"Write {server.yaml % 'gpu: {count: 0}'}, or engine: vllm."
    else:
        return
    yield place_finding(
        layered.origins,
        (*server.path, "engine"),
        message,
        rule="model-hardware",
        severity=Severity.WARNING,
        hint=hint,
    )


def _check_peak(layered: Layered, server: Server) -> Iterator[Finding]:
    """Without the peak, lint cannot tell that a memory limit is too low for the model."""
    has_gpus = bool(read_count(pick(server.settings, "gpu", "count")))
    if server.engine in _GPU_ENGINES and has_gpus and not server.settings.get("peakMemory"):
        yield place_finding(
            layered.origins,
            (*server.path, "peakMemory"),
            "is not set, so that nothing tells whether the memory limit is enough.",
            rule="model-peak",
            severity=Severity.WARNING,
            hint=f"Write what `genai-stack size --name {server.name}` says: {server.yaml % 'peakMemory: ...'}.",
        )
