"""Short codes and display texts as data: a skin makes the same meter look like another one.

A skin says which code shows which reading, which code does something, and what stands on the glass after
a token. It travels as a JSON document; ``skins`` has the ready ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from voltoken.errors import FieldError
from voltoken.meter.display import READINGS, credit_reading
from voltoken.meter.results import Answer, TokenResult

if TYPE_CHECKING:
    from voltoken.meter.machine import Meter

ACTIONS: Final = ("emergency", "reconnect", "alarm_minutes", "low_credit")
"""What a code can do besides showing something."""

_ORDINALS: Final = ("", "1St", "2nd", "3rd", "4th")


class ShortCode(NamedTuple):
    """One code. title: what it shows, in words. reading: its name. decimals: None as usual."""

    title: str
    reading: str
    decimals: int | None = None


class Action(NamedTuple):
    """A code that does something. digits: how many more digits follow it. name: one of ``ACTIONS``."""

    title: str
    name: str
    digits: int = 0


class Shown(NamedTuple):
    """What a code brought up. title: empty for a code the meter does not have."""

    title: str
    text: str

    @property
    def is_known(self) -> bool:
        """Whether the meter has the code."""
        return bool(self.title)


@dataclass(frozen=True, slots=True)
class Skin:
    """Codes and texts of a family of meters.

    name, title: for people. codes: digits to what they show. actions: leading digits to what they do.
    results: frames shown one after the other for a token result, with ``{amount}``, ``{balance}``,
        ``{next}``, ``{tries}`` and ``{seconds}`` filled in. idle: what is shown when nothing happens.
    unknown: shown for a code the meter does not have.
    Raises FieldError for a reading or action that does not exist, or a result without frames.
    """

    name: str
    title: str
    codes: Mapping[str, ShortCode]
    actions: Mapping[str, Action]
    results: Mapping[TokenResult, tuple[str, ...]]
    idle: str = "{balance}"
    unknown: str = "----"

    def __post_init__(self) -> None:
        """Check every row."""
        for code, row in self.codes.items():
            _check_code(code)
            if row.reading not in READINGS:
                raise FieldError("reading", row.reading, f"one of {', '.join(sorted(READINGS))}")
            if row.decimals is not None and row.decimals not in range(6):
                raise FieldError("decimals", row.decimals, "0 to 5")
        for code, action in self.actions.items():
            _check_code(code)
            if action.name not in ACTIONS or action.digits not in range(5):
                raise FieldError("action", action.name, f"one of {', '.join(ACTIONS)}, with 0 to 4 digits")
        for result in TokenResult:
            if result not in self.results:
                raise FieldError("results", result.value, "given frames to show")
        for frame in (*(f for frames in self.results.values() for f in frames), self.idle):
            _check_frame(frame)
        texts = (self.name, self.title, self.unknown, *(row.title for row in self.codes.values()))
        if not all(isinstance(text, str) for text in texts):
            raise FieldError("skin", self.name, "text wherever it shows text")

    def frames(self, answer: Answer, meter: Meter) -> tuple[str, ...]:
        """Return what stands on the glass after a token, one text after the other."""
        if answer.tests:
            return tuple(shown.text for shown in answer.tests)
        values = {
            "amount": credit_reading(meter, answer.credited).text(),
            "balance": credit_reading(meter, meter.credit).text(),
            "next": _ORDINALS[answer.missing[0]] if answer.missing else "",
            "tries": answer.in_a_row,
            "seconds": answer.lockout_s,
        }
        frames = self.results[answer.result]
        if not answer.credited:
            frames = tuple(frame for frame in frames if "{amount}" not in frame)
        return tuple(frame.format(**values) for frame in frames)

    def idle_text(self, meter: Meter) -> str:
        """Return what stands on the glass when nothing happens."""
        return self.idle.format(
            **dict.fromkeys(_PLACES, "") | {"balance": credit_reading(meter, meter.credit).text()}
        )

    def press(self, meter: Meter, code: str, now: datetime) -> Shown:
        """Key in a code: show a reading, or do something. Raises MeterOff without power."""
        meter.wait(now)
        row = self.codes.get(code)
        if row is not None:
            return Shown(row.title, READINGS[row.reading](meter).text(row.decimals))
        for prefix, action in self.actions.items():
            rest = code.removeprefix(prefix)
            if code.startswith(prefix) and len(rest) == action.digits and (not rest or rest.isdecimal()):
                return Shown(action.title, _act(meter, action.name, int(rest or 0), now))
        return Shown("", self.unknown)

    def to_document(self) -> dict[str, Any]:
        """Return the skin as JSON values."""
        return {
            "name": self.name,
            "title": self.title,
            "idle": self.idle,
            "unknown": self.unknown,
            "codes": {code: row._asdict() for code, row in self.codes.items()},
            "actions": {code: action._asdict() for code, action in self.actions.items()},
            "results": {result.value: list(frames) for result, frames in self.results.items()},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Skin:
        """Read a skin. Raises FieldError that says what is wrong."""
        try:
            values = dict(document)
            values["codes"] = {str(code): ShortCode(**row) for code, row in document["codes"].items()}
            values["actions"] = {str(code): Action(**row) for code, row in document["actions"].items()}
            values["results"] = {
                TokenResult(name): tuple(str(frame) for frame in frames)
                for name, frames in document["results"].items()
            }
            return cls(**values)
        except FieldError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError):
            raise FieldError("skin", document, "of the form that Skin.to_document writes") from None


_PLACES: Final = ("amount", "balance", "next", "tries", "seconds")


def _check_frame(frame: str) -> None:
    """Refuse a frame that is no text, or asks for anything but a known value as it is."""
    try:
        places = list(Formatter().parse(frame))
    except (TypeError, ValueError):
        places = [("", "?", "", None)]
    for _, name, form, conversion in places:
        if name is not None and (name not in _PLACES or form or conversion):
            raise FieldError("frame", frame, f"text with no other places than {', '.join(_PLACES)}")


def _check_code(code: str) -> None:
    if not isinstance(code, str) or not code.isdecimal() or not code.isascii() or len(code) > 6:
        raise FieldError("code", code, "1 to 6 digits")


def _act(meter: Meter, name: str, number: int, now: datetime) -> str:
    """Do what a code says and return the text that confirms it."""
    if name == "emergency":
        return "on" if meter.take_emergency(now) else "no"
    if name == "reconnect":
        return "on" if meter.reconnect(now) else "no"
    if name == "alarm_minutes":
        meter.set_limits(now, alarm_minutes=number)
        return f"{number} min"
    per_unit = 100_000 if meter.profile.service.is_currency else meter.profile.commodity.counts
    meter.set_limits(now, low_credit=number * per_unit)
    return credit_reading(meter, number * per_unit).text()
