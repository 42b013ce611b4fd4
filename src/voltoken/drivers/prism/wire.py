"""Meters and tokens between the structs of the interface and our own values; both sides use this.

How a struct means what it means is known in part only: what names and units a module prints is taken from
samples, the value of a management token is read as watts for the two limits and as its 16-bit field for the
others (unverified). Nothing here depends on names: a token is known by its class and subclass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from voltoken.drivers.prism.amounts import COMPRESSED, credit_range, from_wire, management_range
from voltoken.drivers.prism.codes import CHECK_DIGIT, METER_NUMBER, SERVICE, fault
from voltoken.drivers.prism.idl import interface
from voltoken.errors import CarrierError, FieldError, PeerError
from voltoken.security import IssuedToken, KeyChangeSet, KeyRef, MeterId, MeterTestToken
from voltoken.sts import (
    CURRENCY,
    EA,
    KEN,
    KRN,
    SGC,
    TCT,
    TI,
    TID,
    UNITS,
    IDRecord,
    InitiateMeterTestDisplay,
    MeterPAN,
    Service,
    TokenNumber,
    decode_amount,
    encode_amount,
    parse_meter_number,
)

ANY_METER: Final = MeterPAN("600727000000000009")
"""The number that stands in test tokens, which are for no meter in particular."""

_CREDIT_UNITS: Final = (("hWh", "kWh"), ("0.1m3", "m3"), ("0.1m3", "m3"), ("0.1min", "min"))
_CREDIT_NAMES: Final = ("Electricity", "Water", "Gas", "Time")
_MANAGEMENT: Final = {
    0: ("SetMaximumPowerLimit", "W"),
    1: ("ClearCredit", "register"),
    2: ("SetTariffRate", "rate"),
    3: ("Set1stSectionDecoderKey", ""),
    4: ("Set2ndSectionDecoderKey", ""),
    5: ("ClearTamperCondition", ""),
    6: ("SetMaxPhaseUnbalanceLmt", "W"),
    7: ("SetWaterMeterFactor", "factor"),
    8: ("Set3rdSectionDecoderKey", ""),
    9: ("Set4thSectionDecoderKey", ""),
    10: ("SetControlElement", ""),
}
_SECTIONS: Final = (3, 4, 8, 9)


def meter_of(config: Any) -> tuple[MeterId, KeyRef]:
    """Read a ``MeterConfigIn`` that ``checks`` found sound: the meter and the key it has.

    Raises ModuleRefused with the codes of wrong meter numbers; FieldError for a carrier type without a name.
    """
    pan = meter_number(config.drn)
    ea, tct, ti = EA(f"{config.ea:02d}"), TCT(f"{config.tct:02d}"), TI(f"{config.ti:02d}")
    key = KeyRef(SGC(f"{config.sgc:06d}"), KRN(config.krn))
    IDRecord(pan, tct, ea, key.sgc, ti, key.krn)  # a record of the meter can be written afterwards
    return MeterId(pan, ea, tct, ti, KEN(config.ken)), key


def meter_number(text: str) -> MeterPAN:
    """Read a meter number. Raises ModuleRefused with the interface's own codes for wrong ones."""
    try:
        return parse_meter_number(text)
    except FieldError as error:
        code = CHECK_DIGIT if "check digit" in error.allowed else METER_NUMBER
        raise fault(code, error.message) from None


def config_of(meter: MeterId, key: KeyRef, ken: KEN) -> Any:
    """Write a ``MeterConfigIn`` that allows no key change that was not asked for. ken: of the meter."""
    return interface().make(
        "MeterConfigIn",
        drn=str(meter.pan),
        ea=int(meter.ea),
        tct=int(meter.tct),
        sgc=int(key.sgc),
        krn=int(key.krn),
        ti=int(meter.ti),
        ken=int(ken),
        allowKrnUpdate=False,
        allow3Kct=False,
        allowKenUpdate=False,
    )


