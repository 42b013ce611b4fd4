"""The program as such: help, exit codes, what it loads, and how it behaves in a pipe."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.e2e.sessions import CREDIT, DECODER_KEY, SALE, ask, environ, session
from voltoken import __version__
from voltoken.cli import root
from voltoken.cli.failures import EXIT_CODES

Key = tuple[str, ...]


def commands(command: click.Command, *words: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command and group with the words that call it."""
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, *words, name)


ALL = dict(commands(root))


def test_the_version_is_told() -> None:
    assert session("--version").out == f"voltoken {__version__}\n"


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...]) -> None:
    shown = ask(*words, "--help")
    assert shown.code == 0
    assert "Example" in shown.out
    assert f"  voltoken {' '.join(words)}" in shown.out or isinstance(ALL[words], click.Group)
    if isinstance(ALL[words], click.Group):
        assert ask(*words).out == shown.out


def test_exit_codes_and_completion_are_documented() -> None:
    shown = ask("--help").out
    for code in EXIT_CODES:
        assert re.search(rf"^  {code} +\w", shown, re.MULTILINE)
    assert "_VOLTOKEN_COMPLETE=bash_source" in shown


def test_shells_get_completion() -> None:
    script = session(_VOLTOKEN_COMPLETE="bash_source")
    assert "_voltoken_completion" in script.out
    offered = session(_VOLTOKEN_COMPLETE="bash_complete", COMP_WORDS="voltoken token is", COMP_CWORD="2")
    assert "issue" in offered.out


@pytest.mark.parametrize(
    ("words", "strangers"),
    [
        (
            ["--help"],
            {"voltoken.sts", "voltoken.meter", "voltoken.cli.token", "voltoken.cli.key", "rich", "json"},
        ),
        (
            ["token", "decode", CREDIT],
            {"voltoken.cli.issue", "voltoken.cli.key", "voltoken.cli.pan", "voltoken.conformance", "rich"},
        ),
        (["token", "issue", "electricity", "1", *SALE], {"voltoken.cli.key", "rich", "cryptography"}),
    ],
)
def test_only_what_is_needed_is_loaded(words: list[str], strangers: set[str]) -> None:
    program = (
        "import sys; from voltoken.cli import root\n"
        "try: root(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        env=environ(VOLTOKEN_DECODER_KEY=DECODER_KEY),
        check=True,
    )
    assert not strangers & set(done.stderr.split())


def test_errors_are_one_message_and_an_object_with_json() -> None:
    failed = session("token", "decode", "123", "--json")
    assert failed.code == 4
    assert failed.json["error"]["code"] == "token.carrier"
    assert failed.json["error"]["detail"] == {"digits": 3}
    assert failed.err.startswith("error: A token has 20 digits")
    usage = session("token", "nonsense", "--json")
    assert (usage.code, usage.json["error"]["code"]) == (2, "cli.usage")
    assert "Try: voltoken token --help" in usage.err


def test_a_closed_pipe_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "voltoken", "tour"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ(PYTHONUNBUFFERED="1"),
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "voltoken", "tour"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environ(),
            text=True,
            check=False,
        )
    assert done.returncode == 8
    assert done.stderr == "error: No space left on device\n"


def test_arguments_that_are_no_text_are_refused() -> None:
    done = subprocess.run(
        [os.fsencode(sys.executable), b"-m", b"voltoken", b"token", b"decode", b"\xff\xfe"],
        capture_output=True,
        env=environ(),
        check=False,
    )
    assert done.returncode == 4
    assert done.stderr.startswith(b"error: ")


def test_piped_output_has_no_escape_codes(key: Key) -> None:
    for words in (
        ("token", "explain", CREDIT, *key),
        ("token", "issue", "gas", "1700.1", *key, *SALE),
        ("conformance", "vectors"),
        ("--help",),
    ):
        assert "\033" not in session(*words).out
