"""Builds images/<name> into archives, each once per content: an unchanged image is not built again.

A tag is a hash over the image's files, the binaries it takes and its base, so a tag never means two things.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tooling.local import baseimage, buildsecrets
from tooling.local.binaries import build as build_binaries
from tooling.local.buildah import Buildah, explain, open_storage, whole_file
from tooling.local.commands import Failure
from tooling.local.errors import LocalError
from tooling.local.folders import CHECKOUT, cache_root
from tooling.local.locks import hold
from tooling.local.progress import Stopwatch, be_silent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tooling.local.progress import Progress

REGISTRY = "localhost/genai-stack"
KEEP_ARCHIVES = 4  # per image: the newest of them


@dataclass(frozen=True, slots=True)
class Image:
    """An image that this repository builds: its binaries from tools/, and where its tag goes in the values.

    `sources` are files and folders of the checkout that the image takes below `src/`. An image without a
    `value_path` is not part of the chart.
    """

    name: str
    value_path: tuple[str, ...]
    binaries: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where its Dockerfile lies."""
        return CHECKOUT / "images" / self.name


IMAGES = (
    Image("gateway", ("gateway",)),
    Image("inference-cpu", ("inference", "engines", "llamacpp")),
    Image("model-smollm2", ("inference", "models", "smollm2", "source")),
    Image("vectordb", ("vectordb",), binaries=("weaviate",)),
    Image("evals", ("evals",)),
    Image("fetch", ("inference", "fetch")),
)
DRIVER = Image(
    "driver",
    (),
    binaries=("helm",),
    sources=("charts", "pyproject.toml", "requirements.lock", "tooling", "values"),
)
ALL_IMAGES = (*IMAGES, DRIVER)
VALUE_PATHS = {image.name: image.value_path for image in ALL_IMAGES}


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """A finished image: `archive` is in docker-archive form and names `reference` inside."""

    name: str
    reference: str
    archive: Path
    size_bytes: int

    @property
    def tag(self) -> str:
        """What stands behind the colon."""
        return self.reference.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class _Order:
    """One image that has to be built."""

    image: Image
    reference: str
    archive: Path
    binaries: Mapping[str, Path]
    base: str


def build_images(
    progress: Progress = be_silent, only: Iterable[str] = (), *, cache: Path | None = None
) -> tuple[BuiltImage, ...]:
    """Return the images of the chart, or those named in `only`; building what the cache lacks needs root."""
    wanted = _choose(tuple(only))
    root = cache or cache_root()
    folder = root / "images"
    opened: list[Buildah] = []

    def storage() -> Buildah:
        if not opened:
            opened.append(open_storage(folder / "storage", progress))
        return opened[0]

    folder.mkdir(parents=True, exist_ok=True)
    with hold(folder / ".lock", waiting="waiting for another build of images", progress=progress):
        base = baseimage.provide(folder, storage, progress)
        results = []
        for image in wanted:
            binaries = build_binaries(image.binaries, progress, cache=cache)
            tag = content_tag(image.folder, binaries, base.identity, image.sources)
            archive = folder / f"{image.name}-{tag}.tar"
            reference = f"{REGISTRY}/{image.name}:{tag}"
            if not archive.is_file():
                baseimage.ensure_stored(base, folder, storage(), progress)
                _build(_Order(image, reference, archive, binaries, base.reference), storage(), progress)
            # Used now, so pruned last; the time of writing stays, by which an import knows what it has seen.
            os.utime(archive, (time.time(), archive.stat().st_mtime))
            results.append(BuiltImage(image.name, reference, archive, archive.stat().st_size))
            prune(folder, image.name)
    return tuple(results)


def image_values(images: Iterable[BuiltImage]) -> dict[str, Any]:
    """The values that make the chart use `images`: registry, pull policy and each tag."""
    values: dict[str, Any] = {"global": {"image": {"registry": REGISTRY, "pullPolicy": "IfNotPresent"}}}
    for built in images:
        set_image(values, VALUE_PATHS[built.name], {"tag": built.tag})
    return values


def set_image(values: dict[str, Any], path: tuple[str, ...], settings: Mapping[str, str]) -> None:
    """Set the settings of the image at `path` of chart values."""
    for key in path:
        values = values.setdefault(key, {})
    values["image"] = dict(settings)


