"""The tour kept as scenario files: each meter of a scene has a twin whose story is noted."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from typing import Any

from voltoken.cli.tour_scenes.stage import Stage
from voltoken.meter import Answer, Meter, Recorder, Scenario, Shown, Step
from voltoken.sts import BaseDate, TokenNumber


class RecordingStage(Stage):
    """A stage that notes what happens to the meters on it."""

    def __init__(self) -> None:
        super().__init__()
        self._stories: dict[int, tuple[Meter, Recorder]] = {}

    def enter(self, meter: Meter, number: TokenNumber | str, now: datetime) -> Answer:
        """Type a token in, and note it."""
        digits = number.grouped if isinstance(number, TokenNumber) else number
        self._note(meter, now, "enter", token=digits)
        return super().enter(meter, number, now)

    def use(self, meter: Meter, quantity: int, now: datetime, seconds: int) -> None:
        """Draw energy or water, and note it."""
        units = str(meter.profile.commodity.units(quantity).normalize())
        self._note(meter, now, "use", quantity=units, seconds=seconds)
        super().use(meter, quantity, now, seconds)

    def press(self, meter: Meter, code: str, now: datetime) -> Shown:
        """Key in a short code, and note it."""
        self._note(meter, now, "press", code=code)
        return super().press(meter, code, now)

    def stories(self, name: str, title: str, idea: str) -> list[Scenario]:
        """Return what was noted since the last call, a scenario for each meter, and forget it."""
        found = []
        for place, (_, recorder) in enumerate(self._stories.values(), 1):
            own = name if place == 1 else f"{name}-{place}"
            found.append(recorder.scenario(own, title=title, rule=idea, source="voltoken tour"))
        self._stories = {}
        return found

    def _note(self, meter: Meter, now: datetime, action: str, **arguments: Any) -> None:
        """Do something to the twin of a meter, which begins as the meter is when it comes on."""
        if id(meter) not in self._stories:
            # The meter is kept too, so that no other gets its id. All begin before their roll-over.
            self._stories[id(meter)] = meter, Recorder(deepcopy(meter), now, BaseDate.BD1993)
        self._stories[id(meter)][1].perform(Step(now, action, arguments))