def token_struct(token: IssuedToken, advice: Any = None) -> Any:
    """Write a ``Token``. advice: a ``MeterConfigAdvice``, for the first token of a key change.

    Raises ModuleRefused, answered with ``EService``, for a token whose meter is not known.
    """
    meter = _meter_of(token)
    amount, sts_unit, scaled, unit = _amounts(token)
    pan = meter.pan
    return interface().make(
        "Token",
        drn=pan.drn,
        pan=str(pan),
        ea=int(meter.ea),
        tct=int(meter.tct),
        sgc=int(token.key.sgc),
        krn=int(token.key.krn),
        ti=int(meter.ti),
        tokenClass=token.token_class,
        subclass=token.subclass,
        tid=0 if token.tid is None else int(token.tid),
        transferAmount=float(amount),
        isReservedTid=token.tid is not None and TID(token.tid).is_reserved,
        newConfig=advice,
        description=_described(token),
        stsUnitName=sts_unit,
        scaledAmount=scaled,
        scaledUnitName=unit,
        tokenDec=token.token.digits,
        tokenHex=token.token.hex,
        idSm=token.module_id,
        vkKcv=token.check_value,
    )


def change_structs(change: KeyChangeSet) -> list[Any]:
    """Write the ``Token``s of a key change; the first one says what the meter will be afterwards.

    Raises as ``token_struct`` does.
    """
    meter = _meter_of(change.tokens[0])
    record = IDRecord(
        meter.pan, meter.tct, meter.ea, change.new_key.sgc, change.new_ti, change.new_key.krn
    ).digits
    advice = interface().make(
        "MeterConfigAdvice",
        toSgc=int(change.new_key.sgc),
        toKrn=int(change.new_key.krn),
        toTi=int(change.new_ti),
        toKen=int(change.ken),
        idRecord=record,
        record2=f"\x02{record}\x03",
        rollover=change.roll_over,
        toVkKcv=change.check_value,
    )
    first, *others = change.tokens
    return [token_struct(first, advice), *(token_struct(one) for one in others)]


def meter_test_struct(token: MeterTestToken) -> Any:
    """Write a ``MeterTestToken``."""
    return interface().make(
        "MeterTestToken",
        drn=ANY_METER.drn,
        pan=str(ANY_METER),
        tokenClass=1,
        subclass=token.subclass,
        control=token.control,
        mfrcode=token.mfr_code,
        description=_with_notice("InitMeterTest", token.notice),
        tokenDec=token.token.digits,
        tokenHex=token.token.hex,
    )


def read_tokens(request_id: str, structs: Sequence[Any], notice: str) -> IssuedToken | KeyChangeSet:
    """Read the tokens that a request was answered with. notice: what is known of the module.

    Raises PeerError unless they are one token, or the sections of one key change in order.
    """
    tokens = tuple(read_token(request_id, struct, notice) for struct in structs)
    if len(tokens) == 1 and tokens[0].subclass not in _SECTIONS[: 4 * (tokens[0].token_class == 2)]:
        return tokens[0]
    kinds = tuple((token.token_class, token.subclass) for token in tokens)
    advice = structs[0].newConfig if structs else None
    if advice is None or len(kinds) < 2 or kinds != tuple((2, one) for one in _SECTIONS[: len(kinds)]):
        raise PeerError(
            f"The answer to {request_id} is neither one token nor one key change: {len(kinds)} tokens of "
            f"the kinds {kinds}. Look at the module before selling on."
        )
    return KeyChangeSet(
        request_id,
        tokens,
        advice.rollover,
        KeyRef(SGC(f"{advice.toSgc:06d}"), KRN(advice.toKrn)),
        TI(f"{advice.toTi:02d}"),
        KEN(advice.toKen),
        advice.toVkKcv,
        structs[0].idSm,
        notice,
    )


