"""What the account may not do, and what the cluster would not take, is told before anything is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.app.story import Story, stand
from tests.fakes.images import FakeImages
from tooling.app.preflight_apply import LARGEST_RELEASE
from tooling.app.preflight_together import check_all
from tooling.core.diff.objects import ObjectName
from tooling.core.trial import Trial
from tooling.errors import ClusterError, PreflightError
from tooling.ports.helm import ReleaseSize

SERVICES_PROXY = ("create", "services/proxy")


def refuse(story, command=None):
    with pytest.raises(PreflightError) as refused:
        (command or (lambda: story.release(2)))()
    assert story.world.writes == []
    assert refused.value.exit_code == 2
    assert refused.value.hint.endswith("Nothing was touched.")
    return refused.value


@pytest.mark.parametrize("make", [Story, stand], ids=["first", "later"])
def test_everything_that_is_denied_is_told_at_once(make):
    story = make()
    story.world.cluster.denied = {("create", "secrets"), ("delete", "deployments"), SERVICES_PROXY}
    refused = refuse(story)
    assert refused.message == (
        "tester may not do in namespace genai what this needs: "
        "create secrets (Helm keeps its releases in Secrets); "
        "delete deployments.apps (the slots are watched); "
        "create services/proxy (a slot is asked one question before it gets traffic)."
    )
    assert "genai-stack rbac --env local --user tester --namespace genai | kubectl apply -f -" in refused.hint
    assert "no slot can be warmed up" in refused.hint


def test_an_analysis_needs_the_proxy_of_pods_and_names_the_other_way():
    story = stand()
    story.world.cluster.denied = {("get", "pods/proxy")}
    refused = refuse(story)
    assert "get pods/proxy (the gateways' metrics are read from their pods)" in refused.message
    assert "rollout.analysis.provider: prometheus" in refused.hint
    assert Story().release(1).exit_code == 0


def test_a_first_install_analyses_nothing():
    story = Story()
    story.world.cluster.denied = {("get", "pods/proxy")}
    assert story.release(1).exit_code == 0


def test_what_is_of_use_only_is_a_warning():
    story = stand()
    story.world.cluster.denied = {("list", "nodes"), ("watch", "services"), ("watch", "configmaps")}
    assert story.release(2).exit_code == 0
    assert (
        "warning: changes are noticed at the next look, not at once: this account may not watch configmaps, "
        "watch services" in story.said
    )


def test_a_service_account_is_named_as_rbac_takes_it():
    story = stand()
    story.world.cluster.denied = {("create", "secrets")}
    story.world.cluster.account = "system:serviceaccount:genai:ci"
    assert "rbac --env local --service-account ci --namespace genai |" in refuse(story).hint
    story.world.cluster.account = "system:serviceaccount:other:ci"
    assert "rbac --env local --user system:serviceaccount:other:ci" in refuse(story).hint
    story.world.cluster.account = ""
    refused = refuse(story)
    assert refused.message.startswith("this account may not do")
    assert "rbac --env local --namespace genai |" in refused.hint


def test_who_may_not_even_look_for_the_namespace_is_told_the_rest_too():
    story = stand()
    story.world.cluster.denied = {("get", "namespaces"), ("create", "secrets")}
    forbidden = ClusterError("cannot read Namespace genai: Forbidden", status=403)
    story.world.fail_next("cluster.has_namespace", forbidden, times=2)
    refused = refuse(story)
    assert "get namespaces" in refused.message
    assert "create secrets" in refused.message


def test_a_cluster_in_trouble_is_no_denial():
    story = stand()
    story.world.fail_next("cluster.has_namespace", ClusterError("later", status=503))
    with pytest.raises(ClusterError, match="later"):
        story.release(2)


def test_a_rollback_is_refused_before_it_begins():
    story = stand()
    story.world.cluster.denied = {("patch", "deployments/scale")}
    assert "patch deployments/scale" in refuse(story, story.rollback).message


def test_an_account_that_may_not_make_the_namespace_is_told():
    story = Story()
    story.world.cluster.namespaces.clear()
    story.world.cluster.denied = {("create", "namespaces")}
    assert "create namespaces in the cluster" in refuse(story).message
    story.world.cluster.denied.clear()
    assert story.release(1).exit_code == 0
    assert "namespace genai does not exist yet" in story.said


def put_trial(story, kind, name, **facts):
    name = ObjectName("apps/v1", kind, "genai", name)
    story.world.cluster.trials[str(name)] = Trial(name, **facts)


def test_refusals_of_the_api_server_quotas_budgets_and_images_come_together():
    story = stand()
    put_trial(story, "StatefulSet", "genai-vectordb", problem="spec: Forbidden: updates to ...")
    quota = {"metadata": {"name": "objects"}, "status": {"hard": {"count/deployments.apps": "0"}, "used": {}}}
    story.world.cluster.listed["resourcequotas"] = [quota]
    set_spec = {"maxUnavailable": 0, "selector": {"matchLabels": {"app.kubernetes.io/instance": "genai"}}}
    story.world.cluster.listed["poddisruptionbudgets"] = [{"metadata": {"name": "theirs"}, "spec": set_spec}]
    render_image(story, "acme/app:1")
    story.ports = replace(story.ports, images=FakeImages(("acme/app:1",)))
    refused = refuse(story)
    assert refused.message.startswith("(1) StatefulSet/genai-vectordb: spec: Forbidden")
    for told in ("ResourceQuota objects: 2 more", "PodDisruptionBudget/theirs", "(2) the registry does not have"):
        assert told in refused.message
    assert refused.hint.count("Nothing was touched.") == 1


def render_image(story, reference):
    """Let every workload run that image."""
    render = story.world.helm.render

    def render_more(name, values, **options):
        found = render(name, values, **options)
        pod = {"spec": {"containers": [{"name": "main", "image": reference}]}}
        return tuple(
            {**one, "spec": {**one["spec"], "template": {**one["spec"]["template"], **pod}}}
            if one["kind"] == "Deployment"
            else one
            for one in found
        )

    story.world.helm.render = render_more


@pytest.mark.parametrize("checks", [True, False])
def test_an_image_that_is_not_there_is_named_with_who_runs_it(checks):
    story = stand(checkImages=checks)
    render_image(story, "acme/app:1")
    story.ports = replace(story.ports, images=FakeImages(("acme/app:1",)))
    if not checks:
        assert story.release(2).exit_code == 0
        return
    refused = refuse(story)
    assert refused.message.startswith("the registry does not have acme/app:1 (Deployment genai-green-gateway,")
    assert "rollout.checkImages: false" in refused.hint


def test_an_image_that_cannot_be_looked_for_is_a_warning():
    story = stand()
    render_image(story, "acme/app:1")
    story.ports = replace(story.ports, images=FakeImages(unchecked={"acme/app:1": "acme answered 401"}))
    assert story.release(2).exit_code == 0
    assert "warning: whether acme/app:1 exists was not checked: acme answered 401" in story.said
    assert "acme/app:1" in story.ports.images.asked


def test_what_was_not_tried_is_a_warning():
    story = stand()
    put_trial(story, "Deployment", "genai-green-gateway", unchecked="webhook w does not support dry run")
    assert story.release(2).exit_code == 0
    assert "warning: Deployment/genai-green-gateway was not tried: webhook w" in story.said


@pytest.mark.parametrize("plural", ["resourcequotas", "poddisruptionbudgets"])
def test_what_may_not_be_listed_is_passed_over(plural):
    story = stand()
    story.world.cluster.forbidden.add(plural)
    assert story.release(2).exit_code == 0


def test_a_release_that_helm_could_not_keep_is_refused_with_what_makes_it_large():
    story = stand()
    target = story.target(2, evals={"suites": {"golden": "x" * 400_000}})
    story.target = lambda version: target
    story.world.helm.size = ReleaseSize(LARGEST_RELEASE + 1, {"the values": 900_000, "the manifests": 100_000})
    refused = refuse(story)
    assert f"Helm would keep genai in a Secret of {LARGEST_RELEASE + 1} bytes" in refused.message
    assert "genai-green in a Secret" in refused.message
    assert "the values take 900000, the manifests take 100000" in refused.message
    story.world.helm.size = ReleaseSize(LARGEST_RELEASE)
    assert story.release(2).exit_code == 0


def test_one_refusal_is_told_as_it_is():
    def refuse_one():
        raise PreflightError("no.", hint="Do this. Nothing was touched.")

    with pytest.raises(PreflightError) as refused:
        check_all(refuse_one, lambda: None)
    assert (refused.value.message, refused.value.hint) == ("no.", "Do this. Nothing was touched.")
    with pytest.raises(PreflightError) as refused:
        check_all(refuse_one, refuse_one)
    assert (refused.value.message, refused.value.hint) == ("(1) no. (2) no.", "Do this. Nothing was touched.")
