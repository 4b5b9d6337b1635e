"""Rules on what users add to pods: tolerations, variables, volumes and mounts that the API server would refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tooling.core.finding import Finding
from tooling.core.rules.workloads import Pods, find_pods
from tooling.core.values import KeyPath, Layered, pick, place_finding


def find_pod_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    found: list[Finding] = []
    for pods in find_pods(layered):
        found += [
            *_check_tolerations(layered, pods),
            *_check_env(layered, pods),
            *_check_volumes(layered, pods),
            *_check_mounts(layered, pods),
        ]
    return tuple(dict.fromkeys(found))  # what stands in modelDefaults is found once, not once for each model


def _check_tolerations(layered: Layered, pods: Pods) -> Iterator[Finding]:
    for index, one in _entries(pods, "tolerations"):
        path = pods.locate(layered.values, "tolerations", index)
        if not one.get("key") and one.get("operator") != "Exists":
            message = "has no key, and without one only operator Exists is possible: it tolerates every taint."
            hint = "Write {key: nvidia.com/gpu, operator: Exists}, or {operator: Exists} for all."
            yield place_finding(layered.origins, path, message, rule="toleration", hint=hint)
        elif one.get("operator") == "Exists" and one.get("value"):
            message = "has a value, and operator Exists looks at the key alone."
            yield place_finding(
                layered.origins, path, message, rule="toleration", hint="Take value out, or write operator: Equal."
            )
        if one.get("tolerationSeconds") is not None and one.get("effect") != "NoExecute":
            message = "has tolerationSeconds, which is for effect NoExecute."
            yield place_finding(
                layered.origins, path, message, rule="toleration", hint="Write effect: NoExecute, or take it out."
            )


def _check_env(layered: Layered, pods: Pods) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, one in _entries(pods, "extraEnv"):
        path, name = pods.locate(layered.values, "extraEnv", index), str(one.get("name"))
        if one.get("value") and one.get("valueFrom"):
            message = "has value and valueFrom; a variable takes one of them."
            yield place_finding(layered.origins, path, message, rule="env", hint="Take one of the two out.")
        if name in seen:
            yield place_finding(
                layered.origins, path, f"sets {name} a second time.", rule="env", hint="Take one of the two out."
            )
        seen.add(name)
        yield from _check_unit(layered, path, pick(one, "valueFrom", "resourceFieldRef"))


def _check_unit(layered: Layered, path: KeyPath, field: Any) -> Iterator[Finding]:
    unit, resource = pick(field, "divisor"), pick(field, "resource")
    if unit is None or not isinstance(resource, str) or str(unit) == "1":
        return
    is_cpu = resource.endswith(".cpu")
    if is_cpu != (unit == "1m"):
        message = f"has divisor {unit}, which is no unit of {resource}."
        hint = "Write divisor: 1m, or 1." if is_cpu else "Write divisor: 1Mi, or another unit of bytes."
        yield place_finding(layered.origins, path, message, rule="env", hint=hint)


def _check_volumes(layered: Layered, pods: Pods) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, one in _entries(pods, "extraVolumes"):
        path, name = pods.locate(layered.values, "extraVolumes", index), str(one.get("name"))
        if name in seen or _matches(name, pods.volumes):
            what = "a second time" if name in seen else "which the chart makes itself"
            yield place_finding(
                layered.origins,
                path,
                f"makes the volume {name}, {what}.",
                rule="volume",
                hint="Give it another name.",
            )
        seen.add(name)
        items = next((part["items"] for part in one.values() if isinstance(part, Mapping) and "items" in part), ())
        listed = items if isinstance(items, list) else ()
        names = [str(item.get("path")) for item in listed if isinstance(item, Mapping)]
        if len(set(names)) < len(names):
            hint = "Give each item a path of its own."
            yield place_finding(layered.origins, path, "puts two keys in one file.", rule="volume", hint=hint)


def _check_mounts(layered: Layered, pods: Pods) -> Iterator[Finding]:
    volumes = {str(one.get("name")) for _, one in _entries(pods, "extraVolumes")}
    seen: set[str] = set()
    for index, one in _entries(pods, "extraVolumeMounts"):
        path = pods.locate(layered.values, "extraVolumeMounts", index)
        name, where = str(one.get("name")), str(one.get("mountPath"))
        if name not in volumes and not _matches(name, pods.volumes):
            message = f"mounts the volume {name}, which extraVolumes does not have."
            hint = f"Write extraVolumes: [{{name: {name}, emptyDir: {{}}}}], or name one that is there."
            yield place_finding(layered.origins, path, message, rule="mount", hint=hint)
        if where in seen or _matches(where, pods.mounts):
            what = "where another mount is" if where in seen else "where the chart mounts a volume of its own"
            yield place_finding(
                layered.origins, path, f"is at {where}, {what}.", rule="mount", hint="Choose another mountPath."
            )
        seen.add(where)


def _entries(pods: Pods, key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    listed = pods.settings.get(key)
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(one, Mapping):
            yield index, one


def _matches(text: str, patterns: frozenset[str]) -> bool:
    begins = tuple(pattern[:-1] for pattern in patterns if pattern.endswith("*"))
    ends = tuple(pattern[1:] for pattern in patterns if pattern.startswith("*"))
    return text in patterns or (bool(begins) and text.startswith(begins)) or (bool(ends) and text.endswith(ends))
