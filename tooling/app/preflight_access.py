"""Whether the account may do all that the plan does, asked before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tooling.app.context import Ports, Target
from tooling.core.access import AccessReview, Denial, Need, find_denials, list_permissions
from tooling.core.access_needs import Work, list_needs
from tooling.core.plan import Step
from tooling.errors import ClusterError, PreflightError
from tooling.ports.helm import Manifest

_ACCOUNT = "system:serviceaccount:"
_KEDA = ("keda.sh/v1alpha1", "ScaledObject")
_FORBIDDEN = 403
_OTHER_WAYS = {
    "pods/proxy": "Without pods/proxy there is another way to measure: rollout.analysis.provider: prometheus.",
    "services/proxy": "Without services/proxy no slot can be warmed up before it gets traffic.",
}


def check_rights(ports: Ports, target: Target, render: Callable[[], tuple[Manifest, ...]]) -> None:
    """Refuse an account that may not do what every rollout does, before the first look that could be forbidden.

    `render` is called for one that lacks anything, so that all it lacks is told at once.
    """
    if any(not one.need.is_optional for one in _review(ports, target, (), ())[1]):
        check_access(ports, target, (), render())


def check_access(ports: Ports, target: Target, steps: Iterable[Step], manifests: tuple[Manifest, ...]) -> None:
    """Refuse what the account may not do, all of it in one message; what is only of use is a warning."""
    review, denials = _review(ports, target, steps, manifests)
    for text in _list_losses(denials):
        ports.reporter.say(f"warning: {text}")
    refused = [one for one in denials if not one.need.is_optional]
    if refused:
        raise PreflightError(_tell(refused, review, target.namespace), hint=_advise(refused, review, target))


def _review(
    ports: Ports, target: Target, steps: Iterable[Step], manifests: tuple[Manifest, ...]
) -> tuple[AccessReview, tuple[Denial, ...]]:
    namespace = target.namespace
    work = Work(
        target.instance,
        manifests,
        frozenset(step.kind.value for step in steps),
        has_namespace=_has_namespace(ports, namespace),
        has_keda=ports.cluster.has_kind(*_KEDA),
    )
    needs = list_needs(work)
    review = ports.cluster.review_access(namespace, list_permissions(needs, namespace))
    return review, find_denials(needs, namespace, review.denied)


def _has_namespace(ports: Ports, namespace: str) -> bool:
    """Whether it need not be made; whoever may not look is told that as well as the rest."""
    try:
        return ports.cluster.has_namespace(namespace)
    except ClusterError as error:
        if error.status != _FORBIDDEN:
            raise
        return True


def _list_losses(denials: Iterable[Denial]) -> tuple[str, ...]:
    """Say what goes undone for what is denied, each once."""
    lost: dict[str, list[Need]] = {}
    for denial in denials:
        if denial.need.is_optional:
            lost.setdefault(denial.need.without, []).append(denial.need)
    return tuple(
        f"{without}: this account may not {', '.join(_name(need) for need in needs)}"
        for without, needs in lost.items()
    )


def _name(need: Need) -> str:
    return f"{'/'.join(need.verbs)} {need.resource}{' in the cluster' if need.is_wide else ''}"


def _tell(refused: Iterable[Denial], review: AccessReview, namespace: str) -> str:
    who = f"{review.account} may not" if review.account else "this account may not"
    return f"{who} do in namespace {namespace} what this needs: {'; '.join(map(str, refused))}."


def _advise(refused: Iterable[Denial], review: AccessReview, target: Target) -> str:
    resources = {one.need.resource for one in refused}
    ways = [text for resource, text in _OTHER_WAYS.items() if resource in resources]
    subject = _name_subject(review.account, target.namespace)
    command = f"genai-stack rbac --env {target.environment}{subject} --namespace {target.namespace}"
    asked = f"Have whoever may grant it run: {command} | kubectl apply -f -"
    return " ".join((*ways, f"{asked}. Nothing was touched."))


def _name_subject(account: str, namespace: str) -> str:
    if not account:
        return ""
    own = f"{_ACCOUNT}{namespace}:"
    if account.startswith(own):
        return f" --service-account {account.removeprefix(own)}"
    return f" --user {account}"
