"""Explaining a token: what each type does in words, how far the path goes, and what stays hidden."""

from __future__ import annotations

from datetime import timedelta

import pytest

from voltoken.errors import CarrierError, IntegrityError, TokenRangeError, UnsupportedToken
from voltoken.sts import (
    CURRENCY,
    EA,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    BaseDate,
    ClearCredit,
    ClearTamperCondition,
    DecoderKey,
    Explanation,
    ExtendedTokenSet,
    InitiateMeterTestDisplay,
    Service,
    Set1stSectionDecoderKey,
    Set2ndSectionDecoderKey,
    Set3rdSectionDecoderKey,
    Set3rdSectionSupplyGroup,
    Set4thSectionDecoderKey,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
    StepKind,
    Token,
    TokenCipher,
    TransferCredit,
    TransferCurrency,
    decode,
    encode,
    encode_key_change,
    explain,
    extract_class,
    insert_class,
    key_change_sections,
)

TID = 0x19EB23  # 25 March 1996, 13:55
WHEN = "25 March 1996, 13:55 UTC"
PART = "c0ffee5e"

KEY = DecoderKey(bytes(range(8)), EA.STA, base_date=BaseDate.BD1993)
CIPHER = TokenCipher(KEY, SAMPLE_TABLES)
TEST_CIPHER = TokenCipher(DecoderKey(KEY.key, EA.STA, test=True), SAMPLE_TABLES)
LONG_KEY = bytes(range(16))
LONG_CIPHER = TokenCipher(DecoderKey(LONG_KEY, EA.MISTY1))
LONG_TEST_CIPHER = TokenCipher(DecoderKey(LONG_KEY, EA.MISTY1, test=True))

SECTIONS = [
    (Set1stSectionDecoderKey(15, 2, 1, 1, 2, int(PART, 16)), CIPHER, TEST_CIPHER, "The 1st section"),
    (Set2ndSectionDecoderKey(15, 99, int(PART, 16)), CIPHER, TEST_CIPHER, "The 2nd section"),
    (Set3rdSectionDecoderKey(577, int(PART, 16)), LONG_CIPHER, LONG_TEST_CIPHER, "The 3rd section"),
    (Set4thSectionDecoderKey(30, int(PART, 16)), LONG_CIPHER, LONG_TEST_CIPHER, "The 4th section"),
]


def explained(token: Token, cipher: TokenCipher = CIPHER) -> Explanation:
    """Return the explanation of a token under its key."""
    return explain(encode(token, cipher).grouped, cipher)


@pytest.mark.parametrize(
    ("token", "summary"),
    [
        (TransferCredit(Service.ELECTRICITY, 5, TID, 256), "Credit of 25.6 kWh (electricity)"),
        (TransferCredit(Service.WATER, 5, TID, 5), "Credit of 0.5 m3 (water)"),
        (TransferCredit(Service.GAS, 5, TID, 0), "Credit of 0.0 m3 (gas)"),
        (TransferCredit(Service.TIME, 5, TID, 0x8000), "Credit of 18022.4 minutes (time)"),
        (
            TransferCurrency(Service.ELECTRICITY_CURRENCY, 0, TID, 0xA92A),
            "Credit of 12.34024 base currency units (electricity currency)",
        ),
        (
            TransferCurrency(Service.WATER_CURRENCY, 8, TID, 0xA929),
            "Debit of 12.33924 base currency units (water currency)",
        ),
        (SetMaximumPowerLimit(5, TID, 0x416A), "Limits the power to 20004 W"),
        (SetMaximumPhasePowerUnbalanceLimit(5, TID, 10), "the difference between phases to 10 W"),
        (ClearCredit(5, TID, 4), "Clears electricity currency credit (register 4)"),
        (ClearCredit(5, TID, 0xFFFF), "Clears all credit registers (register 65535)"),
        (ClearCredit(5, TID, 99), "Clears unknown (register 99)"),
        (SetTariffRate(5, TID, 0x1234), "Sets a tariff rate to 1234"),
        (SetWaterMeterFactor(5, TID, 0xAB), "Sets a water meter's factor to 00AB"),
        (ClearTamperCondition(5, TID), "Clears the tamper condition"),
        (ExtendedTokenSet.set_flag(2, 1, tid=TID, rnd=5), "Sets flag 2 (disconnect service) to 1"),
        (ExtendedTokenSet(5, TID, 0x1234), "Sets index 4, whose meaning is not public"),
    ],
)
def test_tokens_with_a_time_say_what_they_do_and_when(token: Token, summary: str) -> None:
    result = explained(token)
    assert summary in result.summary
    assert f"issued {WHEN}." in result.summary
    assert result.token == token
    assert result.error is None


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (InitiateMeterTestDisplay.of([0]), ["every manufacturer", "0 (all tests)", "again and again"]),
        (InitiateMeterTestDisplay.of([1, 4]), ["1 (load switch), 4 (KRN and KT)"]),
        (InitiateMeterTestDisplay.of([2], "07"), ["for manufacturer 07: 2 (display devices)"]),
        (InitiateMeterTestDisplay.of([28], "0123"), ["for manufacturer 0123: 28 (unknown)"]),
        (InitiateMeterTestDisplay(0, 0, 0), ["every manufacturer: none"]),
    ],
)
def test_class_1_tokens_are_explained_without_a_key(token: Token, words: list[str]) -> None:
    result = explain(encode(token).digits)
    assert all(part in result.summary for part in words)
    assert result.token == token
    assert [step.title for step in result.steps] == [
        *("20 digits", "66 bits", "class", "64-bit block", "checksum", "subclass"),
    ]
    assert "the digits are right" in result.steps[4].text


