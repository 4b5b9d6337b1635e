"""Nothing is written before everything was looked at and a person said yes (promise P9)."""

from dataclasses import replace

import pytest

from tests.app.story import Story, stand
from tooling.errors import HeldError, HelmError, PreflightError, UsageError, ValuesError

COMMANDS = {
    "release": lambda story: story.release(2),
    "resume": lambda story: story.resume(2),
    "rollback": lambda story: story.rollback(2),
    "abort": lambda story: story.abort(2),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_context_that_is_not_allowed_is_refused(command):
    story = stand()
    story.settings["contexts"] = ["prod-eu", "prod-us"]
    with pytest.raises(PreflightError) as refused:
        command(story)
    assert "'genai-local'" in refused.value.message
    assert "prod-eu, prod-us" in refused.value.message
    assert refused.value.exit_code == 2
    assert story.world.writes == []


def test_an_allowed_context_is_taken():
    assert Story(contexts=["genai-local"]).release(1).exit_code == 0


def test_a_cluster_without_routes_is_refused():
    story = Story()
    story.world.cluster.kinds = {("v1", "Service")}
    with pytest.raises(PreflightError, match="HTTPRoute") as refused:
        story.release(1)
    assert "Gateway API" in refused.value.hint
    assert story.world.writes == []


def test_each_missing_secret_is_named_with_the_line_that_makes_it():
    story = Story()
    story.world.cluster.secrets = {"there"}
    target = story.target(1, vectordb={"auth": {"existingSecret": "there"}, "tls": {"existingSecret": "gone"}})
    story.target = lambda version: target
    with pytest.raises(PreflightError, match="Secret gone") as refused:
        story.release(1)
    assert "kubectl create secret generic gone --namespace genai" in refused.value.hint
    assert "there" not in refused.value.hint
    assert story.world.writes == []


def test_a_secret_of_what_is_switched_off_is_not_missed():
    story = Story()
    target = story.target(1, vectordb={"auth": {"enabled": False, "existingSecret": "gone"}})
    story.target = lambda version: target
    assert story.release(1).exit_code == 0


def render_too(story, role, *extra):
    """Let the chart render more in one role."""
    render = story.world.helm.render

    def render_more(name, values, **options):
        added = extra if values["global"]["role"] == role else ()
        return (*render(name, values, **options), *added)

    story.world.helm.render = render_more


def make(api_version, kind, **spec):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": f"my-{kind.lower()}"}, "spec": spec}


@pytest.mark.parametrize("role", ["base", "slot"])
@pytest.mark.parametrize("make_story", [Story, stand], ids=["first", "later"])
def test_kinds_that_the_cluster_lacks_are_named_all_at_once_before_any_write(role, make_story):
    story = make_story()
    certificate = make("cert-manager.io/v1", "Certificate", secretName="genai-tls")
    render_too(story, role, certificate, make("monitoring.coreos.com/v1", "PodMonitor"), certificate)
    with pytest.raises(PreflightError) as refused:
        story.release(2)
    assert refused.value.message == (
        "the cluster does not know Certificate (cert-manager.io/v1), which route.tls.certManager.issuer asks for; "
        "PodMonitor (monitoring.coreos.com/v1), which observability.monitors.enabled asks for."
    )
    assert refused.value.hint.startswith("Install cert-manager, and the Prometheus operator, or take")
    assert refused.value.exit_code == 2
    assert story.world.writes == []


def test_kinds_that_the_cluster_has_are_taken():
    story = Story()
    render_too(story, "base", make("cert-manager.io/v1", "Certificate", secretName="genai-tls"))
    story.world.cluster.kinds.add(("cert-manager.io/v1", "Certificate"))
    assert story.release(1).exit_code == 0


def test_a_missing_certificate_is_named_with_the_line_that_makes_it():
    story = Story()
    kind = ("networking.k8s.io/v1", "Ingress")
    render_too(story, "base", make(*kind, tls=[{"secretName": "genai-cert"}]))
    story.world.cluster.kinds.add(kind)
    with pytest.raises(PreflightError, match="Secret genai-cert") as refused:
        story.release(1)
    assert "kubectl create secret tls genai-cert --namespace genai --cert=FILE --key=FILE" in refused.value.hint
    assert story.world.writes == []
    story.world.cluster.secrets.add("genai-cert")
    assert story.release(1).exit_code == 0


def test_a_plain_install_is_refused_in_one_sentence():
    story = Story()
    story.world.stand("blue")
    with pytest.raises(PreflightError) as refused:
        story.release(1)
    assert "installed by plain helm" in refused.value.message
    assert "\n" not in str(refused.value)
    assert "helm uninstall genai -n genai" in refused.value.hint
    assert story.world.writes == []


@pytest.mark.parametrize("name", ["genai", "genai-blue", "genai-green"])
def test_somebody_elses_pending_helm_is_respected(name):
    story = stand()
    story.world.helm.leave_pending(name, {}, "")
    with pytest.raises(HeldError, match=f"helm is at work on {name} for somebody else") as refused:
        story.release(2)
    assert refused.value.exit_code == 5
    command = "helm uninstall genai-green" if name == "genai-green" else f"helm rollback {name} 1"
    assert f"{command} -n genai" in refused.value.hint
    assert story.world.writes == []


def test_somebody_elses_first_install_of_a_slot_is_respected():
    story = Story()
    story.world.helm.leave_pending("genai-blue", {}, "")
    with pytest.raises(HeldError, match="genai-blue"):
        story.release(1)


def test_somebody_elses_helm_that_comes_later_ends_the_rollout_and_is_not_touched():
    story = stand()
    hold = story.world.lease._take

    def take(instance):
        story.world.helm.leave_pending("genai-green", {}, "")
        return hold(instance)

    story.world.lease._take = take
    result = story.release(2)
    assert result.exit_code in {3, 4}
    assert "helm is at work on genai-green for somebody else" in result.rollout.reason
    assert story.weights == {"blue": 100}
    assert story.world.helm.revisions["genai-green"][-1].status == "pending-install"


@pytest.mark.parametrize("role", ["base", "slot", "route"])
def test_a_template_that_does_not_render_is_found_before_the_first_write(role):
    story = stand()
    render = story.world.helm.render

    def refuse(name, values):
        if values["global"]["role"] == role:
            raise HelmError("template: gateway/deployment.yaml:12: nil pointer")
        return render(name, values)

    story.world.helm.render = refuse
    with pytest.raises(HelmError, match="nil pointer"):
        story.release(2)
    assert story.world.writes == []


def test_a_rollout_section_that_cannot_be_read_is_a_finding():
    story = Story(scaleDownDelay="soon")
    with pytest.raises(ValuesError, match="'soon' is not a duration"):
        story.release(1)


@pytest.mark.parametrize("answer", [None, "", "gena", "yes"])
@pytest.mark.parametrize("make", [Story, stand])
def test_nothing_is_written_without_a_yes(make, answer):
    story = make()
    story.world.reporter.answer = answer
    with pytest.raises(UsageError) as refused:
        story.release(2, is_confirmed=False)
    assert refused.value.exit_code == 2
    assert "Nothing was touched." in refused.value.hint
    assert story.world.writes == []
    assert story.world.reporter.tables, "the plan comes before the question"


def test_typing_the_name_is_a_yes():
    story = stand()
    story.world.reporter.answer = "genai"
    assert story.release(2, is_confirmed=False).exit_code == 0
    assert len(story.world.reporter.questions) == 1


def test_nobody_is_asked_about_what_already_runs():
    story = stand()
    assert story.release(1, is_confirmed=False).exit_code == 0
    assert story.world.reporter.questions == []


def test_no_write_comes_before_the_answer():
    story = stand()
    confirm = story.world.reporter.__class__.confirm

    class Asking(story.world.reporter.__class__):
        def confirm(self, question, answer):
            assert story.world.writes == []
            self.answer = answer
            return confirm(self, question, answer)

    story.ports = story.ports.__class__(
        **{name: getattr(story.ports, name) for name in story.ports.__slots__ if name != "reporter"},
        reporter=Asking(),
    )
    assert story.release(2, is_confirmed=False).exit_code == 0


@pytest.mark.parametrize("weights", [{"all": 100}, {"chat-frontend": 100}])
def test_a_route_of_that_name_that_somebody_else_made_is_respected(weights):
    story = Story()
    story.world.route.set(weights, "", is_ours=False)
    with pytest.raises(UsageError, match="route"):
        story.release(1)
    assert story.world.writes == []


def test_a_pending_uninstall_is_not_answered_with_a_rollback():
    story = stand()
    past = story.world.helm.revisions["genai-blue"]
    past[-1] = replace(past[-1], status="uninstalling", description="Deletion in progress")
    with pytest.raises(HeldError) as refused:
        story.release(2)
    assert "helm uninstall genai-blue" in refused.value.hint
