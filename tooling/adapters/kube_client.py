"""Requests to the Kubernetes API: bounded in time, plain dicts in and out, errors of `tooling.errors`.

The typed half of the client library is not used: what is read here is a handful of fields, and the same plain
dicts can be written down in a test. Nothing is retried but a GET on a kept connection that the server had closed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
import yaml
from kubernetes import config
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException

from tooling.errors import ClusterError, ConflictError, OutsideError, UnavailableError, UsageError

CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 10.0
MESSAGE_LENGTH = 256
CONNECTIONS = 16

FIELD_MANAGER = "genai-stack"
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
METADATA_ONLY = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"

_HINTS: Mapping[int, str] = {
    401: "Log in to the cluster again: the credentials of this kube context are not accepted.",
    403: "The user of this kubeconfig lacks that permission: `genai-stack rbac` prints the Role.",
}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer of any status."""

    status: int
    body: bytes

    def read_json(self) -> Any:
        """Return the body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class KubeClient:
    """One API server. `what` in every call names the object for error messages, such as `HTTPRoute genai`."""

    def __init__(self, api: ApiClient, context: str = "") -> None:
        self._api = api
        self.context = context

    def send(
        self,
        method: str,
        path: str,
        *,
        what: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout: float = READ_TIMEOUT,
    ) -> Answer:
        """Return the answer, whatever its status. Raises UnavailableError without one."""
        headers = {"Accept": accept, "Content-Type": content_type}
        target = f"{path}?{urlencode(query)}" if query else path

        def attempt() -> Answer:
            with translated(f"{method} {what}", can_repeat=method == "GET"):
                response = self._open(method, target, headers, body, timeout)
                return Answer(response.status, response.data or b"")

        try:
            return attempt()
        except _StaleConnectionError:
            return attempt()

    def get(
        self, path: str, *, what: str, query: Mapping[str, str] | None = None, accept: str = "application/json"
    ) -> Json:
        """Return an object or a list. Raises ClusterError, 404 included."""
        return self._expect(self.send("GET", path, what=what, query=query, accept=accept), f"read {what}")

    def find(self, path: str, *, what: str, accept: str = "application/json") -> Json | None:
        """Return an object, None where there is none."""
        answer = self.send("GET", path, what=what, accept=accept)
        return None if answer.status == 404 else self._expect(answer, f"read {what}")

    def stream(self, path: str, *, what: str, query: Mapping[str, str], timeout: float) -> Iterator[Json]:
        """Yield the events of a watch as they come, until the server ends it. Raises as `get` does, at any time.

        `timeout` is in seconds: the longest silence, which a server breaks by bookmarks.
        """
        target = f"{path}?{urlencode(query)}"
        with translated(f"watch {what}"):
            response = self._open("GET", target, {"Accept": "application/json"}, None, timeout)
            try:
                if response.status >= 300:
                    raise to_error(Answer(response.status, response.data or b""), f"watch {what}")
                for line in response:
                    yield json.loads(line)
            finally:
                response.close()

    def create(self, path: str, body: Json, *, what: str) -> Json:
        """Create an object. Raises ConflictError where one of that name exists."""
        answer = self.send("POST", path, what=what, body=body, query={"fieldManager": FIELD_MANAGER})
        return self._expect(answer, f"create {what}")

    def replace(self, path: str, body: Json, *, what: str) -> Json:
        """Replace an object; its resourceVersion makes a conflict of a change by somebody else."""
        answer = self.send("PUT", path, what=what, body=body, query={"fieldManager": FIELD_MANAGER})
        return self._expect(answer, f"write {what}")

    def patch(
        self, path: str, body: Json, *, what: str, content_type: str = MERGE_PATCH, is_forced: bool = False
    ) -> Json:
        """Patch an object; `is_forced` takes fields over from other managers and is for APPLY_PATCH."""
        query = {"fieldManager": FIELD_MANAGER, **({"force": "true"} if is_forced else {})}
        answer = self.send("PATCH", path, what=what, body=body, query=query, content_type=content_type)
        return self._expect(answer, f"write {what}")

    def delete(self, path: str, *, what: str) -> bool:
        """Delete an object, what it owns in the background; whether it was there."""
        answer = self.send("DELETE", path, what=what, body={"propagationPolicy": "Background"})
        if answer.status == 404:
            return False
        self._expect(answer, f"delete {what}")
        return True

    def close(self) -> None:
        """Close kept connections."""
        self._api.close()  # type: ignore[no-untyped-call]

    def _open(self, method: str, target: str, headers: Mapping[str, str], body: object, timeout: float) -> Any:
        """Return urllib3's answer, whose body has yet to be read."""
        serialized = self._api.param_serialize(
            method,
            target,
            query_params=[],
            header_params={**headers, "User-Agent": FIELD_MANAGER},
            body=body,
            auth_settings=["BearerToken"],
        )
        return self._api.call_api(*serialized, _request_timeout=(CONNECT_TIMEOUT, timeout)).response

    def _expect(self, answer: Answer, what: str) -> Json:
        if answer.status >= 300:
            raise to_error(answer, what)
        found = answer.read_json()
        if not isinstance(found, dict):
            raise ClusterError(f"cannot {what}: the answer is not a JSON object.", status=answer.status)
        return found


