"""All manifests that live together in one cluster, indexed once, with their pod templates.

Whoever asks may hand in anything that YAML can say: every walk passes over what has not the shape of the
Kubernetes API. The objects are never changed or copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tooling.core.manifests import Manifest

NOTHING: Mapping[str, Any] = {}
_NESTED = 6
"""Steps down from `spec` to where a custom kind may hold a pod template."""

_TOO_LARGE = 1 << 63

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ref:
    """An object of a bundle; `index` is its place among the manifests that the bundle was made of."""

    index: int
    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Entry:
    """An object with its place."""

    ref: Ref
    manifest: Manifest

    @property
    def spec(self) -> Mapping[str, Any]:
        """Its `spec`, empty where there is none."""
        return child(self.manifest, "spec")


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a pod template; `path` is the field that holds it, from the object's top."""

    path: str
    name: str
    spec: Mapping[str, Any]
    is_init: bool

    def quantities(self, part: str) -> Mapping[str, Any]:
        """Its `resources.requests` or `resources.limits`."""
        return child(self.spec, "resources", part)


@dataclass(frozen=True, slots=True)
class Workload:
    """An object with a pod template; `path` is the field of the pod spec, and `labels` are the pods' own."""

    ref: Ref
    manifest: Manifest
    path: str
    labels: Labels
    annotations: Mapping[str, Any]
    pod: Mapping[str, Any]
    containers: tuple[Container, ...]

    @property
    def spec(self) -> Mapping[str, Any]:
        """The object's own `spec`."""
        return child(self.manifest, "spec")

    @property
    def template_path(self) -> str:
        """The field of the whole pod template, empty for a Pod, which is one itself."""
        return self.path.removesuffix("spec").rstrip(".")

    @property
    def main(self) -> Iterator[Container]:
        """The containers that run side by side: sidecars, which are init containers that go on, are among them."""
        return (one for one in self.containers if not one.is_init or one.spec.get("restartPolicy") == "Always")


@dataclass(frozen=True, slots=True)
class Bundle:
    """Manifests that live together, by kind and name; `workloads` are those with a pod template."""

    entries: tuple[Entry, ...]
    workloads: tuple[Workload, ...]
    _by_kind: Mapping[str, tuple[Entry, ...]] = field(repr=False)
    _by_name: Mapping[tuple[str, str, str], Entry] = field(repr=False)
    _by_label: Mapping[tuple[str, str, str], tuple[Workload, ...]] = field(repr=False)
    _by_namespace: Mapping[str, tuple[Workload, ...]] = field(repr=False)
    _by_index: Mapping[int, Workload] = field(repr=False)

    @staticmethod
    def of(manifests: Sequence[Manifest], *, namespace: str = "default") -> Bundle:
        """Index manifests; those that name no namespace are taken to be applied to `namespace`."""
        entries, workloads = [], []
        by_kind: dict[str, list[Entry]] = {}
        by_label: dict[tuple[str, str, str], list[Workload]] = {}
        by_namespace: dict[str, list[Workload]] = {}
        for index, manifest in enumerate(manifests):
            entry = Entry(_read_ref(index, manifest, namespace), manifest)
            entries.append(entry)
            by_kind.setdefault(entry.ref.kind, []).append(entry)
            for workload in _read_workloads(entry):
                workloads.append(workload)
                by_namespace.setdefault(entry.ref.namespace, []).append(workload)
                for key, value in workload.labels.items():
                    by_label.setdefault((entry.ref.namespace, key, value), []).append(workload)
        return Bundle(
            entries=tuple(entries),
            workloads=tuple(workloads),
            _by_kind={kind: tuple(found) for kind, found in by_kind.items()},
            _by_name={(one.ref.kind, one.ref.namespace, one.ref.name): one for one in reversed(entries)},
            _by_label={label: tuple(found) for label, found in by_label.items()},
            _by_namespace={name: tuple(found) for name, found in by_namespace.items()},
            _by_index={one.ref.index: one for one in reversed(workloads)},
        )

    def list_kind(self, *kinds: str) -> Iterator[Entry]:
        """Return the objects of these kinds, of whatever API group."""
        return (entry for kind in kinds for entry in self._by_kind.get(kind, ()))

    @property
    def kinds(self) -> Iterable[str]:
        """Each kind that is there, once."""
        return self._by_kind

    def find(self, kind: str, namespace: str, name: str) -> Entry | None:
        """Return the object of that kind and name, the first where several have both."""
        return self._by_name.get((kind, namespace, name))

    def find_workload(self, kind: str, namespace: str, name: str) -> Workload | None:
        """Return the object of that kind and name that has a pod template, by its first one."""
        entry = self.find(kind, namespace, name)
        return None if entry is None else self._by_index.get(entry.ref.index)

    def has_pods(self, namespace: str) -> bool:
        """Whether any pod template is in that namespace."""
        return namespace in self._by_namespace

    def select(self, namespace: str, selector: Mapping[str, Any]) -> tuple[Workload, ...]:
        """Return what makes pods that a label selector (matchLabels and matchExpressions) takes in a namespace."""
        labels = read_labels(selector.get("matchLabels"))
        expressions = list(rows(selector, "matchExpressions"))
        found = self._by_namespace.get(namespace, ())
        for key, value in labels.items():
            # The rarest label leaves the least to look through: thousands of objects share some of them.
            found = min(found, self._by_label.get((namespace, key, value), ()), key=len)
        return tuple(
            one
            for one in found
            if labels.items() <= one.labels.items() and all(_agrees(each, one.labels) for each in expressions)
        )


