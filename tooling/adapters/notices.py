"""Everybody who is told of a rollout: Events on its objects, and the webhooks that the values name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tooling.adapters.kube_client import KubeClient
from tooling.adapters.notices_events import HTTP_ROUTE, SERVICE, EventReceiver
from tooling.adapters.notices_outbox import Outbox
from tooling.adapters.notices_webhook import make_receiver
from tooling.core.notice import read_notifications


def open_notices(client: KubeClient, namespace: str, values: Mapping[str, Any]) -> Outbox:
    """Return the notices port for values with the chart's defaults under them; nothing is read or sent yet."""
    route = SERVICE if (values.get("route") or {}).get("kind") == "service" else HTTP_ROUTE
    hooks = (make_receiver(client, namespace, one) for one in read_notifications(values))
    return Outbox((EventReceiver(client, namespace, route), *hooks))
