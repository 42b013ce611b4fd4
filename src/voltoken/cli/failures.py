"""How commands end: the exit codes, and every error as one readable message.

No input may end in a traceback. What Voltoken raises, what the command line itself finds wrong and what
the operating system refuses all become ``error: ...`` on standard error, and with ``--json`` an object on
standard output besides.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TextIO

import click

from voltoken.errors import (
    AccessError,
    CanonicalError,
    CarrierError,
    CentreError,
    Fault,
    IntegrityError,
    KeyFileError,
    KeyRefused,
    MeterFileError,
    MeterOff,
    PeerError,
    PurchaseRefused,
    ScenarioError,
    SecurityModuleError,
    TariffDocumentError,
    TokenRangeError,
    UnsupportedToken,
    VoltokenError,
)

EXIT_CODES: Final = {
    0: "done",
    1: "conformance: at least one vector or scenario failed, or none was tried",
    2: "the command line, or the content of a file named on it, is not understood",
    3: "a value is out of range, or a rule of the standard forbids the combination",
    4: "not a token: wrong digits or a wrong count of digits",
    5: "the checksum does not match: a wrong digit or another key",
    6: "a genuine token whose content is reserved, proprietary or out of range",
    7: "the key may not be used for this: expired, or of the wrong type",
    8: "a file cannot be read or written, or the input ended",
    9: "the virtual meter refused the token, or could not do what was asked",
    10: "batch: some rows were refused; the error column says why",
    11: "the security module refused or is not available",
    12: "the tariff does not allow this purchase, or says nothing about it",
    13: "the key management centre refused: a rule, a right, an approval or its file is not in order",
    130: "interrupted",
    141: "the reader of the output went away",
}
"""Every exit code of the program and what it says."""

CONFORMANCE_FAILED: Final = 1
METER_REFUSED: Final = 9
MODULE_REFUSED: Final = 11
PURCHASE_REFUSED: Final = 12
CENTRE_REFUSED: Final = 13
_USAGE: Final = 2
_LONG_HEX: Final = re.compile("[0-9a-fA-F]{16,}")
_VALUE: Final = 3
_FILE: Final = 8
_INTERRUPTED: Final = 130
_BROKEN_PIPE: Final = 141

_BY_CLASS: Final = (
    (CarrierError, 4),
    (IntegrityError, 5),
    (TokenRangeError, 6),
    (UnsupportedToken, 6),
    (KeyRefused, 7),
    (MeterFileError, _USAGE),
    (ScenarioError, _USAGE),
    (MeterOff, METER_REFUSED),
    (SecurityModuleError, MODULE_REFUSED),
    (PeerError, MODULE_REFUSED),
    (TariffDocumentError, _USAGE),
    (PurchaseRefused, PURCHASE_REFUSED),
    (CentreError, CENTRE_REFUSED),
    (AccessError, CENTRE_REFUSED),
    (KeyFileError, _USAGE),
    (CanonicalError, _USAGE),
)


class FileTrouble(click.ClickException):
    """A file that cannot be read or written."""

    exit_code = _FILE
    code = "file.trouble"


class WrongFile(click.ClickException):
    """A file that can be read, but is not what it was named for."""

    exit_code = _USAGE
    code = "file.content"


def exit_code_of(error: VoltokenError) -> int:
    """Return the exit code for an error of ours."""
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), _VALUE)


def as_document(error: VoltokenError) -> dict[str, object]:
    """Return an error of ours as it appears in JSON; that of a tariff document has the list of its faults."""
    document: dict[str, object] = {
        "code": error.code,
        "message": error.message,
        "detail": dict(error.detail),
    }
    if isinstance(error, TariffDocumentError):
        document["faults"] = fault_documents(error.faults)
    return document


def fault_documents(faults: Iterable[Fault]) -> list[dict[str, object]]:
    """Return faults of a document as they appear in JSON; the line is null where there is none."""
    return [{"line": fault.line or None, "key": fault.where, "reason": fault.reason} for fault in faults]


def run(command: Callable[[], object], *, json_wanted: bool) -> int:
    """Run a command, show how it failed if it did, and return the exit code.

    command: returns an exit code, or anything else for success; raises whatever it likes.
    """
    try:
        status = _status_of(command)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
        return _BROKEN_PIPE
    except (click.Abort, KeyboardInterrupt, EOFError):
        return _INTERRUPTED
    except VoltokenError as error:
        return _report(exit_code_of(error), error.message, as_document(error), json_wanted=json_wanted)
    except click.ClickException as error:
        return _report_click(error, json_wanted=json_wanted)
    except OSError as error:
        _silence(sys.stdout)
        where = f"{error.filename}: " if isinstance(error.filename, str) else ""
        message = f"{where}{error.strerror or 'input or output failed'}"
        return _report(_FILE, message, _document(FileTrouble.code, message), json_wanted=json_wanted)
    return status


def _status_of(command: Callable[[], object]) -> int:
    """Run a command and return its exit code, 0 unless it says otherwise."""
    try:
        result = command()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    return result if isinstance(result, int) else 0


def _report_click(error: click.ClickException, *, json_wanted: bool) -> int:
    """Show what the command line found wrong, with the way to its help."""
    code = getattr(error, "code", "cli.usage")
    # The parser repeats what it did not expect; a key in the wrong place must not be repeated.
    message = _LONG_HEX.sub("...", " ".join(error.format_message().split()))
    status = _report(error.exit_code, message, _document(code, message), json_wanted=json_wanted)
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        click.echo(f"       Try: {context.command_path} --help", err=True)
    return status


def _document(code: str, message: str) -> dict[str, object]:
    return {"code": code, "message": message, "detail": {}}


def _report(status: int, message: str, document: Mapping[str, Any], *, json_wanted: bool) -> int:
    say("error", message, "red")
    if json_wanted:
        import json

        try:
            click.echo(json.dumps({"error": document}, indent=2))
        except OSError:
            _silence(sys.stdout)
    return status


def warn(message: str) -> None:
    """Show a warning on standard error."""
    say("warning", message, "yellow")


def say(kind: str, message: str, colour: str) -> None:
    """Show one message of a kind on standard error; the kind is coloured on a terminal."""
    plain = "NO_COLOR" in os.environ or not sys.stderr.isatty()
    click.echo(f"{kind if plain else click.style(kind, fg=colour, bold=True)}: {message}", err=True)


def _silence(stream: TextIO) -> None:
    """Point a stream nowhere, so that Python does not complain about it once more on its way out."""
    try:
        descriptor = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
    except (OSError, ValueError):
        return
