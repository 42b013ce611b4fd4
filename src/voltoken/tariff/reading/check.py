"""Tariff documents from text: all their faults at once, or the tariff.

The text is read, then every table by itself, then what tables say of one another. A fault is told once: what
follows from it is left out. Nothing is reckoned here that a purchase would decide.
"""

from __future__ import annotations

import hashlib

from voltoken.errors import Fault, FieldError, TariffDocumentError
from voltoken.tariff.document import Tariff
from voltoken.tariff.reading.making import make
from voltoken.tariff.reading.notes import Notes
from voltoken.tariff.reading.places import check_places
from voltoken.tariff.reading.references import References
from voltoken.tariff.reading.rules import check_rules
from voltoken.tariff.reading.shape import Row, read_row
from voltoken.tariff.reading.soundness import check_bands, check_fees, check_prices
from voltoken.tariff.reading.source import read
from voltoken.tariff.reading.steps import check_steps


def load(text: str | bytes, /) -> Tariff:
    """Return the tariff of a document.

    text: TOML, at most 256 KiB; bytes are UTF-8. Its exact bytes give ``Tariff.sha256``.
    Raises TariffDocumentError with every fault at once; FieldError for anything but text and bytes.
    """
    data = _bytes(text)
    notes, document = _checked(data)
    if notes.faults:
        raise TariffDocumentError(notes.told())
    return make(document, hashlib.sha256(data).hexdigest())


def check(text: str | bytes, /) -> tuple[Fault, ...]:
    """Return every fault of a document, in its order; nothing when it is in order.

    Raises FieldError for anything but text and bytes, and nothing else.
    """
    return _checked(_bytes(text))[0].told()


def _bytes(text: str | bytes) -> bytes:
    if not isinstance(text, str | bytes):
        raise FieldError("text", type(text).__name__, "text, or bytes of it")
    # Half a surrogate pair has no UTF-8; it is passed on, so that it is told as a fault of the text.
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def _checked(data: bytes) -> tuple[Notes, Row]:
    source = read(data)
    notes = Notes(source)
    document = read_row(notes, "", (), source.values)
    if "format" in source.values and document["format"] is None:
        # Another version of the format has other keys: complaints about these would mislead.
        notes.faults = [fault for fault in notes.faults if fault.where == "format"]
        return notes, document
    check_rules(notes, document)
    check_steps(notes, document)
    check_places(notes, document)
    check_bands(notes, document)
    References(notes, document).check()
    check_prices(notes, document)
    check_fees(notes, document)
    return notes, document
