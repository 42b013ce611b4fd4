"""The standard's rules about which things go together: every pair, and the words of a refusal."""

from __future__ import annotations

import itertools

import pytest

from voltoken.errors import FieldError, KeyRefused, RuleError
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SGC,
    TCT,
    TI,
    BaseDate,
    DecoderKey,
    KeyType,
    MeterPAN,
    luhn_check_digit,
    rules,
)

DITK, DDTK, DUTK, DCTK = KeyType

PERMITTED = {
    *((DITK, DITK), (DITK, DDTK), (DITK, DUTK), (DITK, DCTK)),
    *((DDTK, DDTK), (DDTK, DUTK), (DDTK, DCTK)),
    *((DUTK, DDTK), (DUTK, DUTK)),
    *((DCTK, DDTK), (DCTK, DCTK)),
}
"""The table of section 10, typed out again."""

COMBINATIONS = {
    *((DKGA.DKGA01, 64, EA.STA), (DKGA.DKGA02, 64, EA.STA), (DKGA.DKGA02, 64, EA.DEA)),
    *((DKGA.DKGA03, 128, EA.STA), (DKGA.DKGA03, 128, EA.DEA)),
    *((DKGA.DKGA04, 160, EA.STA), (DKGA.DKGA04, 160, EA.MISTY1)),
}
"""The table of section 11.6, typed out again."""


@pytest.mark.parametrize(("current", "new"), list(itertools.product(KeyType, KeyType)))
def test_every_pair_of_key_types(current: KeyType, new: KeyType) -> None:
    permitted = (current, new) in PERMITTED
    assert rules.may_change_key_type(current, new) is permitted
    if permitted:
        rules.check_key_type_change(current, new)
        return
    with pytest.raises(RuleError, match=f"with a {current.name} cannot be given a {new.name}") as refused:
        rules.check_key_type_change(current, new)
    assert refused.value.rule == "key_type_change"
    assert refused.value.detail["new"] == new.name


@pytest.mark.parametrize("tct", ["00", "02", "07", "08"])
def test_a_common_key_goes_with_magnetic_cards_only(tct: str) -> None:
    with pytest.raises(RuleError, match="every meter of the group") as refused:
        rules.check_carrier(DCTK, TCT(tct))
    assert refused.value.rule == "common_key_carrier"
    with pytest.raises(RuleError, match="every meter of the group"):
        rules.check_key_type_change(DCTK, DCTK, TCT(tct))
    rules.check_carrier(DUTK, TCT(tct))
    rules.check_key_type_change(DUTK, DUTK, TCT(tct))
    rules.check_key_type_change(DCTK, DCTK, TCT("01"))


@pytest.mark.parametrize("kt", KeyType)
def test_a_default_key_never_encrypts_credit(kt: KeyType) -> None:
    assert rules.may_encrypt(kt, 0) is (kt is not DDTK)
    assert rules.may_encrypt(kt, 2)
    rules.check_key_use(kt, 2, KEN(255), 1)
    rules.check_key_use(kt, 1, KEN(255), None)
    if kt is not DDTK:
        rules.check_key_use(kt, 0, KEN(255), 1)
        return
    with pytest.raises(KeyRefused, match="never encrypts credit") as refused:
        rules.check_key_use(kt, 0, KEN(255), 1)
    assert refused.value.reason == "key_type"


def test_an_expired_key_makes_no_token_with_a_tid_but_still_key_changes() -> None:
    ken, last = KEN(85), (86 << 16) - 1
    for token_class in (0, 2):
        rules.check_key_use(DUTK, token_class, ken, last)
        with pytest.raises(KeyRefused, match="its KEN is 85 and the time of issue needs 86") as refused:
            rules.check_key_use(DUTK, token_class, ken, last + 1)
        assert refused.value.reason == "expired"
        assert refused.value.detail == {"reason": "expired", "ken": 85, "tid": last + 1}
    rules.check_key_use(DUTK, 2, ken, None)


@pytest.mark.parametrize(("dkga", "bits", "ea"), list(itertools.product(DKGA, (64, 128, 160), EA)), ids=str)
def test_every_combination_of_derivation_key_length_and_algorithm(dkga: DKGA, bits: int, ea: EA) -> None:
    if (dkga, bits, ea) in COMBINATIONS:
        cautions = rules.check_derivation(dkga, bits, ea)
        assert any("DKGA01" in text for text in cautions) is (dkga is DKGA.DKGA01)
        assert any("withdrawn" in text for text in cautions) is (dkga is DKGA.DKGA03)
        assert any("EA09" in text for text in cautions) is (ea is EA.DEA)
        return
    with pytest.raises(RuleError, match="160-bit keys with DKGA04") as refused:
        rules.check_derivation(dkga, bits, ea)
    assert refused.value.detail == {
        "rule": "derivation",
        "dkga": dkga.value,
        "ea": ea.value,
        "vending_key_bits": bits,
    }


def test_the_usual_algorithm_for_each_key_length() -> None:
    found = {bits: rules.dkga_for_key_length(bits).value for bits in (64, 128, 160)}
    assert found == {64: "02", 128: "03", 160: "04"}
    with pytest.raises(FieldError, match="64, 128 or 160 bits"):
        rules.dkga_for_key_length(56)


