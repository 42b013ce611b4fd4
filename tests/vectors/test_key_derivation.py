"""dkga.json: decoder keys with every value on the way to them."""

from __future__ import annotations

import pytest

from tests.vectors.files import Entry, cases, derive, meter_pan, vending_key
from voltoken.sts import (
    DKGA,
    EA,
    TI,
    Deriver,
    VendingKeyParity,
    control_block,
    dkga04_data,
    odd_parity,
    pan_block,
)


@pytest.mark.parametrize("entry", cases("dkga", "dkga02"))
def test_dkga02_with_its_blocks(entry: Entry) -> None:
    vk = vending_key(entry)
    assert f"{pan_block(meter_pan(entry), vk.kt):016x}" == entry["panblock"]
    assert f"{control_block(vk, TI(entry['ti'])):016X}" == entry["controlblock"]
    assert derive(entry, "07").key.hex() == entry["decoder_key"]


@pytest.mark.parametrize("entry", cases("dkga", "dkga04"))
def test_dkga04_with_its_data_block(entry: Entry) -> None:
    data = dkga04_data(vending_key(entry), EA(entry["ea"]), TI(entry["ti"]), meter_pan(entry))
    assert len(data) == 49
    assert data.hex() == entry["data_block_hex"]
    assert derive(entry, entry["ea"]).key.hex() == entry["decoder_key"]


@pytest.mark.parametrize("entry", cases("dkga", "dkga02") + cases("dkga", "dkga04"))
def test_the_usual_algorithm_follows_from_the_length_of_the_vending_key(entry: Entry) -> None:
    deriver = Deriver(vending_key(entry), EA(entry.get("ea", "07")))
    assert deriver.dkga.value == entry["dkga"]
    assert deriver.derive(meter_pan(entry), TI(entry["ti"])).key.hex() == entry["decoder_key"]


@pytest.mark.parametrize("entry", cases("dkga", "dkga02") + cases("dkga", "dkga04"))
def test_meter_numbers_of_the_file_agree_with_their_parts(entry: Entry) -> None:
    pan = meter_pan(entry)
    assert (pan.iin, pan.drn) == (entry["iin"], entry["iain"])


@pytest.mark.parametrize("entry", cases("dkga", "dkga01_INFERRED"))
def test_dkga01_takes_the_key_with_odd_parity(entry: Entry) -> None:
    assert odd_parity(bytes.fromhex(entry["vending_key"])).hex() == entry["vending_key_odd_parity"]
    assert derive({**entry, "dkga": "01"}, "07").key.hex() == entry["decoder_key"]
    as_if_odd = {**entry, "dkga": "01", "vending_key": entry["vending_key_odd_parity"]}
    assert derive(as_if_odd, "07").key.hex() == entry["decoder_key"]


@pytest.mark.parametrize("entry", cases("dkga", "dkga03_INFERRED"))
def test_dkga03(entry: Entry) -> None:
    assert derive({**entry, "dkga": "03"}, "07").key.hex() == entry["decoder_key"]
    assert derive({**entry, "dkga": "03"}, "09").key.hex() == entry["decoder_key"]


@pytest.mark.parametrize("entry", cases("dkga", "vending_key_parity"))
@pytest.mark.parametrize(
    ("parity", "expected"),
    [
        (VendingKeyParity.AS_LOADED, "decoder_key_as_given"),
        (VendingKeyParity.FORCED_ODD, "decoder_key_odd_parity"),
    ],
)
def test_dkga02_under_both_parity_policies(entry: Entry, parity: VendingKeyParity, expected: str) -> None:
    vk = vending_key(entry)
    assert odd_parity(vk.key).hex() == entry["vending_key_odd_parity"]
    deriver = Deriver(vk, EA.STA, DKGA.DKGA02, parity=parity)
    assert deriver.derive(meter_pan(entry), TI(entry["ti"])).key.hex() == entry[expected]
