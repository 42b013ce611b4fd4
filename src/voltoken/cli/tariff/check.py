"""``voltoken tariff check``: every fault of tariff documents, with its line and reason."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.failures import FileTrouble, fault_documents, say
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import shown_name
from voltoken.cli.tariff.shared import find_zone, read_document
from voltoken.errors import Fault, TariffDocumentError
from voltoken.tariff import Tariff, load

_FAULTS: Final = 2
_ZONE: Final = re.compile(
    rb"""^[ \t]*(?:tariff\.)?zone[ \t]*=[ \t]*["']([A-Za-z0-9_+/-]+)["']""", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one file. faults: of its content. trouble: why it could not be read, or empty."""

    name: str
    sha256: str = ""
    tariff: Tariff | None = None
    faults: tuple[Fault, ...] = ()
    trouble: str = ""


@click.command(
    cls=Command, epilog="voltoken tariff check my-tariff.toml\nvoltoken tariff check drafts/*.toml --json"
)
@click.argument("names", metavar="FILE...", nargs=-1, required=True)
@json_option
@click.pass_context
def check(ctx: click.Context, names: tuple[str, ...], *, as_json: bool) -> None:
    """Check tariff documents, and tell every fault at once: FILE:line: key: reason.

    A file in order is one line with its SHA-256, which is what people approve. Leaves with exit code 2 when
    a file has faults, 8 when one cannot be read; the others are checked all the same.
    """
    results = [check_document(name) for name in names]
    if as_json:
        answer({"ok": all(_is_good(one) for one in results), "files": [_document(one) for one in results]})
    else:
        for one in results:
            _show(one)
    if any(one.trouble for one in results):
        ctx.exit(FileTrouble.exit_code)
    if any(one.faults for one in results):
        ctx.exit(_FAULTS)


def check_document(name: str) -> Checked:
    """Return what is wrong with a document, also whether this system knows its time zone."""
    try:
        data = read_document(name)
    except FileTrouble as trouble:
        return Checked(name, trouble=trouble.message)
    sha256 = hashlib.sha256(data).hexdigest()
    tariff: Tariff | None = None
    faults: tuple[Fault, ...] = ()
    try:
        tariff = load(data)
    except TariffDocumentError as error:
        faults = error.faults
    found = _ZONE.search(data)
    zone = tariff.zone if tariff else found[1].decode() if found else "UTC"
    if not any(fault.where == "tariff.zone" for fault in faults) and find_zone(zone) is None:
        line = data.count(b"\n", 0, found.start(1)) + 1 if found else 0
        reason = f"this system knows no time zone {zone}; take one of the IANA database, e.g. Africa/Kampala."
        unknown = Fault(line, "tariff.zone", reason)
        faults = tuple(sorted((*faults, unknown), key=lambda fault: fault.line))
    return Checked(name, sha256, tariff, faults)


def _is_good(checked: Checked) -> bool:
    return not checked.faults and not checked.trouble


def _show(checked: Checked) -> None:
    """Write the result of one file; lines are whole, so that editors can jump to them."""
    screen = Screen()
    name = shown_name(checked.name)
    if checked.trouble:
        say("error", checked.trouble, "red")
    for fault in checked.faults:
        place = f"{name}:{fault.line}:" if fault.line else f"{name}:"
        where = f" {fault.where}:" if fault.where else ""
        screen.line(f"{screen.style(place, 'bad')}{where} {fault.reason}", 0)
    if checked.tariff is not None and not checked.faults:
        title = f"{checked.tariff.code} {checked.tariff.version}"
        screen.line(f"{name}: {screen.style('in order', 'good')}; {title}; SHA-256 {checked.sha256}", 0)


def _document(checked: Checked) -> dict[str, Any]:
    tariff = checked.tariff
    return {
        "file": shown_name(checked.name),
        "ok": _is_good(checked),
        "tariff": tariff.code if tariff else None,
        "version": tariff.version if tariff else None,
        "sha256": checked.sha256 or None,
        "error": checked.trouble or None,
        "faults": fault_documents(checked.faults),
    }
