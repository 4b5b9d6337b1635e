"""Render the chart with the real helm, and walk through what it makes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.charts.schemas import CHART, ROOT, SUBCHARTS

KUBERNETES = "1.35.0"
"""Version that charts are rendered and validated for."""

INSTANCE = "genai"
RENDERED_BY = {
    **dict.fromkeys(("gateway", "inference"), "slot"),
    **dict.fromkeys(("vectordb", "evals"), "base"),
    "route": "route",
    **dict.fromkeys(("edge", "quota", "observability", "model-prefetch"), "base"),
    **dict.fromkeys(("vectordb-backup", "vectordb-restore"), "base"),
    **dict.fromkeys(("network", "test"), "base slot"),
}
"""The roles other than `all` that hold each component, by the label app.kubernetes.io/component."""

ALWAYS = frozenset({*SUBCHARTS, "route"})
"""Components that are there when they are enabled; the others come with a setting of their own."""

NOT_NAMESPACED = frozenset({"PriorityClass"})

Manifest = Mapping[str, Any]
YamlLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def read_values(files: tuple[Path, ...]) -> dict[str, Any]:
    """Values files laid on each other; read once, so nobody may change the result."""
    from tests.charts.values_doc import layer

    merged: dict[str, Any] = {}
    for file in files:
        merged = layer(merged, yaml.load(file.read_text(encoding="utf-8"), Loader=YamlLoader) or {})
    return merged


@cache
def parse(text: str) -> tuple[Manifest, ...]:
    """Manifests out of what helm printed; parsed once, so nobody may change the result."""
    return tuple(document for document in yaml.load_all(text, Loader=YamlLoader) if document)


@dataclass(frozen=True, slots=True)
class Case:
    """Values to render with: files in the order in which they are laid on each other."""

    name: str
    files: tuple[Path, ...]
    name_of_instance: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def values(self) -> dict[str, Any]:
        """What the files set, without the defaults."""
        return read_values(self.files)

    @property
    def instance(self) -> str:
        """Name of the instance that the case renders."""
        name: str = self.name_of_instance or self.values.get("global", {}).get("instance") or INSTANCE
        return name


@dataclass(frozen=True, slots=True)
class View:
    """One part of an instance."""

    role: str
    slot: str = ""
    extra: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.slot or self.role

    def arguments(self, instance: str) -> list[str]:
        """Release name and settings for `helm template`."""
        release = f"{instance}-{self.slot}" if self.slot else instance
        world = {"role": self.role, "slot": self.slot, "instance": instance}
        settings = [f"global.{key}={json.dumps(value)}" for key, value in world.items()]
        return [release, *to_flags((*settings, *self.extra))]


def to_flags(settings: tuple[str, ...]) -> list[str]:
    """Settings such as `gateway.replicas=2` (key=JSON) as flags of helm; later ones win."""
    return [part for setting in settings for part in ("--set-json", setting)]


ALL, BASE, BLUE, GREEN = View("all"), View("base"), View("slot", "blue"), View("slot", "green")
ROUTE = View("route", extra=("route.weights.blue=90", "route.weights.green=10", 'route.serving="blue"'))
VIEWS = (ALL, BASE, BLUE, GREEN, ROUTE)


@cache
def list_cases() -> tuple[Case, ...]:
    """Every file of ci/ and every environment."""
    ci = [Case(f"ci/{file.stem.removesuffix('-values')}", (file,)) for file in sorted(CHART.glob("ci/*.yaml"))]
    environments = [Case(f"values/{file.stem}", (file,)) for file in sorted((ROOT / "values").glob("*.yaml"))]
    return (*ci, *environments)


@cache
def list_profiled() -> tuple[Case, ...]:
    """Every environment on every profile; an environment is laid on the profile."""
    folder = ROOT / "values"
    return tuple(
        Case(f"profiles/{profile.stem}/{environment.stem}", (profile, environment))
        for profile in sorted(folder.glob("profiles/*.yaml"))
        for environment in sorted(folder.glob("*.yaml"))
    )


def list_few() -> tuple[Case, ...]:
    """Cases that differ most, for what depends on settings more than on cases."""
    return tuple(map(find_case, ("ci/default", "ci/full", "ci/long-names", "ci/models", "values/prod")))


def find_case(name: str) -> Case:
    """The case of that name."""
    return next(case for case in list_cases() if case.name == name)


def list_examples() -> tuple[Case, ...]:
    """Every example on top of the local environment."""
    folder = ROOT / "values"
    files = sorted(folder.glob("examples/*.yaml"))
    return tuple(Case(f"examples/{file.stem}", (folder / "local.yaml", file)) for file in files)


@dataclass(frozen=True, slots=True)
class Renderer:
    """Calls helm; each render once per session, shared between workers through a folder of that session."""

    helm: Path
    shared: Path
    chart: Path = CHART

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One call of helm, whatever comes of it."""
        return subprocess.run([self.helm, *arguments], capture_output=True, text=True, check=False, timeout=60)

    def template(self, case: Case, view: View, *settings: str, fresh: bool = False) -> str:
        """The manifests of one part of an instance as text."""
        files = [part for file in case.files for part in ("--values", str(file))]
        key = (*files, *view.arguments(case.instance), *to_flags(settings))
        stored = self.shared / hashlib.sha256(json.dumps([str(self.chart), key]).encode()).hexdigest()
        if not fresh and stored.exists():
            return stored.read_text(encoding="utf-8")
        where = ("--namespace", "genai-ns", "--kube-version", KUBERNETES)
        done = self.run("template", *key, str(self.chart), *where)
        assert done.returncode == 0, f"{case} as {view}: {done.stderr}"
        # Written aside and renamed: another worker sees the whole text or none.
        part = stored.with_name(f"{stored.name}.{os.getpid()}")
        part.write_text(done.stdout, encoding="utf-8")
        part.rename(stored)
        return done.stdout

    def render(self, case: Case, view: View, *settings: str) -> tuple[Manifest, ...]:
        """The manifests of one part of an instance."""
        return parse(self.template(case, view, *settings))

    def refuse(self, *settings: str, view: View = ALL, release: str = "") -> str:
        """The message with which helm refuses these settings (`key=JSON`)."""
        arguments = view.arguments(INSTANCE)
        if release:
            arguments[0] = release
        flags = to_flags(settings)
        done = self.run("template", *arguments, str(self.chart), *flags, "--kube-version", KUBERNETES)
        assert done.returncode != 0, f"{settings} were accepted"
        return done.stderr