def test_the_whole_path_of_a_credit_token_is_shown() -> None:
    token = TransferCredit(Service.ELECTRICITY, 0xB, TID, 0x0100)
    key = DecoderKey(bytes.fromhex("0abc12def3456789"), EA.STA, base_date=BaseDate.BD1993)
    result = explain("5104 3465 4434 2085 6213", TokenCipher(key, SAMPLE_TABLES))
    values = {step.title.value: step.value for step in result.steps}
    assert values["20 digits"] == "5104 3465 4434 2085 6213"
    assert values["class"] == "0 (credit)"
    assert values["decrypted block"] == result.block == "0B19EB230100C207"
    assert values["checksum"] == "C207"
    assert values["subclass"] == "0 (electricity)"
    assert "EA07 (sample tables)" in result.steps[4].text
    assert result.token == token
    assert [tuple(row) for row in result.fields] == [
        ("rnd", "59-56", "B", "random number, so that equal tokens look different"),
        ("tid", "55-32", "19EB23", f"issued {WHEN}"),
        ("amount", "31-16", "0100", "25.6 kWh"),
    ]


def test_times_follow_base_date_and_offset() -> None:
    digits = encode(ClearTamperCondition(5, 0), CIPHER).digits
    assert "issued 1 January 1993, 00:00 UTC" in explain(digits, CIPHER).summary
    assert "issued 1 January 2014" in explain(digits, CIPHER, BaseDate.BD2014).summary
    local = explain(digits, CIPHER, utc_offset=timedelta(hours=2))
    assert "issued 1 January 1993, 00:00 UTC+0200" in local.summary
    later = TokenCipher(DecoderKey(KEY.key, EA.STA, base_date=BaseDate.BD2035), SAMPLE_TABLES)
    assert "issued 1 January 2035" in explain(digits, later).summary


def test_the_greatest_amount_of_money_is_shown_to_the_last_place() -> None:
    token = TransferCurrency(Service.TIME_CURRENCY, 0xF, TID, 0xFFFF)
    assert token.money == CURRENCY.largest.copy_negate()
    assert f"Debit of {CURRENCY.largest} base" in explained(token).summary


@pytest.mark.parametrize(
    ("text", "error"),
    [("", CarrierError), ("hello", CarrierError), ("1" * 19, CarrierError), ("9" * 20, CarrierError)],
)
def test_what_is_no_token_says_why(text: str, error: type[Exception]) -> None:
    result = explain(text, CIPHER)
    assert result.summary.startswith("This is not a token. ")
    assert isinstance(result.error, error)
    assert (result.steps, result.fields, result.token) == ((), (), None)


def test_without_a_key_the_path_ends_at_the_encryption() -> None:
    result = explain(encode(ClearCredit(5, TID, 0), CIPHER).digits)
    assert "An encrypted token of class 2, meter specific management" in result.summary
    assert [step.title for step in result.steps] == ["20 digits", "66 bits", "class", "encrypted block"]
    assert all(step.value and step.text for step in result.steps)
    assert (result.token, result.error, result.fields, result.block) == (None, None, (), "")


def test_a_token_of_another_meter_stops_at_the_checksum() -> None:
    result = explain(encode(ClearCredit(5, TID, 0), TokenCipher(DecoderKey(bytes(8), EA.DEA))).digits, CIPHER)
    assert isinstance(result.error, IntegrityError)
    assert result.steps[-1].title is StepKind.STOP
    assert result.steps[-1].value == "token.integrity"
    assert result.steps[-1].text == result.error.message
    assert len(result.block) == 16
    assert result.summary == result.error.message


def test_class_3_stops() -> None:
    result = explain(insert_class(0, 3).digits)
    assert isinstance(result.error, UnsupportedToken)
    assert "Nobody knows what it means." in [step.text for step in result.steps]


