"""Entering a token: the results in their order, what they leave behind, and their register codes."""

from __future__ import annotations

import pytest

from tests.unit.meter.shop import (
    ALL_OF_CLASS_2,
    MADE_TID,
    NO_TOKEN,
    NOW,
    Shop,
    installed,
    key_of,
    results,
    state_of,
    with_credit,
)
from voltoken.meter import EntryPath, TokenResult
from voltoken.sts import (
    EA,
    KEN,
    ClearTamperCondition,
    KeyType,
    Service,
    TokenNumber,
    TransferCredit,
    registry,
)

EVERY_EA = pytest.mark.parametrize("ea", EA)


@pytest.mark.parametrize("result", TokenResult)
def test_every_result_has_its_register_code_and_meaning(result: TokenResult) -> None:
    row = next(row for row in registry.TOKEN_RESULTS if row.name == result.value)
    assert result.code == (int(row.code) if row.code else None)
    assert result.meaning == row.meaning


def test_the_register_codes_are_those_one_manufacturer_prints() -> None:
    codes = {result.value: result.code for result in TokenResult if result.code is not None}
    assert codes == {
        "Accept": 1,
        "1stKCT": 2,
        "2ndKCT": 3,
        "OverflowError": 4,
        "KeyTypeError": 5,
        "FormatError": 6,
        "RangeError": 7,
        "FunctionError": 8,
        "OldError": 9,
        "UsedError": 10,
        "KeyExpiredError": 11,
        "DDTKError": 12,
        "CRCError": 13,
        "MfrCodeError": 14,
        "lockout": 15,
        "not ready": 16,
    }
    accepted = {result.value for result in TokenResult if result.is_accepted}
    assert accepted == {"Accept", "1stKCT", "2ndKCT", "3rdKCT", "4thKCT"}


@EVERY_EA
def test_credit_is_accepted_once_and_counted(ea: EA) -> None:
    meter, shop = installed(key=key_of(ea=ea))
    token = shop.credit(10)
    answer = meter.enter(token, NOW)
    assert (answer.result, answer.credited, answer.tests, answer.missing) == ("Accept", 10_000, (), ())
    assert isinstance(answer.token, TransferCredit)
    assert answer.token.units == 10
    assert (meter.credit, meter.relay) == (10_000, "connected")
    assert results(meter, token) == ["UsedError"]
    assert meter.credit == 10_000


def test_digits_may_be_grouped_and_may_come_as_a_number() -> None:
    meter, shop = installed(lockout=None)
    first, second, third = (TokenNumber.parse(shop.credit()) for _ in range(3))
    assert meter.enter(f" {first.grouped} ", NOW).result == "Accept"
    assert meter.enter(second.grouped.replace(" ", "-"), NOW).result == "Accept"
    assert meter.enter(third, NOW).result == "Accept"
    assert meter.credit == 30_000


@pytest.mark.parametrize(
    "text", ["", NO_TOKEN, "5" * 19, "5" * 21, "1234567890123456789X", "99999999999999999999", "٣" * 20, "\0"]
)
def test_what_is_no_token_is_a_format_error(text: str) -> None:
    meter, _ = with_credit()
    answer = meter.enter(text, NOW)
    assert (answer.result, answer.result.code, answer.token) == ("FormatError", 6, None)


def test_a_token_for_another_key_is_a_crc_error() -> None:
    meter, _ = installed()
    answer = meter.enter(Shop(key_of(2)).credit(), NOW)
    assert (answer.result, answer.result.code, answer.token) == ("CRCError", 13, None)
    assert meter.credit == 0


def test_class_3_and_subclasses_without_a_function_are_function_errors() -> None:
    meter, shop = installed(lockout=None)
    tokens = [shop.authentic(3, 0), shop.authentic(0, 9 << 44), shop.authentic(2, 12 << 44)]
    assert results(meter, *tokens) == ["FunctionError"] * 3
    assert TokenResult.FUNCTION.code == 8


def test_a_section_for_long_keys_is_a_function_error_under_a_short_key() -> None:
    meter, shop = installed(key=key_of(ea=EA.STA))
    assert results(meter, shop.authentic(2, 9 << 44)) == ["FunctionError"]


@pytest.mark.parametrize(
    "upper48",
    [3 << 44, 3 << 44 | 10 << 36, 4 << 44 | 100 << 32],
    ids=["KRN of 0", "KRN of 10", "TI of 100"],
)
def test_a_field_the_standard_does_not_allow_is_a_range_error(upper48: int) -> None:
    meter, shop = installed()
    answer = meter.enter(shop.authentic(2, upper48), NOW)
    assert (answer.result, answer.result.code, answer.token) == ("RangeError", 7, None)


def test_an_unknown_function_is_named_before_the_age_of_the_token() -> None:
    meter, shop = installed()
    tid_of_0 = 12 << 44
    assert results(meter, shop.authentic(2, tid_of_0)) == ["FunctionError"]


