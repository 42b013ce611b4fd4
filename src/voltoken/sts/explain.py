"""The whole path of a token, for people: digits, 66 bits, class, cipher, block, checksum, fields, meaning.

``explain`` never fails on a bad token: the path goes as far as it can and then says why it ends. It is
data; whoever shows it decides how. Parts of keys are shown only for keys marked as test keys.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from voltoken.errors import TokenError
from voltoken.sts import management as m
from voltoken.sts import tokens as t
from voltoken.sts.carriers import TokenNumber
from voltoken.sts.codec import UNENCRYPTED_CLASSES, TokenCipher, extract_class, unpack
from voltoken.sts.explanation import Explanation, FieldValue, Step, StepKind
from voltoken.sts.fields import BaseDate, KeyType, Service
from voltoken.sts.layouts import Field
from voltoken.sts.registry import CLASSES, FLAGS, METER_TESTS, REGISTERS, SUBCLASSES, find_name
from voltoken.sts.tid import TIDClock

HIDDEN_DIGIT: Final = "\u00b7"
"""Stands for each hexadecimal digit that is part of a key."""


def explain(
    text: str,
    cipher: TokenCipher | None = None,
    base_date: BaseDate | None = None,
    utc_offset: timedelta = timedelta(),
) -> Explanation:
    """Explain a token step by step.

    text: what the customer holds; 20 digits, or anything that was taken for them.
    cipher: of the meter's decoder key; without it an encrypted token is explained up to the encryption.
    base_date: to show TIDs as times; None takes the key's. utc_offset: of the site.
    """
    try:
        number = TokenNumber.parse(text)
    except TokenError as error:
        return Explanation(f"This is not a token. {error.message}", (), error=error)
    token_class, block = extract_class(number)
    class_name = CLASSES[token_class].name
    steps = [
        Step(StepKind.DIGITS, number.grouped, "One whole number; no single digit has a meaning of its own."),
        Step(StepKind.NUMBER, number.hex, "The same number in hexadecimal."),
        Step(
            StepKind.CLASS,
            f"{token_class} ({class_name})",
            "Bits 28 and 27 of the number. They are taken out and the two highest bits put in their "
            "place, which leaves 64 bits.",
        ),
    ]
    if token_class in UNENCRYPTED_CLASSES:
        said = "Not encrypted: it is for every meter." if token_class == 1 else "Nobody knows what it means."
        steps.append(Step(StepKind.PLAIN_BLOCK, f"{block:016X}", said))
        return _explain_block(steps, token_class, block, 64, TIDClock(BaseDate.BD1993), show_keys=True)
    steps.append(
        Step(StepKind.ENCRYPTED_BLOCK, f"{block:016X}", "Only the meter's decoder key opens these 64 bits.")
    )
    if cipher is None:
        return Explanation(
            f"An encrypted token of class {token_class}, {class_name}. What it does can be read only with "
            "the decoder key of the meter it was made for.",
            tuple(steps),
        )
    plain = cipher.block.decrypt(block)
    steps.append(
        Step(
            StepKind.DECRYPTED_BLOCK,
            _block_text(token_class, plain, cipher),
            f"{cipher.label}, under the decoder key with check value {cipher.key.check_value}.",
        )
    )
    clock = TIDClock(base_date or cipher.key.base_date, utc_offset)
    return _explain_block(steps, token_class, plain, cipher.key_bits, clock, show_keys=cipher.key.test)


def _explain_block(
    steps: list[Step], token_class: int, block: int, key_bits: int, clock: TIDClock, *, show_keys: bool
) -> Explanation:
    """Finish an explanation from the plain block on, which is the last of the steps so far."""
    shown = steps[-1].value
    try:
        token = unpack(token_class, block, key_bits)
    except TokenError as error:
        steps.append(Step(StepKind.STOP, error.code, error.message))
        return Explanation(error.message, tuple(steps), block=shown, error=error)
    row = token.layout
    proven = "the digits are right" if token_class == 1 else "the digits and the key are right"
    secret = any(spec.secret for spec in row.fields) and not show_keys
    steps += [
        Step(
            StepKind.CHECKSUM,
            HIDDEN_DIGIT * 4 if secret else f"{block & 0xFFFF:04X}",
            f"The last 16 bits. They match the class and the 48 bits before them: {proven}.",
        ),
        Step(
            StepKind.SUBCLASS,
            f"{row.subclass} ({SUBCLASSES[token_class][row.subclass].name})",
            f"The first 4 bits. The token type is {row.name}.",
        ),
    ]
    fields = tuple(
        FieldValue(
            spec.name,
            f"{spec.shift + spec.width - 1}-{spec.shift}" if spec.width > 1 else f"{spec.shift}",
            _raw(spec, token, hidden=secret),
            _meaning(spec, token, clock),
        )
        for spec in row.fields
    )
    return Explanation(_SUMMARIES[type(token)](token, clock), tuple(steps), fields, shown, token)


def _block_text(token_class: int, block: int, cipher: TokenCipher) -> str:
    """Return a plain block in hexadecimal, with what belongs to a key hidden unless it is a test key.

    A block that is no token is hidden as a whole. The class is not encrypted: whoever changes it makes a
    section of a key change look like another type with a wrong checksum, and would read the key here.
    """
    digits = f"{block:016X}"
    if cipher.key.test:
        return digits
    try:
        token = unpack(token_class, block, cipher.key_bits)
    except TokenError:
        return HIDDEN_DIGIT * 16
    if any(spec.secret for spec in token.layout.fields):
        # The checksum goes too: with it a guess of the key could be confirmed.
        return digits[:4] + HIDDEN_DIGIT * 12
    return digits


def _raw(spec: Field, token: t.Token, *, hidden: bool) -> str:
    """Return a field's value in hexadecimal, hidden when it is part of a key."""
    digits = (spec.width + 3) // 4
    if spec.secret and hidden:
        return HIDDEN_DIGIT * digits
    return f"{getattr(token, spec.name):0{digits}X}"


