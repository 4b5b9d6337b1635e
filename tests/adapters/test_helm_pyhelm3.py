"""How helm is called and what becomes of its answers, against a stand-in that records what it was given."""

import json
import os
import signal
import stat
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tooling.adapters.helm_process import find_environment
from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm
from tooling.core.observation import ReleaseState
from tooling.errors import HelmError, UnavailableError
from tooling.ports.helm import RenderSettings

STAND_IN = """#!{python}
import json, os, sys, time
here = os.path.dirname(os.path.abspath(__file__))
given = sys.stdin.read() if "-" in sys.argv else ""
with open(here + "/call.json", "w") as out:
    json.dump({{"argv": sys.argv[1:], "stdin": given, "env": dict(os.environ), "pid": os.getpid()}}, out)
{body}
"""

RELEASE = {
    "name": "genai-blue",
    "version": 3,
    "info": {"status": "deployed", "description": "action 7"},
    "chart": {"metadata": {"name": "genai-stack", "version": "0.1.0"}},
}


@pytest.fixture
def stand_in(tmp_path):
    """Make a helm of a Python body; the result has `.port` and `.call()`."""

    class StandIn:
        def write(self, body: str, **options) -> Pyhelm3Helm:
            helm = tmp_path / "helm"
            helm.write_text(STAND_IN.format(python=sys.executable, body=body))
            helm.chmod(helm.stat().st_mode | stat.S_IXUSR)
            return Pyhelm3Helm(executable=str(helm), chart=tmp_path / "chart", namespace="genai", **options)

        def call(self) -> dict:
            return json.loads((tmp_path / "call.json").read_text())

    return StandIn()


def says(document: object) -> str:
    return f"print({json.dumps(document)!r})"


def test_an_upgrade_waits_for_nothing_and_takes_its_values_from_standard_input(stand_in):
    helm = stand_in.write(says(RELEASE), kubeconfig="/etc/kube; rm -rf x", context="prod eu")
    state = helm.upgrade("genai-blue", {"password": "hunter2", "a": {"b": None}}, description="action 7; $(x)")
    assert state == ReleaseState("genai-blue", 3, "deployed", "action 7", "genai-stack-0.1.0")
    call = stand_in.call()
    argv = call["argv"]
    assert argv[:2] == ["upgrade", "genai-blue"]
    assert json.loads(call["stdin"]) == {"password": "hunter2", "a": {"b": None}}
    assert "hunter2" not in " ".join(argv)
    assert not {"--wait", "--atomic", "--rollback-on-failure", "--create-namespace", "--kube-token"} & set(argv)
    assert not any("openapi" in word for word in argv)
    pairs = dict(pairwise(argv))
    assert pairs["--description"] == "action 7; $(x)"
    assert pairs["--history-max"] == "10"
    assert pairs["--namespace"] == "genai"
    assert pairs["--kubeconfig"] == "/etc/kube; rm -rf x"
    assert pairs["--kube-context"] == "prod eu"
    assert {"--install", "--reset-values"} <= set(argv)


def test_rendering_gives_plain_manifests_for_a_fixed_kubernetes(stand_in):
    helm = stand_in.write('print("---\\nkind: A\\nx: [y, 0o10]\\n---\\n# nothing\\n---\\nkind: B\\n")')
    assert helm.render("genai", {}) == ({"kind": "A", "x": [True, 8]}, {"kind": "B"})
    argv = stand_in.call()["argv"]
    assert {"--no-hooks", "--skip-crds"} <= set(argv)
    assert argv[argv.index("--kube-version") + 1] == "1.34.0"


