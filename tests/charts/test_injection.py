"""Whatever text a user writes stays that text: it changes the scalars it is meant for, and nothing else.

All free texts of a case are replaced at once, each by a mark of its own; a second render has a hostile text in the
place of each mark. The second must be the first with the marks replaced: then no text has moved, broken or added
anything, however many there are. A place that the schema restricts is given hostile texts too, and refuses them.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.leaves import Leaf, find_place, replace_leaves, walk_leaves
from tests.charts.rendering import ALL, KUBERNETES, Case, Renderer, find_template, identify, list_cases
from tests.charts.test_schema import read_schema
from tests.charts.values_doc import layer, read_defaults

ODD = ("yes", "~", "1e3", "0o17", "1_000", "2026-01-01", ".inf")
"""Texts that YAML takes for something else when nobody quotes them."""

HOSTILE: dict[str, Callable[[str], str]] = {
    "new object": lambda mark: f"{mark}\"\n---\nkind: Injected\ninjected: '{mark}'\n",
    "new key": lambda mark: f"{mark}\n  injected: true\n",
    "template": lambda mark: f'{mark}{{{{ .Release.Name }}}}{{{{ fail "injected" }}}}',
    "signs": lambda mark: f"{mark}\"'`, x: [{{a: }} # \\n\\u0041\t\u00e4\u4e2d %s $(x) ${{x}}",
    "list": lambda mark: f"- {mark}",
    "anchor": lambda mark: f"&{mark} *{mark} !!int",
    "block": lambda mark: f"|\n {mark}",
    "octal": lambda mark: f"0{mark[2:-1]}",
    "odd": lambda mark: ODD[int(mark[2:-1]) % len(ODD)],
    "space": lambda mark: f" {mark} ",
}
TURNS = 3
STRUCTURAL = ("new key", "template", "signs")
"""A text whose place admits none of these is a name or a number, not free."""

MARK = re.compile(r"zq\d+z")
HASH = re.compile(r"[0-9a-f]{8,64}")

OTHER_MEANING: dict[str, str] = {
    r"gateway\.defaultModel": "names an entry of gateway.models, and another is refused",
    r"global\.instance": "names objects; the renderer sets it",
}
"""Free texts that the templates compare with others, by pattern of their path, and why they are left out."""

SAME_AS_OTHERS = {"ci/minimal", "ci/long-names", "ci/image-volume"}
CASES = [case for case in list_cases() if case.name.startswith("ci/") and case.name not in SAME_AS_OTHERS]


def effective(case: Case) -> dict[str, Any]:
    values: dict[str, Any] = layer(read_defaults(), case.values)
    return values


def list_texts(case: Case) -> list[Leaf]:
    leaves = walk_leaves(effective(case), read_schema())
    return [
        leaf
        for leaf in leaves
        if isinstance(leaf.value, str)
        and "string" in leaf.kinds
        and "enum" not in leaf.schema
        and leaf.path[0] not in {"rollout", "lint"}
        and not any(re.fullmatch(pattern, str(leaf)) for pattern in OTHER_MEANING)
    ]


@dataclass(frozen=True, slots=True)
class Marked:
    """A case with a mark in the place of each free text: what stands before it there, and what helm makes."""

    values: dict[str, Any]
    prefixes: dict[Leaf, tuple[str, str]]
    manifests: list[Any]

    def lay(self, turn: int) -> tuple[dict[str, str], dict[str, Any]]:
        """What stands for each mark, and the values with it: hostile where the schema admits that.

        In each turn a text gets another of HOSTILE, and its neighbour yet another.
        """
        given, changes = {}, {}
        for number, (leaf, (prefix, mark)) in enumerate(self.prefixes.items()):
            hostile = list(HOSTILE.values())[(number + turn) % len(HOSTILE)](mark)
            given[mark] = hostile if leaf.admits(prefix + hostile) else mark
            changes[leaf.path] = prefix + given[mark]
        return given, replace_leaves(self.values, changes)


@cache
def mark(case: Case, renderer: Renderer) -> Marked:
    """Give each free text a mark of its own, behind what the schema wants before it."""
    values = effective(case)
    prefixes = {}
    for number, leaf in enumerate(list_texts(case), start=1001):
        own = f"zq{number}z"
        found = next((prefix for prefix in ("", "/", "http://x/", leaf.value) if leaf.admits(prefix + own)), None)
        if found is not None and any(leaf.admits(found + HOSTILE[name](own)) for name in STRUCTURAL):
            prefixes[leaf] = (found, own)
    changes = {leaf.path: prefix + own for leaf, (prefix, own) in prefixes.items()}
    return Marked(values, prefixes, render(renderer, replace_leaves(values, changes)))


def render(renderer: Renderer, values: dict[str, Any]) -> list[Any]:
    where = ("--namespace", "genai-ns", "--kube-version", KUBERNETES)
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(values, file)
        file.flush()
        command = ("template", *ALL.arguments("genai"), str(renderer.chart), "--values", file.name)
        done = renderer.run(*command, *where)
    assert done.returncode == 0, done.stderr
    return [read_inner(m) for m in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if m]


def read_inner(manifest: Any) -> Any:
    """A manifest whose embedded documents are trees too: data of a ConfigMap in YAML, JSON or JSON lines."""
    if manifest["kind"] != "ConfigMap":
        return manifest
    readers = {
        ".yaml": yaml.safe_load,
        ".json": json.loads,
        ".jsonl": lambda text: [*map(json.loads, text.splitlines())],
    }
    data = {key: readers.get(Path(key).suffix, str)(value) for key, value in (manifest.get("data") or {}).items()}
    return {**manifest, "data": data}


def is_same(before: Any, after: Any, given: dict[str, str]) -> bool:
    """Whether a scalar is what it was but for its marks: as given, or escaped where they are only a part."""
    if not isinstance(before, str) or not MARK.search(before):
        plain = isinstance(before, str) and isinstance(after, str)
        return before == after or (plain and HASH.sub("#", before) == HASH.sub("#", after))
    whole = MARK.sub(lambda found: given[found[0]], before)
    inside = MARK.sub(lambda found: json.dumps(given[found[0]], ensure_ascii=False)[1:-1], before)
    return after == whole or (before not in given and after == inside)


def find_differences(before: Any, after: Any, given: dict[str, str], path: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        return [f for key in before for f in find_differences(before[key], after[key], given, f"{path}.{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [f for index, (a, b) in pairs for f in find_differences(a, b, given, f"{path}[{index}]")]
    is_tree = isinstance(before, (dict, list)) or isinstance(after, (dict, list))
    if not is_tree and is_same(before, after, given):
        return []
    return [f"{path}: {str(before)[:200]!r} became {str(after)[:200]!r}"]


@pytest.mark.parametrize("ci", CASES, ids=str)
def test_a_hostile_text_changes_that_scalar_alone(renderer: Renderer, ci: Case) -> None:
    # What all cases have in common gets every text; what one case has alone gets three.
    marked, first = mark(ci, renderer), CASES.index(ci) * TURNS
    for turn in range(len(HOSTILE)) if ci.name == "ci/full" else range(first, first + TURNS):
        given, values = marked.lay(turn)
        assert not find_differences(marked.manifests, render(renderer, values), given)


def test_every_free_text_reaches_a_manifest(renderer: Renderer) -> None:
    seen: set[tuple[str, ...]] = set()
    unseen: dict[tuple[str, ...], str] = {}
    for case in CASES:
        marked = mark(case, renderer)
        text = json.dumps(marked.manifests)
        for leaf, (_, own) in marked.prefixes.items():
            found = find_place(leaf.path, read_schema())
            if own in text:
                seen.add(found)
            else:
                unseen.setdefault(found, f"{leaf} in {case}")
    assert not {".".join(place): where for place, where in unseen.items() if place not in seen}


@pytest.mark.parametrize("hostile", ["signs", "new key", "template"])
def test_a_text_that_the_schema_restricts_is_refused_by_helm(
    renderer: Renderer, hostile: str, tmp_path: Path
) -> None:
    full = next(case for case in CASES if case.name == "ci/full")
    changes = {leaf.path: HOSTILE[hostile](leaf.value) for leaf in list_texts(full)}
    refused = [leaf for leaf in list_texts(full) if not leaf.admits(changes[leaf.path])]
    assert len(refused) > 30
    file = tmp_path / "values.json"
    file.write_text(json.dumps(replace_leaves(effective(full), changes)), encoding="utf-8")
    done = renderer.run("template", "genai", str(renderer.chart), "--values", str(file))
    assert done.returncode != 0
    # A slash in a key is written ~1 in a JSON pointer.
    pointers = ["".join("/" + str(step).replace("/", "~1") for step in leaf.path) for leaf in refused]
    assert not [pointer for pointer in pointers if f"'{pointer}'" not in done.stderr]


def test_no_text_of_a_user_is_part_of_a_shell_command(renderer: Renderer) -> None:
    for case in CASES:
        for manifest in mark(case, renderer).manifests:
            pod = find_template(manifest).get("spec", {})
            for container in (*pod.get("initContainers", ()), *pod.get("containers", ())):
                words = [*(container.get("command") or ()), *(container.get("args") or ())]
                if {"-c", "-ec", "-exc", "-euc"} & set(words):
                    assert not [word for word in words if MARK.search(word)], identify(manifest)


def test_the_comparison_sees_what_it_is_for() -> None:
    given = {"zq1001z": '"\n  injected: true'}
    before = [{"a": "zq1001z", "b": "x zq1001z y", "c": 1}]
    good = [{"a": given["zq1001z"], "b": f"x {given['zq1001z']} y", "c": 1}]
    assert not find_differences(before, good, given)
    for key, value in {"a": "other", "b": given["zq1001z"], "c": "1", "d": True}.items():
        assert find_differences(before, [{**good[0], key: value}], given), key
