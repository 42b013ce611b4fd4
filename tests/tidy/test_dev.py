"""The developer interface: the parts of `./dev` and its checks that need no installation."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tidy.source import ROOT
from tools.check import Outcome, Step, line, report, steps

COMMANDS = ("demo", "test", "test-fast", "check", "bench", "docs", "crash", "help")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="./dev is for POSIX systems")


def dev(
    *arguments: str, script: Path = ROOT / "dev", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the script with an almost empty environment."""
    return subprocess.run(
        ["/bin/sh", str(script), *arguments],
        env={"PATH": "/usr/bin:/bin", **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy what `./dev` needs to a folder with blanks in its name, without any environment."""
    copy = tmp_path / "a checkout"
    copy.mkdir()
    shutil.copy(ROOT / "dev", copy)
    shutil.copy(ROOT / "pyproject.toml", copy)
    shutil.copytree(ROOT / "requirements", copy / "requirements")
    return copy


def test_help_names_every_command() -> None:
    done = dev("help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", done.stdout, re.MULTILINE)
    assert dev().stdout == done.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    done = dev("tset")
    assert done.returncode == 2
    assert "no command 'tset'" in done.stderr
    assert "Usage" in done.stderr


@pytest.mark.parametrize("number", ["", "0", "many", "-1"])
def test_crash_wants_a_number_of_kills(number: str) -> None:
    done = dev("crash", "--kills", number)
    assert done.returncode == 1
    assert "whole number" in done.stderr


def test_without_python_the_answer_says_what_to_install(checkout: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("dirname", "uname", "mkdir", "rm", "cat", "cksum", "ls", "sleep"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = dev("check", script=checkout / "dev", env={"PATH": str(tools)})
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "apt install python3" in done.stderr
    assert not (checkout / ".venv.lock").exists()


def test_a_folder_that_is_no_environment_is_never_deleted(checkout: Path) -> None:
    precious = checkout / "precious"
    precious.mkdir()
    (precious / "letter.txt").write_text("keep me")
    done = dev("check", script=checkout / "dev", env={"VOLTOKEN_VENV": str(precious)})
    assert done.returncode == 1
    assert "not a working environment" in done.stderr
    assert (precious / "letter.txt").read_text() == "keep me"
    assert not precious.with_name("precious.lock").exists()


def test_scripts_are_valid_for_a_plain_shell() -> None:
    for script in ("dev", "requirements/lock"):
        subprocess.run(["/bin/sh", "-n", str(ROOT / script)], check=True)


def test_check_runs_all_steps_and_fails_when_one_fails() -> None:
    good = Step("good", ("platform",))
    bad = Step("bad", ("no_such_module_of_ours",))
    out = io.StringIO()
    assert report((bad, good), out) == 1
    lines = out.getvalue().splitlines()
    assert re.fullmatch(r"FAILED  bad +\d+\.\d s", lines[0])
    assert "No module named no_such_module_of_ours" in lines[1]
    assert re.fullmatch(r"ok      good +\d+\.\d s", lines[-1])
    assert report((good,), io.StringIO()) == 0


def test_check_covers_format_lint_types_rules_and_licences() -> None:
    tools = [step.command[0] for step in steps()]
    assert sorted(tools) == ["mypy", "pytest", "ruff", "ruff", "tools.licences"]
    assert {"src", "tests", "tools"} <= set(steps()[0].command)


def test_colours_are_for_terminals() -> None:
    outcome = Outcome(Step("good", ()), passed=True, seconds=0.0, output="")
    assert "\033" in line(outcome, colours=True)
    assert "\033" not in line(outcome, colours=False)
