"""Everything the documentation shows is true: its code runs, and prints what the page says.

The blocks of a page run in order, in one folder and one Python namespace. What is not run says why, and
is counted here, so that nobody leaves out a block by accident. Programs that a page starts in the background
are ended with the page, however that goes.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.docs.pages import ROOT, Block, Page, blocks, pages

NOT_RUN = 1
"""How many blocks of Python or of a terminal are not run; each has its reason beside it."""

SILENT = {"", "json", "output", "text", "toml"}
"""Languages that are shown and not run. JSON with a title is written to a file."""

RUN = {"console", "pycon", "python"}

PAGES = pages()
SLOW = {
    "docs/guides/from-ceremony-to-token.md",
    "docs/guides/security-modules.md",
    "docs/how-to/batch.md",
    "docs/how-to/centre.md",
    "docs/how-to/command-line.md",
    "docs/how-to/manufacture.md",
    "docs/how-to/meter.md",
    "docs/how-to/reprice.md",
    "docs/how-to/tariffs.md",
}
"""Pages that take seconds."""
ELLIPSIS = "..."


class Session:
    """The blocks of one page, run one after another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "__page__"}
        self.printed = ""
        self._leader: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        leader, self._leader = self._leader, None
        if leader is not None:
            os.killpg(leader.pid, signal.SIGKILL)  # not waited for yet, so nobody else has its number
            leader.communicate()

    def _group(self) -> int:
        """Return the process group of the page's terminal: that of a program that only waits."""
        if self._leader is None:
            self._leader = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, process_group=0)
        return self._leader.pid

    def run(self, block: Block) -> list[str]:
        """Run one block and return its faults."""
        if block.title and block.language not in RUN:
            (self.folder / block.title).write_text(block.text, encoding="utf-8")
        if block.not_run or block.language in SILENT - {"output"}:
            return []
        if block.language == "output":
            return self._compare(block)
        faults = self._flush(block)
        if block.language == "python":
            self._python(block)
        elif block.language == "pycon":
            faults += self._doctest(block)
        elif block.language == "console":
            faults += self._console(block)
        else:
            faults.append(f"line {block.line}: the language {block.language} is not known here")
        return faults

    def _python(self, block: Block) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(block.text, f"line {block.line}", "exec"), self.names)  # noqa: S102 - our own pages
        self.printed = out.getvalue()

    def _compare(self, block: Block) -> list[str]:
        printed, self.printed = self.printed, ""
        if fits(block.text, printed):
            return []
        return [f"line {block.line}: printed was\n{printed}"]

    def _flush(self, block: Block) -> list[str]:
        """Complain about output that the page does not show."""
        printed, self.printed = self.printed, ""
        return [f"before line {block.line}: not shown was\n{printed}"] if printed else []

    def _doctest(self, block: Block) -> list[str]:
        test = doctest.DocTestParser().get_doctest(block.text, self.names, "page", None, block.line)
        out = io.StringIO()
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(test, out=out.write, clear_globs=False)
        self.names.update(test.globs)
        return [out.getvalue()] if runner.failures else []

    def _console(self, block: Block) -> list[str]:
        faults = []
        for command, expected in commands(block.text):
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=self.folder,
                env=environment(self.folder),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                check=False,
                timeout=60,
                process_group=self._group(),
            )
            if done.returncode:
                faults.append(f"line {block.line}: exit code {done.returncode} is not shown: {command}")
            if not fits(expected, done.stdout):
                faults.append(f"line {block.line}: $ {command}\n{done.stdout}")
        return faults


