"""Weights from the Hugging Face Hub, or a server that speaks like it ($HF_ENDPOINT)."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import shutil
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from .errors import FetchError

OWN_FOLDER = ".cache"
"""Where the library keeps what it needs to go on after a break; not part of the weights."""


@dataclass(frozen=True, slots=True)
class Repository:
    """What to bring: `include` are patterns of file names, empty for all."""

    name: str
    revision: str
    include: tuple[str, ...] = ()
    token: str = ""

    def __str__(self) -> str:
        return f"{self.name} at {self.revision}"


def bring(repository: Repository, folder: Path, workers: int) -> None:
    """Download every file and check it against the sizes and checksums that the hub names."""
    hub = _load(folder)
    errors = importlib.import_module("huggingface_hub.errors")
    endpoint = os.environ.get("HF_ENDPOINT") or None
    api = hub.HfApi(endpoint=endpoint, token=repository.token or False)
    try:
        info = api.model_info(repository.name, revision=repository.revision, files_metadata=True)
        wanted = [file for file in info.siblings or () if _is_wanted(file.rfilename, repository.include)]
        if not wanted:
            raise FetchError(f"{repository} has no file that fits {', '.join(repository.include) or '*'}.")
        size = sum(file.size or 0 for file in wanted)
        sys.stderr.write(f"{repository}: {len(wanted)} files, {size / 1e9:.2f} GB\n")
        hub.snapshot_download(
            repository.name,
            revision=repository.revision,
            local_dir=folder,
            endpoint=endpoint,
            token=repository.token or False,
            allow_patterns=[file.rfilename for file in wanted],
            max_workers=workers,
        )
    except errors.GatedRepoError as error:
        raise FetchError(
            f"{repository} is gated: accept its terms, and name a Secret with its token (existingSecret)."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise FetchError(
            f"{repository.name} has no commit {repository.revision}. Take one from its history."
        ) from error
    except errors.RepositoryNotFoundError as error:
        hint = (
            "The token may not see it"
            if repository.token
            else "It may be private: name a Secret with a token (existingSecret)"
        )
        raise FetchError(f"{repository.name} was not found. {hint}, or the name is wrong.") from error
    except (errors.HTTPError, errors.LocalEntryNotFoundError) as error:
        raise FetchError(f"{repository}: {_describe(error)}") from error
    except (RuntimeError, ValueError) as error:  # Xet, which large files need, knows no other than the first
        raise FetchError(
            f"{repository}: the download broke off: {_conceal(str(error), repository.token)}. Look at the network"
            " policy and the proxy; HF_HUB_DISABLE_XET=1 (inference.fetch.extraEnv) takes files of up to 50 GB"
            " without Xet."
        ) from error
    for file in wanted:
        _check(folder / file.rfilename, file)
    shutil.rmtree(folder / OWN_FOLDER, ignore_errors=True)


def _load(folder: Path) -> Any:
    # Read once, when the library is imported: its caches must not land on /tmp, which is small.
    os.environ["HF_HOME"] = str(folder / OWN_FOLDER / "home")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    return importlib.import_module("huggingface_hub")


def _is_wanted(name: str, include: tuple[str, ...]) -> bool:
    return not include or any(fnmatch(name, pattern) for pattern in include)


def _describe(error: Exception) -> str:
    answer = getattr(error, "response", None)
    status = getattr(answer, "status_code", None)
    cause = f"the hub answered {status}" if status else "the hub was not reached"
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    return (
        f"{cause} ({endpoint}). Look at the network policy, the proxy and HF_ENDPOINT (inference.fetch.extraEnv)."
    )


def _conceal(text: str, token: str) -> str:
    """Leave out of a library's message what opens doors: the token, and the signatures of addresses."""
    shown = re.sub(r"\?\S+", "?...", text).strip().rstrip(".")
    return shown.replace(token, "...") if token else shown


def _check(path: Path, file: Any) -> None:
    """A file that differs from what the hub names is deleted, so that the next attempt takes it anew."""
    if not path.is_file():
        raise FetchError(f"{file.rfilename} is missing after the download. It will be tried again.")
    size = path.stat().st_size
    if file.size is not None and size != file.size:
        path.unlink()
        raise FetchError(f"{file.rfilename} has {size} bytes and should have {file.size}. It will be tried again.")
    if file.lfs is None:
        return
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != file.lfs.sha256:
        path.unlink()
        raise FetchError(
            f"{file.rfilename} has the SHA-256 {found}, not {file.lfs.sha256}. It will be tried again."
        )