def _meaning(spec: Field, token: t.Token, clock: TIDClock) -> str:
    """Return what a field's value means: in words where there are any, else the field's own meaning."""
    describe = _FIELD_WORDS.get((type(token), spec.name)) or _COMMON_WORDS.get(spec.name)
    return describe(token, clock) if describe else spec.meaning


Words = Callable[[Any, TIDClock], str]


def _issued(token: Any, clock: TIDClock) -> str:
    moment = clock.moment_of(token.tid)
    zone = "UTC" if not clock.utc_offset else f"UTC{moment:%z}"
    return f"{moment.day} {moment:%B %Y, %H:%M} {zone}"


def _credit(token: t.TransferCredit, _: TIDClock) -> str:
    unit = {Service.ELECTRICITY: "kWh", Service.TIME: "minutes"}.get(token.service, "m3")
    return f"{token.units} {unit}"


def _tests(token: t.InitiateMeterTestDisplay, _: TIDClock) -> str:
    names = [f"{number} ({find_name(METER_TESTS, number)})" for number in token.tests]
    return ", ".join(names) or "none"


def _maker(token: t.InitiateMeterTestDisplay, _: TIDClock) -> str:
    width = 2 if token.form == 0 else 4
    return f"manufacturer {token.mfr_code:0{width}d}" if token.mfr_code else "every manufacturer"


def _register(token: m.ClearCredit, _: TIDClock) -> str:
    return find_name(REGISTERS, token.register)


def _flag(token: m.ExtendedTokenSet, _: TIDClock) -> str:
    if token.index != token.FLAG_INDEX:
        return f"index {token.index}, whose meaning is not public"
    return f"flag {token.flag} ({find_name(FLAGS, token.flag)}) to {token.state}"


_COMMON_WORDS: Final[dict[str, Words]] = {"tid": lambda token, clock: f"issued {_issued(token, clock)}"}

