"""Which images the stack of an environment pulls, for mirroring them."""

from __future__ import annotations

from tooling.app.values import LoadedValues
from tooling.core.manifests import ImageUse, Manifest, find_images
from tooling.core.plan import SLOTS
from tooling.core.values import find_release, merge, role_values
from tooling.ports.helm import Helm

_PARTS = (("all", ""), ("base", ""), ("slot", SLOTS[0]))


def list_images(helm: Helm, loaded: LoadedValues) -> tuple[ImageUse, ...]:
    """Return every image that a plain install or a rollout would pull, `helm test` included, each once.

    Raises HelmError for what the chart refuses.
    """
    instance = loaded.instance
    manifests: list[Manifest] = []
    for role, slot in _PARTS:
        values = merge(loaded.values, role_values(instance, role, slot))
        manifests += helm.render(find_release(instance, role, slot), values, has_hooks=True)
    return find_images(tuple(manifests))
