"""Writes the tables of docs/lint-rules.md from the rules themselves: `python -m tests.lintrules`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tooling.core.lint import RULES, Rule
from tooling.core.policies.catalog import POLICIES
from tooling.core.policies.content import CONTENT_POLICIES
from tooling.core.policies.fitting import POD_POLICIES
from tooling.core.policies.gpu import GPU_POLICIES
from tooling.core.policies.policy import Policy
from tooling.core.policies.scaling import SCALING_POLICIES
from tooling.core.policies.serving import ENGINE_POLICIES
from tooling.core.policies.traffic import TRAFFIC_POLICIES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "lint-rules.md"
BEGIN, END = "<!-- begin: rules -->\n", "<!-- end: rules -->"
PARTS: tuple[tuple[str, tuple[Rule | Policy, ...]], ...] = (
    ("GPUs", GPU_POLICIES),
    ("Engines: memory, probes, end", ENGINE_POLICIES),
    ("Services, routes, network policies", TRAFFIC_POLICIES),
    ("Autoscalers, disruption budgets, jobs", SCALING_POLICIES),
    ("Images and secrets", CONTENT_POLICIES),
    ("Names that have to fit", POD_POLICIES),
    ("The Kubernetes API, and waivers", RULES),
)


def write_tables() -> str:
    """One table for each part, and one for the policies that no part has."""
    placed = {rule.id for _, rules in PARTS for rule in rules}
    others = tuple(policy for policy in POLICIES if policy.id not in placed)
    parts = (*PARTS[:-1], ("What the API server refuses", others), PARTS[-1])
    return "\n".join(line for title, rules in parts for line in (f"## {title}", "", *_write_rows(rules), ""))


def _write_rows(rules: Iterable[Rule | Policy]) -> Iterable[str]:
    yield "| rule | severity | what happens otherwise | what to do |"
    yield "|---|---|---|---|"
    for rule in rules:
        reason, fix = (text.replace("|", "\\|") for text in (rule.reason, rule.fix))
        yield f"| `{rule.id}` | {rule.severity} | {reason} | {fix} |"


def place_tables(page: str) -> str:
    """The page with the tables between its marks."""
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n{write_tables()}\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(place_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
