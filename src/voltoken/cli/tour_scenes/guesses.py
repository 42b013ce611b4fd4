"""Scenes of wrong digits: mistyped ones, guessed ones, and the right ones at the wrong meter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from voltoken.cli.tour_scenes.plots import bar
from voltoken.cli.tour_scenes.stage import Stage
from voltoken.cli.tour_scenes.story import (
    NEIGHBOUR,
    TYPED,
    decoder_key,
    named,
    new_meter,
    the_sale,
)
from voltoken.errors import TokenError
from voltoken.sts import InitiateMeterTestDisplay, TokenCipher, TokenNumber, decode, encode

_GUESSES: Final = 10
_SECONDS_OF_A_YEAR: Final = 31_557_600


def wrong(stage: Stage) -> None:
    """One digit mistyped."""
    digits = the_sale().digits
    slip = TokenNumber.parse(f"{digits[:-1]}6")
    stage.text("And if a finger slips at the last digit?")
    stage.line()
    stage.line(f"{stage.style('sold', 'quiet')}    {the_sale().grouped}")
    stage.line(f"{stage.style('typed', 'quiet')}   {slip.grouped[:-1]}{stage.style(slip.grouped[-1], 'bad')}")
    stage.line()
    stage.show(new_meter(decoder_key()), slip, TYPED)
    stage.line()
    tried = list(_mistypings(digits))
    cipher = TokenCipher(decoder_key())
    refused = sum(not _is_read(text, cipher) for text in tried)
    stage.text(
        f"Tried just now: all {len(tried)} ways to mistype one digit. Refused: {refused}. What is refused "
        "leaves no trace but a count of wrong entries: the right digits are as good as before."
    )


def _mistypings(digits: str) -> Iterator[str]:
    """Yield every number that differs in one digit."""
    for place, right in enumerate(digits):
        for digit in "0123456789":
            if digit != right:
                yield f"{digits[:place]}{digit}{digits[place + 1 :]}"


def _is_read(digits: str, cipher: TokenCipher) -> bool:
    try:
        decode(digits, cipher)
    except TokenError:
        return False
    return True


def lockout(stage: Stage) -> None:
    """Somebody guesses, and has to wait longer and longer."""
    stage.text(
        "The checksum has 16 bits: one number in 65\u00a0536 passes it by chance. So the meter slows "
        "guessing down. Wrong numbers, each typed as soon as the meter allows:"
    )
    stage.line()
    meter, now, wait_s = new_meter(decoder_key()), TYPED, 0
    right = the_sale()
    stage.line(stage.style("try  answer         then wait", "quiet"))
    for guess in range(1, _GUESSES + 1):
        answer = stage.enter(meter, f"{int(right) ^ guess << 3:020d}", now)
        wait_s = answer.lockout_s
        length = stage.style(bar(wait_s, 1280, min(44, stage.width - 33)), "yellow")
        waits = f"{wait_s:>6} s  {length}" if wait_s else ""
        stage.line(f"{guess:>3}  {stage.style(named(answer.result), 'bad')}  {waits}".rstrip())
        now += timedelta(seconds=wait_s)
    stage.line()
    early = now - timedelta(seconds=wait_s - 60)
    test = encode(InitiateMeterTestDisplay.of([4]))
    stage.results(
        [
            ("the right token, a minute later", stage.enter(meter, right, early).result),
            ("a test token in the meantime", stage.enter(meter, test, early).result),
            ("the right token, after the wait", stage.enter(meter, right, now).result),
        ]
    )
    stage.line()
    years = 65_536 * wait_s / _SECONDS_OF_A_YEAR
    stage.text(
        f"At one guess in {wait_s // 60} minutes, 65\u00a0536 guesses take {years:.1f} years. In this model "
        "a power cut ends the wait; others keep it."
    )


def neighbour(stage: Stage) -> None:
    """The right digits at the meter next door."""
    stage.text(f"The right digits, typed into the meter next door, {NEIGHBOUR}:")
    stage.line()
    stage.show(new_meter(decoder_key(NEIGHBOUR), pan=NEIGHBOUR), the_sale(), TYPED)
    stage.line()
    stage.text(
        "Its key is another one. The meter cannot tell a wrong digit from a wrong key, and need not. A token "
        "is good in one meter only, so it can be read out aloud in a shop."
    )
