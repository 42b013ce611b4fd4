"""Checks of the parts below the token: checksums, numbers, keys, ciphers, times and amounts.

Each check takes a vector and returns when our code reproduces it both ways; otherwise it raises Mismatch,
or Unavailable when something is missing to try it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from voltoken.conformance.entry import (
    Entry,
    Mismatch,
    common_pan_block,
    meter_pan,
    token_cipher,
    vending_key,
)
from voltoken.errors import VoltokenError
from voltoken.sts import (
    CURRENCY,
    DKGA,
    EA,
    KEN,
    TI,
    TID,
    UNITS,
    WATTS,
    BaseDate,
    CommonPANBlock,
    DecoderKey,
    Deriver,
    ExtendedTokenSet,
    InitiateMeterTestDisplay,
    KeyType,
    MeterPAN,
    TIDClock,
    TokenNumber,
    UnitGrid,
    VendingKeyParity,
    control_block,
    crc16,
    crc16_c,
    decode_amount,
    decode_currency,
    dkga04_data,
    encode_amount,
    encode_currency,
    extract_class,
    insert_class,
    luhn_check_digit,
    odd_parity,
    pan_block,
    rules,
)

_NAMED_DKGA = re.compile(r"dkga(0[1-4])")
"""How a group of derivations names its algorithm, where its entries do not."""


def check_crc(entry: Entry) -> None:
    """``input_hex`` has the checksum ``crc_hex``."""
    entry.expect("crc_hex", f"{crc16(entry.octets('input_hex')):04x}")


def check_crc_c(entry: Entry) -> None:
    """``input_hex`` has the currency checksum ``crc_c_hex`` and the plain one ``crc_plain_hex``."""
    data = entry.octets("input_hex")
    entry.expect("crc_c_hex", f"{crc16_c(data):04x}")
    entry.expect("crc_plain_hex", f"{crc16(data):04x}")


def check_luhn(entry: Entry) -> None:
    """``digits`` has the check digit ``check_digit``."""
    entry.expect("check_digit", int(luhn_check_digit(entry.text("digits"))))


def check_pan(entry: Entry) -> None:
    """A meter number is built, taken apart and, where ``expect`` says so, refused."""
    if "expect" in entry:
        _refused(lambda: MeterPAN(entry.text("pan")), "the meter number")
        return
    pan = MeterPAN(entry.text("pan"))
    if "mfr_code" in entry and "dsn" in entry:
        entry.expect("pan", str(MeterPAN.build(entry.text("mfr_code"), entry.text("dsn"))))
    entry.expect("iin", pan.iin)
    entry.expect("drn", pan.drn)
    entry.expect("mfr_code", str(pan.mfr_code))
    entry.expect("dsn", pan.serial)
    entry.expect("panblock_kt012", f"{pan_block(pan, KeyType.DUTK):016x}")
    readings = entry.text("reading", "a")
    for letter, common in (("a", CommonPANBlock.FIXED_IIN), ("b", CommonPANBlock.METER_IIN)):
        if letter in readings.replace("and", ""):
            entry.expect("panblock_kt3", f"{pan_block(pan, KeyType.DCTK, common):016x}")


def check_block(entry: Entry) -> None:
    """``plain`` encrypts to ``cipher`` and back: EA07 for 8-byte keys, EA11 for 16-byte keys."""
    key = entry.octets("key")
    ea = EA(entry.text("ea", "11" if len(key) == 16 else "07"))
    cipher = token_cipher(entry, DecoderKey(key, ea)).block
    entry.expect("cipher", f"{cipher.encrypt(entry.hex('plain')):016x}")
    entry.expect("plain", f"{cipher.decrypt(entry.hex('cipher')):016x}")


def check_derivation(entry: Entry) -> None:
    """A vending key and a meter give ``decoder_key``, by way of the blocks that are given."""
    ea = EA(entry.text("ea", "07"))
    vk = vending_key(entry)
    named = _NAMED_DKGA.match(entry.group)
    dkga = DKGA(entry.text("dkga", named[1] if named else rules.dkga_for_key_length(vk.bits)))
    entry.expect("vending_key_odd_parity", odd_parity(vk.key).hex())
    pan, ti = meter_pan(entry), TI(entry.text("ti"))
    common = common_pan_block(entry)
    entry.expect("panblock", f"{pan_block(pan, vk.kt, common):016x}")
    entry.expect("controlblock", f"{control_block(vk, ti):016x}")
    if dkga is DKGA.DKGA04:
        entry.expect("data_block_hex", dkga04_data(vk, ea, ti, pan).hex())
    for field, parity in (
        ("decoder_key", None),
        ("decoder_key_as_given", VendingKeyParity.AS_LOADED),
        ("decoder_key_odd_parity", VendingKeyParity.FORCED_ODD),
    ):
        if field in entry:
            ours = Deriver(vk, ea, dkga, parity=parity, common=common).derive(pan, ti).key
            entry.expect(field, ours.hex())


def tid_of(entry: Entry) -> int:
    """Return the TID of ``time_of_issue`` and ``base_date``, the reserved one where the vector wants it."""
    moment = _moment(entry)
    clock = TIDClock(BaseDate(entry.text("base_date")))
    return clock.special_tid_on(moment) if entry.values.get("special_reserved") else clock.tid_at(moment)


def check_tid(entry: Entry) -> None:
    """``time_of_issue`` gives ``tid``, and ``tid`` the time again, to the minute."""
    if "expect" in entry:
        _refused(lambda: tid_of(entry), "the time")
        return
    ours = tid_of(entry)
    entry.expect("tid", int(ours))
    back = TIDClock(BaseDate(entry.text("base_date"))).moment_of(ours)
    given = _moment(entry).replace(second=0, microsecond=0)
    # An ordinary token asked for in the reserved minute carries the next one.
    if abs((back - given).total_seconds()) > 60:
        raise Mismatch(f"time_of_issue: expected {given}, got {back}")


def check_ken(entry: Entry) -> None:
    """Whether a key with ``ken`` may be used at ``tid``, and the TID of the time where one is given."""
    tid = TID(entry.hex("tid"))
    entry.expect("valid", KEN(entry.whole("ken")).admits(tid))
    if "time_of_issue" in entry:
        entry.expect("tid", f"{tid_of(entry):06x}")


def check_units(entry: Entry) -> None:
    """``amount`` codes to ``field_hex`` and decodes to ``decoded``."""
    _check_amount(entry, UNITS, entry.exact("amount"), "decoded")


def check_watts(entry: Entry) -> None:
    """``watts`` codes to ``field_hex`` and decodes to ``decoded_watts``."""
    _check_amount(entry, WATTS, entry.exact("watts"), "decoded_watts")


def _check_amount(entry: Entry, grid: UnitGrid, amount: Decimal, decoded: str) -> None:
    if "expect" in entry:
        _refused(lambda: encode_amount(grid.steps(amount)), "the amount")
        return
    field = encode_amount(grid.steps(amount))
    entry.expect("field_hex", f"{field:04x}")
    value = grid.units(decode_amount(entry.hex("field_hex")))
    if decoded in entry and entry.exact(decoded) != value:
        raise Mismatch(f"{decoded}: expected {entry[decoded]}, got {value}")


def check_currency(entry: Entry) -> None:
    """``amount`` codes to sign, exponent and ``amount_field_hex``, and back to ``decoded_steps``."""
    steps = CURRENCY.steps(entry.exact("amount"))
    entry.expect("steps_1e-5", steps)
    number = encode_currency(steps)
    entry.expect("se_hex", f"{number >> 16:x}")
    entry.expect("amount_field_hex", f"{number & 0xFFFF:04x}")
    entry.expect("decoded_steps", decode_currency(number))


def check_class_bits(entry: Entry) -> None:
    """``block64_hex`` with ``class`` inserted is ``token``, and the token comes apart again."""
    block, token_class = entry.hex("block64_hex"), entry.whole("class")
    entry.expect("token", insert_class(block, token_class).digits)
    if extract_class(TokenNumber.parse(entry.text("token"))) != (token_class, block):
        raise Mismatch("the token does not come apart into class and block")


def check_control_bit(entry: Entry) -> None:
    """``test_number`` stands for the bit ``control_bit``; test 0 for all of them."""
    number, bit = entry.whole("test_number"), entry["control_bit"]
    token = InitiateMeterTestDisplay.of([number])
    ours = None if token.tests == (0,) else token.control.bit_length() - 1
    if ours != bit:
        raise Mismatch(f"control_bit: expected {bit}, got {ours}")


def check_flag(entry: Entry) -> None:
    """Index, flag and value make the 16-bit field of an extended set token."""
    token = ExtendedTokenSet.set_flag(entry.whole("flag"), entry.whole("value"), tid=0, rnd=0)
    entry.expect("index", token.index)
    entry.expect("field_hex", f"{token.value:04x}")


def _moment(entry: Entry) -> datetime:
    text = entry.text("time_of_issue")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Mismatch(f"time_of_issue is no ISO 8601 time: {text}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refused(attempt: Callable[[], object], what: str) -> None:
    try:
        result = attempt()
    except VoltokenError:
        return
    raise Mismatch(f"{what} must be refused, but gave {result}")
