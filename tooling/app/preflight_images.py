"""Images that their registry does not have: found before pods wait for them."""

from __future__ import annotations

from tooling.app.context import Ports, Target
from tooling.core.manifests import find_images
from tooling.errors import PreflightError
from tooling.ports.helm import Manifest


def check_images(ports: Ports, target: Target, manifests: tuple[Manifest, ...]) -> None:
    """Refuse images that a registry says it has not. One that cannot be asked from here is a warning."""
    if not target.strategy.checks_images:
        return
    uses = {use.reference: use for use in find_images(manifests)}
    review = ports.images.review(uses)
    for reference, reason in review.unchecked.items():
        ports.reporter.say(f"warning: whether {reference} exists was not checked: {reason}")
    if review.missing:
        told = "; ".join(f"{reference} ({', '.join(uses[reference].users)})" for reference in review.missing)
        raise PreflightError(
            f"the registry does not have {told}.",
            hint="Push it, or correct its tag in the values. Where nodes have it without their registry: "
            "rollout.checkImages: false. Nothing was touched.",
        )
