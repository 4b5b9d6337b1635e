"""The base that every image starts from: named, pulled, or made here from Debian packages.

Order: GENAI_BASE_IMAGE where set; the base of the last build; Docker's python slim image where it can be pulled in
10 s; else a small Debian with Python, made by mmdebstrap from the mirrors that this machine's apt uses.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tooling.local.buildah import explain, whole_file
from tooling.local.commands import Failure, run
from tooling.local.errors import LocalError
from tooling.local.progress import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from tooling.local.buildah import Buildah
    from tooling.local.progress import Progress

DEFAULT_REFERENCE = "docker.io/library/python:3.13-slim"
PULL_SECONDS = 10
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SUITE = "trixie"  # its Python is 3.13
PACKAGES = ("python3", "python3-venv", "ca-certificates", "libgomp1", "libstdc++6")
# Licences stay; manuals, translations and the rest of the documentation go.
_DPKG_OPTIONS = (
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
)
_APT_SETTING = re.compile(r'^(Acquire::(?:http|https|Retries|ForceIPv4)(?:::[\w.:-]+)?) "([^"]*)";$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Base:
    """A base image. `identity` changes when its content does; `definition` when the way it is made does."""

    reference: str
    identity: str
    definition: str


def definition() -> str:
    """A hash over what a base made here consists of."""
    text = json.dumps([SUITE, PACKAGES, _DPKG_OPTIONS, SEARCH_PATH])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def recall(folder: Path, environment: Mapping[str, str] = os.environ) -> Base | None:
    """The base of the last build, or None when there was none or another one is asked for now."""
    try:
        base = Base(**json.loads(_record(folder).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    wanted = environment.get("GENAI_BASE_IMAGE")
    if wanted:
        return base if base.reference == wanted else None
    return base if base.definition in (definition(), DEFAULT_REFERENCE) else None


def provide(folder: Path, storage: Callable[[], Buildah], progress: Progress) -> Base:
    """Return the base, with its record in `folder`; `storage` is called only when there is none yet."""
    known = recall(folder)
    if known is not None:
        return known
    folder.mkdir(parents=True, exist_ok=True)
    base = _obtain(folder, storage(), progress)
    with whole_file(_record(folder)) as path:
        path.write_text(json.dumps(asdict(base)), encoding="utf-8")
    return base


def ensure_stored(base: Base, folder: Path, buildah: Buildah, progress: Progress) -> None:
    """Make sure that `base` is in the storage, which may have been emptied since it was made."""
    if buildah.image_id(base.reference) is not None:
        return
    archive = _archive(folder, base)
    if archive.is_file():
        buildah.import_rootfs(archive, base.reference, SEARCH_PATH, progress)
        return
    buildah.ask("pull", "--quiet", base.reference, timeout=600)
    if buildah.image_id(base.reference) != base.identity:
        _record(folder).unlink(missing_ok=True)
        raise LocalError(
            f"the base image {base.reference} of the last build is gone.",
            hint="Run the same command again: it makes a new base.",
        )


def _obtain(folder: Path, buildah: Buildah, progress: Progress) -> Base:
    named = os.environ.get("GENAI_BASE_IMAGE")
    if named:
        progress(f"pulling the base image {named} (GENAI_BASE_IMAGE)")
        if buildah.image_id(named) is None and buildah.ask("pull", "--quiet", named, timeout=600) is None:
            raise LocalError(
                f"GENAI_BASE_IMAGE={named} cannot be pulled.",
                hint="Check the name and the network; without the variable a base is made here.",
            )
        return Base(named, buildah.image_id(named) or "", named)
    progress(f"pulling the base image {DEFAULT_REFERENCE} (at most {PULL_SECONDS} s)")
    if buildah.ask("pull", "--quiet", DEFAULT_REFERENCE, timeout=PULL_SECONDS) is not None:
        return Base(DEFAULT_REFERENCE, buildah.image_id(DEFAULT_REFERENCE) or "", DEFAULT_REFERENCE)
    return _bootstrap(folder, buildah, progress)


def _bootstrap(folder: Path, buildah: Buildah, progress: Progress) -> Base:
    watch = Stopwatch()
    progress(f"no image registry can be reached: making the base from Debian {SUITE} packages")
    from tooling.local.system import ensure_packages  # noqa: PLC0415 - see open_storage

    ensure_packages(["mmdebstrap", "debian-archive-keyring"], progress)
    made = folder / ".base.tar"
    # Files and not arguments: a proxy or a mirror may be written with a password.
    origins, settings = folder / ".base.list", folder / ".base.conf"
    try:
        targets = _print("apt-get", "indextargets", "--format", _FORMAT)
        _write_private(origins, sources(targets))
        _write_private(settings, (f"{line};" for line in apt_settings(_print("apt-config", "dump"))))
        command = bootstrap_command(str(made), [str(origins)])
        command.insert(1, f"--aptopt={settings}")
        run(command, label="making the base image", progress=progress)
        with made.open("rb") as stream:
            identity = hashlib.file_digest(stream, "sha256").hexdigest()
        base = Base(f"localhost/genai-stack/base:{identity[:12]}", identity, definition())
        made.rename(_archive(folder, base))
        buildah.import_rootfs(_archive(folder, base), base.reference, SEARCH_PATH, progress)
    except Failure as failure:
        raise explain(
            "the base image", failure.output, "check `apt-get update`, or name a base in GENAI_BASE_IMAGE."
        ) from failure
    finally:
        for scratch in (made, origins, settings):
            scratch.unlink(missing_ok=True)
    progress(f"base image made ({watch})")
    return base


# Other distributions' apt does not trust Debian's keys by itself.
_DEB = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
_FORMAT = "$(ORIGIN)|$(LABEL)|$(REPO_URI)"


def sources(targets: str) -> tuple[str, ...]:
    """The apt lines for SUITE, from the repositories that this machine uses; Debian's own where it has none."""
    uris: dict[str, str] = {}
    for line in targets.splitlines():
        origin, _, rest = line.partition("|")
        label, _, uri = rest.partition("|")
        if origin == "Debian" and label in ("Debian", "Debian-Security") and uri:
            uris.setdefault(label, uri.rstrip("/"))
    main = uris.get("Debian", "http://deb.debian.org/debian")
    lines = [f"{_DEB} {main} {SUITE} main", f"{_DEB} {main} {SUITE}-updates main"]
    security = uris.get("Debian-Security")
    if security is None and "Debian" not in uris:
        security = "http://deb.debian.org/debian-security"
    return (*lines, f"{_DEB} {security} {SUITE}-security main") if security else tuple(lines)


def apt_settings(dump: str) -> tuple[str, ...]:
    """The lines of `apt-config dump` that say how to fetch (proxies, certificates, retries)."""
    return tuple(f'{key} "{value}"' for key, value in _APT_SETTING.findall(dump) if value)


def bootstrap_command(target: str, lines: Sequence[str]) -> list[str]:
    """The mmdebstrap command that writes the root file system to `target`, a tar archive."""
    options = [f"--dpkgopt={option}" for option in _DPKG_OPTIONS]
    # Essential only: an image needs no apt of its own.
    start = ["mmdebstrap", "--quiet", "--mode=root", "--variant=essential", "--format=tar"]
    return [*start, f"--include={','.join(PACKAGES)}", *options, SUITE, target, *lines]


def _write_private(path: Path, lines: Iterable[str]) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"{line}\n" for line in lines))


def _print(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _record(folder: Path) -> Path:
    return folder / "base.json"


def _archive(folder: Path, base: Base) -> Path:
    return folder / f"base-{base.identity[:12]}.tar"