def test_what_a_matching_checksum_proves_depends_on_the_class() -> None:
    test = explain(encode(InitiateMeterTestDisplay.of([1])).digits)
    assert "Not encrypted: it is for every meter." in [step.text for step in test.steps]
    proofs = [step.text for result in (test, explained(ClearCredit(5, TID, 0))) for step in result.steps]
    ends = [text.partition("before them: ")[2] for text in proofs if "before them" in text]
    assert ends == ["the digits are right.", "the digits and the key are right."]


@pytest.mark.parametrize(("section", "cipher", "test_cipher", "summary"), SECTIONS)
def test_parts_of_keys_are_shown_for_test_keys_only(
    section: Token, cipher: TokenCipher, test_cipher: TokenCipher, summary: str
) -> None:
    hidden, shown = explained(section, cipher), explained(section, test_cipher)
    for result in (hidden, shown):
        assert result.summary.startswith(summary)
        assert "Nothing changes before the last one" in result.summary
        assert result.token == section
    assert PART not in words_of(hidden)
    assert PART in words_of(shown)
    assert hidden.fields[-1].value == "·" * 8
    assert shown.fields[-1].value == PART.upper()
    assert hidden.block == shown.block[:4] + "·" * 12
    assert hidden.steps[-2].value == "····"
    assert [row[:3] for row in hidden.fields[:-1]] == [row[:3] for row in shown.fields[:-1]]


def words_of(result: Explanation) -> str:
    """Return everything an explanation says to people, in lower case."""
    said = [result.summary, result.block, *map(repr, result.steps), *map(repr, result.fields)]
    return " ".join([*said, repr(result)]).lower()


@pytest.mark.parametrize(("section", "cipher", "test_cipher", "summary"), SECTIONS)
def test_a_changed_class_does_not_bring_parts_of_a_key_to_light(
    section: Token, cipher: TokenCipher, test_cipher: TokenCipher, summary: str
) -> None:
    _, sent = extract_class(encode(section, cipher))
    for token_class in (0, 1, 3):
        result = explain(insert_class(sent, token_class).digits, cipher)
        assert result.error is not None
        assert PART not in words_of(result)
    assert PART in words_of(explain(insert_class(sent, 0).digits, test_cipher))


def test_a_fourth_section_under_a_short_key_shows_no_part_of_a_key() -> None:
    section = Set4thSectionDecoderKey(30, int(PART, 16))
    covered = encode(section, LONG_CIPHER)
    block = LONG_CIPHER.block.decrypt(extract_class(covered)[1])
    result = explain(insert_class(CIPHER.block.encrypt(block), 2).digits, CIPHER)
    assert isinstance(result.error, UnsupportedToken)
    assert PART not in words_of(result)


@pytest.mark.slow
def test_a_section_with_an_illegal_field_shows_no_part_of_a_key() -> None:
    new = DecoderKey(bytes.fromhex(PART + PART), EA.STA, SGC("123456"), KRN(9), TI("01"))
    (first, *_) = encode_key_change(key_change_sections(new), CIPHER)
    block = CIPHER.block.decrypt(extract_class(first)[1])
    # Key revision 9 becomes 15; the change of the checksum is searched for.
    changed = block | 0xF << 52
    number = next(
        number
        for crc in range(1 << 16)
        if is_range_error(number := insert_class(CIPHER.block.encrypt(changed & ~0xFFFF | crc), 2))
    )
    assert PART not in words_of(explain(number.digits, CIPHER))


def is_range_error(number: int) -> bool:
    """Say whether a token is authentic and holds an illegal field."""
    result = explain(f"{number:020d}", CIPHER)
    return isinstance(result.error, TokenRangeError)


def test_the_fields_of_a_key_change_are_put_in_words() -> None:
    first = explained(Set1stSectionDecoderKey(15, 2, 1, 1, 3, 0)).fields
    assert [row.meaning for row in first[1:5]] == [
        "revision 2 of the vending key",
        "roll-over: the meter empties its memory of TIDs",
        "a third section with the supply group code follows",
        "the new key is a DCTK",
    ]
    plain = explained(Set1stSectionDecoderKey(15, 2, 0, 0, 2, 0)).fields
    assert [row.meaning for row in plain[2:4]] == ["no roll-over", "no 64-bit third section"]
    assert [row.bits for row in plain[2:5]] == ["51", "50", "49-48"]
    assert explained(Set2ndSectionDecoderKey(15, 7, 0)).fields[1].meaning == "tariff index 07"
    supply_group = Set3rdSectionSupplyGroup(46)
    assert explained(supply_group).fields[0].meaning == "supply group 000046"
    assert explained(supply_group).summary.startswith("The 3rd section")


def test_explaining_changes_nothing_about_decoding() -> None:
    token = ExtendedTokenSet.set_flag(11, 1, tid=TID, rnd=5)
    number = encode(token, CIPHER)
    assert explain(number.digits, CIPHER).token == decode(number, CIPHER) == token
