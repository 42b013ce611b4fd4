"""Every error Voltoken raises, in one tree.

    VoltokenError                 .code (stable, dotted)  .message (safe to show)  .detail
    |-- FieldError                a value outside its range: .field .value .allowed (also a ValueError)
    |-- RuleError                 values legal alone that the standard forbids together (also a ValueError)
    |-- TokenError                something presented as a token is none, or cannot be read
    |   |-- CarrierError          wrong digits, length or record form
    |   |-- IntegrityError        checksum: damaged, or made under another key (not told apart)
    |   |-- TokenRangeError       authentic, but a field holds a value the standard does not allow
    |   `-- UnsupportedToken      authentic, but reserved, proprietary or without a public layout
    |-- KeyRefused                a key may not be used for this act
    |-- MissingExtra              a library that only one part needs is not installed
    |-- MeterError                a virtual meter cannot do what was asked of it
    |   |-- MeterOff              it has no power
    |   |-- MeterFileError        what was given as a meter's state is none, or of another version
    |   `-- ScenarioError         what was given as a scenario is none
    |-- SecurityModuleError       a security module did not do what was asked: .retry_safe
    |   |-- ModuleUnavailable     sealed, busy, away, or its journal cannot be written: nothing was done
    |   |-- ModuleRefused         a rule of its policy forbids it: .refusal
    |   |-- ModuleLimit           a cap or a rate is used up: .refusal
    |   |-- ModuleOutcomeUnknown  the answer was lost: fetch the result before anything else
    |   |-- ResultMissing         no result is kept under this request id
    |   |-- JournalError          its journal or another of its files is damaged, foreign, too open or too old
    |   |-- ShareRefused          what was offered to unseal with is wrong
    |   `-- SealBroken            a sealed record is damaged or belongs elsewhere
    |-- TariffError               a price list, or what was to be done with one, is not in order
    |   |-- TariffDocumentError   a document has faults, all of them at once: .faults
    |   |-- TariffStateError      a version cannot take this step: .reason
    |   `-- PurchaseRefused       a tariff does not allow this purchase: .reason
    |-- LedgerError               the books, or what was to be written in them, are not in order
    |   |-- TransferRefused       a transfer breaks a rule of the books: .reason
    |   `-- TransferConflict      an id has been used for something else
    |-- AccessError               somebody is not known, or may not do this: .reason
    |   |-- SignInRefused         name, password, second factor, session or API key
    |   |-- AccessDenied          no right, or beyond its limit
    |   `-- ApprovalRefused       missing, forged, expired, used before, or of the wrong person
    |-- CentreError               a key management centre did not do what was asked
    |   |-- ActRefused            a rule forbids it: .reason
    |   |-- CentreFileError       its file or a backup is damaged, foreign, too open or too old
    |   `-- CentreSealed          the act needs the centre's keys
    |-- KeyFileError              a key load file, or what goes with one, was rejected: .reason
    |-- CanonicalError            a document that is hashed or signed has not its one form: .reason
    `-- PeerError                 another party broke its protocol

``code`` and ``detail`` are for machines and translators, ``message`` is the English sentence. Messages
say what was wrong, what is allowed and what to do. No message, ``repr`` or detail ever holds key bytes.

A meter's refusal of a token is not an exception: it is one of ``registry.TOKEN_RESULTS``.
"""

from __future__ import annotations

from voltoken.errors.access import AccessDenied, AccessError, ApprovalRefused, SignInRefused
from voltoken.errors.accounts import (
    Fault,
    LedgerError,
    PurchaseRefused,
    TariffDocumentError,
    TariffError,
    TariffStateError,
    TransferConflict,
    TransferRefused,
)
from voltoken.errors.base import (
    HIDDEN,
    CanonicalError,
    FieldError,
    MissingExtra,
    PeerError,
    RuleError,
    VoltokenError,
)
from voltoken.errors.centres import ActRefused, CentreError, CentreFileError, CentreSealed, KeyFileError
from voltoken.errors.meters import MeterError, MeterFileError, MeterOff, ScenarioError
from voltoken.errors.modules import (
    JournalError,
    ModuleLimit,
    ModuleOutcomeUnknown,
    ModuleRefused,
    ModuleUnavailable,
    ResultMissing,
    SealBroken,
    SecurityModuleError,
    ShareRefused,
)
from voltoken.errors.tokens import (
    CarrierError,
    IntegrityError,
    KeyRefused,
    TokenError,
    TokenRangeError,
    UnsupportedToken,
)

__all__ = [
    "AccessDenied",
    "AccessError",
    "ActRefused",
    "ApprovalRefused",
    "CanonicalError",
    "CarrierError",
    "CentreError",
    "CentreFileError",
    "CentreSealed",
    "Fault",
    "FieldError",
    "HIDDEN",
    "IntegrityError",
    "JournalError",
    "KeyFileError",
    "KeyRefused",
    "LedgerError",
    "MeterError",
    "MeterFileError",
    "MeterOff",
    "MissingExtra",
    "ModuleLimit",
    "ModuleOutcomeUnknown",
    "ModuleRefused",
    "ModuleUnavailable",
    "PeerError",
    "PurchaseRefused",
    "ResultMissing",
    "RuleError",
    "ScenarioError",
    "SealBroken",
    "SecurityModuleError",
    "ShareRefused",
    "SignInRefused",
    "TariffDocumentError",
    "TariffError",
    "TariffStateError",
    "TokenError",
    "TokenRangeError",
    "TransferConflict",
    "TransferRefused",
    "UnsupportedToken",
    "VoltokenError",
]
