"""The meter factory: numbers, first keys, labels, and how a meter comes to its unique key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.strategies import digit_strings
from tests.unit.meter.shop import MADE, NOW, Shop
from voltoken.errors import FieldError, KeyRefused, MeterOff, RuleError
from voltoken.meter import (
    PROFILES,
    FlatPrice,
    Made,
    Order,
    TokenResult,
    label_of,
    manufacture,
    personalise,
)
from voltoken.meter.factory import ORDER_MAX, SERIAL_MAX
from voltoken.sts import (
    EA,
    KEN,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    Deriver,
    KeyType,
    ManufacturerCode,
    MeterPAN,
    Service,
    TIDClock,
    VendingKey,
    luhn_check_digit,
)

Draw = Callable[[int], bytes]


def counting() -> Draw:
    """Return a source of bytes that are no secret, but differ from draw to draw."""
    drawn = iter(range(1, 1 << 30))
    return lambda size: next(drawn).to_bytes(size, "big")


def order_of(**changes: Any) -> Order:
    """Return a usual order with changes."""
    given: dict[str, Any] = {
        "mfr_code": ManufacturerCode("01"),
        "first_serial": 10_000_000,
        "quantity": 3,
        "profile": PROFILES["single-phase"],
        "ea": EA.MISTY1,
        "base_date": BaseDate.BD2014,
        "manufactured": MADE,
        "test": True,
    }
    return Order(**(given | changes))


def vending_key(kt: KeyType, ea: EA = EA.MISTY1, **attributes: Any) -> VendingKey:
    """Return a vending key for an algorithm, another one for each type."""
    size = 20 if ea is EA.MISTY1 else 8
    usual: dict[str, Any] = {
        "sgc": SGC("123457"),
        "krn": KRN(1),
        "base_date": BaseDate.BD2014,
        "kt": kt,
        "test": True,
    }
    return VendingKey(bytes([0x10 * (int(kt) + 1)] * size), **(usual | attributes))


def make(order: Order, draw: Draw | None = None, **more: Any) -> list[Made]:
    """Return all the meters of an order."""
    return list(manufacture(order, draw or counting(), sta_tables=SAMPLE_TABLES, **more))


def unique_key(pan: MeterPAN, ea: EA = EA.MISTY1, **attributes: Any) -> DecoderKey:
    """Return the unique key of a meter."""
    return Deriver(vending_key(KeyType.DUTK, ea, **attributes), ea).derive(pan, TI("05"))


# ---------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("mfr_code", "first", "pans"),
    [
        ("00", 0, ["600727000000000009", "600727000000000181"]),
        ("0100", 0, ["000001000000000082", "000001000000000165"]),
    ],
)
def test_meters_get_consecutive_numbers_with_both_check_digits(
    mfr_code: str, first: int, pans: list[str]
) -> None:
    order = order_of(mfr_code=ManufacturerCode(mfr_code), first_serial=first, quantity=2)
    found = [made.meter.pan for made in make(order)]
    assert found[0] == pans[0]  # published in STS 531-1
    assert found == [MeterPAN.build(mfr_code, f"{first + place:08d}") for place in range(2)]
    for pan in found:
        assert luhn_check_digit(pan.drn[:-1]) == pan.drn[-1]
        assert luhn_check_digit(pan[:-1]) == pan[-1]


def test_the_last_serial_number_is_made_and_none_after_it() -> None:
    made = make(order_of(first_serial=SERIAL_MAX, quantity=1))
    assert [one.meter.pan.serial for one in made] == ["99999999"]
    with pytest.raises(FieldError, match=r"quantity: 2 .* must be 1 to 1.* another manufacturer code"):
        order_of(first_serial=SERIAL_MAX, quantity=2)


@given(
    mfr_code=digit_strings(2) | digit_strings(4),
    first=st.integers(0, SERIAL_MAX),
    quantity=st.integers(1, ORDER_MAX),
    ea=st.sampled_from([EA.STA, EA.MISTY1]),
    base_date=st.sampled_from([BaseDate.BD1993, BaseDate.BD2014]),
)
def test_every_legal_order_gives_valid_and_unique_numbers(
    mfr_code: str, first: int, quantity: int, ea: EA, base_date: BaseDate
) -> None:
    order = order_of(
        mfr_code=ManufacturerCode(mfr_code),
        first_serial=min(first, SERIAL_MAX - quantity + 1),
        quantity=quantity,
        ea=ea,
        base_date=base_date,
        manufactured=datetime(2020, 1, 1, tzinfo=UTC),
    )
    made = list(islice(manufacture(order, counting(), sta_tables=SAMPLE_TABLES), 20))
    pans = [one.meter.pan for one in made]
    assert len(set(pans)) == len(pans) == min(20, quantity)
    assert [MeterPAN(str(pan)) for pan in pans] == pans
    assert {pan.mfr_code for pan in pans} == {mfr_code}
    assert [int(pan.serial) for pan in pans] == list(
        range(order.first_serial, order.first_serial + len(pans))
    )
    assert len({one.key.key for one in made}) == len(made)


# ---------------------------------------------------------------------- memory and first key


@pytest.mark.parametrize(
    ("base_date", "manufactured"),
    [
        (BaseDate.BD1993, datetime(2024, 11, 24, 20, 15, tzinfo=UTC)),
        (BaseDate.BD2014, MADE),
        (BaseDate.BD2035, datetime(2035, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_memory_is_filled_with_the_time_of_manufacture(
    base_date: BaseDate, manufactured: datetime
) -> None:
    order = order_of(base_date=base_date, manufactured=manufactured, quantity=1)
    meter = make(order)[0].meter
    assert meter.memory.tids == (int(TIDClock(base_date).tid_at(manufactured)),) * 50
    assert meter.memory.tids[0] == order.filled_with()


def test_a_token_older_than_the_meter_is_old_and_a_later_one_is_not() -> None:
    made = make(order_of(quantity=1))[0]
    shop = Shop(made.key)
    assert made.meter.enter(shop.credit(tid=made.meter.memory.tids[0] - 1), NOW).result is TokenResult.OLD
    assert made.meter.enter(shop.credit(), NOW).result is TokenResult.ACCEPT


@pytest.mark.parametrize(("ea", "size"), [(EA.STA, 8), (EA.MISTY1, 16)])
def test_random_first_keys_are_the_bytes_drawn_and_derived_from_nothing(ea: EA, size: int) -> None:
    drawn: list[bytes] = []

    def draw(count: int) -> bytes:
        drawn.append(bytes([len(drawn)] * count))
        return drawn[-1]

    made = make(order_of(ea=ea), draw)
    assert [one.key.key for one in made] == drawn
    assert [len(key) for key in drawn] == [size] * 3
    for one in made:
        key = one.key
        assert (key.kt, key.sgc, key.krn, key.ti, key.ken) == (KeyType.DITK, None, None, None, 255)
        assert one.meter.memory.key.decoder_key() == key
        with pytest.raises(FieldError, match="sgc"):
            key.identity()


def test_the_same_order_twice_gives_other_random_keys() -> None:
    draw = counting()
    keys = {one.key.key for _ in range(2) for one in make(order_of(), draw)}
    assert len(keys) == 6


def test_meters_for_stock_have_keys_from_the_default_vending_key() -> None:
    default = vending_key(KeyType.DDTK)
    made = make(order_of(default_key=default, ti=TI("07")), lambda _: pytest.fail("nothing is drawn"))
    for one in made:
        assert one.key == Deriver(default, EA.MISTY1).derive(one.meter.pan, TI("07"))
        assert one.meter.memory.key.kt is KeyType.DDTK


def test_a_stock_meter_takes_no_credit_before_its_key_change() -> None:
    """Edge case 17: the key change comes first, then the same kind of token is accepted."""
    made = make(order_of(default_key=vending_key(KeyType.DDTK), quantity=1))[0]
    meter = made.meter
    assert meter.enter(Shop(made.key).credit(), NOW).result is TokenResult.DDTK
    assert meter.credit == 0
    unique = unique_key(meter.pan)
    credit = Shop(unique).credit(10)
    assert meter.enter(credit, NOW).result is TokenResult.CRC
    done = personalise(meter, made.key, unique, NOW)
    assert done.results == (TokenResult.KCT1, TokenResult.KCT2, TokenResult.KCT3, TokenResult.ACCEPT)
    assert meter.enter(credit, NOW).result is TokenResult.ACCEPT
    assert meter.credit == 10_000


def test_meters_for_money_need_a_price_and_others_none() -> None:
    price = FlatPrice.of(Decimal("0.25"), Service.ELECTRICITY_CURRENCY)
    order = order_of(profile=PROFILES["currency"], quantity=1)
    assert make(order, price=price)[0].meter.price == price
    with pytest.raises(FieldError, match="price"):
        make(order)
    with pytest.raises(FieldError, match="price"):
        make(order_of(), price=price)


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"first_serial": -1}, FieldError, "first_serial"),
        ({"first_serial": SERIAL_MAX + 1}, FieldError, "first_serial"),
        ({"first_serial": "1"}, FieldError, "first_serial"),
        ({"first_serial": True}, FieldError, "first_serial"),
        ({"quantity": 0}, FieldError, "quantity"),
        ({"quantity": ORDER_MAX + 1}, FieldError, "quantity"),
        ({"quantity": 1.0}, FieldError, "quantity"),
        ({"ea": EA.DEA}, FieldError, "No new meters have EA09"),
        ({"default_key": vending_key(KeyType.DUTK)}, FieldError, "default_key: 'DUTK'"),
        ({"default_key": vending_key(KeyType.DCTK)}, FieldError, "default_key: 'DCTK'"),
        (
            {"default_key": vending_key(KeyType.DDTK, base_date=BaseDate.BD1993)},
            FieldError,
            "base_date: '14'",
        ),
        ({"default_key": vending_key(KeyType.DDTK, ken=KEN(5))}, KeyRefused, "expired"),
        ({"manufactured": MADE.replace(tzinfo=None)}, FieldError, "time zone"),
        ({"manufactured": datetime(2013, 1, 1, tzinfo=UTC)}, KeyRefused, "before the base date"),
        ({"base_date": BaseDate.BD1993}, KeyRefused, "base date"),
    ],
)
def test_impossible_orders_are_refused(changes: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        order_of(**changes)


def test_a_key_that_does_not_fit_the_encryption_is_refused() -> None:
    with pytest.raises(RuleError, match="DKGA02"):
        make(order_of(default_key=vending_key(KeyType.DDTK, EA.STA)))
    with pytest.raises(FieldError, match="sta_tables"):
        next(manufacture(order_of(ea=EA.STA), counting()))


def test_an_order_never_shows_its_key() -> None:
    default = vending_key(KeyType.DDTK)
    assert default.key.hex() not in repr(order_of(default_key=default))
    assert "default_key" not in repr(order_of(default_key=default))


# ---------------------------------------------------------------------- labels


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_label_holds_the_number_and_nothing_that_changes_or_is_secret(profile: Any) -> None:
    price = FlatPrice(25_000) if profile.service.is_currency else None
    default = vending_key(KeyType.DDTK, EA.STA, sgc=SGC("987654"))
    order = order_of(profile=profile, ea=EA.STA, quantity=1)
    stock = replace(order, default_key=default, ti=TI("77"))
    for one in (*make(order, price=price), *make(stock, price=price)):
        label = one.label
        assert label == label_of(one.meter, MADE)
        assert label.pan == one.meter.pan
        text = " ".join((label.title, label.qr, *(word for line in label.lines for word in line)))
        assert f"PAN={one.meter.pan}" in label.qr
        assert "EA07" in text
        assert "2026-01" in text
        assert "Virtual" in text
        assert all(value for _, value in label.lines)
        for secret in (one.key.key.hex(), one.key.key.hex().upper(), one.key.check_value.value, "987654"):
            assert secret not in text
        captions = {caption for caption, _ in label.lines}
        assert captions.isdisjoint({"SGC", "TI", "KRN", "Key"})
        assert "77" not in text.replace(one.meter.pan, "")


# ---------------------------------------------------------------------- personalisation


@pytest.mark.parametrize(
    ("ea", "carry_sgc", "results"),
    [
        (EA.STA, False, [TokenResult.KCT1, TokenResult.ACCEPT]),
        (EA.STA, True, [TokenResult.KCT1, TokenResult.KCT2, TokenResult.ACCEPT]),
        (EA.MISTY1, False, [TokenResult.KCT1, TokenResult.KCT2, TokenResult.KCT3, TokenResult.ACCEPT]),
    ],
)
@pytest.mark.parametrize("stock", [False, True])
def test_a_meter_comes_to_its_unique_key_by_tokens(
    ea: EA, carry_sgc: bool, results: list[TokenResult], stock: bool
) -> None:
    default = vending_key(KeyType.DDTK, ea) if stock else None
    made = make(order_of(ea=ea, quantity=1, default_key=default))[0]
    meter, unique = made.meter, unique_key(made.meter.pan, ea, sgc=SGC("654321"))
    done = personalise(meter, made.key, unique, NOW, sta_tables=SAMPLE_TABLES, carry_sgc=carry_sgc)
    assert list(done.results) == results
    assert len(done.tokens) == len(results)
    assert done.is_complete
    register = meter.memory.key
    assert (register.key, register.kt, register.ti, register.krn) == (unique.key, KeyType.DUTK, "05", 1)
    told = "654321" if carry_sgc or ea is EA.MISTY1 else default and default.sgc
    assert register.sgc == told
    assert meter.memory.tids[0] == int(TIDClock(BaseDate.BD2014).tid_at(MADE))
    assert meter.enter(Shop(unique).credit(), NOW).result is TokenResult.ACCEPT
    assert meter.enter(Shop(made.key).limit(100), NOW).result is TokenResult.CRC


def test_a_meter_of_1993_rolls_over_to_a_key_of_2014() -> None:
    order = order_of(
        base_date=BaseDate.BD1993, manufactured=datetime(2020, 1, 1, tzinfo=UTC), quantity=1, ea=EA.STA
    )
    made = make(order)[0]
    meter, unique = made.meter, unique_key(made.meter.pan, EA.STA)
    credit = Shop(unique).credit()
    assert meter.memory.tids[0] > Shop(unique).next_tid()  # old, had the memory been kept
    done = personalise(meter, made.key, unique, NOW, sta_tables=SAMPLE_TABLES)
    assert done.is_complete
    assert meter.memory.tids == (0,) * 50
    assert meter.enter(credit, NOW).result is TokenResult.ACCEPT


def test_a_meter_that_has_the_key_is_left_alone() -> None:
    made = make(order_of(quantity=1))[0]
    unique = unique_key(made.meter.pan)
    first = personalise(made.meter, made.key, unique, NOW)
    before = made.meter.to_document()
    again = personalise(made.meter, made.key, unique, NOW)
    assert (again.tokens, again.results, again.is_complete) == (first.tokens, (), True)
    assert made.meter.to_document() == before


def test_a_set_is_entered_up_to_the_first_refusal() -> None:
    made = make(order_of(quantity=1))[0]
    wrong = replace(made.key, key=bytes(16))
    done = personalise(made.meter, wrong, unique_key(made.meter.pan), NOW)
    assert (len(done.tokens), done.results, done.is_complete) == (4, (TokenResult.CRC,), False)
    assert made.meter.memory.key.key == made.key.key


def test_a_meter_that_loses_power_in_between_is_not_personalised() -> None:
    made = make(order_of(quantity=1))[0]
    unique = unique_key(made.meter.pan)
    made.meter.arm_cut(1)
    done = personalise(made.meter, made.key, unique, NOW)
    assert (done.results, done.is_complete) == ((TokenResult.KCT1, TokenResult.NOT_READY), False)
    with pytest.raises(MeterOff):
        personalise(made.meter, made.key, unique, NOW)
    made.meter.restore_power(NOW)
    assert personalise(made.meter, made.key, unique, NOW + timedelta(minutes=1)).is_complete


@pytest.mark.parametrize(
    ("attributes", "error", "said"),
    [
        ({"test": False}, RuleError, "live first key"),
        ({"ken": KEN(5)}, KeyRefused, "expired"),
        ({"kt": KeyType.DCTK}, RuleError, "magnetic cards"),
        ({"base_date": BaseDate.BD1993}, KeyRefused, "base date"),
    ],
)
def test_a_change_that_must_not_be_is_refused_before_anything_is_entered(
    attributes: dict[str, Any], error: type[Exception], said: str
) -> None:
    made = make(order_of(quantity=1))[0]
    before = made.meter.to_document()
    with pytest.raises(error, match=said):
        personalise(made.meter, made.key, replace(unique_key(made.meter.pan), **attributes), NOW)
    assert made.meter.to_document() == before


def test_no_way_leads_back_to_an_initialisation_key_or_another_algorithm() -> None:
    made = make(order_of(quantity=1))[0]
    unique = unique_key(made.meter.pan)
    personalise(made.meter, made.key, unique, NOW)
    back = replace(unique, key=bytes(16), kt=KeyType.DITK)
    with pytest.raises(RuleError, match="DUTK cannot be given a DITK"):
        personalise(made.meter, unique, back, NOW)
    with pytest.raises(RuleError, match="algorithm"):
        personalise(made.meter, unique, unique_key(made.meter.pan, EA.STA), NOW)


def test_a_meter_of_two_sections_is_not_given_three() -> None:
    made = make(order_of(quantity=1, ea=EA.STA, profile=PROFILES["edition-1"]))[0]
    unique = unique_key(made.meter.pan, EA.STA)
    with pytest.raises(RuleError, match="edition-1 take two"):
        personalise(made.meter, made.key, unique, NOW, sta_tables=SAMPLE_TABLES, carry_sgc=True)
    assert personalise(made.meter, made.key, unique, NOW, sta_tables=SAMPLE_TABLES).is_complete


def test_meters_with_cards_take_a_common_key() -> None:
    made = make(order_of(quantity=1, profile=PROFILES["card"]))[0]
    common = Deriver(vending_key(KeyType.DCTK), EA.MISTY1).derive(made.meter.pan, TI("01"))
    assert personalise(made.meter, made.key, common, NOW).is_complete
    assert made.meter.memory.key.kt is KeyType.DCTK
