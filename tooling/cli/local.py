"""`local release`: everything from nothing to a released stack on this machine, and where the time went."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
import yaml

from tooling import bootstrap
from tooling.app import release as releases
from tooling.app.report import Result
from tooling.app.values import ValuesRequest
from tooling.cli.options import settings_options
from tooling.cli.rollout import finish
from tooling.cli.wiring import wire
from tooling.core.assignment import Setting
from tooling.local import containers, space, system
from tooling.local.binaries import build
from tooling.local.folders import ClusterFolder
from tooling.local.images import IMAGES, build_images, image_values
from tooling.local.loading import load_images
from tooling.local.preparation import BUILT
from tooling.local.settings import CONTAINERS, DEFAULT_NAME
from tooling.ports.reporter import Reporter

HELM = ("helm",)
IMAGE_BINARIES = tuple(binary for image in IMAGES for binary in image.binaries)
BINARIES = (*BUILT, *HELM, *IMAGE_BINARIES)


@dataclass(slots=True)
class Timetable:
    """Seconds by part of the work, in the order in which it was done."""

    reporter: Reporter
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, part: str) -> Iterator[None]:
        """Tell that a part begins, and keep how long it took."""
        self.reporter.say(f"==> {part}", part=part)
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[part] = time.monotonic() - began

    def show(self) -> None:
        """Tell where the time went."""
        rows = [{"part": part, "seconds": f"{seconds:.1f}"} for part, seconds in self.seconds.items()]
        rows.append({"part": "together", "seconds": f"{sum(self.seconds.values()):.1f}"})
        self.reporter.table("where the time went", tuple(rows))


@click.group()
def local() -> None:
    """Work with the environment `local` on this machine (Linux, root)."""


@local.command()
@click.option("--profile", default="", metavar="NAME", help="Values of values/profiles/NAME.yaml.")
@click.option("-f", "--file", "files", multiple=True, type=click.Path(path_type=Path), help="More values.")
@settings_options
@click.option("--name", default=DEFAULT_NAME, show_default=True, help="Name of the embedded cluster.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For whom.")
@click.option("--began", type=float, hidden=True, help="When make began, in seconds since the epoch.")
def release(
    *,
    profile: str,
    files: tuple[Path, ...],
    settings: tuple[Setting, ...],
    name: str,
    output: str,
    began: float | None,
) -> int:
    """Start the embedded cluster, load the images, and release the stack to it."""
    reporter = bootstrap.reporter(output)
    timetable = Timetable(reporter)
    if began is not None:
        timetable.seconds["virtual environment"] = max(0.0, time.time() - began)
    project = bootstrap.find_project()
    request = ValuesRequest("local", profile, files, settings)
    bootstrap.check_values(project, request)
    system.check_platform()
    _check_space(name)
    with timetable.time("packages of the distribution"):
        system.ensure_programs(system.CLUSTER_PROGRAMS, reporter.progress)
        system.ensure_certificates(reporter.progress)
    with timetable.time("binaries from tools/"):
        build(BINARIES, reporter.progress)
    with timetable.time("cluster"):
        cluster = containers.up(name, progress=reporter.progress)
    with timetable.time("images"):
        images = build_images(reporter.progress)
    with timetable.time("images into the cluster"):
        load_images(name, [image.archive for image in images], reporter.progress)
    ClusterFolder.of(name).images.write_text(yaml.safe_dump(image_values(images), sort_keys=False))
    options: dict[str, Any] = {
        "request": replace(request, sets=(f"rollout.contexts={{{cluster.context}}}", *settings)),
        "output": output,
        "namespace": None,
        "context": cluster.context,
        "kubeconfig": str(cluster.kubeconfig),
    }
    with timetable.time("release"):
        result = _release(options)
    timetable.show()
    _invite(reporter, result, cluster)
    return finish(result, options)


def _check_space(name: str) -> None:
    """Say now, and not after half an hour of building, that the disk is too small for what is missing."""
    is_there = ClusterFolder.of(name).images.exists()
    needs = [] if is_there else [space.needs_of_cluster(name, CONTAINERS), space.needs_of_images()]
    space.check_space([*needs, *space.needs_of_binaries(BINARIES)])


def _release(options: dict[str, Any]) -> Result:
    ports, target = wire(**options)
    asked = releases.Wishes(is_again=True, is_confirmed=True, aborts_unfinished=True)
    return releases.release(ports, target, asked)


def _invite(reporter: Reporter, result: Result, cluster: containers.Cluster) -> None:
    if result.exit_code == 0 or result.rollout.stable:
        reporter.say(
            f"ask it: curl {cluster.edge}/chat -H 'content-type: application/json' "
            """-d '{"message": "What is 2+2?"}'""",
            edge=cluster.edge,
        )
    reporter.say(f"look around: kubectl --kubeconfig {cluster.kubeconfig} get pods -n genai")
