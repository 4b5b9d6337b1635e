"""Image builder: what a tag depends on, what is carried into a build, and what it says when one fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tooling.local import baseimage, buildsecrets, images
from tooling.local.baseimage import Base
from tooling.local.buildah import explain, whole_file
from tooling.local.errors import LocalError

DEB = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "image"
    (root / "app" / "__pycache__").mkdir(parents=True)
    (root / "Dockerfile").write_text("FROM x")
    (root / ".dockerignore").write_text("# comment\n.dockerignore\nDockerfile\n*.md\n**/__pycache__\n**/*.pyc\n")
    (root / "app" / "main.py").write_text("pass")
    (root / "app" / "notes.md").write_text("goes in: the pattern names the top folder only")
    (root / "app" / "__pycache__" / "main.pyc").write_text("x")
    (root / "README.md").write_text("x")
    return root


def test_the_dockerfile_and_what_is_not_ignored_counts(folder):
    names = [path.relative_to(folder).as_posix() for path in images.source_files(folder)]
    assert names == ["Dockerfile", "app/main.py", "app/notes.md"]


def test_exceptions_in_dockerignore_are_refused(folder):
    (folder / ".dockerignore").write_text("*\n!app\n")
    with pytest.raises(LocalError, match="not supported"):
        images.source_files(folder)


def change_mode(root: Path) -> None:
    (root / "app" / "main.py").chmod(0o755)


@pytest.mark.parametrize(
    ("change", "is_new"),
    [
        (lambda root: (root / "app" / "main.py").write_text("other"), True),
        (lambda root: (root / "Dockerfile").write_text("FROM y"), True),
        (lambda root: (root / "new").write_text(""), True),
        (lambda root: (root / "app" / "main.py").rename(root / "app" / "moved.py"), True),
        (change_mode, True),
        (lambda root: (root / "README.md").write_text("other"), False),
        (lambda root: (root / "app" / "__pycache__" / "main.pyc").write_text("other"), False),
        (lambda root: (root / "app" / "main.py").touch(), False),
    ],
)
def test_a_tag_changes_with_what_goes_into_the_image(folder, change, is_new):
    before = images.content_tag(folder, {}, "base")
    change(folder)
    assert (images.content_tag(folder, {}, "base") != before) is is_new


def test_a_tag_changes_with_a_binary_and_with_the_base(folder, tmp_path):
    binary = tmp_path / "binary"
    binary.write_bytes(b"1")
    tags = [images.content_tag(folder, {}, "base"), images.content_tag(folder, {}, "other")]
    tags.append(images.content_tag(folder, {"binary": binary}, "base"))
    binary.write_bytes(b"2")
    tags.append(images.content_tag(folder, {"binary": binary}, "base"))
    assert len(set(tags)) == 4
    assert all(len(tag) == 12 and int(tag, 16) >= 0 for tag in tags)


def test_values_name_registry_and_each_tag():
    built = [
        images.BuiltImage(image.name, f"{images.REGISTRY}/{image.name}:tag-{image.name}", Path("x"), 1)
        for image in images.IMAGES
    ]
    assert images.image_values(built) == {
        "global": {"image": {"registry": "localhost/genai-stack", "pullPolicy": "IfNotPresent"}},
        "gateway": {"image": {"tag": "tag-gateway"}},
        "inference": {
            "engines": {"llamacpp": {"image": {"tag": "tag-inference-cpu"}}},
            "models": {"smollm2": {"source": {"image": {"tag": "tag-model-smollm2"}}}},
            "fetch": {"image": {"tag": "tag-fetch"}},
        },
        "vectordb": {"image": {"tag": "tag-vectordb"}},
        "evals": {"image": {"tag": "tag-evals"}},
    }


def test_an_unknown_image_is_named_with_those_there_are(tmp_path):
    with pytest.raises(LocalError, match=r"no image named nope\. There are: gateway"):
        images.build_images(only=["nope"], cache=tmp_path)


def test_an_unchanged_image_is_not_built_again_and_needs_no_tool(tmp_path, monkeypatch):
    def never(*_):
        raise AssertionError("a build was started")

    monkeypatch.setattr(images, "open_storage", never)
    cache = tmp_path / "images"
    cache.mkdir()
    base = {"reference": "base:1", "identity": "abc", "definition": baseimage.definition()}
    (cache / "base.json").write_text(json.dumps(base))
    monkeypatch.delenv("GENAI_BASE_IMAGE", raising=False)
    tag = images.content_tag(images.CHECKOUT / "images" / "gateway", {}, "abc")
    archive = cache / f"gateway-{tag}.tar"
    archive.write_bytes(b"12345")
    (built,) = images.build_images(only=["gateway"], cache=tmp_path)
    assert built == images.BuiltImage("gateway", f"localhost/genai-stack/gateway:{tag}", archive, 5)
    assert built.tag == tag
    archive.unlink()
    with pytest.raises(AssertionError, match="a build was started"):
        images.build_images(only=["gateway"], cache=tmp_path)


def test_pruning_keeps_the_newest_archives_of_that_image(tmp_path):
    import os

    for number in range(6):
        for name in ("gateway", "evals"):
            path = tmp_path / f"{name}-{number:012d}.tar"
            path.touch()
            os.utime(path, (number, number))
    images.prune(tmp_path, "gateway", keep=2)
    left = sorted(path.name for path in tmp_path.glob("gateway-*"))
    assert left == ["gateway-000000000004.tar", "gateway-000000000005.tar"]
    assert len(list(tmp_path.glob("evals-*"))) == 6


RECORD = {"reference": "localhost/base:1", "identity": "i", "definition": baseimage.definition()}


@pytest.mark.parametrize(
    ("record", "environment", "expected"),
    [
        (RECORD, {}, Base(**RECORD)),
        ({**RECORD, "definition": "older"}, {}, None),
        ({**RECORD, "definition": baseimage.DEFAULT_REFERENCE}, {}, "same"),
        (RECORD, {"GENAI_BASE_IMAGE": "mine:1"}, None),
        ({**RECORD, "reference": "mine:1", "definition": "mine:1"}, {"GENAI_BASE_IMAGE": "mine:1"}, "same"),
        ({**RECORD, "reference": "mine:1", "definition": "mine:1"}, {}, None),
        ({"reference": "x"}, {}, None),
        ([], {}, None),
        (None, {}, None),
    ],
)
def test_when_the_last_base_is_used_again(tmp_path, record, environment, expected):
    if record is not None:
        (tmp_path / "base.json").write_text(json.dumps(record))
    found = baseimage.recall(tmp_path, environment)
    assert found == (Base(**record) if expected == "same" else expected)


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (
            "",
            (
                f"{DEB} http://deb.debian.org/debian trixie main",
                f"{DEB} http://deb.debian.org/debian trixie-updates main",
                f"{DEB} http://deb.debian.org/debian-security trixie-security main",
            ),
        ),
        (
            "Node|Node|http://n/\nDebian|Debian|http://m/debian/\nDebian|Debian|http://second\n"
            "Debian|Debian-Security|http://m/sec/\n",
            (
                f"{DEB} http://m/debian trixie main",
                f"{DEB} http://m/debian trixie-updates main",
                f"{DEB} http://m/sec trixie-security main",
            ),
        ),
        (
            "Debian|Debian|http://m",
            (
                f"{DEB} http://m trixie main",
                f"{DEB} http://m trixie-updates main",
            ),
        ),
    ],
)
def test_the_base_comes_from_the_mirrors_that_apt_uses(targets, expected):
    assert baseimage.sources(targets) == expected


def test_apts_way_to_fetch_is_taken_over_and_nothing_else():
    dump = (
        'APT "";\nAcquire::http::Proxy "http://p:1";\nAcquire::https::CAInfo "/ca";\nAcquire::http "";\nDir "/";\n'
    )
    assert baseimage.apt_settings(dump) == ('Acquire::http::Proxy "http://p:1"', 'Acquire::https::CAInfo "/ca"')


def test_pip_settings_come_from_files_and_then_from_the_environment(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("[global]\nindex-url = http://a\ncert = /host/path\nfind-links = /host\ntimeout = 5\n")
    second.write_text(
        "[global]\nextra-index-url =\n    http://b\n    http://c\n[install]\nindex-url = http://d%20\n"
    )
    text = buildsecrets.pip_settings(
        {"PIP_TIMEOUT": "9", "PIP_FIND_LINKS": "/x"}, [first, second, tmp_path / "no"]
    )
    assert text == "[global]\nextra-index-url = http://b\n    http://c\nindex-url = http://d%20\ntimeout = 9\n"
    assert buildsecrets.pip_settings({}, []) == ""


def test_the_strongest_pip_file_comes_last():
    files = buildsecrets.pip_config_files({"PIP_CONFIG_FILE": "/named"}, Path("/home/x"))
    assert files == tuple(
        map(Path, ["/etc/pip.conf", "/home/x/.pip/pip.conf", "/home/x/.config/pip/pip.conf", "/named"])
    )


def test_the_ca_bundle_is_the_first_named_file_that_exists(tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("x")
    assert buildsecrets.ca_bundle({"PIP_CERT": "/nowhere", "SSL_CERT_FILE": str(bundle)}) == bundle


@pytest.mark.parametrize(
    ("output", "hint"),
    [
        ("Temporary failure in name resolution", "PIP_INDEX_URL"),
        ("write: no space left on device", "Free disk space"),
        ("something else", "To see it alone: make it"),
    ],
)
def test_a_failed_build_shows_its_last_lines_and_what_to_do(output, hint):
    lines = "\n".join(f"line {number};" for number in range(40))
    said = str(explain("image gateway", f"{lines}\n{output}", "make it"))
    assert "image gateway" in said
    assert hint in said
    assert "line 39;" in said
    assert "line 20;" not in said


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "x.tar"

    def write(is_broken):
        with whole_file(target) as path:
            path.write_text("half")
            assert not target.exists()
            if is_broken:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(is_broken=True)
    assert list(tmp_path.iterdir()) == []
    write(is_broken=False)
    assert [path.name for path in tmp_path.iterdir()] == ["x.tar"]