def test_credit_under_a_default_key_is_refused_and_management_is_not() -> None:
    meter, shop = installed(key=key_of(kt=KeyType.DDTK))
    assert results(meter, shop.credit(), shop.limit(5_000)) == ["DDTKError", "Accept"]
    assert TokenResult.DDTK.code == 12
    assert meter.credit == 0


@pytest.mark.parametrize("class_2", [False, True])
def test_an_expired_key_is_good_for_the_last_tid_of_its_ken_and_no_longer(class_2: bool) -> None:
    ken = KEN((MADE_TID >> 16) + 2)
    meter, shop = installed(key=key_of(ken=ken))
    last = (ken << 16) + 0xFFFF

    def token(tid: int) -> str:
        shop.tid = tid - 1
        return shop.clear_tamper() if class_2 else shop.credit()

    assert results(meter, token(last), token(last + 1)) == ["Accept", "KeyExpiredError"]
    assert TokenResult.KEY_EXPIRED.code == 11


def test_a_meter_without_key_expiry_takes_tokens_of_any_time() -> None:
    meter, shop = installed("edition-1", key_of(ea=EA.STA, ken=KEN(1)))
    assert results(meter, shop.credit()) == ["Accept"]


def test_the_order_of_the_checks_of_a_tid() -> None:
    meter, shop = with_credit(key=key_of(ken=KEN(0), kt=KeyType.DUTK), lockout=None, key_expiry=False)
    shop.key = key_of(ken=KEN(0), kt=KeyType.DUTK)
    used = shop.tid
    strict, _ = installed(key=key_of(ken=KEN(0), kt=KeyType.DDTK), lockout=None)
    assert results(strict, shop.credit(tid=MADE_TID - 1)) == ["OldError"]
    assert results(strict, shop.credit(tid=MADE_TID)) == ["UsedError"]
    assert results(strict, shop.credit(tid=used)) == ["KeyExpiredError"]
    assert results(meter, shop.credit(tid=used, service=Service.WATER)) == ["UsedError"]


def test_a_default_key_is_looked_at_before_the_service() -> None:
    meter, shop = installed(key=key_of(kt=KeyType.DDTK))
    assert results(meter, shop.credit(service=Service.GAS)) == ["DDTKError"]


@pytest.mark.parametrize("service", [Service.WATER, Service.GAS, Service.TIME])
def test_credit_of_another_service_is_a_function_error(service: Service) -> None:
    meter, shop = installed()
    assert results(meter, shop.credit(service=service)) == ["FunctionError"]


def test_money_is_no_credit_of_a_meter_for_units_nor_the_reverse() -> None:
    of_units, shop = installed()
    of_money, _ = installed("currency")
    assert results(of_units, shop.money(5)) == ["FunctionError"]
    assert results(of_money, shop.credit(5)) == ["FunctionError"]
    assert results(of_money, shop.money(5)) == ["Accept"]


def test_credit_beyond_the_register_is_refused_and_the_token_stays_good() -> None:
    meter, shop = with_credit(units=10, credit_max=15_000)
    exact, over = shop.credit(5), shop.credit(5)
    assert results(meter, exact, over) == ["Accept", "OverflowError"]
    assert TokenResult.OVERFLOW.code == 4
    assert meter.memory.lockout == {}
    meter.use(5_000, NOW, seconds=3600)
    assert results(meter, over, over) == ["Accept", "UsedError"]
    assert meter.credit == 15_000


def test_a_refused_token_leaves_no_trace_but_the_count_of_failures() -> None:
    meter, shop = with_credit(functions=ALL_OF_CLASS_2[1:])
    good = shop.credit(1)
    wrong = [NO_TOKEN, Shop(key_of(2)).credit(), shop.credit(service=Service.GAS), shop.limit(1)]
    before = state_of(meter)
    for number, token in enumerate(wrong):
        path = list(EntryPath)[number]
        assert not meter.enter(token, NOW, path).result.is_accepted
    assert state_of(meter) | {"lockout": {}} == before
    assert {path: row.in_a_row for path, row in meter.memory.lockout.items()} == dict.fromkeys(EntryPath, 1)
    assert results(meter, good) == ["Accept"]


def test_the_last_result_is_kept_until_the_power_goes() -> None:
    meter, shop = installed()
    seen = [meter.last_result]
    for token in (shop.credit(), NO_TOKEN):
        meter.enter(token, NOW)
        seen.append(meter.last_result)
    meter.cut_power()
    assert [*seen, meter.last_result] == [None, TokenResult.ACCEPT, TokenResult.FORMAT, None]


def test_clear_tamper_keeps_its_fields() -> None:
    meter, shop = installed()
    answer = meter.enter(shop.clear_tamper(), NOW)
    assert answer.token == ClearTamperCondition(5, shop.tid)
    assert answer.credited == 0