def test_a_render_names_templates_and_takes_the_cluster_to_render_for(stand_in):
    first = "---\n# Source: g/templates/a.yaml\nkind: A\n"
    printed = f"{first}---\nkind: B\ntext: |\n  ---\n  x\n---\n# Source: g/c.yaml\n# no\n"
    helm = stand_in.write(f"print({printed!r})")
    settings = RenderSettings(has_hooks=True, kube_version="1.31", api_versions=("a/v1", "b/v1/C"))
    found = helm.template("genai", {}, settings)
    assert [(one.manifest["kind"], one.source) for one in found] == [
        ("A", "g/templates/a.yaml"),
        ("B", "g/templates/a.yaml"),
    ]
    assert found[0].text == "# Source: g/templates/a.yaml\nkind: A\n"
    argv = stand_in.call()["argv"]
    assert "--no-hooks" not in argv
    assert argv[argv.index("--kube-version") + 1] == "1.31"
    assert [word for flag, word in pairwise(argv) if flag == "--api-versions"] == ["a/v1", "b/v1/C"]


HISTORY = [
    {"revision": 3, "status": "superseded"},
    {"revision": 4, "status": "deployed"},
    {"revision": 5, "status": "failed"},
]


@pytest.mark.parametrize(("entries", "revision"), [(HISTORY, 4), (HISTORY[::2], 5), ([], None)])
def test_what_is_installed_is_the_newest_revision_that_was_deployed(stand_in, entries, revision):
    helm = stand_in.write(f"print({json.dumps(entries)!r} if sys.argv[1] == 'history' else '---\\nkind: A\\n')")
    found = helm.read_installed("genai")
    assert (found and found.state.revision) == revision
    if found:
        assert found.manifests == ({"kind": "A"},)
        argv = stand_in.call()["argv"]
        assert argv[:5] == ["get", "manifest", "genai", "--revision", str(revision)]


def test_nothing_is_installed_where_helm_knows_no_release(stand_in):
    helm = stand_in.write('sys.exit("Error: release: not found")')
    assert helm.read_installed("genai") is None


@pytest.mark.parametrize(
    ("updated", "seconds"),
    [
        ("2026-11-21T22:00:00.123456789Z", 1795298400.123456),
        ("2026-11-21T23:00:00+01:00", 1795298400.0),
        ("yesterday", 0.0),
        (None, 0.0),
    ],
)
def test_when_a_revision_was_made_is_read_as_both_helms_write_it(stand_in, updated, seconds):
    helm = stand_in.write(says([{"revision": 1, "status": "deployed", "updated": updated}]))
    assert helm.read_release("genai").updated_at == pytest.approx(seconds, abs=1e-5)


def test_the_newest_revision_is_read_whatever_its_status(stand_in):
    entry = {"revision": 4, "status": "pending-upgrade", "chart": "genai-stack-0.1.0", "description": "Preparing"}
    helm = stand_in.write(says([entry]))
    state = helm.read_release("genai")
    assert state == ReleaseState("genai", 4, "pending-upgrade", "Preparing", "genai-stack-0.1.0")
    assert state.is_pending


def test_no_such_release_is_not_an_error(stand_in):
    helm = stand_in.write('sys.exit("Error: uninstall: Release not loaded: genai: release: not found")')
    assert helm.read_release("genai") is None
    helm.uninstall("genai")
    with pytest.raises(HelmError, match="no such release"):
        helm.rollback("genai", 2)


def test_a_rollback_names_its_revision(stand_in):
    stand_in.write("").rollback("genai", 2)
    argv = stand_in.call()["argv"]
    assert argv[:3] == ["rollback", "genai", "2"]
    assert "--wait" not in argv


def test_the_environment_cannot_send_helm_elsewhere(stand_in, monkeypatch):
    monkeypatch.setenv("HELM_KUBECONTEXT", "other")
    monkeypatch.setenv("HELM_KUBETOKEN", "t0ken")
    monkeypatch.setenv("HELM_DEBUG", "true")
    stand_in.write("").rollback("genai", 2)
    assert not [name for name in stand_in.call()["env"] if name.startswith(("HELM_KUBE", "HELM_DEBUG"))]
    assert find_environment({"HELM_DRIVER": "secret", "PATH": "x"}) == {"HELM_DRIVER": "secret", "PATH": "x"}