class _StaleConnectionError(UnavailableError):
    """A kept connection was closed by the server before the request reached it."""


def connect(kubeconfig: str | None = None, context: str | None = None) -> KubeClient:
    """Connect as kubectl would; inside a pod without a kubeconfig, as its ServiceAccount.

    Raises UsageError where there is nothing to connect to. The kubeconfig is never written.
    """
    settings = Configuration()
    settings.retries = False
    settings.connection_pool_maxsize = CONNECTIONS
    settings.keep_alive = True
    try:
        _, current = config.list_kube_config_contexts(kubeconfig)  # type: ignore[no-untyped-call]
        api = config.new_client_from_config(  # type: ignore[no-untyped-call]
            kubeconfig, context=context, persist_config=False, client_configuration=settings
        )
        return KubeClient(api, context or str(current["name"]))
    except (ConfigException, OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        if kubeconfig is None and context is None:
            found = _connect_inside(settings)
            if found is not None:
                return found
        raise _make_refusal(kubeconfig, clip(str(error))) from error
    except yaml.YAMLError as error:
        # only the place: the text around it may be a credential
        mark = getattr(error, "problem_mark", None)
        raise _make_refusal(
            kubeconfig, f"line {mark.line + 1} is not YAML" if mark else "it is not YAML"
        ) from None


def _make_refusal(kubeconfig: str | None, detail: str) -> UsageError:
    return UsageError(
        f"cannot use the kubeconfig{f' {kubeconfig}' if kubeconfig else ''}: {detail.rstrip('.')}.",
        hint="Name one with --kubeconfig or KUBECONFIG, and a context in it with --context.",
    )


def _connect_inside(settings: Configuration) -> KubeClient | None:
    try:
        config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
    except ConfigException:
        return None
    return KubeClient(ApiClient(configuration=settings), "in-cluster")


@contextmanager
def translated(what: str, *, can_repeat: bool = False) -> Iterator[None]:
    """Turn errors of the client library into ours. With `can_repeat` a closed kept connection is told apart."""
    try:
        yield
    except OutsideError:
        raise
    except ApiException as error:
        raise ClusterError(f"{what}: {clip(str(error.reason or error))}.", status=error.status or 0) from error
    except ConfigException as error:
        raise ClusterError(f"{what}: no credentials: {clip(str(error))}.", status=401, hint=_HINTS[401]) from error
    except urllib3.exceptions.ProtocolError as error:
        kind = _StaleConnectionError if can_repeat else UnavailableError
        raise kind(f"{what}: the API server closed the connection: {clip(str(error))}.") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise UnavailableError(
            f"{what}: no answer from the API server: {clip(str(error))}.",
            hint="Is the cluster up and this kube context the right one?",
        ) from error


def to_error(answer: Answer, what: str) -> ClusterError:
    """Return the error for an answer that is not a success: the reason and message of its Status body."""
    status = answer.read_json()
    if isinstance(status, dict) and status.get("kind") == "Status":
        reason, message = status.get("reason") or answer.status, status.get("message") or ""
        text = f"cannot {what}: {reason}: {clip(str(message))}"
    else:
        text = f"cannot {what}: HTTP {answer.status}: {clip(answer.body.decode(errors='replace'))}"
    if answer.status == 409:
        return ConflictError(text)
    return ClusterError(text, status=answer.status, hint=_HINTS.get(answer.status, ""))


def clip(text: str, length: int = MESSAGE_LENGTH) -> str:
    """Return the text as one line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 3]}..."


def make_path(api_version: str, plural: str, namespace: str = "", name: str = "") -> str:
    """Return the path of an object, or of a list without a name; `api_version` as in manifests."""
    prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    middle = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    return f"{prefix}{middle}/{plural}" + (f"/{quote(name, safe=':')}" if name else "")
