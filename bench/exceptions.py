"""What a scanner says and we do not follow, each with the reason. One that fits nothing any more is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accepted:
    """Findings of one check of one scanner on objects whose `kind/name` fits a pattern, and why they stay."""

    scanner: str
    check: str
    objects: str
    reason: str

    def covers(self, scanner: str, check: str, name: str) -> bool:
        """Whether a finding is one of these."""
        return (scanner, check) == (self.scanner, self.check) and bool(re.fullmatch(self.objects, name))


EXCEPTIONS: tuple[Accepted, ...] = (
    Accepted(
        "kube-score",
        "statefulset-has-servicename",
        r"StatefulSet/.*-vectordb",
        "wants a headless Service of that name. The name is in the StatefulSet and the address in the Service "
        "since the first release, and Kubernetes lets nobody change either. A new install may set "
        "vectordb.service.headless.",
    ),
    Accepted(
        "checkov",
        "CKV_K8S_43",
        r".*",
        "wants digests. The chart names its own version; `make images push` writes the digests of what it pushed "
        "into a values file, and with that file every image is pinned.",
    ),
    Accepted(
        "checkov",
        "CKV_K8S_35",
        r"StatefulSet/.*-vectordb",
        "wants secrets as files. Weaviate reads its keys from its environment alone.",
    ),
    Accepted(
        "checkov", "CKV_K8S_8", r"Pod/.*-test", "wants a liveness probe. A pod of `helm test` ends by itself."
    ),
    Accepted(
        "checkov", "CKV_K8S_9", r"Pod/.*-test", "wants a readiness probe. Nothing calls a pod of `helm test`."
    ),
)
