"""Stories of management tokens: limits, flags, tampering, and credit that is cleared."""

from __future__ import annotations

from datetime import timedelta

from tools.scenario_book.kit import Story, tell
from voltoken.sts import (
    ClearCredit,
    ClearTamperCondition,
    ExtendedTokenSet,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
)

_SOURCE = "sts_protocol 4.3 and 15.2 step 4"


def _flag(s: Story, flag: int, state: int, minute: int) -> ExtendedTokenSet:
    return ExtendedTokenSet.set_flag(flag, state, tid=s.t0 + minute, rnd=5)


@tell(
    "A new power limit",
    rule="SetMaximumPowerLimit sets the limit in watts; what the meter cannot have gives RangeError and is "
    "not used.",
    source=_SOURCE,
    credit="100",
)
def a_new_power_limit(s: Story) -> None:
    """This model can be limited to anything from 1 W to its 13,800 W."""
    t = s.t0
    s.enter(SetMaximumPowerLimit.of(3000, tid=t, rnd=5), "Accept", power_limit_w=3000, credited="0")
    s.enter(
        SetMaximumPowerLimit.of(13_801, tid=t + 1, rnd=5), "RangeError", "1 W too much.", power_limit_w=3000
    )
    s.enter(SetMaximumPowerLimit.of(0, tid=t + 1, rnd=5), "RangeError", "None at all.", memory=s.memory(t))
    s.enter(
        SetMaximumPowerLimit.of(13_800, tid=t + 1, rnd=5), "Accept", "TID still free.", power_limit_w=13_800
    )
    s.enter(SetMaximumPowerLimit.of(3000, tid=t, rnd=5), "UsedError", "It has a TID like credit.")
    s.end(memory=s.memory(t, t + 1), credit="100", power_limit_w=13_800)


@tell(
    "Too much power",
    rule="Above the power limit the supply is cut after 5 s and returns after 30 s; from the fourth time, "
    "300 s.",
    source="the trip times of the profile single-phase",
    credit="100",
)
def too_much_power(s: Story) -> None:
    """15 kW on a limit of 13.8 kW, for a minute each."""
    s.pace = timedelta()
    for delay in (30, 30, 30, 300, 300):
        s.use("0.25", "0.02", "5 of 60 s.", seconds=60, relay="disconnected", reasons=["power limit"])
        s.use("0.01", "0", "Nothing flows.", seconds=10)
        s.after(seconds=delay - 11)
        s.act("wait", f"{delay - 1} s later.", relay="disconnected")
        s.after(seconds=1)
        s.act("wait", f"{delay} s later.", relay="connected", reasons=[])
    s.use("0.1", "0.1", "Six kilowatts are fine, and forgive the past.", seconds=60, relay="connected")
    s.use("0.25", "0.02", seconds=60, relay="disconnected")
    s.after(seconds=30)
    s.act("wait", "The short time again.", relay="connected")
    s.end(memory=s.memory(), credit="99.78", total="0.22")


@tell(
    "The power limit does not disconnect",
    rule="With flag 4 at 0 the meter does not disconnect for too much power.",
    source="sts_protocol 4.3 (flags)",
    credit="100",
)
def power_limit_without_disconnection(s: Story) -> None:
    """The limit stays, its consequence goes."""
    s.enter(_flag(s, 4, 0, 0), "Accept", flags=[1, 3, 6])
    s.use("15", "15", "15 kW for an hour.", relay="connected", credit="85")
    s.enter(_flag(s, 4, 1, 1), "Accept", flags=[1, 3, 4, 6])
    s.use("15", "0.02", "Five seconds of it.", relay="disconnected", reasons=["power limit"])
    s.end(memory=s.memory(s.t0, s.t0 + 1), credit="84.98")


