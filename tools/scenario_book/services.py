"""Stories of other services: water, gas, time, and meters that keep money."""

from __future__ import annotations

from tools.scenario_book.keys import key07, number
from tools.scenario_book.kit import Story, tell
from voltoken.sts import (
    ClearCredit,
    InitiateMeterTestDisplay,
    Service,
    SetMaximumPowerLimit,
    TransferCredit,
    TransferCurrency,
)

_SOURCE = "sts_protocol 4.1"


@tell(
    "A water meter",
    rule="A water meter counts cubic metres in steps of 0.1 and closes its valve when they are used.",
    source=_SOURCE,
    profile="water",
)
def a_water_meter(s: Story) -> None:
    """No power, no power limit."""
    s.enter(s.sale("2.5"), "Accept", credited="2.5", relay="connected")
    electricity = TransferCredit.of(Service.ELECTRICITY, 10, tid=s.t0 + 1, rnd=5)
    s.enter(electricity, "FunctionError", "Electricity.", credit="2.5")
    s.enter(SetMaximumPowerLimit.of(3000, tid=s.t0 + 1, rnd=5), "FunctionError", "No power to limit.")
    s.enter(InitiateMeterTestDisplay.of([7]), "FunctionError", "No limit to show.", tests=[])
    s.act("tamper", "Noticed; this model does not close for it.", given={"kind": "magnet"}, tamper=True)
    s.use("3", "2.5", "The last litre.", credit="0", relay="disconnected", reasons=["credit"])
    s.end(memory=s.memory(s.t0), credit="0", total="2.5")


@tell(
    "A gas meter",
    rule="A gas meter counts cubic metres in steps of 0.1, and closes its valve on tampering.",
    source=_SOURCE,
    profile="gas",
)
def a_gas_meter(s: Story) -> None:
    """Safety first."""
    s.enter(s.sale("12.3"), "Accept", credit="12.3", relay="connected")
    s.use("0.001", "0.001", "One litre.", credit="12.299")
    s.act("tamper", given={"kind": "cover"}, relay="disconnected", reasons=["tamper"])
    s.enter(ClearCredit(rnd=5, tid=s.t0 + 1, register=0), "RangeError", "Electricity has no register here.")
    s.enter(ClearCredit(rnd=5, tid=s.t0 + 1, register=2), "Accept", "Gas has.", credit="0")
    s.end(memory=s.memory(s.t0, s.t0 + 1), credit="0", reasons=["credit", "tamper"])


@tell(
    "A time meter",
    rule="A time meter counts minutes in steps of 0.1.",
    source=_SOURCE,
    profile="time",
)
def a_time_meter(s: Story) -> None:
    """An hour and a half of supply."""
    s.enter(s.sale("90"), "Accept", credit="90", relay="connected")
    s.use("60", "60", "An hour.", credit="30", total="60")
    s.use("0.5", "0.5", "Half a minute.", seconds=30, credit="29.5")
    s.use("60", "29.5", "The rest.", credit="0", relay="disconnected")
    s.enter(s.sale("0.1", s.t0 + 1), "Accept", "Six seconds.", credit="0.1", relay="connected")
    s.end(memory=s.memory(s.t0, s.t0 + 1), credit="0.1", total="90")


@tell(
    "A meter that keeps money",
    rule="Currency tokens carry money on a grid rounded up for the customer; consumption is paid by its "
    "price.",
    source=_SOURCE + "; layout not confirmed by any published token",
    profile="currency",
    price="0.25",
)
def a_meter_that_keeps_money(s: Story) -> None:
    """25 cents for a kilowatt hour."""
    s.enter(s.sale("1.00"), "Accept", "The nearest amount of the grid above.", credited="1.00004")
    s.enter(s.sale("12.34", s.t0 + 1), "Accept", credited="12.34024", credit="13.34028")
    s.use("10", "10", "2.50 of it.", credit="10.84028", total="10")
    units = TransferCredit.of(Service.ELECTRICITY, 10, tid=s.t0 + 2, rnd=5)
    s.enter(units, "FunctionError", "A token in kWh.", credit="10.84028")
    s.enter(ClearCredit(rnd=5, tid=s.t0 + 2, register=0), "RangeError", "The register of kWh.")
    s.enter(ClearCredit(rnd=5, tid=s.t0 + 2, register=4), "Accept", "That of money.", credit="0")
    s.enter(s.sale("1.00", s.t0 + 3), "Accept", credit="1.00004")
    s.use(
        "5",
        "4.001",
        "To the first watt hour that is not fully paid.",
        credit="-0.00021",
        relay="disconnected",
    )
    s.end(memory=s.memory(*range(s.t0, s.t0 + 4)), credit="-0.00021", total="14.001")


@tell(
    "A token that takes money away",
    rule="A meter takes negative amounts only where its model allows it; others answer RangeError.",
    source=_SOURCE,
    profile="currency",
    price="0.25",
    credit="20",
)
def a_negative_token_refused(s: Story) -> None:
    """The usual meter."""
    s.enter(s.sale("-12.34"), "RangeError", credit="20", credited="0")
    s.end(memory=s.memory(), credit="20")


@tell(
    "A token that takes money away, where that is allowed",
    rule="A negative amount is rounded toward zero, in favour of the customer, and may leave a debt.",
    source=_SOURCE,
    profile="currency",
    overrides={"negative_tokens": True},
    price="0.25",
    credit="20",
)
def a_negative_token_taken(s: Story) -> None:
    """A sale is taken back."""
    s.enter(s.sale("-12.34"), "Accept", credited="-12.33924", credit="7.66076", relay="connected")
    s.enter(s.sale("-12.34", s.t0 + 1), "Accept", credit="-4.67848", relay="disconnected")
    s.enter(s.sale("12.34", s.t0 + 2), "Accept", credited="12.34024", credit="7.66176", relay="connected")
    s.end(memory=s.memory(*range(s.t0, s.t0 + 3)), credit="7.66176")


@tell(
    "Money for a meter of units",
    rule="A meter that counts units has no function for currency tokens, whose checksum is another one, too.",
    source=_SOURCE + " and 7.3",
)
def money_for_a_meter_of_units(s: Story) -> None:
    """Authentic, and of no use here."""
    token = TransferCurrency.of(Service.ELECTRICITY_CURRENCY, 10, tid=s.t0)
    s.enter(token, "FunctionError", credit="0")
    s.end(memory=s.memory(), credit="0")


@tell(
    "An EA07 meter on the sample tables",
    rule="EA07 works as EA11 does, under a 64-bit key; no real meter has the sample tables.",
    source="sts_protocol 9.1 and 9.2; field_rules rule 8",
    key=key07(),
)
def an_ea07_meter(s: Story) -> None:
    """Good for tests only: a real meter refuses these digits."""
    s.enter(s.sale("25.6"), "Accept", credit="25.6")
    s.enter(s.sale("25.6"), "UsedError")
    neighbour = number(TransferCredit.of(Service.ELECTRICITY, 1, tid=s.t0 + 1, rnd=5), key07(ti="02"))
    s.enter(neighbour, "CRCError", "Under another key.")
    s.enter(
        InitiateMeterTestDisplay.of([14, 15]), "Accept", "Algorithm and key change tokens.", tests=[14, 15]
    )
    s.end(memory=s.memory(s.t0), credit="25.6")
