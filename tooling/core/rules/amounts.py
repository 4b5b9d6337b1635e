"""Rules on amounts: requests within limits, whole devices, bytes that are bytes, sizes that hold something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tooling.core.finding import Finding, Severity
from tooling.core.quantity import parse_quantity
from tooling.core.rules.workloads import Pods, find_pods, is_on
from tooling.core.values import KeyPath, Layered, pick, place_finding, table

_MEBIBYTE = Decimal(1 << 20)
_MANY_CORES = Decimal(512)
_BYTES = ("memory", "ephemeral-storage", "storage")
_SIZES: tuple[KeyPath, ...] = (
    ("vectordb", "persistence", "size"),
    ("vectordb", "backup", "filesystem", "size"),
    ("evals", "results", "persistence", "size"),
    ("inference", "weights", "size"),
)
_ORDERS = (
    *(("min", "defaultRequest"), ("min", "default"), ("min", "max")),
    *(("defaultRequest", "default"), ("defaultRequest", "max"), ("default", "max")),
)
_OWN_SIZES = ("shmSize", "cacheSize", "peakMemory", "gpuMemory")


def find_amount_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    found: list[Finding] = []
    for pods in find_pods(layered):
        found += [*_check_resources(layered, pods), *_check_own_sizes(layered, pods)]
    for path in _SIZES:
        if is_on(layered.values, str(path[0])):
            found += _check_bytes(layered, path, pick(layered.values, *path))
    return (*dict.fromkeys(found), *_check_ranges(layered), *_check_quota(layered))


def _check_resources(layered: Layered, pods: Pods) -> Iterator[Finding]:
    requests, limits = table(pods.settings, "resources", "requests"), table(pods.settings, "resources", "limits")
    for kind, amounts in (("requests", requests), ("limits", limits)):
        for resource, amount in amounts.items():
            path = _find_amount(layered, pods, kind, resource)
            yield from _check_amount(layered, path, resource, amount)
    for resource in requests:
        least, most = parse_quantity(requests[resource]), parse_quantity(limits.get(resource))
        if least is None:
            continue
        path = _find_amount(layered, pods, "requests", resource)
        is_told = resource in _BYTES and most is not None and most != int(most)  # parts of a byte
        if most is not None and least > most and not is_told:
            message = f"is {requests[resource]}, more than the limit, which is {limits[resource]}."
            hint = f'Write resources: {{limits: {{{resource}: "{requests[resource]}"}}}}, or ask for less.'
            yield place_finding(layered.origins, path, message, rule="requests-over-limits", hint=hint)
        elif _is_whole(resource) and most != least:
            message = f"is {requests[resource]}, and the limit is not: Kubernetes never shares out {resource}."
            hint = f'Write resources: {{limits: {{{resource}: "{requests[resource]}"}}}}.'
            yield place_finding(layered.origins, path, message, rule="requests-over-limits", hint=hint)


def _find_amount(layered: Layered, pods: Pods, kind: str, resource: str) -> KeyPath:
    paths: list[KeyPath] = [(*source, "resources", kind, resource) for source in pods.sources]
    return next((path for path in paths if pick(layered.values, *path) is not None), paths[0])


def _check_amount(layered: Layered, path: KeyPath, resource: str, amount: Any) -> Iterator[Finding]:
    number = parse_quantity(amount)
    if number is None:
        return
    if resource in _BYTES or resource.startswith("hugepages-"):
        yield from _check_bytes(layered, path, amount, zero=True)
        page = parse_quantity(resource.removeprefix("hugepages-"))
        if page and number % page:
            hint = f"Write a multiple of {resource.removeprefix('hugepages-')}."
            yield place_finding(
                layered.origins,
                path,
                f"is {amount}, which is not a whole number of pages.",
                rule="quantity-unit",
                hint=hint,
            )
    elif resource == "cpu" and number >= _MANY_CORES:
        message = f"is {amount}, which is {number:f} cores."
        hint = f"For thousandths of a core write {amount}m." if str(amount).isdecimal() else "A whole core is 1."
        yield place_finding(
            layered.origins, path, message, rule="quantity-unit", severity=Severity.WARNING, hint=hint
        )
    elif _is_whole(resource) and number != int(number):
        message = f"is {amount}, and {resource} is counted in whole pieces."
        yield place_finding(layered.origins, path, message, rule="quantity-unit", hint="Write a whole number.")


def _check_own_sizes(layered: Layered, pods: Pods) -> Iterator[Finding]:
    for key in _OWN_SIZES:
        yield from _check_bytes(layered, pods.locate(layered.values, key), pods.settings.get(key))
    for name in ("source", "lora", "with"):
        for path, size in _find_sizes(pods.settings.get(name), (*pods.sources[0], name)):
            yield from _check_bytes(layered, path, size)
    volumes = pods.settings.get("extraVolumes")
    for index, volume in enumerate(volumes if isinstance(volumes, list) else ()):
        path = (*pods.locate(layered.values, "extraVolumes", index), "emptyDir", "sizeLimit")
        yield from _check_bytes(layered, path, pick(volume, "emptyDir", "sizeLimit"))


def _find_sizes(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    """Sizes below a source, or below sources by name."""
    for key, below in value.items() if isinstance(value, Mapping) else ():
        if key == "size":
            yield (*path, key), below
        else:
            yield from _find_sizes(below, (*path, key))


def _check_bytes(layered: Layered, path: KeyPath, amount: Any, *, zero: bool = False) -> Iterator[Finding]:
    number = parse_quantity(amount)
    if number is None or (zero and number == 0):
        return
    if number != int(number) or number == 0:
        message = f"is {amount}, which is {number.normalize():f} bytes." if number else "is 0: nothing would fit."
        hint = (
            f"For mebibytes write {str(amount)[:-1]}Mi."
            if str(amount).endswith("m")
            else "Write, for example, 1Gi."
        )
        yield place_finding(layered.origins, path, message, rule="quantity-unit", hint=hint)
    elif number < _MEBIBYTE:
        message = f"is {amount}, which is {int(number)} bytes: less than a mebibyte."
        hint = f"For mebibytes write {amount}Mi." if str(amount).isdecimal() else "Write, for example, 512Mi."
        yield place_finding(
            layered.origins, path, message, rule="quantity-unit", severity=Severity.WARNING, hint=hint
        )


def _check_ranges(layered: Layered) -> Iterator[Finding]:
    """A LimitRange whose bounds contradict each other is refused."""
    ranges = table(layered.values, "quota", "limitRange")
    if ranges.get("enabled") is not True:
        return
    for kind in ("container", "pod", "claim"):
        for low, high in _ORDERS:
            lows, highs = table(ranges, kind, low), table(ranges, kind, high)
            for resource in lows:
                least, most = parse_quantity(lows[resource]), parse_quantity(highs.get(resource))
                if least is not None and most is not None and least > most:
                    path: KeyPath = ("quota", "limitRange", kind, low, resource)
                    message = f"is {lows[resource]}, more than {kind}.{high}, which is {highs[resource]}."
                    yield place_finding(
                        layered.origins, path, message, rule="quota-range", hint="Lower it, or raise the other."
                    )


def _check_quota(layered: Layered) -> Iterator[Finding]:
    quota = table(layered.values, "quota", "resourceQuota")
    for name, amount in (table(quota, "hard") if quota.get("enabled") is True else {}).items():
        number = parse_quantity(amount)
        is_amount = name.split(".")[-1] in ("cpu", *_BYTES) or "hugepages-" in name
        if number is not None and not is_amount and number != int(number):
            path: KeyPath = ("quota", "resourceQuota", "hard", name)
            yield place_finding(
                layered.origins,
                path,
                f"is {amount}, and {name} is counted in whole pieces.",
                rule="quantity-unit",
                hint="Write a whole number.",
            )


def _is_whole(resource: str) -> bool:
    """Whether it is a device: those are counted in pieces, and a request is a limit too."""
    return "/" in resource or resource.startswith("hugepages-")