def child(node: object, *path: str) -> Mapping[str, Any]:
    """Return the mapping at `path` below a node, empty where there is none."""
    for step in path:
        node = node.get(step) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else NOTHING


def rows(node: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """Return the mappings in the list under `key`."""
    return (row for _, row in numbered(node, key))


def numbered(node: Mapping[str, Any], key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Return the mappings in the list under `key`, each with its place in that list."""
    found = node.get(key)
    if isinstance(found, list):
        for index, row in enumerate(found):
            if isinstance(row, Mapping):
                yield index, row


def read_labels(node: object) -> Labels:
    """Return a map of labels; what is no text, which the API refuses, is written as text."""
    return {str(key): str(value) for key, value in node.items()} if isinstance(node, Mapping) else {}


def whole(value: object, default: int = 0) -> int:
    """Return a whole number of at most 64 bits, as the API knows them, and `default` for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _TOO_LARGE:
        return value
    return default


def _agrees(expression: Mapping[str, Any], labels: Labels) -> bool:
    key, operator = str(expression.get("key")), expression.get("operator")
    values = expression.get("values")
    wanted = {str(value) for value in values} if isinstance(values, list) else set()
    if operator == "In":
        return labels.get(key) in wanted
    if operator == "NotIn":
        return labels.get(key) not in wanted
    if operator == "DoesNotExist":
        return key not in labels
    return key in labels


def _read_ref(index: int, manifest: Manifest, namespace: str) -> Ref:
    metadata = child(manifest, "metadata")
    return Ref(
        index,
        str(manifest.get("apiVersion") or ""),
        str(manifest.get("kind") or ""),
        str(metadata.get("namespace") or namespace),
        str(metadata.get("name") or metadata.get("generateName") or ""),
    )


def _read_workloads(entry: Entry) -> Iterator[Workload]:
    kind, spec, path = entry.ref.kind, entry.spec, "spec"
    if kind == "Pod":
        yield _build(entry, entry.manifest, "spec")
        return
    if kind == "CronJob":
        spec, path = child(spec, "jobTemplate", "spec"), "spec.jobTemplate.spec"
    template = child(spec, "template")
    if isinstance(child(template, "spec").get("containers"), list):
        yield _build(entry, template, f"{path}.template.spec")
    elif "." in entry.ref.group and not entry.ref.group.endswith(".k8s.io"):
        yield from _search(entry, spec, path, _NESTED)


def _search(entry: Entry, node: object, path: str, depth: int) -> Iterator[Workload]:
    """Find the pod templates in an object of somebody's own kind, which may hold several and anywhere."""
    if isinstance(node, Mapping):
        if isinstance(child(node, "spec").get("containers"), list):
            yield _build(entry, node, f"{path}.spec")
        elif depth:
            for key, value in node.items():
                yield from _search(entry, value, f"{path}.{key}", depth - 1)
    elif isinstance(node, list) and depth:
        for index, value in enumerate(node):
            yield from _search(entry, value, f"{path}[{index}]", depth - 1)


def _build(entry: Entry, template: Mapping[str, Any], path: str) -> Workload:
    metadata, pod = child(template, "metadata"), child(template, "spec")
    return Workload(
        entry.ref,
        entry.manifest,
        path,
        read_labels(metadata.get("labels")),
        child(metadata, "annotations"),
        pod,
        tuple(
            Container(f"{path}.{part}[{index}]", str(spec.get("name") or ""), spec, part == "initContainers")
            for part in ("initContainers", "containers")
            for index, spec in numbered(pod, part)
        ),
    )
