"""The stage of the tour: the screen, and meters on it whose every answer is drawn and said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from voltoken.cli.glass import draw_meter
from voltoken.cli.screen import Screen
from voltoken.cli.tour_scenes.story import named, style_of
from voltoken.meter import SKINS, Answer, Meter, Shown, TokenResult
from voltoken.sts import TokenNumber

_GOOD: Final = "\u2713"
_BAD: Final = "\u2717"
_MARGIN: Final = 2
_ROOMY: Final = 60


class Stage(Screen):
    """A screen on which things happen to meters."""

    def wrapped(self, text: str, indent: int) -> list[str]:
        """Return a paragraph as lines that keep units beside their numbers, with a margin at the right."""
        text = text.replace(" kWh", "\u00a0kWh").replace(" USD", "\u00a0USD")
        return super().wrapped(text, indent + (_MARGIN if self.width >= _ROOMY else 0))

    def enter(self, meter: Meter, number: TokenNumber | str, now: datetime) -> Answer:
        """Type a token in, without a word about it."""
        return meter.enter(number, now)

    def use(self, meter: Meter, quantity: int, now: datetime, seconds: int) -> None:
        """Draw energy or water in the seconds before now."""
        meter.use(quantity, now, seconds=seconds)

    def press(self, meter: Meter, code: str, now: datetime) -> Shown:
        """Key in a short code."""
        return SKINS[meter.profile.skin].press(meter, code, now)

    def show(self, meter: Meter, number: TokenNumber | str, now: datetime) -> Answer:
        """Type a token in, draw what the meter shows, and say the verdict."""
        answer = self.enter(meter, number, now)
        draw_meter(self, meter, SKINS[meter.profile.skin].frames(answer, meter))
        self.line()
        self.verdict(answer.result)
        return answer

    def section(self, label: str, meter: Meter, number: TokenNumber, now: datetime) -> Answer:
        """Type in a token of a key change, and write in a line or two what came of it."""
        answer = self.enter(meter, number, now)
        result = self.style(f"{named(answer.result):<11}", style_of(answer.result))
        seen = f"{result} {'  '.join(SKINS[meter.profile.skin].frames(answer, meter))}"
        start = f"{self.style(label, 'quiet')}  {number.grouped}"
        if self.width >= 70:
            self.line(f"{start}  {seen}")
        else:
            self.line(start)
            self.line(seen, len(label) + 4)
        return answer

    def verdict(self, result: TokenResult) -> None:
        """Say a token result with its register code and its meaning."""
        sign = _GOOD if result.is_accepted else _BAD
        self.marked(f"{sign} {named(result)}", style_of(result), f": {result.meaning}.")

    def results(self, rows: Sequence[tuple[str, TokenResult]]) -> None:
        """Write what was done and what the meter answered, in two columns where they fit."""
        wide = max(len(what) for what, _ in rows) + 3
        beside = wide + 20 <= self.width
        for what, result in rows:
            said = self.style(named(result), style_of(result))
            if beside:
                self.line(f"{what:{wide}}{said}")
            else:
                self.line(what)
                self.line(said, 4)

    def good(self, text: str) -> None:
        """Say what was found to be as it should be."""
        self.marked(_GOOD, "good", f" {text}")

    def bad(self, text: str) -> None:
        """Say what was refused, and why."""
        self.marked(_BAD, "bad", f" {text}")

    def marked(self, mark: str, style: str, text: str) -> None:
        """Write a paragraph that begins with a mark in colour and hangs below it."""
        first, *more = self.wrapped(mark + text, 4)
        self.line(first.replace(mark, self.style(mark, style), 1))
        for line in more:
            self.line(line, 4)
