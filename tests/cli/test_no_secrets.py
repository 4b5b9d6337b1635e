"""No message, hint or path repeats a secret that stands where none belongs, whatever the output."""

from __future__ import annotations

from pathlib import Path

import pytest

from tooling.cli.main import run

ROOT = Path(__file__).parents[2]
SECRET = "SUPERSECRET"
Capture = pytest.CaptureFixture[str]

SOURCE = "inference: {models: {smollm2: {source: {hf: {repository: %s}}}}}\n"
VOLUME = "gateway: {extraVolumes: [{name: v, secret: {secretName: s, items: [%s]}}]}\n"
FILES = {
    "an alias": "gateway: {extraEnv: [{name: HF_TOKEN, value: *hf_SUPERSECRET}]}\n",
    "an anchor in itself": "gateway: &SUPERSECRET {extraEnv: [*SUPERSECRET]}\n",
    "a tag": "gateway: {extraEnv: [{name: HF_TOKEN, value: !SUPERSECRET x}]}\n",
    "a tag alone": "gateway:\n  extraEnv:\n    - name: HF_TOKEN\n      value: !SUPERSECRET\n",
    "a long tag": "gateway: !!SUPERSECRET {replicas: 2}\n",
    "a user in a URL": 'gateway: {image: {repository: "https://u:SUPERSECRET@ghcr.io/x"}}\n',
    "an assignment as a name": 'gateway: {extraEnv: [{name: "OPENAI_API_KEY=sk-SUPERSECRETzz", value: a}]}\n',
    "two assignments": 'gateway: {extraEnv: [{name: "A_TOKEN=SUPERSECRET"}, {name: "A_TOKEN=SUPERSECRET"}]}\n',
    "the name of a Secret": (
        'gateway: {extraEnv: [{name: A, valueFrom: {secretKeyRef: {name: "SUPERSECRET !", key: k}}}]}\n'
    ),
    "the key of a Secret": (
        'gateway: {extraEnv: [{name: A, valueFrom: {secretKeyRef: {name: n, key: "SUPERSECRET !"}}}]}\n'
    ),
    "a key in a volume": VOLUME % '{key: "SUPERSECRET !", path: a}',
    "a path in a volume": VOLUME % '{key: a, path: "/SUPERSECRET !"}',
    "a token for a repository": SOURCE % "hf_SUPERSECRETzz",
    "an unknown key": "gateway: {DB_PASSWORD=SUPERSECRET: 1}\n",
    "a key twice": "gateway: {DB_PASSWORD=SUPERSECRET: 1, DB_PASSWORD=SUPERSECRET: 2}\n",
    "a header for a digest": 'gateway: {image: {digest: "Bearer SUPERSECRET"}}\n',
    "a token for a number": "gateway: {replicas: sk-SUPERSECRETzz}\n",
    "a token for a list": "gateway: {extraArgs: sk-SUPERSECRETzz}\n",
    "a token for a map": "gateway: sk-SUPERSECRETzz\n",
    "a token for a choice": "gateway: {service: {type: sk-SUPERSECRETzz}}\n",
    "a token for a model": "inference: {models: {hf_SUPERSECRETzz: {nope: 1}}}\n",
    "a token for a host": "route: {hostnames: [sk-SUPERSECRETzz]}\n",
    "a token merged over": "a: &a {hf_SUPERSECRETzz: 1}\ngateway: {hf_SUPERSECRETzz: 2, <<: *a}\n",
}
SETS = {
    "for a number": "gateway.replicas=sk-SUPERSECRETzz",
    "for a number, without a sign": "gateway.replicas=SUPERSECRET",
    "for a tag": "gateway.image.tag=SUPERSECRET !",
    "for a repository": "gateway.image.repository=https://SUPERSECRET.example/x",
    "for a host": "route.hostnames[0]=SUPERSECRET",
    "for a name": "gateway.extraEnv[0].name=OPENAI_API_KEY=sk-SUPERSECRETzz",
    "for an odd name": "gateway.extraEnv[0].name=SUPERSECRET !",
    "for an index": "gateway.apiKey[SUPERSECRETzz]=1",
    "for a list": "gateway.extraArgs=SUPERSECRET",
    "for a choice": "gateway.service.type=SUPERSECRET",
}
MANIFESTS = {
    "a tag": "kind: Secret\napiVersion: v1\nmetadata: {name: a}\nstringData: {password: !SUPERSECRET x}\n",
    "an alias": "kind: Secret\napiVersion: v1\nmetadata: {name: a}\nstringData: {password: *SUPERSECRET}\n",
    "a label": 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: a, labels: {token: "SUPERSECRET !"}}\n',
    "a token in a label": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a, labels: {x: hf_SUPERSECRETzz=}}\n",
    "a key twice": "kind: ConfigMap\napiVersion: v1\ndata: {A_TOKEN=SUPERSECRET: a, A_TOKEN=SUPERSECRET: b}\n",
    "a field": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\nDB_PASSWORD=SUPERSECRET: 1\n",
    "a name": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: DB_PASSWORD=SUPERSECRET}\n",
    "a number": (
        "kind: Pod\napiVersion: v1\nmetadata: {name: a}\n"
        "spec: {terminationGracePeriodSeconds: sk-SUPERSECRETzz, containers: [{name: a, image: b:1}]}\n"
    ),
}


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def _check(arguments: list[str], capfd: Capture, status: int = 2) -> None:
    assert run(arguments) == status
    out, err = capfd.readouterr()
    assert SECRET.lower() not in (out + err).lower(), out + err