def meter(first_ten: str) -> MeterPAN:
    """Return the meter whose DRN begins with ten digits."""
    return MeterPAN.from_drn(first_ten + luhn_check_digit(first_ten))


@pytest.mark.parametrize(
    ("first_ten", "applies"),
    [
        ("0099999999", False),
        ("0100000000", True),
        ("0100499999", True),
        ("0100500000", False),
        ("0108999999", False),
        ("0109000000", True),
        ("0109000499", True),
        ("0109000500", False),
        ("0300000000", True),
        ("0311399999", True),
        ("0311400001", False),
        ("0400000000", True),
        ("0405999999", True),
        ("0406000000", False),
        ("0601000000", True),
        ("0603999999", True),
        ("0640000000", True),
        ("0641999999", True),
        ("0666000000", True),
        ("0669999999", True),
        ("0699000001", True),
        ("0699000999", True),
        ("0699001000", False),
        ("0700000000", True),
        ("0702099999", True),
        ("0702100000", False),
    ],
)
def test_dkga01_is_for_the_meters_it_was_made_for(first_ten: str, applies: bool) -> None:
    pan, sgc, krn = meter(first_ten), SGC("123456"), KRN(1)
    for kt in (DDTK, DUTK):
        assert rules.dkga01_applies(pan, kt, sgc, krn, EA.STA) is applies
        expected = DKGA.DKGA01 if applies else DKGA.DKGA02
        assert rules.dkga_in_force(DKGA.DKGA01, pan, kt, sgc, krn, EA.STA) is expected
    assert not rules.dkga01_applies(pan, DITK, sgc, krn, EA.STA)
    assert not rules.dkga01_applies(pan, DUTK, sgc, KRN(2), EA.STA)
    assert not rules.dkga01_applies(pan, DUTK, sgc, krn, EA.DEA)
    assert rules.dkga_in_force(DKGA.DKGA04, pan, DUTK, sgc, krn, EA.STA) is DKGA.DKGA04


def test_dkga01_knows_no_four_digit_manufacturers() -> None:
    pan = MeterPAN.build("0100", "00000000")
    assert not rules.dkga01_applies(pan, DUTK, SGC("123456"), KRN(1), EA.STA)


@pytest.mark.parametrize(
    ("sgc", "applies"), [("100702", True), ("990400", True), ("990405", True), ("990406", False)]
)
def test_dkga01_for_common_keys_goes_by_supply_group(sgc: str, applies: bool) -> None:
    pan = MeterPAN("600727580000795237")
    assert rules.dkga01_applies(pan, DCTK, SGC(sgc), KRN(1), EA.STA) is applies
    expected = DKGA.DKGA01 if applies else DKGA.DKGA02
    assert rules.dkga_in_force(DKGA.DKGA01, pan, DCTK, SGC(sgc), KRN(1), EA.STA) is expected


@pytest.mark.parametrize(("low", "high"), rules.DKGA01_RANGES)
def test_the_ranges_of_dkga01_include_their_ends(low: str, high: str) -> None:
    for drn in (low, high):
        pan = MeterPAN.unverified("600727", drn)  # the ends have no check digit of their own
        assert rules.dkga01_applies(pan, DUTK, SGC("123456"), KRN(1), EA.STA)


def key(seed: int, base_date: BaseDate = BaseDate.BD1993, ea: EA = EA.STA) -> DecoderKey:
    """Return a made-up key."""
    size = ea.key_bits // 8
    return DecoderKey(bytes([seed]) * size, ea, SGC("123456"), KRN(1), TI("01"), DUTK, base_date)


def refused_rule(current: DecoderKey, new: DecoderKey, *, roll_over: bool) -> str:
    """Return the rule that a key change breaks."""
    with pytest.raises(RuleError) as refused:
        rules.check_key_change(current, new, roll_over=roll_over)
    return refused.value.rule


def test_no_token_changes_the_encryption_algorithm() -> None:
    assert refused_rule(key(1), key(2, ea=EA.MISTY1), roll_over=False) == "algorithm_change"
    assert refused_rule(key(1), key(2, ea=EA.DEA), roll_over=False) == "algorithm_change"


def test_a_roll_over_needs_another_key() -> None:
    assert refused_rule(key(1), key(1), roll_over=True) == "roll_over_same_key"
    rules.check_key_change(key(1), key(1), roll_over=False)
    rules.check_key_change(key(1), key(2), roll_over=True)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(BaseDate, 2)))
def test_the_base_date_moves_forward_only_and_with_a_roll_over(before: BaseDate, after: BaseDate) -> None:
    current, new = key(1, before), key(2, after)
    if after.instant > before.instant:
        rules.check_key_change(current, new, roll_over=True)
        assert refused_rule(current, new, roll_over=False) == "roll_over_missing"
    else:
        assert refused_rule(current, new, roll_over=True) == "base_date_back"
        assert refused_rule(current, new, roll_over=False) == "base_date_back"


def test_a_forbidden_key_type_is_refused_in_a_key_change() -> None:
    common = DecoderKey(bytes(8), EA.STA, kt=DCTK)
    assert refused_rule(key(1), common, roll_over=False) == "key_type_change"
