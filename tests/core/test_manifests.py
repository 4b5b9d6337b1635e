"""Image references out of manifests of any kind."""

from __future__ import annotations

from tooling.core.manifests import ImageUse, find_images


def pod(**spec):
    return {"spec": {"template": {"spec": spec}}}


def test_every_kind_of_container_and_image_volumes_count_once():
    web = {"kind": "Deployment", "metadata": {"name": "web"}} | pod(
        initContainers=[{"name": "copy", "image": "weights:1"}],
        containers=[{"name": "web", "image": "web:1"}, {"name": "same", "image": "web:1"}],
        volumes=[{"name": "a", "image": {"reference": "model:1"}}, {"name": "b", "emptyDir": {}}],
    )
    cron = {
        "kind": "CronJob",
        "metadata": {"name": "nightly"},
        "spec": {"jobTemplate": pod(containers=[{"name": "run", "image": "web:1"}])},
    }
    assert find_images((web, cron)) == (
        ImageUse("model:1", ("Deployment web",)),
        ImageUse("web:1", ("CronJob nightly", "Deployment web")),
        ImageUse("weights:1", ("Deployment web",)),
    )


def test_what_only_looks_like_an_image_does_not_count():
    data = {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"image": "text:1", "containers": "none"}}
    broken = {"kind": "Pod", "metadata": None, "spec": {"containers": [{"name": "no image"}], "volumes": ["x"]}}
    assert find_images((data, broken)) == ()
