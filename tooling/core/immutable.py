"""Why the API server refused a manifest, in words that name the field and what to do."""

from __future__ import annotations

from tooling.core.diff.drift import compare_live
from tooling.core.diff.fields import format_field
from tooling.core.manifests import Manifest
from tooling.core.trial import Trial

_FREE = frozenset(
    {"minReadySeconds", "ordinals", "persistentVolumeClaimRetentionPolicy", "replicas", "revisionHistoryLimit"}
    | {"template", "updateStrategy"}
)
"""Fields of a StatefulSet's spec that may change; all others are those of the day when it was made."""

_FORBIDDEN = "updates to statefulset spec"
_LONGEST = 400
_NEW_SET = (
    "Take that change back; or, keeping its pods and volumes: kubectl delete statefulset {name} --namespace "
    "{namespace} --cascade=orphan, then release again."
)
_NEW_OBJECT = "Take that change back, or delete {kind} {name} so that it is made anew."
_REMEDIES = (
    (_FORBIDDEN, _NEW_SET),
    ("field is immutable", _NEW_OBJECT),
    ("is immutable after creation", _NEW_OBJECT),
    ("exceeded quota", "Raise that quota, or ask for less."),
    ("denied the request", "Correct the values, or ask whoever runs that admission webhook."),
    (
        "failed calling webhook",
        "Have that admission webhook repaired: while it does not answer, nothing is applied.",
    ),
)


def describe_refusal(trial: Trial, manifest: Manifest, live: Manifest | None) -> str:
    """Say what was refused and why; of a StatefulSet the fields too, which the API server does not name."""
    fields = find_fixed_fields(manifest, live) if live is not None and _FORBIDDEN in trial.problem else ()
    if fields:
        return f"{trial.name}: {', '.join(fields)} cannot change once it is there"
    text = trial.problem if len(trial.problem) <= _LONGEST else f"{trial.problem[: _LONGEST - 3]}..."
    return f"{trial.name}: {text.rstrip('.')}"


def suggest_remedy(trial: Trial) -> str:
    """Return what to do about a refusal."""
    text = next((remedy for sign, remedy in _REMEDIES if sign in trial.problem), "Correct the values.")
    name = trial.name
    return text.format(kind=name.kind, name=name.name, namespace=name.namespace)


def needs_live(trial: Trial) -> bool:
    """Whether only the live object tells which field was refused."""
    return _FORBIDDEN in trial.problem


def find_fixed_fields(manifest: Manifest, live: Manifest) -> tuple[str, ...]:
    """Return the fields of a StatefulSet that differ and may not, with what is wanted and what is there."""
    changes = compare_live(manifest.get("spec") or {}, live.get("spec") or {})
    return tuple(
        f"{format_field(('spec', *change.path))} ({change.new} there, {change.old} wanted)"
        for change in changes
        if change.path[0] not in _FREE
    )