def content_tag(
    folder: Path, binaries: Mapping[str, Path], base_identity: str, sources: Iterable[str] = ()
) -> str:
    """12 hex digits that change with any file that goes into the image, its mode, a binary, or the base."""
    digest = hashlib.sha256()
    entries = [(str(path.relative_to(folder)), path) for path in source_files(folder)]
    entries += [(f"src/{path.relative_to(CHECKOUT)}", path) for path in checkout_files(sources)]
    entries += [(f"bin/{name}", path) for name, path in binaries.items()]
    for name, path in sorted(entries):
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        is_executable = bool(path.stat().st_mode & 0o100)
        digest.update(f"{name}\0{is_executable}\0{content}\n".encode())
    digest.update(base_identity.encode())
    return digest.hexdigest()[:12]


def source_files(folder: Path) -> tuple[Path, ...]:
    """The Dockerfile and what .dockerignore leaves of the folder, sorted."""
    patterns = ignore_patterns(folder / ".dockerignore")
    files = (path for path in folder.rglob("*") if path.is_file())
    kept = (
        path
        for path in files
        if path == folder / "Dockerfile" or not is_ignored(path.relative_to(folder).as_posix(), patterns)
    )
    return tuple(sorted(kept))


def checkout_files(sources: Iterable[str]) -> tuple[Path, ...]:
    """The files of the checkout below `sources`, sorted, without what Python and its tools leave there."""
    found: list[Path] = []
    for source in sources:
        path = CHECKOUT / source
        found += [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return tuple(sorted(path for path in found if not any(map(_is_left, path.relative_to(CHECKOUT).parts))))


def _is_left(part: str) -> bool:
    return part == "__pycache__" or (part.startswith(".") and part.endswith("_cache"))


def ignore_patterns(path: Path) -> tuple[str, ...]:
    """The patterns of a .dockerignore file; exceptions (`!`) are not used in this repository and refused."""
    if not path.is_file():
        return ()
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    patterns = tuple(line.rstrip("/") for line in lines if line and not line.startswith("#"))
    if any(pattern.startswith("!") for pattern in patterns):
        raise LocalError(f"{path}: `!` patterns are not supported.", hint="Name what to leave out instead.")
    return patterns


def is_ignored(name: str, patterns: Iterable[str]) -> bool:
    """Whether a file of that relative name matches a pattern, itself or by one of its folders."""
    parts = name.split("/")
    prefixes = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    return any(_matches(prefix, pattern) for pattern in patterns for prefix in prefixes)


def prune(folder: Path, name: str, keep: int = KEEP_ARCHIVES) -> None:
    """Delete all but the newest archives of an image."""
    pattern = f"{name}-{'[0-9a-f]' * 12}.tar"
    archives = sorted(folder.glob(pattern), key=lambda path: path.stat().st_atime, reverse=True)
    for path in archives[keep:]:
        path.unlink(missing_ok=True)


def _matches(name: str, pattern: str) -> bool:
    # A pattern without a slash means the top folder; `**/` means any folder, as Docker reads it.
    if pattern.startswith("**/"):
        return fnmatch.fnmatchcase(name.rpartition("/")[2], pattern[3:])
    return name.count("/") == pattern.count("/") and fnmatch.fnmatchcase(name, pattern)


def _choose(only: tuple[str, ...]) -> tuple[Image, ...]:
    known = {image.name: image for image in ALL_IMAGES}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise LocalError(f"there is no image named {unknown[0]}.", hint=f"There are: {', '.join(known)}.")
    return tuple(image for image in ALL_IMAGES if image.name in only) if only else IMAGES


def _build(built: _Order, buildah: Buildah, progress: Progress) -> None:
    watch = Stopwatch()
    progress(f"building image {built.reference}")
    folder, archive = built.image.folder, built.archive
    with tempfile.TemporaryDirectory(dir=archive.parent) as scratch:
        context = Path(scratch) / "context"
        _lay_out(built.image, built.binaries, context)
        try:
            secrets = buildsecrets.write(Path(scratch))
            buildah.build(context, built.reference, base=built.base, secrets=secrets, progress=progress)
            with whole_file(archive) as path:
                buildah.export(built.reference, path, progress)
        except Failure as failure:
            retry = f"cd {folder} && docker build ."
            raise explain(f"image {built.image.name}", failure.output, retry) from failure
    progress(f"built image {built.image.name}, {archive.stat().st_size / 1e6:.0f} MB ({watch})")


def _lay_out(image: Image, binaries: Mapping[str, Path], context: Path) -> None:
    """Copy what counts, and nothing else: what is built is what was hashed."""
    places = {context / source.relative_to(image.folder): source for source in source_files(image.folder)}
    places |= {context / "src" / path.relative_to(CHECKOUT): path for path in checkout_files(image.sources)}
    places |= {context / "bin" / name: source for name, source in binaries.items()}
    for target, source in places.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
