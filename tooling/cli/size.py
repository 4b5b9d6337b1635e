"""`size`: memory of a model, GPUs by hardware, and the values that fit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tooling import bootstrap
from tooling.app.size import SizeReport, SizeRequest
from tooling.app.size import size as size_model
from tooling.app.size_values import adopt
from tooling.app.values import ValuesRequest, load_values
from tooling.cli.options import values_options
from tooling.cli.suggestions import complete_models
from tooling.core.sizing.fit import Fit, write_bytes
from tooling.core.values import table

GIB = 2**30
EXIT_NO_FIT = 2
_DOC = "docs/size.md has the formulas, and how near they come."


@click.command("size")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--model", metavar="NAME", default="", shell_complete=complete_models, help="A well-known model.")
@click.option("--dtype", metavar="NAME", default="", help="Format of the weights; default: as published.")
@click.option("--kv-dtype", metavar="NAME", default="", help="Format of the KV cache; default: 16 bits.")
@click.option(
    "--context", type=click.IntRange(min=128), default=None, help="Tokens of one request.  [default: most]"
)
@click.option("--concurrency", type=click.IntRange(1, 4096), default=None, help="Requests of that length at once.")
@click.option(
    "--tensor-parallel", type=click.IntRange(1, 64), default=None, help="GPUs; default: the least that do."
)
@click.option("--pipeline-parallel", type=click.IntRange(1, 64), default=1, help="Groups of GPUs in a row.")
@click.option("--hardware", metavar="NAME", multiple=True, help="Entry of inference.profiles; default: all.")
@click.option("--gpu-memory", metavar="SIZE", default="", help="Memory of a GPU that has no entry, such as 48Gi.")
@click.option("--parameters", metavar="N", default="", help="Number of parameters, such as 7.6e9.")
@click.option("--weights", metavar="SIZE", default="", help="Size of all weight files, such as 15.2G.")
@click.option(
    "--fact", "facts", metavar="KEY=VALUE", multiple=True, help="A field of config.json, over the file's."
)
@click.option(
    "--name", metavar="NAME", default="", help="Name below inference.models; what the values say of it counts."
)
@values_options
def size(*, request: ValuesRequest, output: str, kv_dtype: str, parameters: str, **options: Any) -> None:
    """Tell how much memory a model needs, and on how many GPUs.

    FILE is the model's config.json, a folder with one, or a GGUF file. Nothing is downloaded. Exits with 2 when no
    hardware holds it.
    """
    tensor, pipeline = options.pop("tensor_parallel") or 0, options.pop("pipeline_parallel")
    options |= {key: options[key] or 0 for key in ("context", "concurrency")}
    wanted = SizeRequest(
        **options,
        cache_dtype=kv_dtype,
        tensor=tensor,
        pipeline=pipeline,
        parameters=_read_count(parameters),
    )
    loaded = load_values(bootstrap.documents(), bootstrap.find_project(), request)
    inference = table(loaded.effective, "inference")
    wanted, stated = adopt(wanted, inference)
    report = size_model(bootstrap.model_files(), wanted, table(inference, "profiles"))
    if output == "json":
        click.echo(json.dumps({**to_json(report), "memoryStated": stated}, indent=2))
    else:
        verdict = _compare(report, stated, request.env) if stated else ""
        click.echo(write_text(report).rstrip() + verdict)
    if report.fits and report.chosen is None:
        raise click.exceptions.Exit(EXIT_NO_FIT)


def _compare(report: SizeReport, stated: int, env: str) -> str:
    """Say whether the memory limit in the values is enough."""
    name, told = f"the memory limit of {env}", write_bytes(stated)
    if stated >= report.limit:
        return f"\n\n{name}, {told}, is enough."
    short = "is less than the peak and 20 %" if stated >= report.peak else "is less than the peak"
    return f"\n\n{name}, {told}, {short}."


def _read_count(text: str) -> int:
    """Return a number of parameters; 0 where none is passed."""
    if not text:
        return 0
    try:
        count = int(float(text))
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{text!r} is no number, such as 7.6e9.", param_hint="--parameters") from error
    if not 0 < count <= 2**50:
        raise click.BadParameter(f"{text!r} is no number of parameters.", param_hint="--parameters")
    return count


def write_text(report: SizeReport) -> str:
    """Return what a person reads, values last."""
    model, serving, taken = report.model, report.serving, report.share
    heads = model.attention
    cached = f"{heads.latent} numbers of a latent" if heads.latent else f"{heads.kv_heads} KV heads"
    place = "on each GPU" if serving.is_gpu else "in the container"
    lines = [
        f"{model.name}: {_count(model.parameters)} parameters ({model.architecture}, {len(model.layers)} layers,"
        f" {heads.heads} heads, {cached})",
        f"  weights, all   {_gib(report.weights)}  {serving.weights.name}",
        f"  KV cache       {report.cache_token / 1024:9.1f} KiB a token, {_gib(taken.sequence).strip()}"
        f" a sequence of {serving.context} tokens {place}",
        "",
        f"{_where(report)}:",
        f"  weights        {_gib(taken.weights)}",
        f"  KV cache       {_gib(taken.cache)}  {serving.concurrency} at once",
        f"  activation     {_gib(taken.activation)}",
        f"  overhead       {_gib(taken.overhead)}",
        f"  sum            {_gib(taken.total)}",
        "",
    ]
    lines += [*_fit_lines(report.fits), ""] if report.fits else []
    lines.append(f"main memory    {_gib(report.peak)} at its peak, limit {_gib(report.limit).strip()} (+ 20 %)")
    lines += [f"note: {note}" for note in model.notes]
    if report.fits and report.chosen is None:
        return "\n".join([*lines, "", f"No hardware above holds it. {_DOC}", ""])
    values = bootstrap.documents().write([report.values]).removeprefix("---\n")
    return "\n".join([*lines, "", f"# {_DOC} The model needs a source besides.", values])


def _where(report: SizeReport) -> str:
    """Say what the figures below are for."""
    serving = report.serving
    if not serving.is_gpu:
        return "in the container"
    kind = f" of {report.chosen.hardware.name}" if report.chosen and report.chosen.hardware.name else ""
    if serving.gpus == 1:
        return f"on one GPU{kind}"
    return f"on each of {serving.gpus} GPUs{kind} (tensor parallel {serving.tensor}, pipeline {serving.pipeline})"


def to_json(report: SizeReport) -> dict[str, Any]:
    """Return the report for programs; all sizes are bytes."""
    model, serving = report.model, report.serving
    return {
        "model": model.name,
        "architecture": model.architecture,
        "parameters": model.parameters,
        "format": serving.weights.name,
        "weights": report.weights,
        "cacheToken": report.cache_token,
        "context": serving.context,
        "concurrency": serving.concurrency,
        "tensorParallel": serving.tensor,
        "pipelineParallel": serving.pipeline,
        "perGpu" if serving.is_gpu else "perPod": {**asdict(report.share), "total": report.share.total},
        "hardware": [_fit_json(one) for one in report.fits],
        "memoryPeak": report.peak,
        "memoryLimit": report.limit,
        "notes": list(model.notes),
        "values": report.values if report.chosen or not report.fits else {},
    }


def _fit_json(found: Fit) -> Mapping[str, Any]:
    told = {"name": found.hardware.name, "memory": found.hardware.memory, "usable": found.hardware.usable}
    if found.reason:
        return {**told, "reason": found.reason}
    return {**told, "gpus": found.serving.gpus, "perGpu": found.share.total, "sequences": found.sequences}


def _fit_lines(fits: tuple[Fit, ...]) -> list[str]:
    lines = [f"{'hardware':<16}{'usable':>12}{'GPUs':>6}{'on each':>12}  sequences of full length"]
    for found in fits:
        start = f"{found.hardware.name or '--gpu-memory':<16}{_gib(found.hardware.usable).strip():>12}"
        if found.reason:
            lines.append(f"{start}{'-':>6}  {found.reason}")
        else:
            taken = _gib(found.share.total).strip()
            lines.append(f"{start}{found.serving.gpus:>6}{taken:>12}  {found.sequences}")
    return lines


def _gib(size: int) -> str:
    return f"{size / GIB:9.2f} GiB" if size >= GIB else f"{size / GIB * 1024:9.2f} MiB"


def _count(number: int) -> str:
    return f"{number / 10**9:.2f} B" if number >= 10**9 else f"{number / 10**6:.1f} M"
