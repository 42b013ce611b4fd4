"""An act from the command line: asked, signed, and carried out at once where nobody has to approve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from voltoken.cli.kmc.shared import Doing, carry_out, show_outcome, show_waiting, unseal, written
from voltoken.drivers.centre import Centre, Outcome, PersonKey

What = tuple[str, str, str]
"""Register, step, and the id of the entry."""


def act(
    centre: Centre,
    home: Path,
    what: What,
    values: dict[str, Any],
    doing: Doing,
    handed: dict[str, Any],
    *,
    as_json: bool,
) -> Outcome | None:
    """Ask for a step. handed: what goes beside the request, as ``Centre.carry_out`` takes it.

    Returns what came of it, None when it waits for approvals.
    """
    return ask(centre, home, what, values, doing, doing.key(), handed, as_json=as_json)


def ask(
    centre: Centre,
    home: Path,
    what: What,
    values: dict[str, Any],
    doing: Doing,
    key: PersonKey,
    handed: dict[str, Any] | None = None,
    *,
    as_json: bool,
) -> Outcome | None:
    """Ask for a step with a key that is open already; else as ``act``."""
    if doing.unseal:  # before anything is filed: a wrong share must not leave half an act
        unseal(centre, doing.unseal)
    request = centre.draft(doing.person, *what, values)
    filed = centre.ask(request, key.sign(request.signed_bytes()))
    if request.needs:
        show_waiting(filed, home, as_json=as_json)
        return None
    outcome = carry_out(centre, request.request_id, (), **(handed or {}))
    show_outcome(outcome, written(outcome.files, doing.to), as_json=as_json)
    return outcome
