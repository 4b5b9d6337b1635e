"""Which images the stack of an environment pulls, for mirroring them."""

from __future__ import annotations

from tooling.app.render import render
from tooling.app.values import LoadedValues
from tooling.core.manifests import ImageUse, find_images
from tooling.core.plan import SLOTS
from tooling.ports.helm import Helm

_PARTS = (("all", ""), ("base", ""), ("slot", SLOTS[0]))


def list_images(helm: Helm, loaded: LoadedValues) -> tuple[ImageUse, ...]:
    """Return every image that a plain install or a rollout would pull, `helm test` included, each once.

    Raises HelmError for what the chart refuses.
    """
    parts = (render(helm, loaded, role, slot, has_hooks=True) for role, slot in _PARTS)
    return find_images(tuple(manifest for part in parts for manifest in part))
