"""Why a key load file, or a document that goes with one, is rejected: every reason with its meaning.

A reason is a stable word for programs. The message of the error says what was found in this one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from voltoken.errors import KeyFileError

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "algorithm": "It is signed by an algorithm that this version does not take.",
        "attributes": "What it says about a key contradicts itself, or is not what a key can be.",
        "both": "It loads a key and revokes the same key.",
        "challenge": "A proof of possession answers another challenge.",
        "check_value": "A key came out whole and has another check value than the one that is named.",
        "codec": "A plug-in for another format of key files is none.",
        "depth": "It is nested deeper than any document of ours.",
        "duplicate": "A name stands twice in one object.",
        "empty": "It neither loads nor revokes a key.",
        "expired": "It is past the day until which it may be used.",
        "fields": "A member is missing, unknown, or holds what it may not hold.",
        "form": "It is not in the one form: sorted keys, no blanks, ASCII, one way to write each byte.",
        "format": "It is not a document of this kind.",
        "json": "It is no JSON, or it is cut off.",
        "not_yet": "It was made later than the clock of whoever reads it says: one of the clocks is wrong.",
        "number": "A number is not whole, or beyond 63 bits.",
        "point": "A public key for the key agreement is no point of the curve.",
        "proof": "A proof of possession does not prove it: the exchange key is another.",
        "recipient": "It is for somebody else, or for an exchange key that was replaced.",
        "record": "A key cannot be unwrapped: it, its attributes or the header were changed.",
        "replayed": "Its number is not higher than that of a file of this centre that was loaded before.",
        "request": "It answers a request that is not open.",
        "role": "It is for another role: vending, manufacturing or centre.",
        "signature": "The signature is wrong: it was changed, or somebody else made it.",
        "signing_key": "It is signed by a key that is not the centre's, was not good then, or is not now.",
        "size": "It is larger than it may be.",
        "suite": "Its suite of algorithms is reserved or unknown.",
        "twice": "It names one key twice.",
        "untrusted": "The centre is not in the list of those that are trusted, or not at that time.",
        "value": "It is no JSON object, or holds a character that is none.",
        "version": "It has a version of its format that this program does not know.",
    }
)
"""What each reason means."""


def reject(reason: str, message: str, **detail: str | int | bool | None) -> KeyFileError:
    """Return the error to raise. reason: a word of the table."""
    return KeyFileError(reason, f"{REASONS[reason]} {message}", **detail)
