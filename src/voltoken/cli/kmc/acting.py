"""An act from the command line: asked, signed, and carried out at once where nobody has to approve."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from voltoken.access import Approval, Verdict
from voltoken.cli.kmc.shared import Doing, carry_out, show_outcome, show_waiting, unseal, unsealing, written
from voltoken.drivers.centre import Centre, Outcome, PersonKey
from voltoken.errors import CentreSealed, VoltokenError

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
    """Ask for a step with a key that is open already; else as ``act``.

    What is refused when it is carried out at once is taken back: nobody else would ever look at it.
    """
    if doing.unseal:  # before anything is filed: a wrong share must not leave half an act
        unseal(centre, doing.unseal)
    request = centre.draft(doing.person, *what, values)
    try:
        filed = centre.ask(request, key.sign(request.signed_bytes()))
    except CentreSealed as error:  # of a step that never waits: nothing was filed
        raise CentreSealed(f"{error.message.rstrip('.')}: add{unsealing(centre)}") from None
    if request.needs:
        show_waiting(filed, home, as_json=as_json)
        return None
    try:
        outcome = carry_out(centre, home, request.request_id, (), **(handed or {}))
    except CentreSealed:
        raise  # it can be carried out as it is, by whoever has what unseals the centre
    except VoltokenError:
        taken_back = Approval.signed(
            request, doing.person, Verdict.REJECT, "it could not be carried out", centre.now(), key.sign
        )
        with suppress(VoltokenError):  # what went wrong at first is what people have to hear
            centre.approve(request.request_id, taken_back)
        raise
    show_outcome(outcome, written(outcome.files, doing.to, home), as_json=as_json)
    return outcome