def test_a_call_past_its_deadline_is_ended_with_everything_it_started(stand_in, tmp_path):
    body = f"""
import subprocess
child = subprocess.Popen(["sleep", "600"])
open("{tmp_path}/child", "w").write(str(child.pid))
time.sleep(600)
"""
    helm = stand_in.write(body, deadline=1.5)
    with pytest.raises(UnavailableError, match=r"helm rollback genai 2 gave no answer within 1\.5 s"):
        helm.rollback("genai", 2)
    wait_until(
        lambda: is_gone(stand_in.call()["pid"]) and is_gone(int((tmp_path / "child").read_text())),
        "both are gone",
        timeout=20,
    )


def test_a_helm_that_ignores_being_asked_is_killed(stand_in, monkeypatch):
    monkeypatch.setattr("tooling.adapters.helm_process.GRACE_SECONDS", 0.2)
    helm = stand_in.write("import signal; signal.signal(15, signal.SIG_IGN); time.sleep(600)", deadline=1.5)
    with pytest.raises(UnavailableError):
        helm.rollback("genai", 2)
    assert is_gone(stand_in.call()["pid"])


OUR_PROCESS = """
import signal
from pathlib import Path
from tooling.adapters.helm_pyhelm3 import Pyhelm3Helm

def interrupt(number, frame):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, interrupt)
Pyhelm3Helm(executable="HELM", chart=Path("x"), namespace="n").rollback("a", 1)
"""


@pytest.fixture
def driver(stand_in, tmp_path):
    """Start a process of ours that waits for a helm, and end it whatever the test did."""
    stand_in.write(
        "import signal\n"
        f'signal.signal(15, lambda *_: (open("{tmp_path}/asked", "w").close(), sys.exit(1)))\n'
        f'open("{tmp_path}/ready", "w").close()\n'
        "time.sleep(600)"
    )
    code = OUR_PROCESS.replace("HELM", f"{tmp_path}/helm")
    us = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL)
    wait_until((tmp_path / "ready").exists, "helm began", timeout=20)
    yield us
    us.kill()
    us.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child to its parent")
def test_helm_dies_with_us(driver, stand_in):
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    wait_until(lambda: is_gone(stand_in.call()["pid"]), "helm is gone", timeout=20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_helm_is_asked_to_end_and_waited_for(driver, stand_in, tmp_path, number):
    driver.send_signal(number)
    assert driver.wait(timeout=20) != 0
    assert (tmp_path / "asked").exists(), "helm had no chance to record that it was stopped"
    assert is_gone(stand_in.call()["pid"])


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        ('sys.exit("Error: UPGRADE FAILED: it broke")', HelmError, "helm rollback a 1: it broke"),
        ('sys.exit("Error: dial tcp: connect: connection refused")', UnavailableError, "connection refused"),
        ('sys.exit("Error: update: failed to update: Put \\"http://x/y\\": EOF")', UnavailableError, "EOF"),
        ('sys.exit("Error: update: the object has been modified; please apply")', UnavailableError, "modified"),
        ("sys.exit(3)", HelmError, "helm ended without a reason"),
    ],
)
def test_a_failed_call_raises_our_errors(stand_in, body, error, message):
    with pytest.raises(error, match=message) as caught:
        stand_in.write(body).rollback("a", 1)
    assert type(caught.value) is error


def test_an_answer_that_cannot_be_read_is_an_error_of_helm(stand_in):
    with pytest.raises(HelmError, match="helm history a printed something"):
        stand_in.write('print("not json")').read_release("a")


def test_a_missing_helm_is_said(tmp_path):
    with pytest.raises(HelmError, match="cannot be run: No such file"):
        Pyhelm3Helm(executable=str(tmp_path / "none"), chart=tmp_path, namespace="n").render("a", {})


def is_gone(pid: int) -> bool:
    """Whether a process is dead, or waits only for its parent to notice."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True
