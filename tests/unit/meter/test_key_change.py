"""Key change sets as a meter takes them in: every length, every order, all or nothing."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.unit.meter.shop import (
    MADE_TID,
    NOW,
    Shop,
    installed,
    key_of,
    results,
    with_credit,
)
from voltoken.meter import EntryPath, Meter, TokenResult
from voltoken.sts import EA, KEN, SGC, TI, DecoderKey, KeyType

KCT = {1: "1stKCT", 2: "2ndKCT", 3: "3rdKCT", 4: "4thKCT"}


def kinds_of_set() -> list[tuple[EA, bool, int]]:
    """Return algorithm, whether the supply group is carried, and how many tokens that makes."""
    return [(EA.STA, False, 2), (EA.DEA, False, 2), (EA.STA, True, 3), (EA.MISTY1, False, 4)]


ORDERS = [(ea, carry, order) for ea, carry, count in kinds_of_set() for order in permutations(range(count))]


def brought(meter: Meter) -> tuple[bytes, object, object, object, object, object]:
    """Return all that the meter knows of its key."""
    key = meter.memory.key
    return key.key, key.krn, key.ti, key.kt, key.sgc, key.ken


def known(key: DecoderKey, sgc: SGC | None) -> tuple[bytes, object, object, object, object, object]:
    """Return all that a meter should know of a key; sgc: if it was told another one, or none."""
    return key.key, key.krn, key.ti, key.kt, sgc, key.ken


@pytest.mark.parametrize(("ea", "carry", "order"), ORDERS)
def test_a_set_in_any_order_brings_the_new_key(ea: EA, carry: bool, order: tuple[int, ...]) -> None:
    meter, shop = with_credit(key=key_of(1, ea))
    new = key_of(3, ea, sgc=SGC("987654"), ti=TI("42"), ken=KEN(200))
    tokens = shop.key_change(new, carry_sgc=carry)
    old = brought(meter)
    for place, index in enumerate(order[:-1], start=1):
        answer = meter.enter(tokens[index], NOW)
        assert answer.result == KCT[index + 1]
        assert index + 1 not in answer.missing
        assert meter.missing_sections(NOW) == answer.missing
        assert len(answer.missing) in (len(order) - place, 1)
        assert brought(meter) == old
    answer = meter.enter(tokens[order[-1]], NOW)
    assert (answer.result, answer.missing, meter.missing_sections(NOW)) == ("Accept", (), ())
    told = new.sgc if carry or ea is EA.MISTY1 else SGC("123457")
    assert brought(meter) == known(new, told)
    assert meter.credit == 10_000


@pytest.mark.parametrize(("result", "code"), [("KCT1", 2), ("KCT2", 3), ("KCT3", None), ("KCT4", None)])
def test_sections_have_the_codes_that_are_public(result: str, code: int | None) -> None:
    assert TokenResult[result].code == code


def test_after_a_change_the_new_key_is_in_force_and_the_old_one_is_not() -> None:
    meter, shop = with_credit()
    late = shop.credit(1)
    new = Shop(key_of(2), shop.tid + 1)
    results(meter, *shop.key_change(new.key))
    assert results(meter, late, new.credit(2)) == ["CRCError", "Accept"]
    assert meter.credit == 12_000


def test_a_change_takes_neither_tid_nor_old_tids() -> None:
    meter, shop = with_credit()
    tids = meter.memory.tids
    results(meter, *shop.key_change(key_of(2)))
    assert meter.memory.tids == tids


def test_a_roll_over_empties_the_memory_of_tids() -> None:
    meter, shop = with_credit()
    assert results(meter, *shop.key_change(key_of(2), roll_over=True))[-1] == "Accept"
    assert meter.memory.tids == (0,) * 50
    again = Shop(key_of(2), 0)
    assert results(meter, again.credit(tid=0), again.credit(tid=1)) == ["UsedError", "Accept"]
    assert meter.credit == 20_000


def test_a_roll_over_to_the_same_key_is_refused() -> None:
    meter, shop = with_credit()
    used = shop.credit(tid=shop.tid)
    assert results(meter, *shop.key_change(key_of(1), roll_over=True))[-1] == "KeyTypeError"
    assert results(meter, used) == ["UsedError"]
    assert meter.missing_sections(NOW) == ()


def test_a_meter_that_takes_a_roll_over_to_the_same_key_can_be_replayed() -> None:
    meter, shop = with_credit(refuses_same_key_roll_over=False)
    used = shop.credit(tid=shop.tid)
    assert results(meter, *shop.key_change(key_of(1), roll_over=True))[-1] == "Accept"
    assert results(meter, used) == ["Accept"]


def test_a_change_to_the_same_key_without_roll_over_is_taken() -> None:
    meter, shop = with_credit()
    assert results(meter, *shop.key_change(key_of(1, ti=TI("07"))))[-1] == "Accept"
    assert meter.memory.key.ti == "07"
    assert meter.memory.key.check_value == key_of(1).check_value


def test_a_repeated_section_takes_the_place_of_the_first() -> None:
    meter, shop = installed()
    planned, other = shop.key_change(key_of(2)), shop.key_change(key_of(3))
    entered = (other[0], planned[0], planned[0], planned[1], planned[2], planned[3])
    assert results(meter, *entered) == ["1stKCT", "1stKCT", "1stKCT", "2ndKCT", "3rdKCT", "Accept"]
    assert meter.memory.key.key == key_of(2).key


def test_sections_of_two_sets_make_a_key_nobody_has_planned() -> None:
    meter, shop = installed(key=key_of(1, EA.STA))
    second, third = key_of(2, EA.STA), key_of(3, EA.STA)
    assert results(meter, shop.key_change(second)[0], shop.key_change(third)[1]) == ["1stKCT", "Accept"]
    assert meter.memory.key.key == second.key[:4] + third.key[4:]


def test_a_third_section_that_was_not_announced_is_set_aside() -> None:
    meter, shop = installed(key=key_of(1, EA.STA))
    two = shop.key_change(key_of(2, EA.STA))
    third = shop.key_change(key_of(3, EA.STA, sgc=SGC("999999")), carry_sgc=True)[2]
    assert results(meter, third, *two) == ["3rdKCT", "1stKCT", "Accept"]
    assert (meter.memory.key.sgc, meter.memory.key.krn) == ("123457", 2)


def test_a_meter_for_two_sections_ignores_the_announcement_of_a_third() -> None:
    meter, shop = installed("edition-1", key_of(1, EA.STA))
    three = shop.key_change(key_of(2, EA.STA, sgc=SGC("987654")), carry_sgc=True)
    assert results(meter, three[2], three[0], three[1]) == ["FunctionError", "1stKCT", "Accept"]
    assert (meter.memory.key.key, meter.memory.key.sgc) == (key_of(2, EA.STA).key, "123457")


def test_a_meter_for_three_sections_waits_for_the_third() -> None:
    meter, shop = installed(sections=3, key=key_of(1, EA.STA))
    three = shop.key_change(key_of(2, EA.STA, sgc=SGC("987654")), carry_sgc=True)
    assert results(meter, *three) == ["1stKCT", "2ndKCT", "Accept"]
    assert meter.memory.key.sgc == "987654"


def test_a_meter_without_key_expiry_keeps_the_ken_it_has() -> None:
    meter, shop = installed("edition-1", key_of(1, EA.STA, ken=KEN(7)))
    results(meter, *shop.key_change(key_of(2, EA.STA, ken=KEN(200))))
    assert (meter.memory.key.krn, meter.memory.key.ken) == (2, 7)


def test_an_expired_key_may_be_left_but_buys_nothing() -> None:
    meter, shop = installed(key=key_of(ken=KEN(0)))
    assert results(meter, shop.credit()) == ["KeyExpiredError"]
    assert results(meter, *shop.key_change(key_of(2)))[-1] == "Accept"
    assert results(meter, Shop(key_of(2)).credit()) == ["Accept"]


def test_a_stock_meter_leaves_its_default_key_and_then_takes_credit() -> None:
    meter, shop = installed(key=key_of(kt=KeyType.DDTK))
    assert results(meter, shop.credit()) == ["DDTKError"]
    assert results(meter, *shop.key_change(key_of(2, kt=KeyType.DUTK)))[-1] == "Accept"
    assert meter.memory.key.kt is KeyType.DUTK
    assert results(meter, Shop(key_of(2)).credit()) == ["Accept"]


PERMITTED = {
    KeyType.DITK: {KeyType.DITK, KeyType.DDTK, KeyType.DUTK, KeyType.DCTK},
    KeyType.DDTK: {KeyType.DDTK, KeyType.DUTK, KeyType.DCTK},
    KeyType.DUTK: {KeyType.DDTK, KeyType.DUTK},
    KeyType.DCTK: {KeyType.DDTK, KeyType.DCTK},
}


@pytest.mark.parametrize("after", KeyType)
@pytest.mark.parametrize("before", KeyType)
def test_key_types_change_as_the_standard_permits(before: KeyType, after: KeyType) -> None:
    meter, shop = installed("card", key_of(1, EA.STA, kt=before))
    old = brought(meter)
    verdict = results(meter, *shop.key_change(key_of(2, EA.STA, kt=after), roll_over=True))[-1]
    if after in PERMITTED[before]:
        assert verdict == "Accept"
        assert (meter.memory.key.kt, meter.memory.key.krn) == (after, 2)
    else:
        assert verdict == "KeyTypeError"
        assert brought(meter) == old
        assert meter.memory.tids[0] == MADE_TID
        assert meter.memory.pending.sections == ()
        assert meter.memory.lockout[EntryPath.KEYPAD].in_a_row == 1


def test_a_common_key_is_refused_by_a_meter_without_cards() -> None:
    meter, shop = installed(key=key_of(1, EA.STA, kt=KeyType.DITK))
    answer = [meter.enter(t, NOW) for t in shop.key_change(key_of(2, EA.STA, kt=KeyType.DCTK))][-1]
    assert (answer.result, answer.result.code) == ("KeyTypeError", 5)
    assert meter.memory.key.kt is KeyType.DITK


def test_a_supply_group_beyond_six_digits_is_a_range_error_and_the_set_is_gone() -> None:
    meter, shop = installed()
    tokens = list(shop.key_change(key_of(2)))
    tokens[3] = shop.authentic(2, 9 << 44 | 0xFFF << 32)
    old = brought(meter)
    assert results(meter, *tokens) == ["1stKCT", "2ndKCT", "3rdKCT", "RangeError"]
    assert brought(meter) == old
    assert meter.missing_sections(NOW) == ()
    assert results(meter, tokens[0]) == ["1stKCT"]
