"""The scenes of the tour, in order: each computes something real and says what it means.

A scene has one idea and needs none of the others: it builds its own keys and meters (``story``), so that
it can be played alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from voltoken.cli.tour_scenes import guesses, kinds, life, mixed, purchase, rollover
from voltoken.cli.tour_scenes.record import RecordingStage
from voltoken.cli.tour_scenes.stage import Stage

__all__ = ["PROMISE", "RecordingStage", "SCENES", "Scene", "Stage", "TITLE"]

TITLE: Final = "How twenty digits become electricity"
"""What stands above the tour."""
PROMISE: Final = (
    "All numbers below are computed while you read, by the functions that the commands use, and every "
    "verdict is that of a virtual meter. The keys are test keys that the STS compliance tests publish (STS "
    "531-1): everybody may know them, and they open no real meter. Times are in UTC."
)
"""What the tour says of itself before it begins."""


class Scene(NamedTuple):
    """A part of the tour. name: one word to call it by. idea: the rule that its meters show, if any."""

    name: str
    title: str
    play: Callable[[Stage], None]
    idea: str = ""


SCENES: Final = (
    Scene("keys", "Two keys", purchase.keys),
    Scene("sale", "A sale", purchase.sale),
    Scene("entry", "Typed in", purchase.entry, "A credit token adds what it holds, and the relay closes."),
    Scene("inside", "Inside the twenty digits", purchase.inside),
    Scene("again", "The same token again", purchase.again, "A TID that the meter remembers is refused."),
    Scene("wrong", "One wrong digit", guesses.wrong, "A number with a wrong digit is refused."),
    Scene(
        "lockout",
        "Guessing takes years",
        guesses.lockout,
        "After three wrong entries the meter waits, and twice as long after each further one.",
    ),
    Scene("neighbour", "The meter next door", guesses.neighbour, "A token is good in one meter only."),
    Scene(
        "evening",
        "The last kilowatt-hours",
        life.evening,
        "At zero credit the relay opens by itself, and a credit token closes it again.",
    ),
    Scene(
        "order",
        "Out of order, and too old",
        life.order,
        "Tokens are accepted in any order, unless older than the smallest TID that the meter remembers.",
    ),
    Scene("tests", "Numbers for every meter", life.tests, "A load-switch test never reconnects the supply."),
    Scene(
        "minutes",
        "The minutes run out",
        rollover.minutes,
        "Without the roll-over bit, tokens that count from a later date are refused as old.",
    ),
    Scene(
        "change",
        "Four tokens with a new key",
        rollover.change,
        "A key change takes effect with its last section, in whatever order they come; credit stays.",
    ),
    Scene("after", "After the change", rollover.after, "Tokens under the old key are lost with it."),
    Scene("power-cut", "The power fails in the middle", rollover.power_cut),
    Scene("mixed", "Two sets mixed", mixed.mixed, "Sections of two sets load a key that nobody planned."),
    Scene(
        "repair",
        "The mixed key found again",
        mixed.repair,
        "From both sets the mixed key can be computed, and changed to a proper one.",
    ),
    Scene("stock", "A meter from the shelf", kinds.stock, "Credit under a default key is refused."),
    Scene("water", "A water meter", kinds.water, "Credit for another service is refused."),
    Scene("money", "A meter that keeps money", kinds.money, "A currency meter charges its exact price."),
    Scene("older", "Older meters", kinds.older, "EA07 works alike, with its own cipher and tables."),
    Scene("onward", "Where to go from here", kinds.onward),
)
"""The parts of the tour, in order."""