@pytest.mark.parametrize("output", ["text", "json", "github", "sarif"])
@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_validate_repeats_no_secret_of_a_file(text: str, output: str, tmp_path: Path, capfd: Capture) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    _check(["validate", "-f", str(file), "--output", output], capfd)


@pytest.mark.parametrize("output", ["text", "json", "github", "sarif"])
@pytest.mark.parametrize("text", SETS.values(), ids=SETS)
def test_validate_repeats_no_value_of_a_flag(text: str, output: str, capfd: Capture) -> None:
    _check(["validate", "--set", text, "--output", output], capfd)


@pytest.mark.parametrize("output", ["text", "json"])
def test_explain_shows_no_secret(output: str, tmp_path: Path, capfd: Capture) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("gateway:\n  replicas: sk-SUPERSECRETzz\n  DB_PASSWORD=SUPERSECRET: 1\n")
    for key in ("gateway.replicas", "gateway"):
        _check(["validate", "-f", str(file), "--explain", key, "--output", output], capfd, 0)


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("key", ["gateway.image.tag", "gateway.image", "gateway"])
def test_explain_shows_no_text_of_a_flag(key: str, output: str, capfd: Capture) -> None:
    _check(["validate", "--set", "gateway.image.tag=SUPERSECRET", "--explain", key, "--output", output], capfd, 0)


@pytest.mark.parametrize("output", ["text", "json", "github", "sarif"])
@pytest.mark.parametrize("text", MANIFESTS.values(), ids=MANIFESTS)
def test_lint_repeats_no_secret(text: str, output: str, tmp_path: Path, capfd: Capture) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    _check(["lint", "--manifests", str(file), "--output", output], capfd)


@pytest.mark.parametrize("output", ["text", "json", "github", "sarif"])
def test_rules_repeat_no_value_of_a_flag(output: str, capfd: Capture) -> None:
    twice = 'gateway.extraEnv=[{"name": "SUPERSECRET", "value": "a"}, {"name": "SUPERSECRET", "value": "b"}]'
    _check(["validate", "--set-json", twice, "--output", output], capfd)


@pytest.mark.parametrize("output", ["text", "json"])
def test_lint_repeats_no_value_of_a_flag(output: str, capfd: Capture) -> None:
    _check(["lint", "--env", "prod", "--set", "gateway.replicas=SUPERSECRET", "--output", output], capfd)


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_key_of_megabytes_is_cut_and_one_of_two_lines_is_one(
    output: str, tmp_path: Path, capfd: Capture
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text('"a\\n::error::b": 1\n? ' + "k" * 3_000_000 + "\n: 1\n")
    assert run(["validate", "-f", str(file), "--output", output]) == 2
    out = capfd.readouterr().out
    assert len(out) < 3_000
    assert not any(line.startswith("::error") for line in out.splitlines())
