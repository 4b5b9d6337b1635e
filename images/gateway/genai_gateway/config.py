"""The gateway's configuration: one YAML file, validated completely before the server starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

SLOTS = ("all", "blue", "green")


class ConfigError(Exception):
    """The configuration can't be used; the text is one line that says where and why."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model that the gateway serves, and the inference server behind it.

    `max_tokens` bounds one answer of this model; None: what the limits of the gateway say. A model that is not
    `is_required` may be away, as one that is scaled to zero is: the gateway is ready without it.
    """

    name: str
    url: str
    served_name: str
    timeout_seconds: float = 60.0
    aliases: tuple[str, ...] = ()
    max_tokens: int | None = None
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Flags:
    """Switches that change behaviour without a new image."""

    expose_models: bool = False
    log_prompts: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for: body in bytes, answers in tokens."""

    max_request_bytes: int = 1_048_576
    max_tokens: int = 1024
    default_max_tokens: int = 256


@dataclass(frozen=True, slots=True)
class Config:
    """A valid configuration: `default_model` is always one of `models`, no alias means two of them."""

    instance: str
    slot: str
    default_model: str
    models: Mapping[str, Model]
    flags: Flags = field(default_factory=Flags)
    limits: Limits = field(default_factory=Limits)
    by_name: Mapping[str, Model] = field(init=False, default_factory=dict)
    """Every name that a caller may write, aliases included."""

    def __post_init__(self) -> None:
        aliases = {alias: model for model in self.models.values() for alias in model.aliases}
        object.__setattr__(self, "by_name", {**self.models, **aliases})

    def limits_of(self, model: Model) -> Limits:
        """The limits that one request to `model` has."""
        if model.max_tokens is None:
            return self.limits
        default = min(model.max_tokens, self.limits.default_max_tokens)
        return replace(self.limits, max_tokens=model.max_tokens, default_max_tokens=default)


def load(path: Path) -> Config:
    """Read and validate the file at `path`; any problem is a ConfigError that names the path."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    try:
        return parse(document)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def parse(document: object) -> Config:
    """Turn a parsed document into a Config; unknown keys are refused, as a typo must not pass silently."""
    top = _mapping(document, "the file", {"instance", "slot", "defaultModel", "models", "flags", "limits"})
    slot = _text(top, "slot", "", default="all")
    if slot not in SLOTS:
        raise ConfigError(f"slot: must be one of {', '.join(SLOTS)}, is {slot!r}")
    entries = top.get("models")
    if not isinstance(entries, dict) or not entries:
        raise ConfigError("models: must name at least one model")
    models = {str(name): _model(str(name), entry) for name, entry in entries.items()}
    _check_aliases(models)
    default = _text(top, "defaultModel", "")
    if default not in models:
        raise ConfigError(f"defaultModel: {default!r} is not one of models ({', '.join(sorted(models))})")
    return Config(
        instance=_text(top, "instance", ""),
        slot=slot,
        default_model=default,
        models=models,
        flags=_flags(top.get("flags")),
        limits=_limits(top.get("limits")),
    )


def _model(name: str, entry: object) -> Model:
    where = f"models.{name}"
    keys = _mapping(entry, where, {"url", "servedName", "timeoutSeconds", "aliases", "maxTokens", "required"})
    url = _text(keys, "url", where).rstrip("/")
    if not _is_web_url(url):
        raise ConfigError(f"{where}.url: must be http(s)://HOST[:PORT], is {url!r}")
    timeout = keys.get("timeoutSeconds", 60)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= 3600:
        raise ConfigError(f"{where}.timeoutSeconds: must be a number above 0 and at most 3600, is {timeout!r}")
    most = None
    if "maxTokens" in keys:
        most = _whole(keys["maxTokens"])
        if most < 1:
            raise ConfigError(f"{where}.maxTokens: must be a whole number above 0, is {keys['maxTokens']!r}")
    is_required = keys.get("required", True)
    if not isinstance(is_required, bool):
        raise ConfigError(f"{where}.required: must be true or false, is {is_required!r}")
    return Model(
        name,
        url,
        _text(keys, "servedName", where, default=name),
        float(timeout),
        aliases=_aliases(keys.get("aliases", []), where),
        max_tokens=most,
        is_required=is_required,
    )


def _aliases(entry: object, where: str) -> tuple[str, ...]:
    if not isinstance(entry, list) or not all(isinstance(alias, str) and alias for alias in entry):
        raise ConfigError(f"{where}.aliases: must be a list of texts that are not empty")
    return tuple(entry)


def _check_aliases(models: Mapping[str, Model]) -> None:
    """Refuse a name that means two models: which one answered would hang on the order of the file."""
    owners = {name: name for name in models}
    for model in models.values():
        for alias in model.aliases:
            owner = owners.setdefault(alias, model.name)
            if owner != model.name:
                raise ConfigError(f"models.{model.name}.aliases: {alias!r} is a name of model {owner}")


def _is_web_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets, or a port that is no number
        return False


def _flags(entry: object) -> Flags:
    keys = _mapping(entry or {}, "flags", {"exposeModels", "logPrompts"})
    for key, value in keys.items():
        if not isinstance(value, bool):
            raise ConfigError(f"flags.{key}: must be true or false, is {value!r}")
    return Flags(bool(keys.get("exposeModels", False)), bool(keys.get("logPrompts", False)))


def _limits(entry: object) -> Limits:
    keys = _mapping(entry or {}, "limits", {"maxRequestBytes", "maxTokens", "defaultMaxTokens"})
    given = {key: _whole(value) for key, value in keys.items()}
    for key, value in given.items():
        if value < 1:
            raise ConfigError(f"limits.{key}: must be a whole number above 0, is {keys[key]!r}")
    standard = Limits()
    most = given.get("maxTokens", standard.max_tokens)
    return Limits(
        max_request_bytes=given.get("maxRequestBytes", standard.max_request_bytes),
        max_tokens=most,
        default_max_tokens=min(most, given.get("defaultMaxTokens", standard.default_max_tokens)),
    )


def _whole(value: object) -> int:
    """The whole number that `value` is, or 0. Helm writes a large one as 1.048576e+06 or 1e+06."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0
    try:
        number = float(value)
    except ValueError:
        return 0
    return int(number) if number.is_integer() else 0


def _mapping(value: object, where: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: must be a mapping, is {type(value).__name__}")
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        raise ConfigError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")
    return value


def _text(keys: Mapping[str, Any], key: str, where: str, default: str = "") -> str:
    value = keys.get(key, default)
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{where + '.' if where else ''}{key}: must be a text that is not empty")
    return value
