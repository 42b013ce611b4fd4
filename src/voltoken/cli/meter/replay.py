"""``voltoken meter replay``: scenarios played against the virtual meter, a program, or by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from voltoken import __version__
from voltoken.cli.bundled import bundled
from voltoken.cli.commands import Command
from voltoken.cli.failures import CONFORMANCE_FAILED, FileTrouble, WrongFile
from voltoken.cli.meter.devices import HandDevice, ProgramDevice
from voltoken.cli.meter.told import expectation, instruction
from voltoken.cli.parameters import gather, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import read_json, shown_name
from voltoken.errors import ScenarioError
from voltoken.meter import (
    Check,
    MeterUnderTest,
    ReplayReport,
    Scenario,
    StepReport,
    Verdict,
    VirtualDevice,
)
from voltoken.meter import replay as play


@dataclass(frozen=True, slots=True)
class Target:
    """What the scenarios are played against, and where the report goes."""

    device: str | None = None
    timeout: float = 60.0
    by_hand: bool = False
    report: str | None = None


_target_options: Final = gather(
    "target",
    Target,
    (
        click.option(
            "--device",
            metavar="COMMAND",
            help="Play against a program that drives a meter and speaks JSON lines.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0.1, 86_400),
            default=60.0,
            show_default=True,
            metavar="SECONDS",
            help="How long that program may take for an answer.",
        ),
        click.option("--by-hand", is_flag=True, help="Be guided through, with a real meter in front of you."),
        click.option("--report", metavar="FILE", help="Also write the result as JSON into a file."),
    ),
)


@click.command(
    cls=Command,
    epilog="voltoken meter replay\n"
    "voltoken meter replay the-register-is-full -v\n"
    "voltoken meter replay my-story.json --device ./drive-my-meter\n"
    "voltoken meter replay a-token-is-good-once --by-hand --report result.json",
)
@click.argument("files", nargs=-1)
@click.option("-v", "--verbose", is_flag=True, help="Show every step.")
@click.option("--list", "as_list", is_flag=True, help="List the scenarios with their rules; play nothing.")
@_target_options
@json_option
@click.pass_context
def replay(
    ctx: click.Context,
    files: tuple[str, ...],
    target: Target,
    *,
    verbose: bool,
    as_list: bool,
    as_json: bool,
) -> None:
    """Play scenarios and compare what comes of every step with what is expected.

    FILES are files, or names of scenarios that come along; without any, all of these are played. Leaves
    with exit code 1 when an expectation fails, and when nothing was observed.
    """
    _check_choice(files, target, as_json=as_json)
    scenarios = _chosen(files)
    if as_list:
        _list(scenarios, as_json=as_json)
        return
    screen = Screen()
    with _device(target, screen) as device:
        reports = [play(scenario, device) for scenario in scenarios]
    document = _document(reports, target)
    if target.report is not None:
        _write(target.report, document)
    if as_json:
        answer(document)
    else:
        _show(screen, reports, verbose=verbose)
    if not document["ok"]:
        ctx.exit(CONFORMANCE_FAILED)


def _check_choice(files: tuple[str, ...], target: Target, *, as_json: bool) -> None:
    """Refuse options that do not go together. Raises UsageError."""
    if target.by_hand and target.device is not None:
        raise click.UsageError("--by-hand and --device: a meter is driven by a person or by a program.")
    if target.by_hand and as_json:
        raise click.UsageError("--by-hand is a conversation: write the result with --report FILE.")
    if target.by_hand and not files:
        raise click.UsageError("--by-hand: name the scenario; --list shows which there are.")


def _chosen(files: Sequence[str]) -> list[Scenario]:
    """Return the scenarios that are named. Raises FileTrouble or WrongFile."""
    shipped = dict(bundled("scenarios", "scenario"))
    if not files:
        return [_read(document, name) for name, document in shipped.items()]
    return [
        _read(shipped[f"{file}.json"], file)
        if f"{file}.json" in shipped and not Path(file).exists()
        else _read(read_json(file, "scenario"), shown_name(file))
        for file in files
    ]


def _read(document: object, where: str) -> Scenario:
    try:
        return Scenario.from_document(document)
    except ScenarioError as error:
        raise WrongFile(f"scenario {where}: {error.message}") from None


@contextmanager
def _device(target: Target, screen: Screen) -> Iterator[MeterUnderTest]:
    """Give the device to play against, and close it afterwards."""
    if target.by_hand:
        yield HandDevice(screen)
    elif target.device is None:
        yield VirtualDevice()
    else:
        program = ProgramDevice(target.device, target.timeout)
        try:
            yield program
        finally:
            program.close()


def _verdict(report: ReplayReport) -> str:
    """Return pass, fail, or not finished: a device that was unable proves nothing either way."""
    if report.ok:
        return "not finished" if any(step.unable for step in report.steps) else "pass"
    seen = report.count(Verdict.PASS) + report.count(Verdict.FAIL)
    return "not finished" if not seen and all(step.ok for step in report.steps) else "fail"


def _show(screen: Screen, reports: Sequence[ReplayReport], *, verbose: bool) -> None:
    """Show a line for each scenario, and the steps where they matter."""
    screen.title("Scenarios")
    verdicts = [_verdict(report) for report in reports]
    rows = []
    for verdict, report in zip(verdicts, reports, strict=True):
        edge = report.scenario.edge_case
        rows.append((verdict, str(edge or ""), report.scenario.name))
    styles = [_WORDS[verdict].style for verdict in verdicts]
    screen.table(("", ">edge case", "scenario"), rows, styles)
    for verdict, report in zip(verdicts, reports, strict=True):
        if verbose or verdict != "pass":
            _show_steps(screen, report, verbose=verbose)
    screen.line()
    counts = [f"{verdicts.count(word)} {row.said}" for word, row in _WORDS.items() if word in verdicts]
    good = "fail" not in verdicts and "pass" in verdicts
    screen.text(f"{', '.join(counts) or 'Nothing was played'}.", "good" if good else "bad")
    screen.line()


class _Word(NamedTuple):
    said: str
    style: str


_WORDS: Final = {
    "pass": _Word("passed", "good"),
    "fail": _Word("failed", "bad"),
    "not finished": _Word("not finished", "quiet"),
}


def _show_steps(screen: Screen, report: ReplayReport, *, verbose: bool) -> None:
    """Show the steps of a scenario: all of them, or those where something is amiss."""
    screen.title(report.scenario.title)
    screen.text(report.scenario.rule)
    for number, step in enumerate(report.steps):
        checks = [check for check in step.checks if verbose or check.verdict is Verdict.FAIL]
        if verbose or checks or step.trouble:
            _show_step(screen, number, step, checks)


def _show_step(screen: Screen, number: int, report: StepReport, checks: Sequence[Check]) -> None:
    """Show what is done at a step and why, and what came of each expectation."""
    step = report.step
    screen.line()
    if step is None:
        screen.line(screen.style("   Before the first step", "strong"))
    else:
        screen.line(
            f"{number:>2} {screen.style(f'{step.at:%Y-%m-%d %H:%M:%S}', 'quiet')}  {instruction(step)}"
        )
        if step.says:
            screen.text(step.says, "quiet", indent=5)
    if report.trouble:
        screen.text(report.trouble, "quiet" if report.unable else "bad", indent=5)
    for check in checks:
        name = f"{check.name:18}"
        told = expectation(check.name, check.expected)
        if check.verdict is Verdict.FAIL:
            screen.text(f"\u2717 {name} {told}, but was {expectation(check.name, check.observed)}", "bad", 5)
        elif check.verdict is Verdict.PASS:
            screen.text(f"\u2713 {name} {told}", "", 5)
        else:
            screen.text(f"  {name} {told} (not observed)", "quiet", 5)


def _document(reports: Sequence[ReplayReport], target: Target) -> dict[str, Any]:
    device = "by hand" if target.by_hand else target.device or "virtual meter"
    verdicts = [_verdict(report) for report in reports]
    return {
        "ok": "fail" not in verdicts and "pass" in verdicts,
        "device": device,
        "voltoken": __version__,
        "passed": verdicts.count("pass"),
        "failed": verdicts.count("fail"),
        "not_finished": verdicts.count("not finished"),
        "scenarios": [
            {**_line(report.scenario), "verdict": verdict, "steps": list(map(_step, report.steps))}
            for report, verdict in zip(reports, verdicts, strict=True)
        ],
    }


def _line(scenario: Scenario) -> dict[str, Any]:
    names = ("name", "title", "rule", "source", "edge_case")
    return {name: getattr(scenario, name) for name in names}


def _step(report: StepReport) -> dict[str, Any]:
    told = {} if report.step is None else report.step.to_document()
    told.pop("expect", None)
    return {
        **told,
        "trouble": report.trouble or None,
        "checks": [{**check._asdict(), "verdict": check.verdict.value} for check in report.checks],
    }


def _list(scenarios: Sequence[Scenario], *, as_json: bool) -> None:
    """List scenarios with their rules."""
    if as_json:
        answer({"scenarios": [_line(scenario) for scenario in scenarios]})
        return
    screen = Screen()
    screen.title("Scenarios")
    for scenario in scenarios:
        edge = f"  (edge case {scenario.edge_case})" if scenario.edge_case else ""
        screen.line(f"{screen.style(scenario.name, 'strong')}{edge}")
        screen.text(scenario.rule, indent=4)
    screen.line()


def _write(path: str, document: dict[str, Any]) -> None:
    """Write the report. Raises FileTrouble when the file cannot be written."""
    try:
        Path(path).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such name"
        raise FileTrouble(f"report {shown_name(path)}: {reason}.") from None
