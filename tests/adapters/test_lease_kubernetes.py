"""The lock: one contract for fake, loopback double and real API server; then everything that can go wrong."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from tests.adapters.api_double import ApiDouble, Reply, Request
from tests.fakes import World
from tests.waiting import wait_until
from tooling.adapters.kube_client import KubeClient
from tooling.adapters.lease_holder import Holder, make_holder
from tooling.adapters.lease_kubernetes import KubernetesLease, LeaseTimes
from tooling.errors import ClusterError, HeldError, UnavailableError
from tooling.ports.lease import Lease

LEASE = "/apis/coordination.k8s.io/v1/namespaces/genai/leases/genai-rollout"
QUICK = LeaseTimes(duration=5.0, renewal=0.1, trusted=30.0)
"""Long enough for a busy machine; a holder that is to look silent brings its own, shorter duration."""
RIVAL = Holder("rival", "elsewhere", 7, "n0", "other-boot")


@dataclass(frozen=True, slots=True)
class Subject:
    lease: Lease
    namespace: str


@pytest.fixture(params=["fake", "double", pytest.param("real", marks=pytest.mark.local)])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        return Subject(World().lease, "genai")
    if request.param == "double":
        return Subject(KubernetesLease(request.getfixturevalue("double_client"), times=QUICK), "genai")
    client = request.getfixturevalue("real_client")
    return Subject(KubernetesLease(client, times=QUICK), request.getfixturevalue("real_namespace"))


def test_the_epoch_grows_with_each_holder(subject: Subject) -> None:
    for epoch in (1, 2, 3):
        with subject.lease.hold(subject.namespace, "genai") as hold:
            assert (hold.epoch, hold.is_held()) == (epoch, True)


def test_the_holder_is_known_while_it_holds(subject: Subject) -> None:
    assert subject.lease.find_holder(subject.namespace, "genai") == ""
    with subject.lease.hold(subject.namespace, "genai"):
        assert "@" in subject.lease.find_holder(subject.namespace, "genai")
    assert subject.lease.find_holder(subject.namespace, "genai") == ""


def test_two_drivers(subject: Subject) -> None:
    with subject.lease.hold(subject.namespace, "genai") as hold:
        holder = subject.lease.find_holder(subject.namespace, "genai")
        with pytest.raises(HeldError) as caught, subject.lease.hold(subject.namespace, "genai"):
            pass
        assert holder in caught.value.message
        assert hold.is_held()
        assert hold.epoch == 1


def test_an_error_lets_go(subject: Subject) -> None:
    with suppress(ZeroDivisionError), subject.lease.hold(subject.namespace, "genai"):
        raise ZeroDivisionError
    assert subject.lease.find_holder(subject.namespace, "genai") == ""


def test_delete(subject: Subject) -> None:
    with subject.lease.hold(subject.namespace, "genai"):
        pass
    subject.lease.delete(subject.namespace, "genai")
    subject.lease.delete(subject.namespace, "genai")
    assert subject.lease.find_holder(subject.namespace, "genai") == ""


@dataclass(slots=True)
class Scene:
    """A double, and a lease whose progress is remembered."""

    double: ApiDouble
    lease: KubernetesLease
    told: list[str]

    def occupy(self, holder: Holder | str = RIVAL, *, duration: int = 1) -> None:
        spec = {"holderIdentity": str(holder), "leaseDurationSeconds": duration, "leaseTransitions": 4}
        self.double.put(LEASE, {"metadata": {"name": "genai-rollout"}, "spec": spec})

    @property
    def identity(self) -> str:
        return str(self.double.objects[LEASE]["spec"]["holderIdentity"])

    def refuse(self, reply: Reply, method: str = "PUT") -> Callable[[], None]:
        """Answer writes with `reply`, until the returned function is called."""

        def script(request: Request) -> Reply | None:
            return reply if request.method == method else None

        self.double.scripts.append(script)
        return lambda: self.double.scripts.remove(script)


@pytest.fixture
def scene(double: ApiDouble, double_client: KubeClient) -> Scene:
    told: list[str] = []
    return Scene(double, KubernetesLease(double_client, times=QUICK, progress=told.append), told)


def test_a_silent_holder_is_respected_for_its_duration_and_then_replaced(scene: Scene) -> None:
    scene.occupy()
    began = time.monotonic()
    with scene.lease.hold("genai", "genai") as hold:
        assert time.monotonic() - began >= 1.0
        assert (hold.epoch, hold.is_held()) == (5, True)
    assert "rival@elsewhere (process 7) holds the lock of genai" in scene.told[0]


def test_a_holder_of_another_kind_is_respected_too(scene: Scene) -> None:
    scene.occupy("somebody's own text")
    with scene.lease.hold("genai", "genai"):
        assert "somebody's own text" in scene.told[0]


def test_a_released_lock_is_taken_at_once(scene: Scene) -> None:
    scene.occupy("", duration=999)
    with scene.lease.hold("genai", "genai") as hold:
        assert (hold.epoch, scene.told) == (5, [])


def test_a_lock_that_is_let_go_while_we_wait_is_taken(scene: Scene) -> None:
    scene.occupy(duration=999)

    def let_go() -> None:
        wait_until(lambda: scene.told, "the wait began")
        scene.occupy("")

    thread = threading.Thread(target=let_go)
    thread.start()
    with scene.lease.hold("genai", "genai") as hold:
        assert hold.epoch == 5
    thread.join()


def test_a_lock_that_is_renewed_while_we_wait_is_held(scene: Scene) -> None:
    scene.occupy(duration=999)

    def renew() -> None:
        wait_until(lambda: scene.told, "the wait began")
        scene.occupy(duration=999)

    thread = threading.Thread(target=renew)
    thread.start()
    with (
        pytest.raises(HeldError, match=r"driven by rival@elsewhere \(process 7\)"),
        scene.lease.hold("genai", "genai"),
    ):
        pass
    thread.join()
    assert scene.identity == str(RIVAL)


def test_whoever_writes_first_wins_a_free_lock(scene: Scene) -> None:
    scene.occupy("")

    def overtake(request: Request) -> Reply | None:
        if request.method == "PUT" and scene.identity == "":
            scene.occupy(RIVAL)
        return None

    scene.double.scripts.append(overtake)
    with pytest.raises(HeldError, match="rival@elsewhere"), scene.lease.hold("genai", "genai"):
        pass
    assert scene.identity == str(RIVAL)


def test_a_dead_process_of_this_machine_is_replaced_at_once(scene: Scene) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    scene.occupy(replace(make_holder(), pid=child.pid), duration=999)
    with scene.lease.hold("genai", "genai") as hold:
        assert (hold.epoch, scene.told) == (5, [])


def test_the_lock_is_renewed(scene: Scene) -> None:
    with scene.lease.hold("genai", "genai") as hold:
        version = scene.double.objects[LEASE]["metadata"]["resourceVersion"]
        wait_until(
            lambda: int(scene.double.objects[LEASE]["metadata"]["resourceVersion"]) >= int(version) + 3, "renewals"
        )
        assert hold.is_held()


def test_a_lock_that_somebody_took_is_not_held_and_not_released(scene: Scene) -> None:
    with scene.lease.hold("genai", "genai") as hold:
        scene.occupy()
        wait_until(lambda: not hold.is_held(), "the loss is noticed")
    assert scene.identity == str(RIVAL)


def test_a_lock_that_was_deleted_is_not_held(scene: Scene) -> None:
    with scene.lease.hold("genai", "genai") as hold:
        del scene.double.objects[LEASE]
        wait_until(lambda: not hold.is_held(), "the loss is noticed")
    assert LEASE not in scene.double.objects


def test_the_time_that_a_takeover_waited_does_not_count_as_held(scene: Scene) -> None:
    scene.occupy(duration=2)
    wary = KubernetesLease(scene.lease._client, times=LeaseTimes(duration=5.0, renewal=60.0, trusted=1.9))
    with wary.hold("genai", "genai") as hold:
        assert hold.is_held()


def test_without_renewals_the_lock_is_not_trusted_and_with_them_again(scene: Scene) -> None:
    wary = KubernetesLease(scene.lease._client, times=replace(QUICK, trusted=0.6))
    with wary.hold("genai", "genai") as hold:
        relent = scene.refuse(Reply(503, b"later"))
        wait_until(lambda: not hold.is_held(), "the lock is not trusted any more")
        relent()
        wait_until(hold.is_held, "the lock is trusted again")
    assert scene.identity == ""


def test_a_lost_reply_to_a_renewal_loses_nothing(scene: Scene) -> None:
    with scene.lease.hold("genai", "genai") as hold:
        for _ in range(3):
            scene.double.lose = 1
            wait_until(lambda: scene.double.lose == 0, "a reply was lost")
            assert hold.is_held()
    assert scene.identity == ""


def test_a_lost_reply_to_the_last_renewal_still_lets_go(scene: Scene) -> None:
    slow = KubernetesLease(scene.lease._client, times=replace(QUICK, renewal=60.0))
    with slow.hold("genai", "genai"):
        live = scene.double.objects[LEASE]
        scene.double.put(LEASE, live)
    assert scene.identity == ""


def test_a_refusal_that_passes_still_lets_go(scene: Scene) -> None:
    busy = [Reply(429, {"kind": "Status", "reason": "TooManyRequests", "message": "later"})]
    with KubernetesLease(scene.lease._client, times=replace(QUICK, renewal=60.0)).hold("genai", "genai"):
        scene.double.scripts.append(lambda request: busy.pop() if request.method == "PUT" and busy else None)
    assert scene.identity == ""


@pytest.mark.parametrize("is_there", [True, False])
def test_a_lost_reply_to_the_taking_is_looked_up(scene: Scene, is_there: bool) -> None:
    if is_there:
        scene.occupy("")
    scene.double.lose = 1
    with scene.lease.hold("genai", "genai") as hold:
        assert hold.is_held()
        assert hold.epoch == (5 if is_there else 1)


def test_a_lock_that_cannot_be_taken_is_told(scene: Scene) -> None:
    scene.refuse(Reply(403, {"kind": "Status", "reason": "Forbidden", "message": "no"}), "POST")
    with pytest.raises(ClusterError, match="Forbidden"), scene.lease.hold("genai", "genai"):
        pass
    scene.double.scripts.clear()
    scene.refuse(Reply(200, b"", is_lost=True), "GET")
    with pytest.raises(UnavailableError), scene.lease.hold("genai", "genai"):
        pass


def test_a_lock_that_is_deleted_while_we_wait_is_refused(scene: Scene) -> None:
    scene.occupy(duration=999)

    def delete() -> None:
        wait_until(lambda: scene.told, "the wait began")
        del scene.double.objects[LEASE]

    thread = threading.Thread(target=delete)
    thread.start()
    with pytest.raises(HeldError, match="somebody else"), scene.lease.hold("genai", "genai"):
        pass
    thread.join()
