"""What a meter's answer means and what to do next, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from voltoken.cli.meter.bench import reading
from voltoken.cli.meter.files import MeterFile
from voltoken.meter import Answer, TokenResult
from voltoken.sts import KeyChangeSection, TokenNumber, explain


class Words(NamedTuple):
    """An answer in words. meaning: a sentence. advice: what to do next, may be empty."""

    meaning: str
    advice: str = ""


_NOT_LOST: Final = "Nothing is lost"
REFUSALS: Final[Mapping[TokenResult, Words]] = MappingProxyType(
    {
        TokenResult.OVERFLOW: Words(
            "The register cannot hold so much credit.",
            f"{_NOT_LOST}: the token stays good. Use some credit first, then enter it again.",
        ),
        TokenResult.KEY_TYPE: Words(
            "The set is complete, but the meter may not change to this key.",
            "The meter keeps its key, and the sections are gone. Ask for a set to a permitted key.",
        ),
        TokenResult.FORMAT: Words(
            "This is not a token: a token has 20 digits.", "Count the digits and enter them again."
        ),
        TokenResult.RANGE: Words(
            "The token is genuine, but a value in it is not allowed.", "Ask whoever issued it."
        ),
        TokenResult.FUNCTION: Words(
            "This meter does not have what the token asks for.",
            "Compare the digits once; then check that the token is meant for this kind of meter.",
        ),
        TokenResult.OLD: Words(
            "The token is older than all the meter remembers.",
            "It cannot be used any more. Ask whoever issued it for another one.",
        ),
        TokenResult.USED: Words(
            "The meter has taken this token before.",
            f"{_NOT_LOST}: what it carried is in the meter already.",
        ),
        TokenResult.KEY_EXPIRED: Words(
            "The token was issued after the meter's key had expired.",
            "The meter needs a new key first: enter the key change tokens, then buy again.",
        ),
        TokenResult.DDTK: Words(
            "The meter still has a default key, and that takes no credit.",
            "Bring the meter to its unique key first, with key change tokens.",
        ),
        TokenResult.CRC: Words(
            "The checksum does not match: a digit is wrong, or the key is another one.",
            "Compare every digit with the slip. If all are right, the token is for another meter, "
            "or for a key that this meter does not have yet, or no longer.",
        ),
        TokenResult.MFR_CODE: Words(
            "This test is for the meters of another maker.", "Use one that is for every maker."
        ),
        TokenResult.LOCKOUT: Words("The meter takes no token now: too many wrong ones were entered."),
        TokenResult.NOT_READY: Words(
            "The power failed before the meter could answer.",
            "Give the power back and enter the token again: it is then accepted, or was accepted already.",
        ),
    }
)
"""Every result that is no acceptance."""

_ORDINALS: Final = ("first", "second", "third", "fourth")


def words_of(file: MeterFile, number: TokenNumber | None, answer: Answer) -> Words:
    """Return an answer in words. number: the token, None when what was entered is none."""
    if answer.result is TokenResult.ACCEPT:
        return Words(_accepted(file, number, answer))
    if answer.result.is_accepted:
        left = file.meter.profile.pending_timeout_s
        wait = f"{left // 60} minutes" if left % 60 == 0 else f"{left} seconds"
        missing = " and ".join(_ORDINALS[place - 1] for place in answer.missing)
        return Words(
            "A part of a new key. Nothing has changed yet.",
            f"Enter the {missing} token of the set within {wait}.",
        )
    meaning, advice = REFUSALS[answer.result]
    if answer.lockout_s:
        wait = f"Wait {answer.lockout_s} s; meanwhile this way in takes tests only."
        advice = f"{advice} {wait}".strip()
    return Words(meaning, advice)


def _accepted(file: MeterFile, number: TokenNumber | None, answer: Answer) -> str:
    """Return what an accepted token did."""
    meter = file.meter
    if answer.credited:
        amount = reading(meter, "credit_amount_1")
        change = f"{amount} added" if answer.credited > 0 else f"{amount.removeprefix('-')} taken away"
        return f"Accepted. {change}; the credit is {reading(meter, 'credit')} now."
    if answer.tests:
        return "A test or display, which changes nothing."
    if isinstance(answer.token, KeyChangeSection):
        key = meter.memory.key
        parts = [] if key.krn is None else [f"KRN {int(key.krn)}"]
        parts += [] if key.ti is None else [f"TI {key.ti}"]
        parts.append(f"check value {key.check_value}")
        return f"Accepted. The meter has its new key: {', '.join(parts)}. The credit stays."
    summary = explain(number.digits, meter.cipher, file.base_date).summary if number is not None else ""
    return f"Accepted. {summary}".strip()
