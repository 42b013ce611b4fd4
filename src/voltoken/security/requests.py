"""What can be asked of a security module, and the one form of it that is hashed.

A request is a value with an id of the caller's, ``<vend id>:<line>``. The same id with the same content is
the same request, however often it is sent; with other content it is a conflict. ``digest`` is what decides.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from voltoken.errors import FieldError
from voltoken.security.values import KeyRef, MeterId
from voltoken.sts import (
    CURRENCY_STEPS_MAX,
    TI,
    TID,
    UNIT_STEPS_MAX,
    InitiateMeterTestDisplay,
    Service,
    TokenNumber,
    decode_amount,
    decode_currency,
    encode_amount,
    encode_currency,
)

REQUEST_ID_MAX: Final = 40
"""The most characters of a request id; PrismToken takes no more."""
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,-]*(?::[0-9]{1,4})?")

MANAGEMENT_SUBCLASSES: Final = {
    0: "SetMaximumPowerLimit",
    1: "ClearCredit",
    2: "SetTariffRate",
    5: "ClearTamperCondition",
    6: "SetMaximumPhasePowerUnbalanceLimit",
    7: "SetWaterMeterFactor",
    10: "ExtendedTokenSet",
}
"""Subclasses of class 2 that are asked for by themselves; the others are parts of key changes."""

FIELD_MAX: Final = 0xFFFF
"""The greatest value of a management token."""
_CLEAR_TAMPER: Final = 5
HASH_DIGITS: Final = 32
"""How many hexadecimal digits of a request's hash people compare and approve."""


def check_request_id(request_id: str) -> None:
    """Raise FieldError unless this can be a request id.

    At most 40 characters: letters, digits, ``_ . , -``, a letter or digit first, then ``:`` and a line
    number. Ids that come by PrismToken have no line.
    """
    if (
        request_id.__class__ is not str
        or len(request_id) > REQUEST_ID_MAX
        or not _REQUEST_ID.fullmatch(request_id)
    ):
        raise FieldError(
            "request_id",
            request_id,
            f"<vend id>:<line>, at most {REQUEST_ID_MAX} characters",
            "Letters, digits and _ . , - may stand in the vend id; the line is a number.",
        )


@dataclass(frozen=True, slots=True)
class CreditRequest:
    """Credit for a meter (class 0).

    service: what is bought; it decides what steps are: 0.1 kWh (m3, minute), or 0.00001 of the currency.
    steps: exact; the coding rounds in the customer's favour, and the answer says what the meter will book.
    tid: made by whoever sells, unique for this meter and base date.
    special: this is a token of the reserved minute, such as a free monthly allowance.
    coded, booked: made from steps: the field as it travels, and the steps that the meter will book.
    Raises FieldError.
    """

    request_id: str
    meter: MeterId
    key: KeyRef
    service: Service
    steps: int
    tid: TID
    special: bool = False
    coded: int = field(init=False, repr=False, compare=False)
    booked: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the id, the types and the ranges, and code the amount."""
        check_request_id(self.request_id)
        _check_target(self.meter, self.key)
        if self.service.__class__ is not Service:
            raise FieldError("service", self.service, "a Service")
        most = CURRENCY_STEPS_MAX if self.service.is_currency else UNIT_STEPS_MAX
        least = -most if self.service.is_currency else 0
        if self.steps.__class__ is not int or not least <= self.steps <= most:
            raise FieldError("steps", self.steps, f"a whole number {least} to {most}")
        if self.service.is_currency:
            coded = encode_currency(self.steps)
            booked = decode_currency(coded)
        else:
            coded = encode_amount(self.steps)
            booked = decode_amount(coded)
        object.__setattr__(self, "coded", coded)
        object.__setattr__(self, "booked", booked)
        _check_time(self.tid, self.special)

    def canonical(self) -> str:
        """Return the content in its one form."""
        meter = self.meter
        return (
            f"credit|{self.request_id}|{meter.pan}|{meter.ea}|{meter.tct}|{meter.ti}|{meter.ken}|{meter.test}|"
            f"{self.key.sgc}|{self.key.krn:d}|{self.service:d}|{self.steps}|{self.tid:d}|{self.special}"
        )


@dataclass(frozen=True, slots=True)
class ManagementRequest:
    """A management token for one meter (class 2, but no key change).

    subclass: see ``MANAGEMENT_SUBCLASSES``. value: its 16-bit field as it travels; limits in watts are
    coded like amounts, a register is a number, ClearTamperCondition has 0. tid, special: as for credit.
    Raises FieldError.
    """

    request_id: str
    meter: MeterId
    key: KeyRef
    subclass: int
    value: int
    tid: TID
    special: bool = False

    def __post_init__(self) -> None:
        """Check the id, the types and the ranges."""
        check_request_id(self.request_id)
        _check_target(self.meter, self.key)
        if self.subclass.__class__ is not int or self.subclass not in MANAGEMENT_SUBCLASSES:
            known = ", ".join(f"{one} {name}" for one, name in MANAGEMENT_SUBCLASSES.items())
            raise FieldError("subclass", self.subclass, f"one of {known}")
        if self.value.__class__ is not int or not 0 <= self.value <= FIELD_MAX:
            raise FieldError("value", self.value, f"a whole number 0 to {FIELD_MAX}")
        if self.subclass == _CLEAR_TAMPER and self.value:
            raise FieldError("value", self.value, "0 for ClearTamperCondition")
        _check_time(self.tid, self.special)

    def canonical(self) -> str:
        """Return the content in its one form."""
        meter = self.meter
        return (
            f"management|{self.request_id}|{meter.pan}|{meter.ea}|{meter.tct}|{meter.ti}|{meter.ken}|"
            f"{meter.test}|{self.key.sgc}|{self.key.krn:d}|{self.subclass}|{self.value}|{self.tid:d}|"
            f"{self.special}"
        )


@dataclass(frozen=True, slots=True)
class KeyChangeRequest:
    """The tokens that bring a meter from the key it has to another.

    meter: with the tariff index it has now. key, new_key: present and new vending key.
    new_ti: the new tariff index. tokens: 2 or 3 for 64-bit decoder keys, 4 for 128-bit ones.
    roll_over: make the meter forget its TIDs although the base date stays; a later base date always does.
    sections: empty for a meter whose key is known. For one that was given sections of two different sets,
        the request id of the set that each section came from, first to last: its key is then a mixture,
        which only the module can compute. Needs an approval.
    Raises FieldError.
    """

    request_id: str
    meter: MeterId
    key: KeyRef
    new_key: KeyRef
    new_ti: TI
    tokens: int
    roll_over: bool = False
    sections: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the ids and the types."""
        check_request_id(self.request_id)
        _check_target(self.meter, self.key)
        if self.new_key.__class__ is not KeyRef:
            raise FieldError("new_key", self.new_key, "a KeyRef")
        if self.new_ti.__class__ is not TI:
            raise FieldError("new_ti", self.new_ti, "a TI")
        if self.tokens.__class__ is not int or not 2 <= self.tokens <= 4:
            raise FieldError("tokens", self.tokens, "2, 3 or 4")
        if self.roll_over.__class__ is not bool:
            raise FieldError("roll_over", self.roll_over, "True or False")
        if self.sections.__class__ is not tuple:
            raise FieldError("sections", None, "a tuple of request ids")
        for one in self.sections:
            check_request_id(one)

    def canonical(self) -> str:
        """Return the content in its one form."""
        meter = self.meter
        return (
            f"{KINDS[type(self)]}|{self.request_id}|{meter.pan}|{meter.ea}|{meter.tct}|{meter.ti}|{meter.ken}|"
            f"{meter.test}|{self.key.sgc}|{self.key.krn:d}|{self.new_key.sgc}|{self.new_key.krn:d}|"
            f"{self.new_ti}|{self.tokens}|{self.roll_over}|{'+'.join(self.sections)}"
        )


