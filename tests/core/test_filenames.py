"""A file per object."""

from tooling.core.filenames import name_files


def make(kind, name):
    return {"kind": kind, "metadata": {"name": name}}


def test_each_object_has_a_file_of_its_own():
    names = name_files(
        "base", [make("Service", "a"), make("service", "a"), make("ClusterRole", "system:x/../y"), {}]
    )
    assert names == (
        "base/service-a.yaml",
        "base/service-a-2.yaml",
        "base/clusterrole-system-x-..-y.yaml",
        "base/none-none.yaml",
    )


def test_long_names_fit_any_file_system():
    (name,) = name_files("all", [make("ConfigMap", "a" * 253)])
    assert len(name) < 255 - len(".12345678.part") - 1