@dataclass(frozen=True, slots=True)
class Stack:
    """One case, rendered in every role."""

    case: Case
    parts: Mapping[View, tuple[Manifest, ...]]

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """Everything of all parts together."""
        return tuple(manifest for part in self.parts.values() for manifest in part)

    @property
    def workloads(self) -> tuple[Manifest, ...]:
        """What has a pod template."""
        return tuple(manifest for manifest in self.manifests if find_template(manifest))


def identify(manifest: Manifest) -> str:
    """Kind and name, for messages."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def find_template(manifest: Manifest) -> dict[str, Any]:
    """The pod template of a manifest; a Pod is its own, empty for one without."""
    spec = manifest.get("spec") or {}
    if manifest["kind"] == "Pod":
        return {"metadata": manifest["metadata"], "spec": spec}
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    template: dict[str, Any] = spec.get("template") or {}
    return template


def is_server(manifest: Manifest) -> bool:
    """Whether its pods serve, rather than do one thing and end."""
    return manifest["kind"] in ("Deployment", "StatefulSet")


def is_hook(manifest: Manifest) -> bool:
    """Whether Helm runs it on request and not as a part of the release."""
    return "helm.sh/hook" in (manifest["metadata"].get("annotations") or {})


def list_sources(text: str) -> frozenset[str]:
    """The template files, relative to the chart, that made something of what helm printed."""
    return frozenset(line.split("/", 1)[1] for line in text.splitlines() if line.startswith("# Source: "))


def walk_pods(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every pod spec with the name of what makes it."""
    for workload in stack.workloads:
        yield identify(workload), find_template(workload)["spec"]


def walk_containers(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every container, init containers included."""
    for name, pod in walk_pods(stack):
        for container in (*pod.get("initContainers", ()), *pod["containers"]):
            yield f"{name} container {container['name']}", container


def component_of(manifest: Manifest) -> str:
    """The label app.kubernetes.io/component."""
    component: str = manifest["metadata"]["labels"]["app.kubernetes.io/component"]
    return component


def is_enabled(case: Case, component: str) -> bool:
    """Whether the case asks for the component; the route counts as enabled for its Service."""
    section = case.values.get(component, {})
    return component == "route" or section.get("enabled", True)
