"""House rules about files: locks that name no place, text that every tool reads alike.

Which index packages come from is the business of whoever installs them, so no file of the checkout
names the host of one.
"""

from __future__ import annotations

import hashlib
import re
import tomllib

import pytest

from tests.tidy.source import ROOT, expect_none, files_of_checkout

# In pieces, so that this file does not name what it forbids.
REGISTRIES = re.compile(
    "|".join(
        (
            "py" + r"pi\.(org|python\.org)",
            "python" + r"hosted\.org",
            "npm" + r"js\.(com|org)",
            "crates" + r"\.io",
            "deb" + r"\.debian\.org",
        )
    ),
    re.IGNORECASE,
)
HOME = re.compile(r"(?<![\w./])/(?:home|Users|root|work)/[A-Za-z0-9_]")
PIN = re.compile(r"[a-z0-9][a-z0-9._-]*==[^\s;\\]+( ; [^\\]+)?( \\)?")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
LOCKS = ("base", "dev")


def text_files() -> list[tuple[str, str]]:
    """Read every text file of the checkout; a NUL byte marks the others."""
    files = ((path, path.read_bytes()) for path in files_of_checkout())
    return [
        (path.relative_to(ROOT).as_posix(), raw.decode("utf-8")) for path, raw in files if b"\0" not in raw
    ]


def layout_faults(path: str, text: str) -> list[str]:
    """Find trailing blanks, a missing or doubled last newline, carriage returns, tabs in Python."""
    faults = []
    if text and not text.endswith("\n"):
        faults.append(f"{path}: no newline at the end")
    if text.endswith("\n\n"):
        faults.append(f"{path}: empty lines at the end")
    for number, line in enumerate(text.split("\n"), start=1):
        if line != line.rstrip():
            faults.append(f"{path}:{number}: blanks at the end of the line")
        if "\t" in line and path.endswith(".py"):
            faults.append(f"{path}:{number}: a tab")
    return faults


def place_faults(path: str, text: str) -> list[str]:
    """Find hosts of package registries and folders of somebody's machine."""
    return [
        f"{path}:{number}: {what}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in (("a registry's host", REGISTRIES), ("a machine's path", HOME))
        if pattern.search(line)
    ]


def lock_faults(text: str) -> list[str]:
    """Find what is not a comment, a pinned requirement or its hash; and pins without a hash."""
    faults = []
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    for number, line in enumerate(lines):
        if "://" in line or not (PIN.fullmatch(line) or HASH.fullmatch(line)):
            faults.append(f"neither a pin nor a hash: {line}")
        elif PIN.fullmatch(line) and not (number + 1 < len(lines) and HASH.fullmatch(lines[number + 1])):
            faults.append(f"no hash: {line}")
    return faults


def test_text_files_are_laid_out_alike() -> None:
    # Vector files are data with provenance and stay as their source wrote them.
    ours = [(path, text) for path, text in text_files() if not path.startswith("vectors/")]
    expect_none([fault for path, text in ours for fault in layout_faults(path, text)])


def test_no_file_names_a_registry_or_a_machine() -> None:
    expect_none([fault for path, text in text_files() for fault in place_faults(path, text)])


@pytest.mark.parametrize("name", LOCKS)
def test_locks_are_pinned_hashed_and_name_no_place(name: str) -> None:
    lock = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert lock.count("==") > 5
    expect_none(lock_faults(lock))


def test_the_development_lock_agrees_with_the_base_lock() -> None:
    base, dev = (
        set(re.findall(r"^[a-z0-9].*==[^\\]+", text, re.MULTILINE))
        for text in ((ROOT / "requirements" / f"{name}.txt").read_text("utf-8") for name in LOCKS)
    )
    assert base - dev == set()


def test_the_base_list_is_what_the_package_declares() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = {*declared["project"]["dependencies"], *declared["build-system"]["requires"]}
    listed = (ROOT / "requirements" / "base.in").read_text("utf-8").splitlines()
    assert {line for line in listed if line and not line.startswith("#")} == wanted


def test_the_vendored_pip_is_the_one_the_script_knows() -> None:
    script = (ROOT / "dev").read_text(encoding="utf-8")
    readme = (ROOT / "vendor" / "README.md").read_text(encoding="utf-8")
    (wheel,) = (ROOT / "vendor").glob("*.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for text in (script, readme):
        assert wheel.name in text
        assert digest in text


@pytest.mark.parametrize(
    ("path", "text", "faults"),
    [
        ("a.md", "fine\n", 0),
        ("a.md", "", 0),
        ("a.md", "no newline", 1),
        ("a.md", "two\n\n", 1),
        ("a.md", "blank \nreturn\r\n", 2),
        ("a.py", "if x:\n\ty\n", 1),
        ("Makefile", "all:\n\ty\n", 0),
    ],
)
def test_bad_layout_is_seen(path: str, text: str, faults: int) -> None:
    assert len(layout_faults(path, text)) == faults


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("https://files.python" + "hosted.org/packages/x.whl", 1),
        ("--index-url https://py" + "pi.org/simple", 1),
        ("see regis" + "try.npm" + "js.org", 1),
        ("http://deb.deb" + "ian.org/debian", 1),
        ("cd /ho" + "me/ann/voltoken", 1),
        ("pip install voltoken; apt install python3 on Debian", 0),
        ("/usr/bin/env, docs/home/index.md", 0),
    ],
)
def test_places_are_seen(text: str, faults: int) -> None:
    assert len(place_faults("a.md", text)) == faults


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("click==8.1.7 \\\n    --hash=sha256:" + "a" * 64 + "\n", 0),
        ("click==8.1.7 ; os_name == 'nt' \\\n    --hash=sha256:" + "a" * 64 + "\n", 0),
        ("click==8.1.7\nrich==13.7.0 \\\n    --hash=sha256:" + "a" * 64 + "\n", 1),
        ("click>=8.1.7 \\\n    --hash=sha256:" + "a" * 64 + "\n", 1),
        ("click @ https://example.org/click.whl\n", 1),
        ("--index-url https://example.org/simple\n", 1),
    ],
)
def test_loose_locks_are_seen(text: str, faults: int) -> None:
    assert len(lock_faults(text)) == faults
