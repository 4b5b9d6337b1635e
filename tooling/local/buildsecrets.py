"""What an image build needs from this machine and no layer may hold: CA bundle and package index settings."""

from __future__ import annotations

import configparser
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# pip's settings that make sense inside a build. Paths of this machine (cert, find-links) do not.
PIP_KEYS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")
_SYSTEM_CA = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")


def pip_config_files(environment: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """The files that pip reads on this machine, the strongest last."""
    own = environment.get("XDG_CONFIG_HOME")
    files = [
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        (Path(own) if own else home / ".config") / "pip" / "pip.conf",
    ]
    named = environment.get("PIP_CONFIG_FILE")
    return (*files, Path(named)) if named else tuple(files)


def pip_settings(environment: Mapping[str, str], files: Iterable[Path]) -> str:
    """The pip.conf to use inside a build, from `files` and then PIP_* variables; empty when nothing is set."""
    found: dict[str, str] = {}
    for path in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip will complain about its own file
        for section in ("global", "install"):
            if parser.has_section(section):
                found |= {key: value for key, value in parser.items(section) if key in PIP_KEYS}
    for key in PIP_KEYS:
        value = environment.get("PIP_" + key.upper().replace("-", "_"))
        if value:
            found[key] = value
    if not found:
        return ""
    # A value of several lines is indented, or pip reads its second line as a new key.
    lines = [f"{key} = {value.strip().replace(chr(10), chr(10) + '    ')}" for key, value in sorted(found.items())]
    return "\n".join(["[global]", *lines, ""])


def ca_bundle(environment: Mapping[str, str]) -> Path | None:
    """The CA bundle that programs on this machine trust, or None where there is none."""
    named = (environment.get(key) for key in ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"))
    for candidate in (*named, *_SYSTEM_CA):
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    return None


def write(folder: Path) -> dict[str, Path]:
    """Put the secrets of this machine into `folder` (mode 0600 where made) and return them by id."""
    secrets: dict[str, Path] = {}
    bundle = ca_bundle(os.environ)
    if bundle is not None:
        secrets["ca"] = bundle
    settings = pip_settings(os.environ, pip_config_files(os.environ, Path.home()))
    if settings:
        path = folder / "pip.conf"
        path.touch(mode=0o600)
        path.write_text(settings, encoding="utf-8")
        secrets["pip"] = path
    return secrets
