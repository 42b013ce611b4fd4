"""Stories and the recorder: what is told with a meter, kept as a scenario.

What is recorded is what our meter did, which proves nothing about the rule; it shows what happened, and
that it happens again. Scenarios that ship are stated from the rules instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from voltoken.errors import FieldError, ScenarioError, VoltokenError
from voltoken.meter.machine import Meter
from voltoken.meter.price import FlatPrice
from voltoken.meter.profile import Profile
from voltoken.meter.profiles import PROFILES
from voltoken.meter.scenario import STEPS_MAX, Scenario
from voltoken.meter.scenario_replay import VirtualDevice, observe
from voltoken.meter.scenario_setup import MeterSetup, credit_text
from voltoken.meter.scenario_steps import Observed, Step, expectations
from voltoken.meter.scenario_values import TIME, plain, read_as, stamp
from voltoken.sts import EA, BaseDate

_OF_THE_STEP: Final = ("result", "code", "credited", "tests", "shows", "served", "powered")
"""What is noted whenever it is there; of the state, only what has changed."""


@dataclass(slots=True)
class Story:
    """What has happened to a meter so far: a scenario that goes on, and can be kept in a file meanwhile.

    setup: the meter at first. begins: when, aware. before: its whole state then. steps: so far, each with
    what was worth noting of it; ``add`` adds one.
    """

    setup: MeterSetup
    begins: datetime
    before: Observed
    steps: list[Step] = field(default_factory=list)
    _state: dict[str, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find the state after the last step. Raises ScenarioError when time runs back, or for a flood."""
        self.before = expectations(self.before)
        self._state = dict(self.before)
        steps, self.steps = self.steps, []
        for step in steps:
            self._append(step)

    @classmethod
    def begin(cls, meter: Meter, begins: datetime, base_date: BaseDate = BaseDate.BD2014) -> Story:
        """Begin a story with a meter as it is.

        meter: powered, with a test key. begins: aware. base_date: what its tokens count from, for the
        reader; the meter does not know.
        Raises ScenarioError when the key is not marked test, when the meter runs on licensed tables, or
        when a scenario cannot set up the state it is in (with sections of a key change pending, for example).
        """
        return cls(setup_of(meter, begins, base_date), begins, observe(meter, begins))

    def check(self, at: datetime) -> None:
        """Refuse a next step at a time before the last one, or one too many. Raises ScenarioError."""
        last = self.steps[-1].at if self.steps else self.begins
        if at < last:
            raise ScenarioError(
                f"A story cannot go on at {stamp(at)}, before {stamp(last)}: its time does not run back."
            )
        if len(self.steps) >= STEPS_MAX:
            raise ScenarioError(
                f"This story has {STEPS_MAX} steps, as many as a scenario can have. Write it down, and begin "
                "another one."
            )

    def add(self, step: Step, seen: Observed) -> None:
        """Add a step that was done, with what has changed.

        seen: all that was observed after it, see ``observation``. What the step itself expects is not
        looked at. Raises ScenarioError as ``check`` does.
        """
        self._append(replace(step, expect=_noted(expectations(seen), self._state)))

    def _append(self, step: Step) -> None:
        self.check(step.at)
        self.steps.append(step)
        self._state |= {name: value for name, value in step.expect.items() if name not in _OF_THE_STEP}

    def scenario(self, name: str, *, title: str, rule: str, source: str = "recorded") -> Scenario:
        """Return the story so far; its last step states the whole state. Raises ScenarioError without any."""
        steps = list(self.steps)
        if steps and steps[-1].expect.get("powered", True):
            steps[-1] = replace(steps[-1], expect={**self._state, **steps[-1].expect})
        return Scenario(name, title, rule, source, self.setup, self.begins, tuple(steps), self.before)

    def to_document(self) -> dict[str, Any]:
        """Return the story as JSON values, with its key."""
        return {
            "meter": self.setup.to_document(),
            "begins": stamp(self.begins),
            "before": dict(self.before),
            "steps": [step.to_document() for step in self.steps],
        }

    @classmethod
    def from_document(cls, document: object) -> Story:
        """Read what ``to_document`` wrote. Raises ScenarioError, and no other error."""
        try:
            values = dict(document)  # type: ignore[call-overload] # what is no mapping raises
            return cls(
                MeterSetup.from_document(values["meter"]),
                read_as(TIME, values["begins"], "begins"),
                values["before"],
                [Step.from_document(step) for step in values["steps"]],
            )
        except (VoltokenError, KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
            raise ScenarioError("This is no story of a meter: something in it has another form.") from None


class Recorder:
    """Does things to a meter and notes each with what came of it.

    Meter, begins and base_date are as in ``Story.begin``, which this raises as; the later steps of the
    meter must all go through ``perform``.
    """

    def __init__(self, meter: Meter, begins: datetime, base_date: BaseDate = BaseDate.BD2014) -> None:
        self.story = Story.begin(meter, begins, base_date)
        self._device = VirtualDevice(meter)

    def perform(self, step: Step) -> Observed:
        """Do what a step says, note it with what has changed, and return all that was observed.

        The expectations the step brings are not looked at. Raises ScenarioError as ``Story.check`` does,
        with nothing done.
        """
        self.story.check(step.at)
        seen = self._device.perform(step)
        self.story.add(step, seen)
        return seen

    def scenario(self, name: str, *, title: str, rule: str, source: str = "recorded") -> Scenario:
        """Return the story so far, as ``Story.scenario`` does."""
        return self.story.scenario(name, title=title, rule=rule, source=source)


def _noted(seen: Observed, last: Observed) -> dict[str, Any]:
    """Return what is worth noting of an observation."""
    if not seen["powered"]:
        return {name: seen[name] for name in ("result", "code", "served", "powered") if name in seen}
    return {
        name: value
        for name, value in seen.items()
        if (name in _OF_THE_STEP and name != "powered") or last.get(name, value) != value
    }


def setup_of(meter: Meter, begins: datetime, base_date: BaseDate = BaseDate.BD2014) -> MeterSetup:
    """Return the setup that makes a meter like this one. Raises ScenarioError where there is none."""
    if not meter.is_powered:
        raise ScenarioError("A scenario begins with the power on.")
    key = replace(meter.memory.key.decoder_key(), base_date=base_date)
    if not key.test:
        raise ScenarioError(
            "A scenario shows its key, and the key of this meter is not marked as a test key. Tell the "
            "story with a meter that has one."
        )
    tables = meter.cipher.sta_tables if key.ea is EA.STA else None
    if tables is not None and not tables.is_sample:
        raise ScenarioError("A scenario of EA07 runs on the sample tables; this meter has others.")
    memory = meter.memory
    setup = MeterSetup(
        meter.profile.name if meter.profile.name in PROFILES else "single-phase",
        _as_it_is(meter),
        meter.pan,
        key,
        memory.tids,
        credit=credit_text(memory.balance.credit, meter.profile),
        total=plain(meter.profile.commodity.units(memory.balance.total)),
        price=_price(meter),
        tamper=memory.tamper.condition,
    )
    made, wanted = observe(setup.meter(begins), begins), observe(meter, begins)
    differing = [name for name in wanted if made[name] != wanted[name]]
    differing += [name for name, is_there in _unseen(meter).items() if is_there]
    if differing:
        names = ", ".join(differing)
        raise ScenarioError(f"A scenario cannot begin with this meter as it is: {names} cannot be set up.")
    return setup


def _unseen(meter: Meter) -> dict[str, bool]:
    """Return what decides about later steps and cannot be observed, and whether it is there."""
    memory = meter.memory
    return {
        "half a key change": bool(memory.pending.sections),
        "a part of a step owed": bool(memory.balance.owed),
        "wrong tokens in a row": any(failures.in_a_row for failures in memory.lockout.values()),
        "overloads in a row": meter.supply.trips_in_row > 0,
        "a power cut to come": memory.fuse is not None,
        "the interval of the alarm": memory.limits.alarm_minutes != 0,
    }


def _as_it_is(meter: Meter) -> Profile:
    """Return the profile with what tokens and codes have since changed."""
    limits = meter.memory.limits
    flags = meter.memory.flags
    same = flags == set(meter.profile.flags_set)
    return replace(
        meter.profile,
        power_limit_w=limits.power_w,
        unbalance_limit_w=limits.unbalance_w,
        low_credit=limits.low_credit,
        flags_set=meter.profile.flags_set if same else tuple(sorted(flags)),
    )


def _price(meter: Meter) -> str | None:
    """Return the price as a scenario has it. Raises ScenarioError for a price that is not flat."""
    price = meter.price
    if price is None:
        return None
    if not isinstance(price, FlatPrice) or price.counts != meter.profile.commodity.counts:
        raise ScenarioError(FieldError("price", type(price).__name__, "a flat price of one unit").message)
    return plain(price.price)
