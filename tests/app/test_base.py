"""A release of base alone: a backup first, no traffic moves, and what an ordinary rollout may not do."""

import pytest

from tests.app.story import Story
from tooling.app.base import BaseWishes, release_base
from tooling.app.release import resume
from tooling.core.rollout import Phase
from tooling.errors import HelmError, PreflightError, UsageError

OLD = {"image": "weaviate:1", "backup": {"enabled": True}}
NEW = {**OLD, "image": "weaviate:2"}


@pytest.fixture
def story():
    """The first release of an instance whose vector DB has a backup."""
    story = Story()
    story.world.cluster.cronjobs.add("genai-vectordb-backup")
    story.vectordb = OLD
    make = story.target
    story.target = lambda version, **values: make(version, **{"vectordb": story.vectordb, **values})
    assert story.release(1).exit_code == 0
    story.world.writes.clear()
    return story


def release_it(story, vectordb=NEW, **wishes):
    story.vectordb = vectordb
    return release_base(story.ports, story.target(1), BaseWishes(**{"is_confirmed": True, **wishes}))


def read_image(story):
    manifests = story.world.helm.read_installed("genai").manifests
    return manifests[0]["spec"]["template"]["spec"]["containers"][0]["image"]


def test_a_backup_then_base_and_no_traffic_moves(story):
    before = story.weights
    result = release_it(story, reason="CVE")
    assert (result.exit_code, result.rollout.phase) == (0, Phase.SUCCEEDED)
    assert [write.call for write in story.world.writes if not write.call.startswith(("store.", "lease."))] == [
        "cluster.start_job_from",
        "helm.upgrade",
    ]
    assert read_image(story) == "weaviate:2"
    assert story.weights == before
    assert [(one.verb, one.reason) for one in result.rollout.approvals] == [("confirm", "CVE")]
    assert [(one.slot, one.revision) for one in result.rollout.verified] == [("blue", 1)]
    assert "its pods restart" in str(story.world.reporter.tables)
    assert "goes only forward" in story.said


def test_what_already_is_so_is_said(story):
    assert release_it(story, OLD).exit_code == 0
    assert "nothing to do" in story.said
    assert not story.world.wrote("helm.upgrade")
    assert release_it(story, OLD, is_again=True).exit_code == 0
    assert story.world.wrote("helm.upgrade") == ["genai"]


def test_a_dry_run_writes_nothing(story):
    assert release_it(story, is_dry_run=True).exit_code == 0
    assert "Job genai-vectordb-backup-" in story.said
    assert story.world.writes == []


def test_nothing_is_confirmed_by_nobody(story):
    with pytest.raises(UsageError, match="nobody is here"):
        release_it(story, is_confirmed=False)
    assert story.world.writes == []


def test_without_a_backup_only_when_that_is_asked_for(story):
    release_it(story, {"image": "weaviate:1"}, skips_backup=True)
    story.world.writes.clear()
    with pytest.raises(PreflightError, match="no backup that could be made") as refused:
        release_it(story, {"image": "weaviate:2"})
    assert "--without-backup" in refused.value.hint
    assert story.world.writes == []
    assert release_it(story, {"image": "weaviate:2"}, skips_backup=True).exit_code == 0
    assert story.world.wrote("cluster.start_job_from") == []


def test_a_backup_that_fails_changes_nothing(story):
    story.world.cluster.job_problem = "BackoffLimitExceeded"
    result = release_it(story)
    assert (result.exit_code, result.rollout.phase) == (3, Phase.ABORTED)
    assert "the backup failed: BackoffLimitExceeded" in result.rollout.reason
    assert read_image(story) == "weaviate:1"


def test_base_that_does_not_get_ready_is_taken_back(story):
    world = story.world
    world.cluster.base_problem = "CrashLoopBackOff"
    world.clock.schedule(100.0, lambda: setattr(world.cluster, "base_problem", ""))
    result = release_it(story)
    assert result.rollout.phase is Phase.ABORTED
    assert world.wrote("helm.rollback") == ["genai 1"]
    assert read_image(story) == "weaviate:1"
    assert "CrashLoopBackOff" in result.rollout.reason


def test_an_upgrade_that_helm_refuses_is_taken_back(story):
    story.world.fail_next("helm.upgrade", HelmError("cannot patch StatefulSet"))
    result = release_it(story)
    assert (result.exit_code, read_image(story)) == (3, "weaviate:1")


def test_an_unfinished_release_of_base_goes_on(story):
    story.world.fail_next("helm.upgrade", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        release_it(story)
    assert resume(story.ports, story.target(1)).exit_code == 0
    assert read_image(story) == "weaviate:2"
    assert len(story.world.cluster.jobs) == 1


def test_base_waits_for_a_rollout_of_the_slots(story):
    story.world.fail_next("helm.upgrade", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        story.release(2)
    with pytest.raises(UsageError, match="unfinished rollout of its slots"):
        release_it(story)


def test_nothing_is_installed():
    story = Story()
    with pytest.raises(UsageError, match="is not installed"):
        release_it(story)


def test_an_ordinary_release_refuses_what_is_for_base_alone(story):
    story.vectordb = NEW
    with pytest.raises(PreflightError, match="StatefulSet/genai-vectordb: its pods restart") as refused:
        story.release(2)
    assert "release --base" in refused.value.hint
    assert story.world.writes == []


def test_an_ordinary_release_lists_and_makes_additive_changes(story):
    make = story.target
    story.target = lambda version: make(version, evals={"data": {"new": "1"}})
    assert story.release(2).exit_code == 0
    assert "data.new: new" in str(story.world.reporter.tables)
