"""What a cluster may be called, where it lives, and when a request differs from what runs."""

from __future__ import annotations

import json

import pytest

from tooling.local.errors import LocalError
from tooling.local.links import parse_taken
from tooling.local.settings import (
    Network,
    Record,
    Settings,
    check_name,
    choose_network,
    describe_difference,
    numbers_within,
)

SETTINGS = Settings("local", "containers", 77, 16, ("edge-1", "kubernetes-1"))


@pytest.mark.parametrize("name", ["a", "local", "ci-7", "a2345678901234567890"])
def test_a_good_name_is_kept(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "Local", "7up", "a-", "-a", "a_b", "a/b", "..", "a23456789012345678901"])
def test_a_name_that_cannot_be_a_host_name_is_refused(name: str) -> None:
    with pytest.raises(LocalError, match="cannot name a cluster") as refused:
        check_name(name)
    assert refused.value.exit_code == 2


def test_both_ends_of_a_network_fit_into_its_prefix() -> None:
    network = Network(200)

    assert (network.host, network.node, str(network.prefix)) == ("198.18.200.1", "198.18.200.2", "198.18.200.0/30")
    assert len(Network(255).host_interface) <= 15


@pytest.mark.parametrize(
    ("asked", "taken", "chosen"),
    [
        (None, {}, 77),
        (None, {77: "x"}, 78),
        (None, dict.fromkeys(range(77, 256), "x"), 0),
        (5, {77: "x"}, 5),
    ],
)
def test_a_free_network_is_chosen(asked: int | None, taken: dict[int, str], chosen: int) -> None:
    assert choose_network(asked, taken).number == chosen


@pytest.mark.parametrize(
    ("asked", "taken", "message"),
    [
        (77, {77: "the cluster other"}, r"198\.18\.77\.0/30 is taken by the cluster other"),
        (256, {}, "not a number from 0 to 255"),
        (-1, {}, "not a number from 0 to 255"),
        (None, dict.fromkeys(range(256), "x"), "all 256 networks"),
    ],
)
def test_a_network_that_cannot_be_had_is_refused(asked: int | None, taken: dict[int, str], message: str) -> None:
    with pytest.raises(LocalError, match=message):
        choose_network(asked, taken)


@pytest.mark.parametrize(
    ("prefix", "numbers"),
    [
        ("198.18.77.1/30", [77]),
        ("198.18.77.128/25", []),
        ("198.18.76.0/23", [76, 77]),
        ("198.18.0.0/15", list(range(256))),
        ("10.0.0.0/8", []),
        ("0.0.0.0/0", []),
        ("fd00::/8", []),
    ],
)
def test_a_range_takes_the_networks_that_it_overlaps(prefix: str, numbers: list[int]) -> None:
    assert sorted(numbers_within([(prefix, "x")])) == numbers


def test_addresses_and_routes_of_the_host_are_read() -> None:
    addresses = [
        {"ifname": "lo", "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8}]},
        {
            "ifname": "genai80",
            "addr_info": [
                {"family": "inet", "local": "198.18.80.1", "prefixlen": 30},
                {"family": "inet6", "local": "fe80::1", "prefixlen": 64},
            ],
        },
        {"ifname": "down0"},
    ]
    routes = [
        {"dst": "default", "dev": "eth0"},
        {"dst": "198.18.90.0/24", "dev": "vpn0"},
        {"dst": "198.18.80.0/30"},
    ]

    assert parse_taken(json.dumps(addresses), json.dumps(routes)) == {
        80: "the interface genai80",
        90: "a route through vpn0",
    }
    assert parse_taken("", "") == {}


def test_a_record_survives_its_file() -> None:
    record = Record(SETTINGS, boot="b", anchor=12, anchor_start=34, pid_namespace="pid:[1]")

    assert Record.from_json(record.to_json()) == record


def test_a_record_from_before_there_were_gpu_nodes_is_read() -> None:
    data = json.loads(Record(SETTINGS, boot="b").to_json())
    del data["settings"]["gpu_nodes"]

    assert Record.from_json(json.dumps(data)).settings == SETTINGS


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"settings": {}}', '{"settings": {"builds": []}, "boot": "x"}'])
def test_a_damaged_record_is_no_record(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        Record.from_json(text)


def test_the_same_request_does_not_differ() -> None:
    assert (
        describe_difference(SETTINGS, runtime="containers", network=None, volumes=16, builds=SETTINGS.builds) == []
    )
    assert (
        describe_difference(SETTINGS, runtime="containers", network=77, volumes=16, builds=SETTINGS.builds) == []
    )


def test_each_difference_is_named() -> None:
    found = describe_difference(
        SETTINGS, runtime="simulated", network=78, volumes=4, builds=("edge-2", "kubernetes-1")
    )

    assert describe_difference(
        SETTINGS, runtime="containers", network=None, volumes=16, builds=SETTINGS.builds, gpu_nodes=("l4=2",)
    ) == ["GPU nodes are none, asked for l4=2"]
    assert describe_difference(
        SETTINGS, runtime="containers", network=None, volumes=16, builds=SETTINGS.builds, has_custom_kinds=True
    ) == ["it lacks the custom kinds of other projects"]
    assert found == [
        "runtime is containers, asked for simulated",
        "network is 77, asked for 78",
        "volumes is 16, asked for 4",
        "binaries are edge-1, asked for edge-2",
    ]
