"""Checks of whole tokens and key change sets, from the inputs to the 20 digits and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from voltoken.conformance.entry import Entry, Mismatch, decoder_key, token_cipher
from voltoken.conformance.primitives import tid_of
from voltoken.errors import VoltokenError
from voltoken.sts import (
    EA,
    KEN,
    ClearCredit,
    ClearTamperCondition,
    DecoderKey,
    ExtendedTokenSet,
    InitiateMeterTestDisplay,
    KeyChangeSection,
    ManufacturerCode,
    Service,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
    Token,
    TokenCipher,
    TransferCredit,
    TransferCurrency,
    assemble,
    decode,
    encode,
    key_change_sections,
    layouts,
    pack,
    rules,
)

_SECTIONS = (3, 4, 8, 9)
"""Subclasses of class 2 that are sections of a key change."""
_RAW_VALUE = {1: ClearCredit, 2: SetTariffRate, 5: ClearTamperCondition, 7: SetWaterMeterFactor}
_WATTS: dict[int, type[SetMaximumPowerLimit | SetMaximumPhasePowerUnbalanceLimit]] = {
    0: SetMaximumPowerLimit,
    6: SetMaximumPhasePowerUnbalanceLimit,
}


def check_class1(entry: Entry) -> None:
    """Control field and manufacturer code give ``token``; the token gives them back."""
    token = InitiateMeterTestDisplay(
        entry.whole("subclass"), entry.hex("control_hex"), int(ManufacturerCode(entry.text("mfr_code")))
    )
    if "test_number" in entry:
        named = InitiateMeterTestDisplay.of([entry.whole("test_number")], entry.text("mfr_code"))
        if named != token:
            raise Mismatch(f"control_hex: expected {token.control:x}, got {named.control:x}")
    entry.expect("class", token.token_class)
    entry.expect("encrypted", False)  # noqa: FBT003 - the value a file gives
    entry.expect("control_bits", token.layout.fields[0].width)
    entry.expect("token66_hex", encode(token).hex)
    _check_path(entry, token, None)


def check_token(entry: Entry) -> None:
    """Key, time and request give ``token`` with every intermediate value; the token gives them back."""
    if "expect" in entry:
        _check_refusal(entry)
        return
    cipher = _cipher(entry)
    _check_path(entry, _build(entry, cipher.key), cipher)


def check_set(entry: Entry) -> None:
    """Every token of a key change set is right, and a complete set carries the new key."""
    tokens = entry.parts("tokens")
    for token in tokens:
        check_token(token)
    if entry.values.get("complete", True):
        check_assembly(tokens)


def check_assembly(tokens: Iterable[Entry]) -> None:
    """The tokens of a complete set, decoded and put together in any order, give the new key."""
    entries = list(tokens)
    cipher = _cipher(entries[0])
    target = _new_key(entries[0])
    decoded = [decode(entry.text("token"), cipher) for entry in reversed(entries)]
    sections = [token for token in decoded if isinstance(token, KeyChangeSection)]
    carried = assemble(sections, cipher.key_bits)
    if carried.key != target.key:
        raise Mismatch("the assembled key is not the new key")
    ours = (carried.kt, carried.krn, carried.ti, carried.ken)
    theirs = (target.kt, target.krn, target.ti, target.ken)
    if ours != theirs or carried.sgc not in (None, target.sgc):
        raise Mismatch(f"the assembled attributes are {ours}, {carried.sgc}, not {theirs}, {target.sgc}")


def _cipher(entry: Entry) -> TokenCipher:
    """Return the cipher of the key in the meter. ``ken`` is the new key's in a key change."""
    current = entry.part("key")
    ea = EA(entry.text("ea", current.text("ea", "07")))
    ken = 255 if "new_key" in entry else entry.whole("ken", 255)
    return token_cipher(entry, decoder_key(current, ea, entry.text("base_date", "93"), ken))


def _new_key(entry: Entry) -> DecoderKey:
    """Return the key a key change carries."""
    new = entry.part("new_key")
    ea = EA(new.text("ea", entry.text("ea", "07")))
    return decoder_key(new, ea, ken=entry.whole("ken", 255))


