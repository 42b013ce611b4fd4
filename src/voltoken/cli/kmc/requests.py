"""Requests: what was asked, by whom, who approved it, and carrying it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from voltoken import canonical
from voltoken.access import Approval, BreakGlass, Review, Verdict
from voltoken.cli.commands import Command
from voltoken.cli.kmc.listing import listing
from voltoken.cli.kmc.look import shown_value
from voltoken.cli.kmc.shared import (
    Doing,
    acts,
    home_argument,
    person_key,
    read_bytes,
    show_outcome,
    show_waiting,
    told,
    unseals,
    written,
)
from voltoken.cli.kmc.shared import carry_out as carried_out
from voltoken.cli.kmc.shared import unseal as unseal_with
from voltoken.cli.kmc.tables import dashed
from voltoken.cli.parameters import gather, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.drivers.centre import Centre
from voltoken.errors import ActRefused
from voltoken.kmc import Filed


@click.command(
    "requests",
    cls=Command,
    epilog="voltoken kmc requests centre\nvoltoken kmc requests centre r1a2b3c4 --json",
)
@home_argument
@click.argument("request_id", metavar="[REQUEST]", required=False)
@click.option("--all", "closed", is_flag=True, help="Those that are closed, too.")
@json_option
def requests(home: Path, request_id: str | None, *, closed: bool, as_json: bool) -> None:
    """List the requests that are open, or show one exactly as it is signed."""
    with Centre.look(home) as centre:
        state = centre.state
        if request_id is not None:
            filed = _filed(centre, home, request_id)
            entry = state.entry(str(filed.request.body["register"]), str(filed.request.body["id"]))
            before = {} if entry is None or filed.outcome else dict(entry.values)
            _show(filed, before, as_json=as_json)
            return
        found = [filed for filed in state.requests.values() if closed or not filed.outcome]
    if as_json:
        answer({"requests": [_document(filed) for filed in found]})
        return
    screen = Screen()
    if not found:
        screen.text("No request is open.", indent=0)
        return
    listing(
        screen,
        ("Request", "State", "Act", "Entry", "By", ">Approved", "Until"),
        [
            (
                filed.request.request_id,
                filed.outcome or "open",
                filed.request.act,
                str(filed.request.body["id"]),
                filed.request.maker,
                f"{len(filed.approvals)} of {filed.request.needs}" if filed.request.needs else "-",
                f"{filed.request.until:%Y-%m-%d}",
            )
            for filed in found
        ],
    )


def _filed(centre: Centre, home: Path, request_id: str) -> Filed:
    """Return a request, open or closed. Raises ActRefused."""
    filed = centre.state.requests.get(request_id)
    if filed is None:
        raise ActRefused(
            "unknown", f"There is no request {request_id!r:.60}. List them: {told('requests', home)} --all"
        )
    return filed


def _document(filed: Filed) -> dict[str, Any]:
    request = filed.request
    return {
        "request": request.request_id,
        "hash": request.hash,
        "document": plain(request.document()),
        "signature": filed.signature.hex(),
        "outcome": filed.outcome or None,
        "approvals": [plain(approval.document()) for approval in filed.approvals],
    }


def _show(filed: Filed, before: dict[str, Any], *, as_json: bool) -> None:
    """Show a request with what it would change, and who has said what of it."""
    if as_json:
        answer(_document(filed))
        return
    request, screen = filed.request, Screen()
    screen.title(f"Request {request.request_id}: {request.act}")
    screen.facts(
        [
            ("Entry", f"{request.body['register']} {request.body['id']}"),
            ("Asked by", request.maker),
            ("Asked", f"{request.made_at:%Y-%m-%d %H:%M} UTC"),
            ("Good until", f"{request.until:%Y-%m-%d %H:%M} UTC"),
            ("Approvals", f"{len(filed.approvals)} of {request.needs}"),
            ("State", filed.outcome or "open"),
            ("Hash", f"{fingerprint_of(request.hash)}"),
        ]
    )
    values = request.body["values"]
    if values:
        screen.title("What would change" if before else "What it says")
        screen.facts(
            [(dashed(name), _change(before.get(name), plain(value))) for name, value in values.items()]
        )
    if filed.approvals:
        screen.line()
    for approval in filed.approvals:
        reason = f": {approval.reason}" if approval.reason else ""
        screen.text(
            f"{approval.person_id} says {approval.verdict.value}, {approval.at:%Y-%m-%d %H:%M} UTC{reason}"
        )


def _change(before: Any, after: Any) -> str:
    """Return a value for a person, after the one that it would replace."""
    if before in (None, "", after):
        return shown_value(after)
    return f"{shown_value(before)} \u2192 {shown_value(after)}"


def plain(value: Any) -> Any:
    """Return a frozen value of a request as plain lists and objects."""
    return canonical.read(canonical.write({"": value}).encode(), 1 << 20)[""]


def fingerprint_of(digest: str) -> str:
    """Return the first 16 digits of a hash in groups of four, as people compare them."""
    return " ".join(digest[start : start + 4] for start in range(0, 16, 4))


@click.command(
    "approve",
    cls=Command,
    epilog="voltoken kmc approve centre r1a2b3c4 --as bob --key bob.key\n"
    "voltoken kmc approve centre r1a2b3c4 --carry-out --unseal prompt --as bob --key bob.key\n"
    "voltoken kmc approve centre r1a2b3c4 --reject --reason 'wrong supply group' --as bob --key bob.key",
)
@home_argument
@click.argument("request_id", metavar="REQUEST")
@click.option("--reject", is_flag=True, help="Say no; whoever asked can take it back like this.")
@click.option("--reason", default="", help="Why, for the log.")
@click.option("--carry-out", "at_once", is_flag=True, help="And carry it out, if this was the last approval.")
@click.option("--paper", "papers", metavar="FILE", multiple=True, help="A file that the act takes in.")
@acts
@json_option
def approve(
    home: Path,
    request_id: str,
    doing: Doing,
    reason: str,
    papers: tuple[str, ...],
    *,
    reject: bool,
    at_once: bool,
    as_json: bool,
) -> None:
    """Approve a request that somebody else made: your key signs its hash.

    Look at it first with voltoken kmc requests CENTRE REQUEST. Nobody approves what they asked for, and
    an approval is worth nothing for a request that was changed by a single character.
    """
    handed = tuple(read_bytes(name, "file") for name in papers)
    with Centre.open(home) as centre:
        filed = _filed(centre, home, request_id)
        if at_once and doing.unseal:  # before anything is signed: a wrong share must not leave half an act
            unseal_with(centre, doing.unseal)
        verdict = Verdict.REJECT if reject else Verdict.APPROVE
        key = doing.key()
        approval = Approval.signed(filed.request, doing.person, verdict, reason, centre.now(), key.sign)
        after = centre.approve(request_id, approval)
        if at_once and not after.outcome and len(after.approvals) >= after.request.needs:
            outcome = carried_out(centre, home, request_id, doing.unseal, papers=handed)
            show_outcome(outcome, written(outcome.files, doing.to, home), as_json=as_json)
            return
    if after.outcome:
        if as_json:
            answer({"request": request_id, "act": filed.request.act, "done": False, "outcome": after.outcome})
        else:
            Screen().text(f"Request {request_id} is {after.outcome}.", indent=0)
        return
    show_waiting(after, home, as_json=as_json)


@dataclass(frozen=True, slots=True)
class Handing:
    """What goes beside a request when it is carried out. why: of breaking the glass, None for approvals."""

    papers: tuple[str, ...] = ()
    why: str | None = None
    person: str | None = None
    key_file: str | None = None
    key_passphrase: str | None = None

    def glass(self, centre: Centre, home: Path, request_id: str) -> BreakGlass | None:
        """Return the broken glass, signed, None where approvals are wanted. Raises UsageError."""
        if self.why is None:
            return None
        if self.person is None or self.key_file is None:
            raise click.UsageError(
                "Whoever breaks the glass signs for it: give --as and --key.", click.get_current_context()
            )
        key = person_key(self.key_file, self.key_passphrase)
        request = _filed(centre, home, request_id).request
        return BreakGlass.signed(request, self.person, self.why, centre.now(), key.sign)


@click.command(
    "carry-out",
    cls=Command,
    epilog="voltoken kmc carry-out centre r1a2b3c4 --unseal prompt --unseal prompt\n"
    "voltoken kmc carry-out centre r1a2b3c4 --break-glass 'fire in the hall' --as carol --key carol.key",
)
@home_argument
@click.argument("request_id", metavar="REQUEST")
@gather(
    "handing",
    Handing,
    (
        click.option(
            "--paper", "papers", metavar="FILE", multiple=True, help="A file that the act takes in."
        ),
        click.option(
            "--break-glass", "why", metavar="REASON", help="Without its approvals, in an emergency: an alarm."
        ),
        click.option(
            "--as", "person", metavar="PERSON", envvar="VOLTOKEN_KMC_AS", help="Who breaks the glass."
        ),
        click.option(
            "--key", "key_file", metavar="FILE", envvar="VOLTOKEN_KMC_KEY", help="The key of that person."
        ),
        click.option("--key-passphrase", metavar="SOURCE", help="Of that key."),
    ),
)
@unseals
@json_option
def carry_out(
    home: Path, request_id: str, handing: Handing, unseal: tuple[str, ...], to: Path, *, as_json: bool
) -> None:
    """Carry out a request that has its approvals.

    It is judged once more, by signatures alone: who approves, whether they still may, whether it is still the
    same request. Whoever types this needs no right: the request says what is done. What a custodian types
    or is shown in a ceremony is never done like this: only the custodian does it, and at once.
    """
    with Centre.open(home) as centre:
        outcome = carried_out(
            centre,
            home,
            request_id,
            unseal,
            glass=handing.glass(centre, home, request_id),
            papers=tuple(read_bytes(name, "file") for name in handing.papers),
        )
    show_outcome(outcome, written(outcome.files, to, home), as_json=as_json)


@click.command(
    "review", cls=Command, epilog="voltoken kmc review centre r1a2b3c4 --reason 'seen' --as bob --key bob.key"
)
@home_argument
@click.argument("request_id", metavar="REQUEST")
@click.option("--reason", required=True, help="What you found, for the log.")
@acts
@json_option
def review(home: Path, request_id: str, doing: Doing, reason: str, *, as_json: bool) -> None:
    """Say that you have looked at what was done without approvals; never your own."""
    with Centre.open(home) as centre:
        filed = _filed(centre, home, request_id)
        found = Review.signed(filed.request, doing.person, reason, centre.now(), doing.key().sign)
        centre.review(request_id, found)
    if as_json:
        answer({"request": request_id, "reviewed_by": doing.person})
    else:
        Screen().text(f"{request_id} was looked at by {doing.person}.", indent=0)
