"""Figures of the scalar path: what one token costs, and how far the public API is from the bare work.

Gates (ratios within one run): the public API takes at most 1.5 times the core; EA07 is at least 8 times
as fast as the bit-by-bit transliteration of the standard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bench import core
from bench.measure import Figure, measure
from tests.naive import misty1 as naive_misty1
from tests.naive import sta as naive_sta
from voltoken.sts import (
    EA,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    Deriver,
    MeterPAN,
    Service,
    TokenCipher,
    TransferCredit,
    VendingKey,
    decode,
    encode,
)
from voltoken.sts.ciphers.misty1 import MISTY1
from voltoken.sts.ciphers.sta import STA

API_LIMIT: Final = 1.5
NAIVE_LIMIT: Final = 8.0

PAN: Final = "600727000000000009"
VK64: Final = bytes.fromhex("ab" * 8)
VK160: Final = bytes.fromhex("abababababababab949494949494949401234567")
RND, TID, FIELD = 5, 5871660, 1


def figures() -> list[Figure]:
    """Measure every row."""
    return [*_encode_figures(), *_decode_figures(), *_cipher_figures(), *_part_figures()]


@dataclass(frozen=True, slots=True)
class _Subject:
    """One algorithm pair, through the API and through the core."""

    name: str
    deriver: Deriver
    derive: core.Key
    cipher: Callable[[bytes], STA | MISTY1]

    @property
    def key(self) -> DecoderKey:
        return self.deriver.derive(MeterPAN(PAN), TI("01"))


def _subjects() -> tuple[_Subject, _Subject]:
    vk64 = VendingKey(VK64, sgc=SGC("123456"), krn=KRN(1), base_date=BaseDate.BD1993)
    vk160 = VendingKey(VK160, sgc=SGC("123457"), krn=KRN(1), base_date=BaseDate.BD1993)
    return (
        _Subject("DKGA02+EA07", Deriver(vk64, EA.STA), core.dkga02(VK64, "123456", 1), core.sta),
        _Subject("DKGA04+EA11", Deriver(vk160, EA.MISTY1), core.dkga04(VK160, "93", "123457", 1), MISTY1),
    )


def _compare(name: str, api: Callable[[], object], bare: Callable[[], object]) -> Figure:
    """Measure a public call against the core's, after seeing that both give the same."""
    if api() != bare():
        raise SystemExit(f"bench: {name}: the API gives {api()}, the core {bare()}")
    ours, base = measure([api, bare])
    return Figure(name, ours, "core", base, at_most=API_LIMIT)


def _encode_figures() -> list[Figure]:
    rows = []
    for subject in _subjects():
        deriver, derive, make = subject.deriver, subject.derive, subject.cipher
        pan, ti = MeterPAN(PAN), TI("01")

        def new_meter(deriver: Deriver = deriver, pan: MeterPAN = pan, ti: TI = ti) -> str:
            cipher = TokenCipher(deriver.derive(pan, ti), SAMPLE_TABLES)
            return encode(TransferCredit(Service.ELECTRICITY, RND, TID, FIELD), cipher).digits

        def new_meter_core(derive: core.Key = derive, make: Callable[[bytes], STA | MISTY1] = make) -> str:
            return core.credit_digits(make(derive(PAN, "01")), RND, TID, FIELD)

        ready, bare = TokenCipher(subject.key, SAMPLE_TABLES), make(subject.key.key)

        def cached(ready: TokenCipher = ready) -> str:
            return encode(TransferCredit(Service.ELECTRICITY, RND, TID, FIELD), ready).digits

        def cached_core(bare: STA | MISTY1 = bare) -> str:
            return core.credit_digits(bare, RND, TID, FIELD)

        rows.append(_compare(f"encode, new meter, {subject.name}", new_meter, new_meter_core))
        rows.append(_compare(f"encode, cached key, {subject.name}", cached, cached_core))
    return rows


def _decode_figures() -> list[Figure]:
    rows = []
    for subject in _subjects():
        deriver, derive, make = subject.deriver, subject.derive, subject.cipher
        pan, ti = MeterPAN(PAN), TI("01")
        ready, bare = TokenCipher(subject.key, SAMPLE_TABLES), make(subject.key.key)
        digits = core.credit_digits(bare, RND, TID, FIELD)

        def new_meter(
            deriver: Deriver = deriver, pan: MeterPAN = pan, ti: TI = ti, digits: str = digits
        ) -> tuple[int, int, int]:
            return _values(decode(digits, TokenCipher(deriver.derive(pan, ti), SAMPLE_TABLES)))

        def new_meter_core(
            derive: core.Key = derive,
            make: Callable[[bytes], STA | MISTY1] = make,
            digits: str = digits,
        ) -> tuple[int, int, int]:
            return core.read_credit(make(derive(PAN, "01")), digits)

        def cached(ready: TokenCipher = ready, digits: str = digits) -> tuple[int, int, int]:
            return _values(decode(digits, ready))

        def cached_core(bare: STA | MISTY1 = bare, digits: str = digits) -> tuple[int, int, int]:
            return core.read_credit(bare, digits)

        rows.append(_compare(f"decode, new meter, {subject.name}", new_meter, new_meter_core))
        rows.append(_compare(f"decode, cached key, {subject.name}", cached, cached_core))
    return rows


def _values(token: object) -> tuple[int, int, int]:
    """Return what the core returns, from the API's token."""
    if not isinstance(token, TransferCredit):
        raise SystemExit(f"bench: {token!r} is no credit")
    return token.rnd, token.tid, token.amount


def _cipher_figures() -> list[Figure]:
    """Measure one block under a new key against the transliterations of standard and RFC."""
    key64, key128, block = (
        0x0ABC12DEF3456789,
        bytes.fromhex("00112233445566778899aabbccddeeff"),
        0x0B19EB230100C207,
    )
    tables = naive_sta.Tables(
        SAMPLE_TABLES.substitution_1, SAMPLE_TABLES.substitution_2, SAMPLE_TABLES.permutation
    )
    pairs: tuple[tuple[str, Callable[[], int], Callable[[], int], float], ...] = (
        (
            "EA07 block, new key",
            lambda: STA(key64, SAMPLE_TABLES).encrypt(block),
            lambda: naive_sta.encrypt(key64, block, tables),
            NAIVE_LIMIT,
        ),
        (
            "EA11 block, new key",
            lambda: MISTY1(key128).encrypt(block),
            lambda: naive_misty1.encrypt(key128, block),
            1.0,
        ),
    )
    rows = []
    for name, fast, naive, limit in pairs:
        if fast() != naive():
            raise SystemExit(f"bench: {name}: ours and the naive cipher disagree")
        ours, base = measure([fast, naive])
        rows.append(Figure(name, ours, "naive", base, at_least=limit))
    return rows


def _part_figures() -> list[Figure]:
    """Measure what comes before a token: numbers and amounts as people give them."""
    parts: tuple[tuple[str, Callable[[], object]], ...] = (
        ("MeterPAN from 18 digits", lambda: MeterPAN(PAN)),
        (
            "TransferCredit.of 10 kWh",
            lambda: TransferCredit.of(Service.ELECTRICITY, 10, tid=TID, rnd=RND),
        ),
    )
    timings = measure([call for _, call in parts])
    return [Figure(name, timing) for (name, _), timing in zip(parts, timings, strict=True)]
