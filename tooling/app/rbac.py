"""The Role that a releaser of an environment needs, out of its values: needs no cluster."""

from __future__ import annotations

from dataclasses import replace

from tooling.app.render import EACH, render_parts
from tooling.app.values import LoadedValues
from tooling.core.access_needs import Work, list_needs
from tooling.core.access_role import Grant, Subject, make_grants
from tooling.core.values import SCALERS_ON, merge
from tooling.ports.helm import Helm


def make_access(
    helm: Helm, loaded: LoadedValues, namespace: str, subject: Subject, *, removes: bool = False
) -> tuple[Grant, ...]:
    """Return what lets the subject release these values, and with `removes` uninstall them with their data.

    Raises HelmError for what the chart refuses.
    """
    whole = replace(loaded, values=merge(loaded.values, SCALERS_ON))
    parts = render_parts(helm, whole, EACH)
    manifests = tuple(one.manifest for part in parts for one in part.rendered)
    needs = list_needs(Work(loaded.instance, manifests, removes=removes))
    return make_grants(needs, instance=loaded.instance, namespace=namespace, subject=subject)
