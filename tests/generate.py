"""Write what is generated from the code: schemas, docs/values.md, docs/lint-rules.md, the state diagram."""

from __future__ import annotations

from pathlib import Path

from tests import lintrules
from tests.charts import schemas
from tooling.core.rollout import TRANSITIONS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "rollouts.md"
BEGIN, END = "<!-- begin: phases -->\n", "<!-- end: phases -->"


def draw_phases() -> str:
    """Return the state diagram of TRANSITIONS in Mermaid."""
    rows = sorted((before.value, event.value, after.value) for (before, event), after in TRANSITIONS.items())
    arrows = [f"    {before} --> {after}: {event}" for before, event, after in rows]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> Pending", *arrows, "```", ""])


def place_phases(page: str) -> str:
    """Return the page with the diagram between its marks."""
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n{draw_phases()}\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Write all generated files."""
    schemas.main()
    lintrules.main()
    PAGE.write_text(place_phases(PAGE.read_text()))


if __name__ == "__main__":
    main()