@dataclass(frozen=True, slots=True)
class InitialKeyChangeRequest(KeyChangeRequest):
    """A key change away from the meter's first key (DITK), which only a manufacturing module makes.

    key: names the register that holds the first key.
    """


@dataclass(frozen=True, slots=True)
class MeterTestRequest:
    """A class 1 token, which no key makes: tests and displays. test: which."""

    request_id: str
    test: InitiateMeterTestDisplay

    def __post_init__(self) -> None:
        """Check the id and the type. Raises FieldError."""
        check_request_id(self.request_id)
        if self.test.__class__ is not InitiateMeterTestDisplay:
            raise FieldError("test", self.test, "an InitiateMeterTestDisplay")

    def canonical(self) -> str:
        """Return the content in its one form."""
        return f"meter_test|{self.request_id}|{self.test.form}|{self.test.control}|{self.test.mfr_code}"


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """The question whether a token is one of ours. Makes nothing, and has no id."""

    meter: MeterId
    key: KeyRef
    token: TokenNumber

    def __post_init__(self) -> None:
        """Check the types. Raises FieldError."""
        _check_target(self.meter, self.key)
        if self.token.__class__ is not TokenNumber:
            raise FieldError("token", None, "a TokenNumber")


IssueRequest = (
    CreditRequest | ManagementRequest | KeyChangeRequest | InitialKeyChangeRequest | MeterTestRequest
)
"""A request that makes tokens."""

KINDS: Final[dict[type, str]] = {
    CreditRequest: "credit",
    ManagementRequest: "management",
    KeyChangeRequest: "key_change",
    InitialKeyChangeRequest: "initial_key_change",
    MeterTestRequest: "meter_test",
}
"""The word for each kind of request in records, logs and the rights of clients."""


def digest(client: str, request: IssueRequest) -> bytes:
    """Return what makes two requests the same: SHA-256 over who asks and the content, 32 bytes."""
    return hashlib.sha256(f"{client}|{request.canonical()}".encode()).digest()


def request_hash(client: str, request: IssueRequest) -> str:
    """Return the digits of ``digest`` by which people name a request: an approval is for these alone."""
    return digest(client, request).hex()[:HASH_DIGITS]


def _check_time(tid: TID, special: object) -> None:
    if tid.__class__ is not TID:
        raise FieldError("tid", tid, "a TID")
    if special.__class__ is not bool:
        raise FieldError("special", special, "True or False")


def _check_target(meter: MeterId, key: KeyRef) -> None:
    if meter.__class__ is not MeterId:
        raise FieldError("meter", meter, "a MeterId")
    if key.__class__ is not KeyRef:
        raise FieldError("key", key, "a KeyRef")
