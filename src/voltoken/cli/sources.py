"""Where key bytes and other files come from, read so that every fault has a message.

A key SOURCE is ``file:PATH`` (``file:-`` is standard input), ``env:NAME``, ``prompt``, or the hexadecimal
digits themselves. A key file holds bare digits or a JSON object with the key and its attributes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from voltoken.cli.failures import FileTrouble, WrongFile, warn
from voltoken.cli.parameters import ATTRIBUTES
from voltoken.errors import HIDDEN, FieldError
from voltoken.sts import parse_key

VENDING: Final = "vending key"
DECODER: Final = "decoder key"
ENVIRONMENT: Final = {VENDING: "VOLTOKEN_VENDING_KEY", DECODER: "VOLTOKEN_DECODER_KEY"}
"""Environment variables that hold a key in hexadecimal."""

_BYTES_MAX: Final = 1 << 26
_MEMBERS: Final = {VENDING: "vending_key", DECODER: "decoder_key"}
_FREE: Final = ("test", "note")


@dataclass(frozen=True, slots=True)
class Material:
    """Key bytes from somewhere, with the attributes that came along. test: marked as a test key."""

    key: bytes = field(repr=False)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    test: bool = False


def read_text(path: str, what: str) -> str:
    """Return the text of a file; ``-`` is standard input. Raises FileTrouble that says what it is for."""
    try:
        data = _read_bytes(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be opened"
        raise FileTrouble(f"{what} {shown_name(path)}: {reason}.") from None
    if len(data) > _BYTES_MAX:
        raise FileTrouble(f"{what} {shown_name(path)}: larger than {_BYTES_MAX >> 20} MB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileTrouble(f"{what} {shown_name(path)}: it is not a text file in UTF-8.") from None


def _read_bytes(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read(_BYTES_MAX + 1)
    with Path(path).open("rb") as file:
        return file.read(_BYTES_MAX + 1)


def read_json(path: str, what: str) -> object:
    """Return a JSON file's content, decimals exact. Raises FileTrouble, or WrongFile when it is none."""
    return parse_json(read_text(path, what), f"{what} {shown_name(path)}")


def parse_json(text: str, where: str) -> object:
    """Return the content of JSON text. Raises WrongFile, which never shows the text."""
    import json

    try:
        return json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise WrongFile(f"{where}: this is no JSON: {error.msg}, line {error.lineno}.") from None
    except (ValueError, ArithmeticError, RecursionError):
        raise WrongFile(f"{where}: a number in it is too long, or it is nested too deeply.") from None


def load_key(source: str, kind: str) -> Material:
    """Return the key that a SOURCE names. kind: VENDING or DECODER.

    Raises FileTrouble, WrongFile, UsageError, and FieldError for digits that are no key; none of them
    shows the digits.
    """
    scheme, separator, rest = source.partition(":")
    if separator and scheme == "file":
        if rest != "-":
            warn_if_readable(rest, "key file")
        return material_from_text(read_text(rest, "key file"), kind, f"key file {shown_name(rest)}")
    if separator and scheme == "env":
        if rest not in os.environ:
            raise click.UsageError(f"The environment variable {shown_name(rest)} is not set.")
        return Material(parse_key(os.environ[rest], kind))
    if source == "prompt":
        return prompt_key(kind)
    try:
        key = parse_key(source, kind)
    except FieldError as error:
        raise FieldError(
            kind, HIDDEN, error.allowed, "Or name a source: file:PATH, env:NAME or prompt."
        ) from None
    warn(
        f"the {kind} stands on the command line, where the process list and the shell's history show it. "
        "For a live key use file:PATH, env:NAME or prompt."
    )
    return Material(key)


def prompt_key(kind: str) -> Material:
    """Ask for a key without showing it. Raises UsageError where nobody can answer."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"The {kind} cannot be asked for: this is not a terminal.")
    typed: str = click.prompt(f"{kind.capitalize()} (not shown)", hide_input=True, err=True)
    return Material(parse_key(typed, kind))


def load_secret(source: str, what: str) -> str:
    """Return one line of text that a SOURCE names: file:PATH, env:NAME or prompt. what: for messages.

    Raises FileTrouble, and UsageError for another source; neither shows the text.
    """
    scheme, separator, rest = source.partition(":")
    if separator and scheme == "file":
        if rest != "-":
            warn_if_readable(rest, f"file with the {what}")
        return read_text(rest, what).strip("\r\n")
    if separator and scheme == "env":
        if rest not in os.environ:
            raise click.UsageError(f"The environment variable {shown_name(rest)} is not set.")
        return os.environ[rest]
    if source != "prompt":
        raise click.UsageError(f"Name where the {what} comes from: file:PATH, env:NAME or prompt.")
    if not sys.stdin.isatty():
        raise click.UsageError(f"The {what} cannot be asked for: this is not a terminal.")
    typed: str = click.prompt(f"{what.capitalize()} (not shown)", hide_input=True, err=True)
    return typed


def material_from_text(text: str, kind: str, where: str) -> Material:
    """Read a key file: a JSON object when it begins like one, else bare digits."""
    if not text.lstrip().startswith("{"):
        return Material(parse_key(text, kind))
    document = parse_json(text, where)
    member = _MEMBERS[kind]
    if not isinstance(document, dict) or not isinstance(document.get(member), str):
        for other_kind, other in _MEMBERS.items():
            if isinstance(document, dict) and other in document and other_kind != kind:
                raise WrongFile(
                    f"{where}: it holds a {other_kind}; name it with --{other.replace('_', '-')}."
                )
        raise WrongFile(f'{where}: a JSON key file has a member "{member}" with hexadecimal digits.')
    unknown = sorted(set(document) - {member, *ATTRIBUTES, *_FREE})
    if unknown:
        known = ", ".join((member, *ATTRIBUTES, *_FREE))
        raise WrongFile(f"{where}: unknown member {shown_name(unknown[0])}; known are {known}.")
    test = document.get("test", False)
    if not isinstance(test, bool):
        raise WrongFile(f'{where}: "test" is true or false.')
    attributes = {name: make(document[name]) for name, make in ATTRIBUTES.items() if name in document}
    return Material(parse_key(document[member], kind), attributes, test)


def warn_if_readable(path: str, what: str) -> None:
    """Warn about a file with a key in it that others may read. what: what the file is, for the message."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return  # reading it will say why
    if os.name == "posix" and mode & 0o077:
        warn(f"the {what} {shown_name(path)} can be read by others; chmod 600 makes it yours alone.")


def write_private(path: str, text: str) -> None:
    """Write a new file that only its owner can read. Raises FileTrouble when it exists already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise FileTrouble(f"{shown_name(path)} exists already; key files are never overwritten.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such name"
        raise FileTrouble(f"{shown_name(path)}: {reason}.") from None


def shown_name(name: str) -> str:
    """Return a file or variable name fit for a message: printable, and not too long."""
    text = name if name.isprintable() else ascii(name)[1:-1]
    return text if len(text) <= 200 else f"{text[:196]}..."
