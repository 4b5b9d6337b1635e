"""Push the images of this repository to a registry, and the values that pin them by digest."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tooling.local.buildah import Buildah, open_storage
from tooling.local.commands import Failure, run
from tooling.local.errors import LocalError
from tooling.local.folders import cache_root
from tooling.local.images import ALL_IMAGES, VALUE_PATHS, BuiltImage, build_images, set_image
from tooling.local.locks import hold
from tooling.local.progress import Stopwatch, be_silent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tooling.local.progress import Progress

_DENIED = ("unauthorized", "authentication required", "denied", "no basic auth")
_UNREACHABLE = ("connection refused", "no such host", "i/o timeout", "network is unreachable")
_MODELS = ("inference", "models")
_PLAIN = ("server gave HTTP response to HTTPS client",)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where images go: `registry` with a path if any, such as ghcr.io/acme; `is_plain_http`: it has no TLS."""

    registry: str
    tag: str
    is_plain_http: bool = False

    def reference(self, name: str) -> str:
        """The reference that an image of that name gets there."""
        return f"{self.registry}/{name}:{self.tag}"


@dataclass(frozen=True, slots=True)
class PushedImage:
    """An image in a registry: `digest` of its manifest there, `size_bytes` of the archive built here."""

    name: str
    reference: str
    digest: str
    size_bytes: int


def push_images(
    destination: Destination,
    progress: Progress = be_silent,
    only: Iterable[str] = (),
    *,
    cache: Path | None = None,
) -> tuple[PushedImage, ...]:
    """Build and push every image (or those named in `only`), the driver included; needs root.

    Credentials are those of `buildah login` or `docker login`; none is ever an argument. Raises LocalError.
    """
    names = tuple(only) or tuple(image.name for image in ALL_IMAGES)
    built = build_images(progress, names, cache=cache)
    folder = (cache or cache_root()) / "images"
    with hold(folder / ".lock", waiting="waiting for another build of images", progress=progress):
        buildah = open_storage(folder / "storage", progress)
        return tuple(_push(buildah, image, destination, progress) for image in built)


def digest_values(destination: Destination, pushed: Iterable[PushedImage]) -> dict[str, Any]:
    """The values that make the chart use `pushed` by digest, each with its registry: others stay where they were.

    Images that the chart does not use are left out, and so are models: naming one would add it to an environment
    that took it out.
    """
    values: dict[str, Any] = {}
    for image in pushed:
        path = VALUE_PATHS[image.name]
        if path and path[:2] != _MODELS:
            settings = {
                "registry": destination.registry,
                "repository": image.name,
                "tag": destination.tag,
                "digest": image.digest,
            }
            set_image(values, path, settings)
    return values


def explain_push(reference: str, output: str) -> LocalError:
    """Return the error for a refused push of `reference`: why, and what to do."""
    registry = reference.partition("/")[0]
    told = output.strip().splitlines()[-1] if output.strip() else "buildah said nothing"
    if any(sign in output for sign in _PLAIN):
        hint = "The registry speaks plain HTTP: add --plain-http if that is meant."
    elif any(sign in output for sign in _DENIED):
        hint = f"Log in first: buildah login {registry} (or name an auth file in REGISTRY_AUTH_FILE)."
    elif any(sign in output for sign in _UNREACHABLE):
        hint = f"Check the name and that {registry} can be reached from here."
    else:
        hint = "Nothing else was pushed; what is there already stays. Try again."
    return LocalError(f"pushing {reference} failed: {told}", hint=hint)


def _push(buildah: Buildah, image: BuiltImage, destination: Destination, progress: Progress) -> PushedImage:
    target = destination.reference(image.name)
    watch = Stopwatch()
    progress(f"pushing {target}")
    with tempfile.TemporaryDirectory() as scratch:
        digest = Path(scratch) / "digest"
        options = ["--quiet", "--digestfile", str(digest)]
        options += ["--tls-verify=false"] if destination.is_plain_http else []
        try:
            if buildah.image_id(image.reference) is None:
                archive = f"docker-archive:{image.archive}"
                run(buildah.command("pull", "--quiet", archive), label=f"reading {image.name}", progress=progress)
            command = buildah.command("push", *options, image.reference, f"docker://{target}")
            run(command, label=f"pushing {target}", progress=progress)
        except Failure as failure:
            raise explain_push(target, failure.output) from failure
        pushed = PushedImage(image.name, target, digest.read_text().strip(), image.size_bytes)
    progress(f"pushed {target}@{pushed.digest[:19]}..., {image.size_bytes / 1e6:.0f} MB ({watch})")
    return pushed