def read_meter_test(request_id: str, struct: Any, module_id: str, notice: str) -> MeterTestToken:
    """Read a ``MeterTestToken``. Raises PeerError when its number is none or not of its kind."""
    number = _number(struct)
    asked = InitiateMeterTestDisplay
    if struct.tokenClass != asked.token_class or number.token_class != asked.token_class:
        raise PeerError(f"The answer to {request_id} is no test token.")
    return MeterTestToken(
        request_id, number, struct.subclass, struct.control, struct.mfrcode, module_id, notice
    )


def read_token(request_id: str, struct: Any, notice: str) -> IssuedToken:
    """Read one ``Token``. Raises PeerError for a number or an amount that does not go with its kind."""
    number = _number(struct)
    section = struct.tokenClass == 2 and struct.subclass in _SECTIONS
    if number.token_class != struct.tokenClass:
        raise PeerError(f"A token that answers {request_id} is of another class than it says.")
    return IssuedToken(
        request_id,
        number,
        struct.tokenClass,
        struct.subclass,
        None if section else struct.tid,
        None if section else _read_steps(request_id, struct),
        KeyRef(SGC(f"{struct.sgc:06d}"), KRN(struct.krn)),
        struct.vkKcv,
        struct.idSm,
        notice,
        _read_meter(request_id, struct),
    )


def _meter_of(token: IssuedToken) -> MeterId:
    if token.meter is None:
        raise fault(SERVICE, "There is a token, but it is not known for which meter it was made.")
    return token.meter


def _read_meter(request_id: str, struct: Any) -> MeterId:
    try:
        return MeterId(
            MeterPAN(struct.pan), EA(f"{struct.ea:02d}"), TCT(f"{struct.tct:02d}"), TI(f"{struct.ti:02d}")
        )
    except FieldError as error:
        raise PeerError(f"The token that answers {request_id} is for no meter: {error.message}") from None


def _read_steps(request_id: str, struct: Any) -> int:
    try:
        if struct.tokenClass == 0:
            return from_wire(struct.transferAmount, credit_range(struct.subclass))
        value = from_wire(struct.transferAmount, management_range(struct.subclass))
    except FieldError as error:
        raise PeerError(f"The token that answers {request_id} is of no amount: {error.message}") from None
    return encode_amount(value) if struct.subclass in COMPRESSED else value


def _number(struct: Any) -> TokenNumber:
    try:
        number = TokenNumber.parse(struct.tokenDec)
    except CarrierError as error:
        raise PeerError(f"The module answered with a number that is no token: {error.message}") from None
    if number.hex != struct.tokenHex.upper():
        raise PeerError("The decimal and the hexadecimal form of a token are not the same number.")
    return number


def _amounts(token: IssuedToken) -> tuple[int, str, str, str]:
    """Return the amount on the wire, its unit, and the amount as people read it with its unit."""
    steps = token.steps or 0
    if token.token_class == 0:
        service = Service(token.subclass)
        if service.is_currency:
            return steps, "0.00001", f"{CURRENCY.units(steps):f}", "currency"
        sts_unit, unit = _CREDIT_UNITS[service]
        return steps, sts_unit, f"{UNITS.units(steps):f}", unit
    value = decode_amount(steps) if token.subclass in COMPRESSED else steps
    unit = _MANAGEMENT.get(token.subclass, ("", ""))[1]
    return value, unit, str(value) if unit else "", unit


def _described(token: IssuedToken) -> str:
    if token.token_class == 0:
        name = f"Credit:{_CREDIT_NAMES[token.subclass % 4]}"
        return _with_notice(f"{name}Currency" if token.subclass > 3 else name, token.notice)
    return _with_notice(_MANAGEMENT.get(token.subclass, ("Management", ""))[0], token.notice)


def _with_notice(name: str, notice: str) -> str:
    """Return a description that says what the module is, because no other field of an answer can."""
    return f"{name} ({notice})" if notice else name
