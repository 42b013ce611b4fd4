"""The recorder: a story that is told with a meter, kept as a scenario.

What is recorded is what our meter did, which proves nothing about the rule; it shows what happened, and
that it happens again. Scenarios that ship are stated from the rules instead.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from voltoken.errors import FieldError, ScenarioError
from voltoken.meter.machine import Meter
from voltoken.meter.price import FlatPrice
from voltoken.meter.profile import Profile
from voltoken.meter.profiles import PROFILES
from voltoken.meter.scenario import Scenario
from voltoken.meter.scenario_replay import VirtualDevice, observe
from voltoken.meter.scenario_setup import MeterSetup, credit_text
from voltoken.meter.scenario_steps import Observed, Step
from voltoken.meter.scenario_values import plain
from voltoken.sts import EA, BaseDate

_OF_THE_STEP: Final = ("result", "code", "credited", "tests", "shows", "served", "powered")
"""What is noted whenever it is there; of the state, only what has changed."""


class Recorder:
    """Does things to a meter and notes each with what came of it.

    meter: powered, with a test key; its later steps must all go through ``perform``. begins: aware.
    base_date: what its tokens count from, for the reader; the meter does not know.
    Raises ScenarioError when the key is not marked test, when the meter runs on licensed tables, or when a
    scenario cannot set up the state it is in (with sections of a key change pending, for example).
    """

    def __init__(self, meter: Meter, begins: datetime, base_date: BaseDate = BaseDate.BD2014) -> None:
        self.setup = setup_of(meter, begins, base_date)
        self._device = VirtualDevice(meter)
        self._begins = begins
        self._before = observe(meter, begins)
        self._last: Observed = self._before
        self._steps: list[Step] = []

    def perform(self, step: Step) -> Observed:
        """Do what a step says, note it with what has changed, and return all that was observed.

        The expectations the step brings are not looked at. Raises ScenarioError as ``Step`` does.
        """
        seen = self._device.perform(step)
        self._steps.append(replace(step, expect=_noted(seen, self._last)))
        self._last = seen if seen["powered"] else self._last
        return seen

    def scenario(self, name: str, *, title: str, rule: str, source: str = "recorded") -> Scenario:
        """Return the story so far; its last step states the whole state. Raises ScenarioError without any."""
        steps = list(self._steps)
        if steps and steps[-1].expect.get("powered", True):
            steps[-1] = replace(steps[-1], expect={**self._last, **steps[-1].expect})
        return Scenario(name, title, rule, source, self.setup, self._begins, tuple(steps), self._before)


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
    if differing or memory.pending.sections or memory.balance.owed:
        names = ", ".join(differing) or "what it has half done"
        raise ScenarioError(f"A scenario cannot begin with this meter as it is: {names} cannot be set up.")
    return setup


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