def _build(entry: Entry, key: DecoderKey) -> Token:
    """Return the token a vector's inputs ask for."""
    token_class, subclass = entry.whole("class"), entry.whole("subclass")
    if token_class == 2 and subclass in _SECTIONS:
        return _build_section(entry, subclass, key.ea.key_bits)
    tid = tid_of(entry) if "time_of_issue" in entry else entry.whole("tid")
    entry.expect("tid", int(tid))
    if token_class == 0:
        service = Service(subclass)
        if service.is_currency:
            return TransferCurrency.of(service, entry.exact("amount"), tid=tid)
        return TransferCredit.of(service, entry.exact("amount"), tid=tid, rnd=entry.whole("rnd"))
    if token_class != 2:
        raise Mismatch(f"a token with a key is of class 0 or 2, not {token_class}")
    rnd = entry.whole("rnd")
    if subclass in _WATTS:
        if "watts_requested" in entry:
            watts = entry.whole("watts_requested")
            token: Token = _WATTS[subclass].of(watts, tid=tid, rnd=rnd)
        else:
            token = _WATTS[subclass](rnd, tid, entry.hex("field_hex"))
        return token
    if subclass == 10:
        return ExtendedTokenSet.set_flag(entry.whole("flag"), entry.whole("value"), tid=tid, rnd=rnd)
    if subclass not in _RAW_VALUE:
        raise Mismatch(f"class 2, subclass {subclass} has no public layout")
    return _RAW_VALUE[subclass](rnd, tid, entry.hex("field_hex"))


def _build_section(entry: Entry, subclass: int, key_bits: int) -> Token:
    """Return the section of subclass of the key change that a vector describes."""
    new = _new_key(entry)
    entry.expect("sgc", str(new.sgc))
    sections = key_change_sections(
        new,
        roll_over=entry.whole("ro", 0) == 1,
        carry_sgc=entry.whole("bit_3kct", 0) == 1 or (subclass == 8 and key_bits == 64),
    )
    for section in sections:
        if section.subclass == subclass:
            return section
    raise Mismatch(f"a set for keys of {new.ea.key_bits} bits has no section of subclass {subclass}")


def _check_path(entry: Entry, token: Token, cipher: TokenCipher | None) -> None:
    """Compare every value between a token and its digits, and read the digits again."""
    row = token.layout
    entry.expect("type", row.name)
    block = pack(token)
    _check_fields(entry, token, row)
    entry.expect("crc_hex", f"{block & 0xFFFF:04x}")
    entry.expect("block64_hex", f"{block:016x}")
    if cipher is not None:
        entry.expect("cipher64_hex", f"{cipher.block.encrypt(block):016x}")
    entry.expect("token", encode(token, cipher).digits)
    again = decode(entry.text("token"), cipher)
    if again != token:
        raise Mismatch(f"the digits decode to {again!r}, not to {token!r}")


def _check_fields(entry: Entry, token: Token, row: layouts.Layout) -> None:
    """Compare the token's fields, in the forms in which vectors give them."""
    for spec in row.fields:
        value = getattr(token, spec.name)
        theirs = entry.values.get(spec.name)
        if spec.name in ("tid", "amount", "control", "mfr_code", "value") or theirs is None:
            continue  # inputs, or compared below under the name the files use
        entry.expect(spec.name, _like(theirs, value, spec))
    if isinstance(token, TransferCredit | TransferCurrency):
        entry.expect("amount_field_hex", f"{token.amount:04x}")
    if isinstance(token, TransferCurrency):
        entry.expect("se_hex", f"{token.se:x}")
        if "decoded" in entry and entry.exact("decoded") != token.money:
            raise Mismatch(f"decoded: expected {entry['decoded']}, got {token.money}")
    if isinstance(token, SetMaximumPowerLimit | SetMaximumPhasePowerUnbalanceLimit):
        entry.expect("watts_encoded", token.watts)
    if isinstance(token, ExtendedTokenSet):
        entry.expect("index", token.index)
    if "field_hex" in entry:
        last = row.fields[-1]
        entry.expect("field_hex", f"{getattr(token, last.name):04x}")


def _like(theirs: Any, value: int, spec: layouts.Field) -> object:
    """Return value in the form the vector uses: key parts in hexadecimal, digit strings as such."""
    if not isinstance(theirs, str):
        return value
    if spec.secret:
        return f"{value:08x}"
    return f"{value:0{len(theirs)}d}"


def _check_refusal(entry: Entry) -> None:
    """A point of sale that follows the rules must not make this token."""
    cipher = _cipher(entry)
    try:
        token = _build(entry, cipher.key)
        tid = getattr(token, "tid", None)
        rules.check_key_use(cipher.key.kt, token.token_class, KEN(cipher.key.ken), tid)
        encode(token, cipher)
    except VoltokenError:
        return
    raise Mismatch("the token must be refused, but was made")
