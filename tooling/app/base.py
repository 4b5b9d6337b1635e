"""The release of base alone: a backup first, then the upgrade, then its pods; no traffic moves."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tooling.app import preflight
from tooling.app.apply import RouteBook, values_for
from tooling.app.base_changes import compare_base, tell_changes
from tooling.app.context import Ports, Target, find_user
from tooling.app.plan_document import describe_plan
from tooling.app.plan_table import make_capacity
from tooling.app.recording import record
from tooling.app.release import confirm, keep, run, take_over
from tooling.app.report import Result
from tooling.app.same_target import check_instance, check_same_target
from tooling.core.base_changes import BaseChange, find_backup
from tooling.core.plan import plan_base
from tooling.core.rollout import Rollout, Snapshot
from tooling.core.steps.base import name_backup
from tooling.core.trail import Approval, find_verified
from tooling.errors import PreflightError, UsageError
from tooling.ports.helm import Installed
from tooling.ports.store import Stored

FORWARD_ONLY = (
    "what data this changes goes only forward: taking base back brings the old version, not the old data"
)


@dataclass(frozen=True, slots=True)
class BaseWishes:
    """How a release of base is asked for: `--again`, `--yes`, `--dry-run`, `--without-backup`, `--reason`."""

    is_again: bool = False
    is_confirmed: bool = False
    is_dry_run: bool = False
    skips_backup: bool = False
    reason: str = ""


def release_base(ports: Ports, target: Target, wishes: BaseWishes) -> Result:
    """Release base alone and return how it ended. Nothing is written before plan and confirmation."""
    preflight.check_context(ports, target)
    preflight.check_rights(ports, target)
    stored = ports.store.load(target.namespace, target.instance)
    if stored is not None and not stored.rollout.phase.is_terminal:
        return _settle_unfinished(ports, target, stored, wishes)
    preflight.check_releases(ports, target, has_slots=stored is not None, is_unfinished=False)
    preflight.check_cluster(ports, target)
    installed = ports.helm.read_installed(target.instance)
    if installed is None or stored is None:
        raise UsageError(
            f"{target.instance} is not installed: there is no base to change.",
            hint="The first release installs it: genai-stack release",
        )
    check_instance(target, installed.manifests)
    manifests = ports.helm.render(target.instance, values_for(target, "base"))
    changes = compare_base(target, installed, manifests)
    if not changes and not wishes.is_again:
        ports.reporter.say(
            f"base of {target.instance} already is as {target.version.label} has it: nothing to do."
        )
        return Result(_plan(ports, target, stored, backup=""), exit_code=0)
    rollout = _plan(ports, target, stored, _choose_backup(target, installed, wishes))
    preflight.check_base(ports, target, rollout, manifests)
    _tell_plan(ports, rollout, changes)
    if wishes.is_dry_run:
        return Result(rollout, 0, describe_plan(rollout, make_capacity(rollout, target), changes))
    confirm(ports, target, wishes.is_confirmed, f"to change base to {target.version.label}")
    approved = replace(rollout, approvals=(_note_approval(ports, wishes),))
    with ports.lease.hold(target.namespace, target.instance) as hold:
        keep(ports, target, stored.rollout)
        begun = record(ports, target, replace(approved, epoch=hold.epoch), stored)
        return run(ports, target, RouteBook(ports, target), hold, begun)


def _choose_backup(target: Target, installed: Installed, wishes: BaseWishes) -> str:
    """Return the CronJob to back up with, "" where no backup is wanted or there is nothing to back up."""
    has_data = any(one.get("kind") == "StatefulSet" for one in installed.manifests)
    if wishes.skips_backup or not has_data:
        return ""
    name = find_backup(installed.manifests)
    if not name:
        raise PreflightError(
            f"base of {target.instance} has no backup that could be made first: vectordb.backup.enabled is false "
            "in what is installed.",
            hint="Switch it on and release that, or go without: --without-backup. Nothing was touched.",
        )
    return name


def _plan(ports: Ports, target: Target, stored: Stored, backup: str) -> Rollout:
    before, now = stored.rollout, ports.clock.now()
    route = ports.route.read(target.namespace, target.instance)
    serving = route.leader if route else ""
    base = ports.helm.read_release(target.instance)
    proven = find_verified(before.verified, serving)
    return Rollout(
        id=f"{target.instance}-{int(now * 1000):x}",
        instance=target.instance,
        candidate="",
        target=target.version,
        steps=plan_base(target.strategy, has_backup=bool(backup)),
        snapshot=Snapshot(serving=serving, base_revision=base.revision if base else 0),
        started_at=now,
        step_started_at=now,
        by=find_user(),
        verified=before.verified,
        number=before.number + 1,
        strategy=target.strategy_digest,
        is_base=True,
        backup=backup,
        was=proven.version if proven else None,
    )


def _tell_plan(ports: Ports, rollout: Rollout, changes: tuple[BaseChange, ...]) -> None:
    say = ports.reporter.say
    say(f"plan for base of {rollout.instance}: {rollout.target.label} (no traffic moves)", rollout=rollout.id)
    tell_changes(ports, changes)
    ports.reporter.table(
        "plan", tuple({"step": number, "does": str(step)} for number, step in enumerate(rollout.steps, 1))
    )
    say(f"backup: Job {name_backup(rollout)}" if rollout.backup else "backup: none is made")
    if any(change.is_forward_only for change in changes):
        say(f"note: {FORWARD_ONLY}")


def _note_approval(ports: Ports, wishes: BaseWishes) -> Approval:
    reason = wishes.reason or ("--yes" if wishes.is_confirmed else "typed the name")
    return Approval(0, "release --base", find_user(), reason, ports.clock.now(), verb="confirm")


def _settle_unfinished(ports: Ports, target: Target, stored: Stored, wishes: BaseWishes) -> Result:
    rollout = stored.rollout
    ports.reporter.say(f"found an unfinished rollout of {rollout.target.label} in phase {rollout.phase}")
    if not rollout.is_base:
        raise UsageError(
            f"{target.instance} has an unfinished rollout of its slots; base is changed alone.",
            hint="Go on with: genai-stack resume, or take it back with: genai-stack abort. Nothing was touched.",
        )
    check_same_target(rollout, target)
    if wishes.is_dry_run:
        _tell_plan(ports, rollout, ())
        return Result(rollout, 0, describe_plan(rollout, make_capacity(rollout, target)))
    return take_over(ports, target)
