"""Several checks whose refusals are told at once, so that nobody corrects one thing and then hears of the next."""

from __future__ import annotations

from collections.abc import Callable

from tooling.errors import PreflightError

_UNTOUCHED = "Nothing was touched."


def check_all(*checks: Callable[[], None]) -> None:
    """Run every check. Raises one PreflightError with all that they refuse."""
    refused: list[PreflightError] = []
    for check in checks:
        try:
            check()
        except PreflightError as error:
            refused.append(error)
    if len(refused) == 1:
        raise refused[0]
    if refused:
        hints = dict.fromkeys(one.hint.removesuffix(_UNTOUCHED).strip() for one in refused)
        raise PreflightError(
            " ".join(f"({number}) {one.message}" for number, one in enumerate(refused, 1)),
            hint=" ".join((*filter(None, hints), _UNTOUCHED)),
        )
