"""``voltoken conformance``: try test vectors against this implementation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from voltoken.cli.bundled import bundled
from voltoken.cli.commands import Group
from voltoken.cli.failures import CONFORMANCE_FAILED, FileTrouble, WrongFile
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import read_json
from voltoken.conformance import Check, GroupResult, Report, run_documents
from voltoken.errors import FieldError
from voltoken.sts import STATables

_DETAILS_MAX: Final = 40
"""How many failures are written out; more say the same again."""

conformance = Group(
    "conformance",
    help="Try test vectors against this implementation.",
    epilog="voltoken conformance vectors\nvoltoken conformance vectors my-vectors.json --junit report.xml",
)


@conformance.command(
    epilog="voltoken conformance vectors\nvoltoken conformance vectors my-vectors.json --junit report.xml"
)
@click.argument("files", nargs=-1)
@click.option(
    "--junit", metavar="FILE", help="Also write the result in the JUnit XML form that CI systems read."
)
@click.option("--sta-tables", metavar="FILE", help="Licensed EA07 tables, for vectors made with them.")
@json_option
@click.pass_context
def vectors(
    ctx: click.Context, files: tuple[str, ...], junit: str | None, sta_tables: str | None, *, as_json: bool
) -> None:
    """Try vectors both ways: inputs to token, token to inputs. Without FILES, the ones that come along.

    Leaves with exit code 1 when a vector fails.
    """
    documents = {file: read_json(file, "vector file") for file in files} or dict(
        bundled("vectors", "vector file")
    )
    tables = None
    if sta_tables is not None:
        tables = STATables.from_document(read_json(sta_tables, "STA table file"))
    try:
        report = run_documents(documents, tables)
    except FieldError as error:
        raise WrongFile(error.message) from None
    if junit is not None:
        _write_junit(junit, report)
    if as_json:
        answer(_document(report))
    else:
        _show(report)
    if not report.ok:
        ctx.exit(CONFORMANCE_FAILED)


def _show(report: Report) -> None:
    """Show the counts of each group, then what failed and why something was not tried."""
    screen = Screen()
    screen.title("Conformance")
    rows = [
        (
            group.file,
            group.group,
            *(str(count or "") for count in (group.passed, group.failed, group.skipped)),
        )
        for group in report.groups
    ]
    styles = ["bad" if group.failed else "" for group in report.groups]
    screen.table(("file", "group", ">passed", ">failed", ">skipped"), rows, styles)
    failures = list(_checks(report, "failed"))
    if failures:
        screen.title("Failed")
    for group, check in failures[:_DETAILS_MAX]:
        screen.line(f"{screen.style(check.id, 'bad')}  {group.file}, {group.group}")
        screen.text(check.detail, indent=4)
    if len(failures) > _DETAILS_MAX:
        screen.text(f"... and {len(failures) - _DETAILS_MAX} more; --json has them all.", "quiet")
    skipped: dict[str, int] = {}
    for _, check in _checks(report, "skipped"):
        skipped[check.detail] = skipped.get(check.detail, 0) + 1
    if skipped:
        screen.title("Skipped")
        screen.facts([(str(count), reason) for reason, count in skipped.items()])
    screen.line()
    counts = f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped."
    screen.text(counts, "good" if report.ok else "bad")
    if not report.passed and not report.failed:
        screen.text("Nothing was tried, which proves nothing.", "bad")
    screen.line()


def _checks(report: Report, status: str) -> Iterator[tuple[GroupResult, Check]]:
    """Yield the checks with one status, each with its group."""
    for group in report.groups:
        for check in group.checks:
            if check.status == status:
                yield group, check


def _document(report: Report) -> dict[str, object]:
    return {
        "ok": report.ok,
        "passed": report.passed,
        "failed": report.failed,
        "skipped": report.skipped,
        "groups": [
            {
                "file": group.file,
                "group": group.group,
                "passed": group.passed,
                "failed": group.failed,
                "skipped": group.skipped,
                "checks": [
                    {"id": check.id, "status": check.status, "detail": check.detail} for check in group.checks
                ],
            }
            for group in report.groups
        ],
    }


def _write_junit(path: str, report: Report) -> None:
    """Write the report as JUnit XML. Raises FileTrouble when the file cannot be written."""
    from xml.etree import ElementTree as ET

    totals = {"tests": report.passed + report.failed + report.skipped, "failures": report.failed}
    suites = ET.Element("testsuites", _texts(totals))
    for group in report.groups:
        title = _printable(f"{group.file}: {group.group}")
        counts = {"tests": len(group.checks), "failures": group.failed, "skipped": group.skipped}
        suite = ET.SubElement(suites, "testsuite", {"name": title, **_texts(counts)})
        for check in group.checks:
            case = ET.SubElement(
                suite, "testcase", classname=_printable(group.group), name=_printable(check.id)
            )
            if check.status != "passed":
                kind = "failure" if check.status == "failed" else "skipped"
                ET.SubElement(case, kind, message=_printable(check.detail))
    ET.indent(suites)
    text = ET.tostring(suites, encoding="unicode", xml_declaration=False)
    try:
        Path(path).write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n', encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such name"
        raise FileTrouble(f"JUnit file {path}: {reason}.") from None


def _texts(counts: dict[str, int]) -> dict[str, str]:
    return {name: str(count) for name, count in counts.items()}


def _printable(text: str) -> str:
    """Return text without what XML cannot hold; files name their vectors as they like."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
