"""Rules on Secrets: one that several users name is read by the keys that it has, and for one purpose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tooling.core.finding import Finding, Severity
from tooling.core.rules.workloads import find_pods, is_on
from tooling.core.values import KeyPath, Layered, Values, pick, place_finding, table

_S3_KEYS = frozenset({"access-key-id", "secret-access-key"})
_TLS_KEYS = frozenset({"tls.crt", "tls.key"})


def find_secret_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    known = _find_known(layered.values)
    return (*_check_purposes(layered, known), *dict.fromkeys(_check_keys(layered, known)))


def _find_known(values: Values) -> list[tuple[KeyPath, str, frozenset[str]]]:
    """Secrets whose keys the values or the chart name: where, the Secret, its keys."""
    found: list[tuple[KeyPath, Any, frozenset[str]]] = []
    if is_on(values, "vectordb"):
        auth = table(values, "vectordb", "auth")
        key = frozenset({str(auth.get("secretKey") or "api-key")})
        found.append((("vectordb", "auth", "existingSecret"), auth.get("existingSecret"), key))
        s3: KeyPath = ("vectordb", "backup", "s3", "existingSecret")
        if pick(values, "vectordb", "backup", "enabled") is True:
            found.append((s3, pick(values, *s3), _S3_KEYS))
    for name, model in (table(values, "inference", "models") if is_on(values, "inference") else {}).items():
        path: KeyPath = ("inference", "models", name, "source")
        source = table(model, "source")
        token = frozenset({str(pick(source, "hf", "secretKey") or "token")})
        found.append(((*path, "hf", "existingSecret"), pick(source, "hf", "existingSecret"), token))
        found.append(((*path, "s3", "existingSecret"), pick(source, "s3", "existingSecret"), _S3_KEYS))
    found.append((("route", "tls", "secretName"), pick(values, "route", "tls", "secretName"), _TLS_KEYS))
    return [(path, name, keys) for path, name, keys in found if isinstance(name, str) and name]


def _check_purposes(layered: Layered, known: list[tuple[KeyPath, str, frozenset[str]]]) -> Iterator[Finding]:
    """Users of one Secret that read different keys: right only for a Secret that has them all."""
    first: dict[str, tuple[KeyPath, frozenset[str]]] = {}
    for path, name, keys in known:
        before, others = first.setdefault(name, (path, keys))
        if keys == others:
            continue
        place = ".".join(str(part) for part in before)
        is_tls = _TLS_KEYS in (keys, others)
        message = f"is {name}, as {place} is, and they read other keys of it: {_say(keys)}, and {_say(others)}."
        hint = "The Secret needs all of them. Name another Secret, or name the same key at both."
        if is_tls:
            hint = "A Secret of type kubernetes.io/tls holds a certificate: name another one for the rest."
        severity = Severity.ERROR if is_tls else Severity.WARNING
        yield place_finding(layered.origins, path, message, rule="secret-keys", severity=severity, hint=hint)


def _check_keys(layered: Layered, known: list[tuple[KeyPath, str, frozenset[str]]]) -> Iterator[Finding]:
    """A variable that reads a key which nobody else reads from the same Secret is often misspelt."""
    keys: dict[str, set[str]] = {}
    for _, name, read in known:
        keys.setdefault(name, set()).update(read)
    for pods in find_pods(layered):
        variables = pods.settings.get("extraEnv")
        for index, one in enumerate(variables if isinstance(variables, list) else ()):
            name, key = (str(pick(one, "valueFrom", "secretKeyRef", part)) for part in ("name", "key"))
            if (
                name in keys
                and key not in keys[name]
                and pick(one, "valueFrom", "secretKeyRef", "optional") is not True
            ):
                path = (*pods.locate(layered.values, "extraEnv", index), "valueFrom", "secretKeyRef", "key")
                message = f"is {key}, and others read {_say(keys[name])} of the Secret {name}."
                hint = f"Name a key that it has: kubectl describe secret {name} lists them."
                severity = Severity.WARNING
                yield place_finding(
                    layered.origins, path, message, rule="secret-keys", severity=severity, hint=hint
                )


def _say(keys: frozenset[str] | set[str]) -> str:
    return " and ".join(sorted(keys))
