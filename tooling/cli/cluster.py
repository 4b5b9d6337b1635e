"""The embedded cluster: real Kubernetes on this Linux machine, for ENV=local and for tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import yaml

from tooling.local import containers, simulated
from tooling.local.binaries import build
from tooling.local.gpus import DEFAULT_KIND, KINDS
from tooling.local.images import build_images, image_values
from tooling.local.loading import load_images
from tooling.local.progress import Progress, Stopwatch
from tooling.local.runtimes import AUTO, RUNTIMES, choose_runtime
from tooling.local.settings import DEFAULT_NAME, SIMULATED

Command = Callable[..., Any]


def _common(command: Command) -> Command:
    name = click.option(
        "--name", default=DEFAULT_NAME, show_default=True, metavar="NAME", help="Which cluster: several can run."
    )
    output = click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
    return name(output(command))


def _progress() -> Progress:
    watch = Stopwatch()

    def say(message: str, /) -> None:
        click.echo(f"[{watch.seconds:6.1f} s] {message}", err=True)

    return say


def _print(document: dict[str, Any], lines: list[str], output: str) -> None:
    click.echo(json.dumps(document, default=str) if output == "json" else "\n".join(lines))


def _cluster_lines(cluster: containers.Cluster) -> list[str]:
    return [
        f"kubeconfig  {cluster.kubeconfig}",
        f"context     {cluster.context}",
        f"edge        {cluster.edge or 'none: pods are simulated'}",
    ]


@click.group()
def cluster() -> None:
    """Start, stop and fill the embedded cluster (Linux; root for real pods)."""


@cluster.command()
@_common
@click.option(
    "--runtime",
    type=click.Choice(RUNTIMES),
    default=AUTO,
    show_default=True,
    help="How nodes are made: containers has real pods and needs root, simulated has neither; "
    "auto takes the first that can run.",
)
@click.option(
    "--gpu-nodes",
    multiple=True,
    metavar="[KIND=]N",
    help=f"Add N simulated GPU nodes; may be given again. Kinds: {', '.join(KINDS)}.  [default: {DEFAULT_KIND}]",
)
@click.option(
    "--network",
    type=click.IntRange(0, 255),
    metavar="N",
    help="Use 198.18.N.0/30 between host and cluster, in containers.  [default: a free one, from 77 on]",
)
@click.option(
    "--custom-kinds",
    is_flag=True,
    help="Define the kinds of other projects that the chart can make (PodMonitor, PrometheusRule, ScaledObject, "
    "Certificate, ...). Nobody acts on them.",
)
def up(
    *,
    name: str,
    output: str,
    runtime: str,
    gpu_nodes: tuple[str, ...],
    network: int | None,
    custom_kinds: bool,
) -> int:
    """Start a cluster and wait until it is ready; one that already runs is left as it is."""
    say = _progress()
    choice = choose_runtime(name, runtime, network=network)
    say(f"runtime: {choice}")
    # What is not asked for may be as it is in a cluster that runs.
    extras = {"gpu_nodes": gpu_nodes or None, "has_custom_kinds": custom_kinds or None}
    asked: dict[str, Any] = {**extras, "progress": say}
    if choice.runtime == SIMULATED:
        started = simulated.up(name, **asked)
    else:
        started = containers.up(name, network=network, **asked)
    word = "runs already" if started.is_reused else "is ready"
    times = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in started.ready_after.items())
    lines = [f"cluster {name} {word}", *_cluster_lines(started), f"ready after {times}"]
    _print(asdict(started), lines, output)
    return 0


@cluster.command()
@_common
@click.option("--keep-logs", is_flag=True, help="Leave the logs of the components in the cluster's folder.")
def down(*, name: str, output: str, keep_logs: bool) -> int:
    """Stop a cluster and remove every trace of it."""
    is_there = containers.down(name, keep_logs=keep_logs, progress=_progress())
    line = f"cluster {name} is gone" if is_there else f"there is no cluster {name}"
    _print({"name": name, "was_there": is_there}, [line], output)
    return 0


@cluster.command()
@_common
def status(*, name: str, output: str) -> int:
    """Show whether a cluster answers, and its components. Exit code 0 when ready, 2 when there is none, else 4."""
    seen = containers.status(name)
    _print(asdict(seen) | {"is_ready": seen.is_ready}, _status_lines(seen), output)
    if seen.is_ready:
        return 0
    return 4 if seen.is_known else 2


def _status_lines(seen: containers.Status) -> list[str]:
    if not seen.is_known or seen.cluster is None:
        return [f"there is no cluster {seen.name}; start it: genai-stack cluster up --name {seen.name}"]
    if not seen.is_alive:
        return [f"cluster {seen.name} has ended; `cluster up` cleans up and starts it again"]
    answers = {"api": seen.is_api_answering, "edge": seen.is_edge_answering, "dns": seen.is_dns_answering}
    lines = [f"cluster {seen.name} {'is ready' if seen.is_ready else 'runs, but is not ready'}"]
    lines += _cluster_lines(seen.cluster)
    lines += [
        f"{part:<11} {'answers' if is_answering else 'DOES NOT ANSWER'}"
        for part, is_answering in answers.items()
        if is_answering is not None
    ]
    for each in seen.components:
        state = "runs" if each.is_running else f"is down ({each.last_exit})"
        again = f", restarted {each.restarts} times, last {each.last_exit}" if each.restarts else ""
        lines.append(f"  {each.name:<24} {state}{again}")
    return lines


@cluster.command("load-images")
@_common
@click.argument("archives", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--values-out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write values that make the chart use the images built here.",
)
def load(*, name: str, output: str, archives: tuple[Path, ...], values_out: Path | None) -> int:
    """Import docker-archives into a cluster; without any, build all images of this checkout and import them."""
    if archives and values_out:
        raise click.UsageError("--values-out describes the images built here: leave out the archives.")
    say = _progress()
    if not archives:
        built = build_images(say)
        archives = tuple(image.archive for image in built)
        if values_out:
            values_out.parent.mkdir(parents=True, exist_ok=True)
            values_out.write_text(yaml.safe_dump(image_values(built), sort_keys=False))
    references = load_images(name, archives, say)
    lines = [f"in cluster {name}: {reference}" for reference in references]
    _print({"name": name, "images": references}, lines, output)
    return 0


@cluster.command("build-tools", hidden=True)
@click.argument("names", nargs=-1, required=True)
def build_tools(*, names: tuple[str, ...]) -> int:
    """Build pinned binaries into the user's cache and print where they are."""
    for path in build(names, _progress()).values():
        click.echo(path)
    return 0
