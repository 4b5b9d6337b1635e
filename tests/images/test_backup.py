"""Backups of the vector database: against a server that speaks its API, and a clock that waits for nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from genai_backup.__main__ import main
from genai_backup.wait import Deadline

from tests.images.weaviate_double import KEY, FakeServer, serve


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serve() as fake:
        yield fake


@pytest.fixture
def run(server: FakeServer, tmp_path: Path) -> Callable[..., int]:
    """Run a command against the server; a wait between two looks takes no time, and counts as a minute."""
    now = [0.0]
    key = tmp_path / "key"
    key.write_text(f"{KEY}\n")

    def wait(_: float) -> None:
        now[0] += 60

    def call(command: str, *arguments: str) -> int:
        common = ["--url", server.url, "--backend", "filesystem", "--key-file", str(key), "--timeout", "600"]
        return main([command, *common, *arguments], start=lambda seconds: Deadline(seconds, lambda: now[0], wait))

    return call


def test_a_backup_takes_all_classes_and_says_its_name(server: FakeServer, run: Any, capsys: Any) -> None:
    assert run("create") == 0
    (name,) = server.backups
    assert ("POST", "/v1/backups/filesystem", {"id": name}) in server.requests
    said = capsys.readouterr()
    assert f"backup {name} of 2 classes begins\nbackup {name} done: 0.250 GiB in 0 s\n" in said.out
    assert KEY not in said.out + said.err


def test_it_waits_for_all_nodes_before_it_begins(server: FakeServer, run: Any) -> None:
    server.healthy = [1, 2, 3]
    assert run("create", "--nodes", "3") == 0
    assert server.asked("GET")[:3] == ["/v1/nodes"] * 3


def test_it_gives_up_on_nodes_that_never_come(server: FakeServer, run: Any, capsys: Any) -> None:
    assert run("create", "--nodes", "3") == 1
    assert "1 of 3 nodes are healthy) within 600 s" in capsys.readouterr().err
    assert not server.asked("POST")


def test_an_empty_database_needs_no_backup(server: FakeServer, run: Any, capsys: Any, tmp_path: Path) -> None:
    server.classes = []
    assert run("create", "--folder", str(tmp_path / "nowhere")) == 0
    assert "nothing to back up" in capsys.readouterr().out
    assert not server.backups


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_a_backup_that_fails_is_a_failure_and_deletes_nothing(
    server: FakeServer, run: Any, capsys: Any, tmp_path: Path, status: str
) -> None:
    folder = tmp_path / "auto-20260101-000000"
    folder.mkdir()
    server.add(folder.name)
    server.ends_with, server.error = status, "no space left on device"
    assert run("create", "--folder", str(tmp_path), "--keep", "1") == 1
    assert f"{status}: no space left on device" in capsys.readouterr().err
    assert folder.exists()
    assert not server.asked("DELETE")


def test_a_backup_that_never_ends_is_cancelled(server: FakeServer, run: Any, capsys: Any) -> None:
    server.ends_with = "TRANSFERRING"
    assert run("create", "--id", "by-hand") == 1
    assert server.asked("DELETE") == ["/v1/backups/filesystem/by-hand"]
    assert "(last: TRANSFERRING) within 600 s" in capsys.readouterr().err


ANSWERS = [
    ("POST /v1/backups/filesystem", (422, {"error": [{"message": "already exists"}]}), "422: already exists"),
    ("POST /v1/backups/filesystem", (500, "oh"), "500: oh"),
    ("GET /v1/schema", (403, {"error": [{"message": "no"}]}), "refuses the key (403)"),
    ("GET /v1/nodes", (200, "no JSON"), "does not answer GET /v1/nodes"),
    ("GET /v1/nodes", (200, []), "answers GET /v1/nodes with something else"),
    ("GET /v1/schema", (200, None), "answers GET /v1/schema with something else"),
    ("GET /v1/backups/filesystem", (200, {"status": "SUCCESS"}), "answers GET /v1/backups/filesystem with"),
    ("GET /v1/backups/filesystem", (200, [None]), "answers GET /v1/backups/filesystem with"),
]


@pytest.mark.parametrize(("request_line", "answer", "said"), ANSWERS)
def test_what_the_database_refuses_is_said(
    server: FakeServer, run: Any, capsys: Any, *, request_line: str, answer: tuple[int, Any], said: str
) -> None:
    server.answers[request_line] = answer
    assert run("create") == 1
    error = capsys.readouterr().err
    assert said in error
    assert KEY not in error


@pytest.mark.parametrize("status", [200, 422])
def test_an_answer_that_breaks_off_is_said(server: FakeServer, run: Any, capsys: Any, status: int) -> None:
    server.answers["GET /v1/schema"] = (status, {"error": []})
    server.lost = {"GET /v1/schema"}
    assert run("create") == 1
    assert "GET /v1/schema: " in capsys.readouterr().err


def test_a_backup_whose_first_answer_was_lost_is_waited_for(server: FakeServer, run: Any) -> None:
    server.lost, server.running = {"POST /v1/backups/filesystem"}, ["STARTED", "TRANSFERRING"]
    assert run("create", "--id", "mine") == 0
    assert server.asked("POST") == ["/v1/backups/filesystem"]
    assert not server.asked("DELETE")


def test_a_backup_that_nobody_knows_of_is_cancelled(server: FakeServer, run: Any, capsys: Any) -> None:
    server.lost = {"POST /v1/backups/filesystem", "GET /v1/backups/filesystem/mine"}
    assert run("create", "--id", "mine") == 1
    assert "POST /v1/backups/filesystem: IncompleteRead" in capsys.readouterr().err
    assert server.asked("DELETE") == ["/v1/backups/filesystem/mine"]


def test_the_key_is_not_carried_to_where_a_redirect_leads(server: FakeServer, run: Any) -> None:
    server.answers["GET /v1/schema"] = (302, "")
    assert run("create") == 1
    assert "/elsewhere" not in server.asked("GET")


def test_a_node_that_restarts_is_asked_again(server: FakeServer, run: Any) -> None:
    server.answers["GET /v1/backups/filesystem/mine"] = (503, "starting")
    cleared = threading.Event()

    original = server.answer

    def answer(method: str, path: str, body: Any, key: str) -> tuple[int, Any]:
        result = original(method, path, body, key)
        if result[0] == 503:
            cleared.set()
            server.answers.clear()
        return result

    server.answer = answer  # type: ignore[method-assign]
    assert run("create", "--id", "mine") == 0
    assert cleared.is_set()


def test_nobody_listening_is_said(tmp_path: Path, capsys: Any) -> None:
    done = main(
        ["create", "--url", "http://127.0.0.1:9", "--backend", "s3", "--timeout", "1"], start=lambda _: Deadline(0)
    )
    assert done == 1
    assert "http://127.0.0.1:9 does not answer" in capsys.readouterr().err


A, B, D = "auto-20260101-021700", "auto-20260102-021700", "auto-20260104-021700"


def test_old_backups_are_deleted_from_the_folder(
    server: FakeServer, run: Any, tmp_path: Path, capsys: Any
) -> None:
    for name in (A, B, "by-hand"):
        (tmp_path / name / "node-0").mkdir(parents=True)
        (tmp_path / name / "backup_config.json").write_text("{}")
        server.add(name)
    (tmp_path / D).symlink_to(tmp_path / "by-hand")
    assert run("create", "--folder", str(tmp_path), "--keep", "2") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([B, "by-hand", D, "key"])
    assert f"deleted old backup {A}" in capsys.readouterr().out


def test_a_restore_brings_all_classes(server: FakeServer, run: Any, capsys: Any) -> None:
    server.classes = ["Other"]
    server.add("mine")
    assert run("restore", "--id", "mine") == 0
    assert server.classes == ["Other", "Article", "Note"]
    assert "restore of backup mine done: 2 classes" in capsys.readouterr().out


def test_a_restore_of_what_is_there_does_nothing(server: FakeServer, run: Any, capsys: Any) -> None:
    server.classes = ["Article", "Note", "Other"]
    server.add("mine")
    assert run("restore", "--id", "mine") == 0
    assert "nothing to restore" in capsys.readouterr().out
    assert not server.asked("POST")


@pytest.mark.parametrize("there", [[], ["Note"]])
def test_a_restore_that_another_pod_began_is_waited_for(
    server: FakeServer, run: Any, capsys: Any, there: list[str]
) -> None:
    server.classes = list(there)
    server.add("mine")
    server.running = ["STARTED", "TRANSFERRING"]
    original = server.answer

    def answer(method: str, path: str, body: Any, key: str) -> tuple[int, Any]:
        if not server.running:
            server.classes = ["Article", "Note"]  # it ended
        return original(method, path, body, key)

    server.answer = answer  # type: ignore[method-assign]
    assert run("restore", "--id", "mine") == 0
    assert "restore of backup mine is on its way (STARTED): waiting for it" in capsys.readouterr().out
    assert not server.asked("POST")


@pytest.mark.parametrize(("running", "code"), [(["", "STARTED"], 0), ([], 1)])
def test_a_restore_whose_first_answer_was_lost_is_waited_for(
    server: FakeServer, run: Any, running: list[str], code: int
) -> None:
    server.classes, server.running = [], running
    server.add("mine")
    server.lost = {"POST /v1/backups/filesystem/mine/restore"}
    assert run("restore", "--id", "mine") == code
    assert server.asked("POST") == ["/v1/backups/filesystem/mine/restore"]


RESTORES = [
    ({"mine": "SUCCESS"}, ["Note"], "nothing is overwritten and these of its classes exist: Note"),
    ({"mine": "CANCELED"}, [], "its status is CANCELED"),
    ({"other": "SUCCESS"}, [], "There is no backup mine at the target. There are: other."),
    ({}, [], "There are: none."),
]


@pytest.mark.parametrize(("backups", "classes", "said"), RESTORES)
def test_a_restore_is_refused(
    server: FakeServer, run: Any, capsys: Any, *, backups: dict[str, str], classes: list[str], said: str
) -> None:
    server.classes = classes
    for name, status in backups.items():
        server.add(name, status)
    assert run("restore", "--id", "mine") == 1
    assert said in capsys.readouterr().err
    assert not server.asked("POST")


def test_a_restore_that_fails_is_a_failure(server: FakeServer, run: Any, capsys: Any) -> None:
    server.classes, server.ends_with, server.error = (
        [],
        "FAILED",
        "requires a minimum replication factor of 3: got 1",
    )
    server.add("mine")
    assert run("restore", "--id", "mine") == 1
    said = capsys.readouterr().err
    assert "FAILED: requires a minimum" in said
    assert "Write vectordb: {minimumReplicationFactor: 1}" in said


def test_a_restore_that_failed_halfway_goes_on_with_what_is_missing(
    server: FakeServer, run: Any, capsys: Any
) -> None:
    server.classes = ["Note"]
    server.add("mine")
    path = "/v1/backups/filesystem/mine/restore"
    server.answers[f"GET {path}"] = (200, {"status": "FAILED", "error": "the first time"})
    assert run("restore", "--id", "mine") == 1
    assert ("POST", path, {"include": ["Article"]}) in server.requests
    assert server.classes == ["Note", "Article"]


def test_a_restore_whose_classes_never_appear_is_a_failure(server: FakeServer, run: Any, capsys: Any) -> None:
    server.classes = []
    server.add("mine")
    server.answers["POST /v1/backups/filesystem/mine/restore"] = (200, {"status": "STARTED"})
    assert run("restore", "--id", "mine") == 1
    assert "did not appear within 600 s" in capsys.readouterr().err