@tell(
    "Phases out of balance",
    rule="SetMaximumPhasePowerUnbalanceLimit limits the difference between the phases of a three-phase "
    "meter.",
    source=_SOURCE,
    profile="three-phase",
    credit="100",
)
def phases_out_of_balance(s: Story) -> None:
    """7.2 kW in all, differently shared."""
    t = s.t0
    limit = SetMaximumPhasePowerUnbalanceLimit.of(3000, tid=t, rnd=5)
    s.enter(limit, "Accept", unbalance_limit_w=3000)
    s.use("0.12", "0.12", "In balance.", seconds=60, phases_w=[2400, 2400, 2400], relay="connected")
    s.use("0.12", "0.12", "3000 W apart: at the limit.", seconds=60, phases_w=[4400, 1400, 1400])
    s.use(
        "0.12", "0.01", "3001 W apart.", seconds=60, phases_w=[4401, 1400, 1399], reasons=["phase unbalance"]
    )
    s.act("wait", "A minute later.", relay="connected", reasons=[])
    s.enter(
        SetMaximumPhasePowerUnbalanceLimit.of(41_401, tid=t + 1, rnd=5), "RangeError", unbalance_limit_w=3000
    )
    s.end(memory=s.memory(t), credit="99.75")


@tell(
    "Functions that this meter has not got",
    rule="A management token without a meaning in this meter gives FunctionError and is not used up.",
    source=_SOURCE,
    credit="100",
    overrides={"lockout": None},
)
def functions_it_has_not_got(s: Story) -> None:
    """A single-phase electricity meter has no balance of phases, no water and no rates."""
    t = s.t0
    s.enter(
        SetMaximumPhasePowerUnbalanceLimit.of(3000, tid=t, rnd=5), "FunctionError", unbalance_limit_w=None
    )
    s.enter(SetTariffRate(rnd=5, tid=t, rate=7), "FunctionError", tariff_rate=None)
    s.enter(SetWaterMeterFactor(rnd=5, tid=t, factor=7), "FunctionError", water_factor=None)
    s.enter(_flag(s, 10, 1, 0), "FunctionError", "A flag that it does not know.", flags=[1, 3, 4, 6])
    s.enter(ExtendedTokenSet(rnd=5, tid=t, value=62 << 10 | 2 << 1 | 1), "FunctionError", "Index 62.")
    s.end(memory=s.memory(), credit="100")


@tell(
    "A tariff rate and a water factor",
    rule="Meters with these functions store the 16 bits, whose meaning the standard reserves.",
    source=_SOURCE,
    profile="water",
    overrides={"functions": ["SetTariffRate", "SetWaterMeterFactor"]},
)
def rate_and_factor(s: Story) -> None:
    """A water meter that has both."""
    s.enter(SetTariffRate(rnd=5, tid=s.t0, rate=7), "Accept", tariff_rate=7)
    s.enter(SetWaterMeterFactor(rnd=5, tid=s.t0 + 1, factor=0xFFFF), "Accept", water_factor=65_535)
    s.end(memory=s.memory(s.t0, s.t0 + 1), credit="0", tariff_rate=7)


@tell(
    "Credit is cleared",
    rule="ClearCredit clears the register it names, or all for FFFF; a register that the meter has not "
    "gives RangeError.",
    source="sts_protocol 4.3 (registers)",
    credit="25",
    overrides={"lockout": None},
)
def credit_is_cleared(s: Story) -> None:
    """An electricity meter has register 0."""
    t = s.t0
    for register in (1, 2, 3, 4, 7, 8, 0xFFFE):
        token = ClearCredit(rnd=5, tid=t, register=register)
        s.enter(token, "RangeError", f"Register {register}.", credit="25", memory=s.memory())
    s.enter(
        ClearCredit(rnd=5, tid=t, register=0), "Accept", credit="0", relay="disconnected", reasons=["credit"]
    )
    s.enter(s.sale("5", t + 1), "Accept", credit="5", relay="connected")
    s.enter(ClearCredit(rnd=5, tid=t + 2, register=0xFFFF), "Accept", "All registers.", credit="0")
    s.end(memory=s.memory(t, t + 1, t + 2), credit="0", relay="disconnected")


