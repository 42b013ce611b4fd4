"""The status of servers, ours and others, read for what ends sales without a warning."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.drivers.prism.samples import make
from voltoken.drivers.prism.health import UNKNOWN_NOTICE, merged, module_info, module_status
from voltoken.errors import PeerError

NOW = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)


def test_a_module_in_the_field_is_read() -> None:
    facts = {
        "ApiType": "vending",
        "FirmwareId": "STS65V10",
        "HardwareId": "Prism-TSM250-1",
        "TxCounter": "4711",
        "smqi.IdSm": "SM-1",
        "smqd.ex.RtcTimeUtc": "20260301130010",
        "smcq.ex.InhibitVendDateUtc": "2027-01-01 00:00:00",
    }
    info, status = module_info(facts), module_status(facts, (), NOW)
    assert (info.module_id, info.firmware, info.role) == ("SM-1", "STS65V10", "vending")
    assert info.notice == UNKNOWN_NOTICE
    assert (status.state, status.issued) == ("ready", 4711)
    assert status.now == datetime(2026, 3, 1, 13, 0, 10, tzinfo=UTC)
    assert status.alerts == ()


@pytest.mark.parametrize(
    ("key", "value", "alarm"),
    [
        ("smqd.ex.RtcDriftSeconds", "60", ""),
        ("smqd.ex.RtcDriftSeconds", "-61", "61 s off"),
        ("smqd.ex.RtcDriftSeconds", "75.5", "75 s off"),
        ("smqd.ex.RtcTimeUtc", "2026-03-01T12:58:00Z", "120 s off"),
        ("smqd.ex.RtcTimeUtc", "2026-03-01T13:00:59Z", ""),
        ("smcq.ex.InhibitVendDateUtc", "2026-03-01", "ended on 2026-03-01"),
        ("smcq.ex.InhibitVendDateUtc", "2026-03-31 13:00", "ends on 2026-03-31"),
        ("smcq.ex.InhibitVendDateUtc", "20260331140000", ""),
        ("smcq.ex.InhibitVendDateUtc", "soon", "cannot be read"),
        ("smcq.ex.InhibitVendDateUtc", "2026-13-01", "cannot be read"),
        ("smcq.ex.InhibitVendDateUtc", "", ""),
    ],
)
def test_clock_and_licence_are_watched(key: str, value: str, alarm: str) -> None:
    alerts = module_status({key: value}, ("theirs",), NOW).alerts
    assert alerts[0] == "theirs"
    assert (len(alerts) == 2) is bool(alarm)
    assert alarm in alerts[-1]


def test_nodes_are_taken_together_and_the_first_counts() -> None:
    alert = make("Alert", eCode="EService", eMsgEn="hot")
    nodes = [
        make("NodeStatus", info={"ModuleId": "1"}, alerts=[]),
        make("NodeStatus", info={"ModuleId": "2", "TxCounter": "5"}, alerts=[alert]),
    ]
    assert merged(nodes) == ({"ModuleId": "1", "TxCounter": "5"}, ("EService: hot",))
    with pytest.raises(PeerError):
        merged([])


KEYS = ("TxCounter", "smqd.ex.RtcDriftSeconds", "smqd.ex.RtcTimeUtc", "a.InhibitVendDateUtc", "voltoken.Role")


@given(st.dictionaries(st.sampled_from(KEYS), st.text(max_size=30) | st.from_regex(r"[0-9T:Z. -]{0,30}")))
def test_any_facts_give_a_status(facts: dict[str, str]) -> None:
    status = module_status(facts, (), NOW)
    assert status.issued >= 0
    assert module_info(facts).module_id == "unknown"
