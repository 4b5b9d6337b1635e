"""The weights downloader against servers on loopback, with the libraries that its image has."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import pytest
from genai_fetch import __main__ as app
from genai_fetch.__main__ import main

from tests.images.weight_servers import COMMIT, BucketHandler, HubHandler, Store, serve

APP = Path(__file__).resolve().parents[2] / "images" / "fetch"
FILES = {
    "config.json": b'{"a": 1}',
    "model-00001.safetensors": bytes(range(256)) * 4000,
    "tokenizer/words.txt": b"one\ntwo\n",
    "training.log": b"not needed",
}
NOWHERE = "http://127.0.0.1:9"


# Without keys the app asks for an identity; this names a place that has none.
WORLD = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{NOWHERE}/none", "HOME": "/nonexistent"}


def start(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the app as its image does: nothing of this machine's settings gets in."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    world = {**WORLD, **kept, **environment}
    world["PYTHONPATH"] = f"{APP}:{world.get('PYTHONPATH', '')}"
    command = [sys.executable, "-m", "genai_fetch", *map(str, arguments)]
    return subprocess.run(command, env=world, capture_output=True, text=True, check=False, timeout=120)


def fetch(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the app in this process, which spares the imports of its libraries; settings do not get in either."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.lower().startswith(("aws_", "hf_")) or name.lower().endswith("_proxy"):
                patch.delenv(name)
        # The app sets these.
        for name, value in {**WORLD, "HF_HOME": "", "HF_HUB_DISABLE_PROGRESS_BARS": "1", **environment}.items():
            patch.setenv(name, value)
        errors, output = io.StringIO(), io.StringIO()
        with redirect_stderr(errors), redirect_stdout(output):
            code = main([str(argument) for argument in arguments])
    return subprocess.CompletedProcess(arguments, code, output.getvalue(), errors.getvalue())


def from_hub(store: Store, target: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    given = ("--repository", "owner/small", "--revision", COMMIT, "--to", target)
    return fetch("hf", *given, *more, HF_ENDPOINT=store.url)


def from_bucket(
    store: Store, target: Path, *more: str | Path, uri: str = "s3://models/chat", **environment: str
) -> subprocess.CompletedProcess[str]:
    return fetch("s3", "--uri", uri, "--to", target, "--endpoint", store.url, *more, **environment)


def read(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "access-key-id").write_text("AK\n")
    (folder / "secret-access-key").write_text("SK\n")
    return folder


def test_a_repository_becomes_a_folder_of_its_files_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "digest"
    with serve(HubHandler, Store(FILES)) as store:
        given = ("--repository", "owner/small", "--revision", COMMIT, "--to", target)
        done = start("hf", *given, HF_ENDPOINT=store.url)
        assert done.returncode == 0, done.stderr
        assert read(target) == FILES
        store.requests.clear()
        assert from_hub(store, target).returncode == 0
        assert not store.requests, "what is there is not asked for again"
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".lock")] == ["digest"]


def test_patterns_choose_files(tmp_path: Path) -> None:
    with serve(HubHandler, Store(FILES)) as store:
        assert from_hub(store, tmp_path / "d", "--include", "*.safetensors", "--include", "*.json").returncode == 0
        assert set(read(tmp_path / "d")) == {"config.json", "model-00001.safetensors"}
        refused = from_hub(store, tmp_path / "e", "--include", "*.gguf")
        assert refused.returncode == 1
        assert "no file that fits *.gguf" in refused.stderr


def test_a_token_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("hf_sesame\n")
    with serve(HubHandler, Store(FILES, token="hf_sesame")) as store:
        assert from_hub(store, tmp_path / "d", "--token-file", secret).returncode == 0
        refused = from_hub(store, tmp_path / "e")
        assert refused.returncode == 1
        assert "existingSecret" in refused.stderr
        store.token = "other"
        refused = from_hub(store, tmp_path / "f", "--token-file", secret)
        assert refused.returncode == 1
        assert "sesame" not in refused.stderr + refused.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--revision", "f" * 40), "has no commit"),
        (("--repository", "owner/other"), "owner/other was not found"),
    ],
)
def test_what_the_hub_does_not_have_is_named(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    with serve(HubHandler, Store(FILES)) as store:
        refused = from_hub(store, tmp_path / "d", *arguments)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_damaged_bytes_are_not_served_and_the_next_attempt_mends_them(tmp_path: Path) -> None:
    target = tmp_path / "digest"
    with serve(HubHandler, Store(FILES, damaged={"model-00001.safetensors"})) as store:
        refused = from_hub(store, target)
        assert refused.returncode == 1
        assert "SHA-256" in refused.stderr
        assert not target.exists()
        store.damaged.clear()
        assert from_hub(store, target).returncode == 0
    assert read(target) == FILES


def test_without_a_hub_the_message_says_where_to_look(tmp_path: Path) -> None:
    refused = from_hub(Store({}, url=NOWHERE), tmp_path / "d")
    assert refused.returncode == 1
    assert f"not reached ({NOWHERE})" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("kind", [RuntimeError, ValueError])
def test_a_download_that_breaks_off_is_said_without_what_opens_doors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    """Xet raises RuntimeError, whatever happened."""
    (tmp_path / "token").write_text("hf_sesame")

    def fail(*_: object, **__: object) -> None:
        raise kind("Data processing error: GET https://cas/x?signature=open for hf_sesame: reset.")

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    with serve(HubHandler, Store(FILES)) as store:
        refused = from_hub(store, tmp_path / "d", "--token-file", tmp_path / "token")
    assert refused.returncode == 1
    assert "broke off: Data processing error: GET https://cas/x?... for ...: reset. Look" in refused.stderr


def test_a_prefix_becomes_a_folder(tmp_path: Path, keys: Path) -> None:
    held = {f"chat/{name}": content for name, content in FILES.items()}
    with serve(BucketHandler, Store({**held, "chatter/other": b"x"}, token="AK")) as store:
        done = from_bucket(store, tmp_path / "digest", "--key-folder", keys)
    assert done.returncode == 0, done.stderr
    assert read(tmp_path / "digest") == FILES


def test_an_attempt_that_was_cut_off_leaves_no_folder_and_the_next_goes_on(tmp_path: Path, keys: Path) -> None:
    held = {f"chat/{name}": content for name, content in FILES.items()}
    target = tmp_path / "digest"
    with serve(BucketHandler, Store(held, token="AK", broken_after=2)) as store:
        assert from_bucket(store, target, "--key-folder", keys, "--workers", "1").returncode == 1
        assert not target.exists()
        store.broken_after, store.downloads = -1, 0
        assert from_bucket(store, target, "--key-folder", keys).returncode == 0
        assert store.downloads == 2, "what the first attempt brought is kept"
    assert read(target) == FILES


@pytest.mark.parametrize(
    ("held", "uri", "said"),
    [
        ({}, "s3://models/nothing", "holds no objects"),
        ({}, "s3://elsewhere/chat", "NoSuchBucket"),
        ({"chat/../../etc/passwd": b"x"}, "s3://models/chat", "no file name below a folder"),
        ({}, "http://models/chat", "no address in S3"),
        ({}, "s3://mod..els/chat", "invalid successive characters"),
    ],
)
def test_what_a_bucket_cannot_give_is_named(
    tmp_path: Path, keys: Path, held: dict[str, bytes], uri: str, said: str
) -> None:
    with serve(BucketHandler, Store(held, token="AK")) as store:
        refused = from_bucket(store, tmp_path / "d", "--key-folder", keys, uri=uri)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("exempt", [False, True])
def test_a_proxy_of_the_environment_is_used_unless_it_exempts_the_server(
    tmp_path: Path, keys: Path, exempt: bool
) -> None:
    with (
        serve(BucketHandler, Store({"chat/a": b"through"}, token="AK")) as proxy,
        serve(BucketHandler, Store({"chat/a": b"straight"}, token="AK")) as server,
    ):
        more = ("--endpoint", server.url, "--key-folder", keys)
        world = {"http_proxy": proxy.url, "no_proxy": "127.0.0.1" if exempt else ""}
        done = fetch("s3", "--uri", "s3://models/chat", "--to", tmp_path / "d", *more, **world)
    assert done.returncode == 0, done.stderr
    assert read(tmp_path / "d") == {"a": b"straight" if exempt else b"through"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "no keys. Name a Secret"),
        (("--region", "a_b/c"), "no keys. Name a Secret"),
        (("--key-folder", "KEYS", "--region", "a b"), "Look at the address, the region and the endpoint"),
    ],
)
def test_only_missing_keys_are_called_so(tmp_path: Path, keys: Path, more: tuple[str, ...], said: str) -> None:
    with serve(BucketHandler, Store({})) as store:
        given = [str(keys) if each == "KEYS" else each for each in more]
        nobody = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{store.url}/none"}
        refused = from_bucket(store, tmp_path / "d", *given, **nobody)
    assert refused.returncode == 1
    assert said in refused.stderr


def test_a_key_that_is_no_text_is_refused_unseen(tmp_path: Path, keys: Path) -> None:
    (keys / "secret-access-key").write_bytes(b"sesame\xff")
    refused = from_bucket(Store({}, url=NOWHERE), tmp_path / "d", "--key-folder", keys)
    assert refused.returncode == 1
    assert "secret-access-key: is not UTF-8" in refused.stderr
    assert "sesame" not in refused.stderr


def test_wrong_keys_are_refused_without_being_shown(tmp_path: Path, keys: Path) -> None:
    with serve(BucketHandler, Store({"chat/a": b"x"}, token="other")) as store:
        refused = from_bucket(store, tmp_path / "d", "--key-folder", keys)
    assert refused.returncode == 1
    assert "InvalidAccessKeyId" in refused.stderr
    assert "SK" not in refused.stderr


def test_waiting_ends_when_the_folder_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "digest"
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            target.mkdir()

    monkeypatch.setattr(app, "time", SimpleNamespace(monotonic=time.monotonic, sleep=nap))
    assert fetch("wait", "--to", target, "--seconds", "60").returncode == 0
    assert naps == [app.LOOK_SECONDS] * 2


def test_waiting_in_vain_names_the_job(tmp_path: Path) -> None:
    refused = fetch("wait", "--to", tmp_path / "digest", "--seconds", "0.1")
    assert refused.returncode == 1
    assert "component=model-prefetch" in refused.stderr