def environment(folder: Path) -> dict[str, str]:
    """Return an almost empty environment, with a `voltoken` on the path that is this checkout's."""
    tools = folder / ".tools"
    if not tools.exists():
        tools.mkdir()
        script = tools / "voltoken"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m voltoken "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return {
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{tools}:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONUTF8": "1",
        "TERM": "dumb",
    }


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output shown below it.

    A command begins with `$ ` and goes on in the next line after a backslash.
    """
    command, shown = "", ""
    open_line = False
    for line in text.splitlines(keepends=True):
        if open_line:
            command += line
        elif line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line.removeprefix("$ "), ""
        else:
            shown += line
            continue
        open_line = command.endswith("\\\n")
    if command:
        yield command, shown


def fits(shown: str, printed: str) -> bool:
    """Whether what was printed is what is shown.

    A line of `...` stands for any lines, or none; inside a line it stands for anything in that line.
    """
    wanted = "".join(
        r"(?:[^\n]*\n)*" if line.strip() == ELLIPSIS else f"{_line(line)}\n"
        for line in shown.rstrip().splitlines()
    )
    return re.fullmatch(wanted, _trimmed(printed)) is not None


def _line(shown: str) -> str:
    return r"[^\n]*".join(re.escape(part) for part in shown.rstrip().split(ELLIPSIS))


def _trimmed(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.rstrip().splitlines())


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.name, marks=[pytest.mark.slow] if page.name in SLOW else [])
        for page in PAGES
    ],
)
def test_the_page_shows_what_its_code_prints(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.name != "posix" and any(block.language == "console" for block in page.blocks):
        pytest.skip("the examples of this page are for a POSIX shell")
    monkeypatch.chdir(tmp_path)
    with Session(tmp_path) as session:
        faults = [fault for block in page.blocks for fault in session.run(block)]
    if session.printed:
        faults.append(f"at the end: not shown was\n{session.printed}")
    if faults:
        pytest.fail("\n".join((page.name, *faults)), pytrace=False)


def test_blocks_that_are_not_run_are_counted() -> None:
    left_out = [
        f"{page.name}:{block.line}: {block.not_run}"
        for page in PAGES
        for block in page.blocks
        if block.language in RUN and block.not_run
    ]
    assert len(left_out) == NOT_RUN, "\n".join(left_out)


def test_terminal_examples_use_a_language_that_runs() -> None:
    disguised = [
        f"{page.name}:{block.line}"
        for page in PAGES
        for block in page.blocks
        if block.language not in RUN and re.search(r"^(\$ voltoken|>>> )", block.text, re.MULTILINE)
    ]
    assert disguised == []


def test_there_is_something_to_run() -> None:
    languages = [block.language for page in PAGES for block in page.blocks]
    assert languages.count("python") > 30
    assert languages.count("console") > 10


def run(text: str, folder: Path) -> list[str]:
    with Session(folder) as session:
        faults = [fault for block in blocks(text) for fault in session.run(block)]
    return faults + ([session.printed] if session.printed else [])


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("```python\nprint(1)\n```\n\n```output\n1\n```\n", 0),
        ("```python\nprint(1)\n```\n\n```output\n2\n```\n", 1),
        ("```python\nprint(1)\n```\n", 1),
        ("```python\nx = 1\n```\n\n```python\nprint(x)\n```\n```output\n1\n```\n", 0),
        ("```output\n1\n```\n", 1),
        ("<!-- not run: needs a meter -->\n\n```python\nraise OSError\n```\n", 0),
        ("```pycon\n>>> 1 + 1\n2\n```\n", 0),
        ("```pycon\n>>> 1 + 1\n3\n```\n", 1),
        ("```console\n$ echo one\none\n$ echo a \\\n    b\na b\n```\n", 0),
        ("```console\n$ echo one two three\none ... three\n```\n", 0),
        ("```console\n$ printf '1\\n2\\n3\\n'\n1\n...\n```\n", 0),
        ("```console\n$ echo one\n...\none\n...\n```\n", 0),
        ("```console\n$ echo one\n...\ntwo\n...\n```\n", 1),
        ("```console\n$ echo one\ntwo\n```\n", 1),
        ("```console\n$ false\n```\n", 1),
        ('```json title="a.json"\n{}\n```\n\n```console\n$ cat a.json\n{}\n```\n', 0),
        ("```pyhton\nprint(1)\n```\n", 1),
    ],
)
def test_untrue_pages_are_seen(text: str, faults: int, tmp_path: Path) -> None:
    assert len(run(text, tmp_path)) == faults


@pytest.mark.skipif(os.name != "posix", reason="the examples of a terminal are for a POSIX shell")
@pytest.mark.parametrize("after", ["true", "false"])
def test_programs_in_the_background_end_with_their_page(after: str, tmp_path: Path) -> None:
    run(f"```console\n$ sleep 600 > out 2>&1 & echo $! > pid\n$ {after}\n```\n", tmp_path)
    pid = (tmp_path / "pid").read_text().strip()
    for _ in range(100):  # a signal takes a moment
        shown = subprocess.run(
            ["ps", "-o", "stat=", "-p", pid], stdout=subprocess.PIPE, text=True, check=False
        )
        if shown.stdout.strip()[:1] in {"", "Z"}:  # gone, or dead and not yet buried
            return
        time.sleep(0.05)
    pytest.fail("it is still there")
