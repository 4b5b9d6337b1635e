"""Buildah, run with a storage of its own: the user's containers and images are never seen or touched."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tooling.local.commands import run
from tooling.local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tooling.local.progress import Progress

LAST_LINES = 15
_NETWORK_SIGNS = (
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
    "ConnectTimeoutError",
    "CERTIFICATE_VERIFY_FAILED",
    "No matching distribution found",
    "Could not resolve",
)


def explain(what: str, output: str, retry: str) -> LocalError:
    """Return the error for a failed build of `what`: its last lines, and what to do next."""
    lines = output.strip().splitlines()[-LAST_LINES:]
    if any(sign in output for sign in _NETWORK_SIGNS):
        hint = (
            "The build could not fetch packages: check the network; PIP_INDEX_URL names another package index, "
            "SSL_CERT_FILE a CA bundle."
        )
    elif "no space left" in output.lower():
        hint = "Free disk space (the images need about 3 GB) and try again."
    else:
        hint = f"To see it alone: {retry}"
    return LocalError(f"building {what} failed:\n  " + "\n  ".join(lines) + "\n", hint=hint)


@dataclass(frozen=True, slots=True)
class Buildah:
    """Image operations in the storage below `root`."""

    root: Path
    driver: str

    def command(self, *arguments: str) -> list[str]:
        """The command line for `arguments`."""
        storage = ["--root", str(self.root / "root"), "--runroot", str(self.root / "run")]
        return ["buildah", *storage, "--storage-driver", self.driver, *arguments]

    def ask(self, *arguments: str, timeout: float | None = None) -> str | None:
        """What the command prints, or None when it fails or takes longer than `timeout` seconds."""
        try:
            done = subprocess.run(
                self.command(*arguments),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def image_id(self, reference: str) -> str | None:
        """The id of an image in this storage, or None when it is not there."""
        return self.ask("inspect", "--type", "image", "--format", "{{.FromImageID}}", reference)

    def import_rootfs(self, archive: Path, reference: str, search_path: str, progress: Progress) -> None:
        """Make the image `reference` from a tar archive of a root file system; `search_path` is its PATH."""
        label = f"importing {reference}"
        container = run(self.command("from", "scratch"), label=label, progress=progress).strip()
        try:
            run(self.command("add", "--quiet", container, str(archive), "/"), label=label, progress=progress)
            configure = self.command("config", "--env", f"PATH={search_path}", container)
            run(configure, label=label, progress=progress)
            commit = self.command("commit", "--quiet", "--format", "docker", container, reference)
            run(commit, label=label, progress=progress)
        finally:
            self.ask("rm", container)

    def build(
        self, context: Path, reference: str, *, base: str, secrets: Mapping[str, Path], progress: Progress
    ) -> None:
        """Build `context` into the image `reference`; layers of earlier builds are used again."""
        options = [
            "--isolation",
            "chroot",
            "--network",
            "host",
            "--layers",
            "--force-rm",
            "--format",
            "docker",
            "--pull-never",
        ]
        for name, path in sorted(secrets.items()):
            options += ["--secret", f"id={name},src={path}"]
        options += ["--build-arg", f"BASE_IMAGE={base}", "--tag", reference, str(context)]
        run(self.command("bud", *options), label=f"building {reference}", progress=progress)

    def export(self, reference: str, archive: Path, progress: Progress) -> None:
        """Write the image to `archive` in docker-archive form, named `reference` inside."""
        target = f"docker-archive:{archive}:{reference}"
        run(self.command("push", "--quiet", reference, target), label=f"writing {archive.name}", progress=progress)


def open_storage(root: Path, progress: Progress) -> Buildah:
    """Return a Buildah with the storage below `root`, installed first where it is missing; needs root."""
    if os.geteuid() != 0:
        raise LocalError(
            "images can only be built by root on this machine.",
            hint="Run it again with sudo, or build images/*/Dockerfile with the container tool you have.",
        )
    if shutil.which("buildah") is None:
        # Imported here so that what needs no package installs none.
        from tooling.local.system import ensure_packages  # noqa: PLC0415

        ensure_packages(["buildah"], progress)
    root.mkdir(parents=True, exist_ok=True)
    overlay = Buildah(root, "overlay")
    # Inside another container overlay on overlay is refused; vfs copies every layer, and works everywhere.
    return overlay if overlay.ask("info") is not None else Buildah(root, "vfs")


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` that becomes `target` when the block ends well, and vanishes when not."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.rename(target)
    finally:
        temporary.unlink(missing_ok=True)
