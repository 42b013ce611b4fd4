"""Stories of the supply: credit that runs out, emergency credit, friendly hours, the keypad."""

from __future__ import annotations

from datetime import UTC, datetime

from tools.scenario_book.kit import Story, tell

_WEDNESDAY = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
"""A working day on which the friendly hours of the profile "emergency" have just ended."""


@tell(
    "Credit runs out",
    rule="The supply ends exactly where the credit ends, and returns with the next credit token.",
    source="sts_protocol 15.1",
    credit="2.5",
)
def credit_runs_out(s: Story) -> None:
    """The last watt hour is served, and not one more."""
    s.use("2.499", "2.499", credit="0.001", relay="connected", low=True)
    s.use("0.001", "0.001", "The last one.", credit="0", relay="disconnected", reasons=["credit"])
    s.use("1", "0", "Nothing flows.", total="2.5")
    s.enter(s.sale("20"), "Accept", credit="20", relay="connected", low=False)
    s.use("10", "10", "Ten left: the alarm begins.", seconds=7200, credit="10", low=True)
    s.use("11", "10", "More than there is.", seconds=7200, credit="0", relay="disconnected")
    s.end(memory=s.memory(s.t0), credit="0", total="22.5")


@tell(
    "Emergency credit",
    rule="Emergency credit is offered at low credit, taken once, and paid back from the next purchase.",
    source="the profile emergency: 5 kWh, offered from 2 kWh",
    profile="emergency",
    begins=_WEDNESDAY,
    credit="3",
    relay="ready",
)
def emergency_credit(s: Story) -> None:
    """A morning without a shop."""
    s.act("reconnect", "Somebody presses the key.", relay="connected")
    s.act("emergency", "Three are too many for an offer.", emergency="off")
    s.use("1", "1", credit="2")
    s.act("emergency", "Now it is offered.", emergency="invoked", credit="2")
    s.use("6", "6", "On credit.", credit="-4", relay="connected")
    s.use(
        "2",
        "1",
        "The end of it.",
        credit="-5",
        emergency="consumed",
        relay="disconnected",
        reasons=["credit"],
    )
    s.enter(
        s.sale("3"), "Accept", "Pays back a part.", credit="-2", relay="disconnected", emergency="consumed"
    )
    s.act("emergency", "There is no second one.", emergency="consumed", relay="disconnected")
    s.enter(s.sale("10", s.t0 + 1), "Accept", "All paid back.", credit="8", emergency="off", relay="ready")
    s.act("reconnect", relay="connected", reasons=[])
    s.end(memory=s.memory(s.t0, s.t0 + 1), credit="8")


@tell(
    "Friendly hours",
    rule="In friendly hours the supply is not cut for want of credit; what was lent is paid back, and the "
    "cut comes "
    "when they end.",
    source="the profile emergency: working days from 16:00 to 08:00, weekends",
    profile="emergency",
    begins=datetime(2026, 3, 4, 15, 30, tzinfo=UTC),
    credit="1",
    relay="ready",
)
def friendly_hours(s: Story) -> None:
    """Nobody is left in the dark at night."""
    s.act("reconnect", relay="connected")
    s.after(minutes=29)
    s.use("3", "3", "16:00 has come.", seconds=1800, credit="-2", relay="connected")
    s.now = datetime(2026, 3, 5, 7, 59, tzinfo=UTC)
    s.act("wait", "A minute before the end.", relay="connected", credit="-2")
    s.act("wait", "08:00.", relay="disconnected", reasons=["credit"])
    s.enter(s.sale("1"), "Accept", "Not enough.", credit="-1", relay="disconnected")
    s.now = datetime(2026, 3, 5, 17, 0, tzinfo=UTC)
    s.act("wait", "Friendly hours do not reconnect.", relay="disconnected")
    s.enter(s.sale("2", s.t0 + 1), "Accept", "Paid.", credit="1", relay="ready")
    s.act("reconnect", relay="connected")
    s.end(memory=s.memory(s.t0, s.t0 + 1), credit="1")


@tell(
    "The reconnect key",
    rule="A meter with a reconnect key waits for somebody to press it, so that nothing starts unwatched.",
    source="the profile emergency; DLMS/COSEM class 70, ready for reconnection",
    profile="emergency",
    begins=_WEDNESDAY,
)
def the_reconnect_key(s: Story) -> None:
    """An iron on the ironing board."""
    s.act("reconnect", "Without credit the key does nothing.", relay="disconnected", reasons=["credit"])
    s.enter(s.sale("10"), "Accept", relay="ready", reasons=[])
    s.use("1", "0", "Still open.", credit="10")
    s.act("press", "The code of the key.", given={"code": "98"}, shows=["on"], relay="connected")
    s.cut()
    s.restore("A relay keeps its position without power.", relay="connected")
    s.end(memory=s.memory(s.t0), credit="10")


@tell(
    "Short codes",
    rule="Short codes show readings and set the low-credit alarm; a code that the meter has not shows "
    "dashes.",
    source="the code table of Indonesian keypad meters (skin pln)",
    credit="12.5",
)
def short_codes(s: Story) -> None:
    """A walk through the display."""
    s.act("press", "Credit left.", given={"code": "37"}, shows=["12.50 kWh"], low=False)
    s.act("press", "The power limit.", given={"code": "07"}, shows=["13800 W"])
    s.act("press", "The supply group.", given={"code": "77"}, shows=["123457"])
    s.act("press", "No such code.", given={"code": "36"}, shows=["----"])
    s.act("press", "An alarm from 20 kWh.", given={"code": "45620"}, shows=["20.0 kWh"], low=True)
    s.enter(s.sale("10"), "Accept", low=False, shows=["ACCEPt", "10.0 kWh", "22.5 kWh"])
    s.act("press", "The last token's amount.", given={"code": "59"}, shows=["10.0 kWh"])
    s.end(memory=s.memory(s.t0), credit="22.5")
