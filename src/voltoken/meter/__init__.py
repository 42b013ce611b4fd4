"""A payment meter that behaves as a real one, as a state machine without I/O, clock or chance.

>>> from datetime import UTC, datetime
>>> from voltoken.meter import PROFILES, Meter
>>> from voltoken.sts import *
>>> pan, base = MeterPAN("600727000000000009"), BaseDate.BD2014
>>> secret = bytes.fromhex("abababababababab949494949494949401234567")
>>> vending_key = VendingKey(secret, SGC("123457"), KRN(1), base, test=True)
>>> key = Deriver(vending_key, EA.MISTY1).derive(pan, TI("01"))
>>> now = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
>>> made = TIDClock(base).tid_at(datetime(2026, 1, 1, tzinfo=UTC))
>>> meter = Meter.new(pan, key, PROFILES["single-phase"], filled_with=made)
>>> token = TransferCredit.of(Service.ELECTRICITY, 10, tid=TIDClock(base).tid_at(now), rnd=5)
>>> digits = encode(token, TokenCipher(key)).digits
>>> meter.enter(digits, now).result.value, meter.enter(digits, now).result.value
('Accept', 'UsedError')
>>> meter.use(12_000, now, seconds=3600), meter.relay.value
(10000, 'disconnected')
"""

from voltoken.meter.cells import (
    Balance,
    CreditEntry,
    DecoderKeyRegister,
    EmergencyState,
    Failures,
    History,
    Limits,
    Pending,
    Tamper,
)
from voltoken.meter.display import READINGS, TESTS, Reading
from voltoken.meter.factory import (
    Label,
    Made,
    Order,
    Personalisation,
    label_of,
    manufacture,
    personalise,
)
from voltoken.meter.machine import Meter
from voltoken.meter.memory import CELLS, Memory
from voltoken.meter.options import Emergency, FriendlyHours, Lockout
from voltoken.meter.price import COMMODITIES, Commodity, FlatPrice, PriceFunction, commodity_of
from voltoken.meter.profile import Profile
from voltoken.meter.profiles import PROFILES
from voltoken.meter.results import Answer, EntryPath, TamperKind, TestShown, TokenResult
from voltoken.meter.scenario import Scenario, write_scenario
from voltoken.meter.scenario_record import Recorder, Story
from voltoken.meter.scenario_replay import (
    TROUBLE,
    UNABLE,
    Check,
    MeterUnderTest,
    Outcome,
    ReplayReport,
    StepReport,
    Verdict,
    VirtualDevice,
    observation,
    replay,
)
from voltoken.meter.scenario_setup import MeterSetup
from voltoken.meter.scenario_steps import OBSERVABLES, STEP_ACTIONS, Observed, Step
from voltoken.meter.skin import Action, ShortCode, Shown, Skin
from voltoken.meter.skins import SKINS
from voltoken.meter.supply import Reason, Relay

__all__ = [
    "Action",
    "Answer",
    "Balance",
    "CELLS",
    "COMMODITIES",
    "Check",
    "Commodity",
    "CreditEntry",
    "DecoderKeyRegister",
    "Emergency",
    "EmergencyState",
    "EntryPath",
    "Failures",
    "FlatPrice",
    "FriendlyHours",
    "History",
    "Label",
    "Limits",
    "Lockout",
    "Made",
    "Memory",
    "Meter",
    "MeterSetup",
    "MeterUnderTest",
    "OBSERVABLES",
    "Observed",
    "Order",
    "Outcome",
    "PROFILES",
    "Pending",
    "Personalisation",
    "PriceFunction",
    "Profile",
    "READINGS",
    "Reading",
    "Reason",
    "Recorder",
    "Relay",
    "ReplayReport",
    "SKINS",
    "STEP_ACTIONS",
    "Scenario",
    "ShortCode",
    "Shown",
    "Skin",
    "Step",
    "StepReport",
    "Story",
    "TESTS",
    "TROUBLE",
    "Tamper",
    "TamperKind",
    "TestShown",
    "TokenResult",
    "UNABLE",
    "Verdict",
    "VirtualDevice",
    "commodity_of",
    "label_of",
    "manufacture",
    "observation",
    "personalise",
    "replay",
    "write_scenario",
]
