"""Hypothesis strategies for everything the standard has: identifiers, keys, tables, tokens, texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from voltoken.sts import (
    CURRENCY,
    DKGA,
    EA,
    KEN,
    KRN,
    RND,
    SAMPLE_TABLES,
    SGC,
    TI,
    TID,
    UNITS,
    BaseDate,
    ClearCredit,
    ClearTamperCondition,
    DecoderKey,
    Deriver,
    ExtendedTokenSet,
    InitiateMeterTestDisplay,
    KeyType,
    MeterPAN,
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
    STATables,
    Token,
    TokenCipher,
    TokenNumber,
    TransferCredit,
    TransferCurrency,
    VendingKey,
)


def digit_strings(length: int) -> st.SearchStrategy[str]:
    """Strings of exactly length decimal digits."""
    return st.text("0123456789", min_size=length, max_size=length)


def bits(count: int) -> st.SearchStrategy[int]:
    """Whole numbers of count bits."""
    return st.integers(0, (1 << count) - 1)


any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
"""Any text at all, lone surrogates too."""

rnds = st.integers(RND.LOW, RND.HIGH).map(RND)
tids = st.integers(TID.LOW, TID.HIGH).map(TID)
krns = st.integers(KRN.LOW, KRN.HIGH).map(KRN)
kens = st.integers(KEN.LOW, KEN.HIGH).map(KEN)
sgcs = digit_strings(6).map(SGC)
tis = digit_strings(2).map(TI)
key_types = st.sampled_from(KeyType)
base_dates = st.sampled_from(BaseDate)

pans = st.one_of(
    st.builds(MeterPAN.build, digit_strings(2), digit_strings(8)),
    st.builds(MeterPAN.build, digit_strings(4), digit_strings(8)),
)
"""Meter numbers of both shapes."""

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timedelta(minutes=minutes))
"""Offsets a site may have."""


def moments(base_date: BaseDate) -> st.SearchStrategy[datetime]:
    """Times, to the second, that a base date can number at any offset."""
    first = base_date.instant + timedelta(hours=14)
    seconds = st.integers(0, ((1 << 24) - 1 - 28 * 60) * 60 + 59)
    return seconds.map(lambda count: (first + timedelta(seconds=count)).astimezone(UTC))


sta_tables = st.one_of(
    st.just(SAMPLE_TABLES),
    st.builds(
        STATables,
        st.permutations(range(16)),
        st.permutations(range(16)),
        st.permutations(range(64)),
        st.just("made up"),
    ),
)
"""The sample tables, or any others."""


def decoder_keys(
    ea: EA, ti: st.SearchStrategy[TI] = tis, kt: st.SearchStrategy[KeyType] = key_types
) -> st.SearchStrategy[DecoderKey]:
    """Decoder keys of an algorithm with all their attributes."""
    size = ea.key_bits // 8
    return st.builds(
        DecoderKey, st.binary(min_size=size, max_size=size), st.just(ea), sgcs, krns, ti, kt, base_dates, kens
    )


def vending_keys(size: int) -> st.SearchStrategy[VendingKey]:
    """Vending keys of 8, 16 or 20 bytes."""
    return st.builds(
        VendingKey, st.binary(min_size=size, max_size=size), sgcs, krns, base_dates, key_types, kens
    )


derivers = st.one_of(
    st.builds(Deriver, vending_keys(8), st.sampled_from([EA.STA, EA.DEA]), st.just(DKGA.DKGA02)),
    st.builds(Deriver, vending_keys(8), st.just(EA.STA), st.just(DKGA.DKGA01)),
    st.builds(Deriver, vending_keys(16), st.sampled_from([EA.STA, EA.DEA]), st.just(DKGA.DKGA03)),
    st.builds(Deriver, vending_keys(20), st.sampled_from([EA.STA, EA.MISTY1]), st.just(DKGA.DKGA04)),
)
"""Every permitted combination of key generation and encryption."""


def ciphers(ea: EA) -> st.SearchStrategy[TokenCipher]:
    """Token ciphers of an algorithm, under any key; EA07 on any tables."""
    tables = sta_tables if ea is EA.STA else st.none()
    return st.builds(TokenCipher, decoder_keys(ea), tables)


unit_services = st.sampled_from([service for service in Service if not service.is_currency])
currency_services = st.sampled_from([service for service in Service if service.is_currency])

plain_tokens: st.SearchStrategy[Token] = st.one_of(
    st.builds(InitiateMeterTestDisplay, st.just(0), bits(36), st.integers(0, 99)),
    st.builds(InitiateMeterTestDisplay, st.just(1), bits(28), st.integers(0, 9999)),
)
"""Tokens of class 1."""

tid_tokens: st.SearchStrategy[Token] = st.one_of(
    st.builds(TransferCredit, unit_services, rnds, tids, bits(16)),
    st.builds(TransferCurrency, currency_services, bits(4), tids, bits(16)),
    st.builds(SetMaximumPowerLimit, rnds, tids, bits(16)),
    st.builds(ClearCredit, rnds, tids, bits(16)),
    st.builds(SetTariffRate, rnds, tids, bits(16)),
    st.builds(ClearTamperCondition, rnds, tids, bits(16)),
    st.builds(SetMaximumPhasePowerUnbalanceLimit, rnds, tids, bits(16)),
    st.builds(SetWaterMeterFactor, rnds, tids, bits(16)),
    st.builds(ExtendedTokenSet, rnds, tids, bits(16)),
)
"""Encrypted tokens that carry a TID."""

first_sections = st.builds(
    Set1stSectionDecoderKey, bits(4), krns.map(int), bits(1), bits(1), bits(2), bits(32)
)
second_sections = st.builds(Set2ndSectionDecoderKey, bits(4), st.integers(0, 99), bits(32))


def key_change_tokens(key_bits: int) -> st.SearchStrategy[Token]:
    """Sections of a key change for keys of 64 or 128 bits."""
    if key_bits == 64:
        supply_group = st.builds(Set3rdSectionSupplyGroup, st.integers(0, 999_999), bits(20))
        return st.one_of(first_sections, second_sections, supply_group)
    third = st.builds(Set3rdSectionDecoderKey, bits(12), bits(32))
    fourth = st.builds(Set4thSectionDecoderKey, bits(12), bits(32))
    return st.one_of(first_sections, second_sections, third, fourth)


def tokens(ea: EA) -> st.SearchStrategy[Token]:
    """Every type of token that a meter with this algorithm can read."""
    return st.one_of(plain_tokens, tid_tokens, key_change_tokens(ea.key_bits))


token_numbers = bits(66).map(TokenNumber)
"""Any 66 bits."""

token_like_texts = st.one_of(
    any_text,
    digit_strings(20),
    token_numbers.map(lambda number: number.digits),
    token_numbers.map(lambda number: number.grouped),
    st.text("0123456789 -", min_size=18, max_size=30),
)
"""What people may hand in as a token."""

unit_amounts = st.decimals(0, UNITS.largest, allow_nan=False, places=3)
money_amounts = st.decimals(-(Decimal(10) ** 20), Decimal(10) ** 20, allow_nan=False, places=7) | st.decimals(
    CURRENCY.floor(-1000), CURRENCY.ceiling(1000), allow_nan=False, places=7
)