@tell(
    "A cover is opened",
    rule="A tamper condition disconnects, survives power cuts and credit, and ends with "
    "ClearTamperCondition only.",
    source="sts_protocol 4.3; flags 1 and 3",
    credit="10",
)
def a_cover_is_opened(s: Story) -> None:
    """The counters stay, as the display shows."""
    s.act("tamper", given={"kind": "terminal"}, tamper=True, relay="disconnected", reasons=["tamper"])
    s.cut()
    s.restore(tamper=True, relay="disconnected")
    s.enter(s.sale("10"), "Accept", "Credit is taken.", credit="20", relay="disconnected")
    s.enter(ClearTamperCondition(rnd=5, tid=s.t0 + 1), "Accept", tamper=False, relay="connected", reasons=[])
    s.act("press", "How often the terminal cover was opened.", given={"code": "70"}, shows=["1"])
    s.end(memory=s.memory(s.t0, s.t0 + 1), credit="20")


@tell(
    "Flags for tampering",
    rule="Flag 1 says whether tampering is noticed, flag 3 whether it disconnects.",
    source="sts_protocol 4.3 (flags)",
    credit="10",
)
def flags_for_tampering(s: Story) -> None:
    """Three settings of the same meter."""
    s.enter(_flag(s, 3, 0, 0), "Accept", flags=[1, 4, 6])
    s.act("tamper", "Noticed, without consequence.", given={"kind": "magnet"}, tamper=True, relay="connected")
    s.enter(_flag(s, 3, 1, 1), "Accept", "With the flag comes the consequence.", relay="disconnected")
    s.enter(ClearTamperCondition(rnd=5, tid=s.t0 + 2), "Accept", relay="connected")
    s.enter(_flag(s, 1, 0, 3), "Accept", flags=[3, 4, 6])
    s.act("tamper", "Not noticed any more.", given={"kind": "magnet"}, tamper=False, relay="connected")
    s.end(memory=s.memory(*range(s.t0, s.t0 + 4)), credit="10")


@tell(
    "The utility disconnects",
    rule="Flag 2 at 1 disconnects the service whatever the credit; at 0 it may be connected again.",
    source="sts_protocol 4.3 (flags)",
    credit="10",
)
def the_utility_disconnects(s: Story) -> None:
    """By a token that somebody has to enter."""
    s.enter(_flag(s, 2, 1, 0), "Accept", relay="disconnected", reasons=["service"], flags=[1, 2, 3, 4, 6])
    s.enter(s.sale("10", s.t0 + 1), "Accept", "Credit does not help.", relay="disconnected", credit="20")
    s.enter(_flag(s, 2, 0, 2), "Accept", relay="connected", reasons=[])
    s.end(memory=s.memory(*range(s.t0, s.t0 + 3)), credit="20")


@tell(
    "Prepayment is switched off",
    rule="With flag 6 at 0 an electricity meter goes on without credit; at 1 the supply ends where credit "
    "has ended.",
    source="sts_protocol 4.3 (flags)",
    credit="1",
)
def prepayment_is_switched_off(s: Story) -> None:
    """The consumption is counted all the same."""
    s.enter(_flag(s, 6, 0, 0), "Accept", flags=[1, 3, 4])
    s.use("5", "5", "Four more than there was.", credit="-4", relay="connected", total="5")
    s.enter(_flag(s, 6, 1, 1), "Accept", "Prepayment again.", relay="disconnected", reasons=["credit"])
    s.enter(s.sale("4", s.t0 + 2), "Accept", "Debt paid, nothing left.", credit="0", relay="disconnected")
    s.enter(s.sale("1", s.t0 + 3), "Accept", credit="1", relay="connected")
    s.end(memory=s.memory(*range(s.t0, s.t0 + 4)), credit="1")