_FIELD_WORDS: Final[dict[tuple[type[t.Token], str], Words]] = {
    (t.TransferCredit, "amount"): _credit,
    (t.TransferCurrency, "amount"): lambda token, _: f"{token.money} base currency units, with se",
    (t.InitiateMeterTestDisplay, "control"): lambda token, clock: f"tests {_tests(token, clock)}",
    (t.InitiateMeterTestDisplay, "mfr_code"): _maker,
    (m.SetMaximumPowerLimit, "mpl"): lambda token, _: f"{token.watts} W",
    (m.SetMaximumPhasePowerUnbalanceLimit, "mppul"): lambda token, _: f"{token.watts} W",
    (m.ClearCredit, "register"): _register,
    (m.ExtendedTokenSet, "value"): _flag,
    (m.Set1stSectionDecoderKey, "kt"): lambda token, _: f"the new key is a {KeyType(token.kt).name}",
    (m.Set1stSectionDecoderKey, "krn"): lambda token, _: f"revision {token.krn} of the vending key",
    (m.Set1stSectionDecoderKey, "ro"): lambda token, _: (
        "roll-over: the meter empties its memory of TIDs" if token.ro else "no roll-over"
    ),
    (m.Set1stSectionDecoderKey, "bit_3kct"): lambda token, _: (
        "a third section with the supply group code follows" if token.bit_3kct else "no 64-bit third section"
    ),
    (m.Set2ndSectionDecoderKey, "ti"): lambda token, _: f"tariff index {token.ti:02d}",
    (m.Set3rdSectionSupplyGroup, "sgc"): lambda token, _: f"supply group {token.sgc:06d}",
}

_ENTER_ALL: Final = (
    "Enter every token of the set. Nothing changes before the last one; credit in the meter stays, but "
    "unused tokens made under the old key are lost, so enter those first."
)


def _part(number: str) -> Words:
    text = f"The {number} section of a key change, which gives the meter another key. {_ENTER_ALL}"
    return lambda *_: text


_SUMMARIES: Final[dict[type[t.Token], Words]] = {
    t.TransferCredit: lambda token, clock: (
        f"Credit of {_credit(token, clock)} ({token.service.name.lower()}), issued {_issued(token, clock)}."
    ),
    t.TransferCurrency: lambda token, clock: (
        f"{'Credit' if token.steps >= 0 else 'Debit'} of {token.money.copy_abs()} base currency units "
        f"({token.service.name.lower().replace('_', ' ')}), issued {_issued(token, clock)}."
    ),
    t.InitiateMeterTestDisplay: lambda token, clock: (
        f"Starts tests or displays for {_maker(token, clock)}: {_tests(token, clock)}. It may be used again "
        "and again."
    ),
    m.SetMaximumPowerLimit: lambda token, clock: (
        f"Limits the power to {token.watts} W, issued {_issued(token, clock)}."
    ),
    m.ClearCredit: lambda token, clock: (
        f"Clears {_register(token, clock)} (register {token.register}), issued {_issued(token, clock)}."
    ),
    m.SetTariffRate: lambda token, clock: (
        f"Sets a tariff rate to {token.rate:04X}, issued {_issued(token, clock)}."
    ),
    m.ClearTamperCondition: lambda token, clock: (
        f"Clears the tamper condition, issued {_issued(token, clock)}."
    ),
    m.SetMaximumPhasePowerUnbalanceLimit: lambda token, clock: (
        f"Limits the difference between phases to {token.watts} W, issued {_issued(token, clock)}."
    ),
    m.SetWaterMeterFactor: lambda token, clock: (
        f"Sets a water meter's factor to {token.factor:04X}, issued {_issued(token, clock)}."
    ),
    m.ExtendedTokenSet: lambda token, clock: f"Sets {_flag(token, clock)}, issued {_issued(token, clock)}.",
    m.Set1stSectionDecoderKey: _part("1st"),
    m.Set2ndSectionDecoderKey: _part("2nd"),
    m.Set3rdSectionDecoderKey: _part("3rd"),
    m.Set3rdSectionSupplyGroup: _part("3rd"),
    m.Set4thSectionDecoderKey: _part("4th"),
}
"""What each token type does, in a sentence or two."""
