"""The platform's errors: stable codes, messages that are safe to show, nothing of any key."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from voltoken import errors
from voltoken.errors import (
    HIDDEN,
    AccessDenied,
    AccessError,
    ActRefused,
    ApprovalRefused,
    CanonicalError,
    CarrierError,
    CentreError,
    CentreFileError,
    CentreSealed,
    Fault,
    FieldError,
    IntegrityError,
    JournalError,
    KeyFileError,
    KeyRefused,
    LedgerError,
    MeterError,
    MeterFileError,
    MeterOff,
    MissingExtra,
    ModuleLimit,
    ModuleOutcomeUnknown,
    ModuleRefused,
    ModuleUnavailable,
    PeerError,
    PurchaseRefused,
    ResultMissing,
    RuleError,
    ScenarioError,
    SealBroken,
    SecurityModuleError,
    ShareRefused,
    SignInRefused,
    TariffDocumentError,
    TariffError,
    TariffStateError,
    TokenError,
    TokenRangeError,
    TransferConflict,
    TransferRefused,
    UnsupportedToken,
    VoltokenError,
)

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "errors.md"

ALL = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, VoltokenError)]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [cls.code for cls in ALL]
    assert len(ALL) == 41
    assert len(set(codes)) == len(codes)
    assert all("code" in vars(cls) for cls in ALL)


def test_the_tree_is_as_drawn() -> None:
    drawn: dict[type[VoltokenError], tuple[type, ...]] = {
        VoltokenError: (Exception,),
        FieldError: (VoltokenError, ValueError),
        RuleError: (VoltokenError, ValueError),
        TokenError: (VoltokenError,),
        CarrierError: (TokenError,),
        IntegrityError: (TokenError,),
        TokenRangeError: (TokenError,),
        UnsupportedToken: (TokenError,),
        KeyRefused: (VoltokenError,),
        MissingExtra: (VoltokenError,),
        MeterError: (VoltokenError,),
        MeterOff: (MeterError,),
        MeterFileError: (MeterError,),
        ScenarioError: (MeterError,),
        SecurityModuleError: (VoltokenError,),
        ModuleUnavailable: (SecurityModuleError,),
        ModuleRefused: (SecurityModuleError,),
        ModuleLimit: (SecurityModuleError,),
        ModuleOutcomeUnknown: (SecurityModuleError,),
        ResultMissing: (SecurityModuleError,),
        JournalError: (SecurityModuleError,),
        ShareRefused: (SecurityModuleError,),
        SealBroken: (SecurityModuleError,),
        TariffError: (VoltokenError,),
        TariffDocumentError: (TariffError,),
        TariffStateError: (TariffError,),
        PurchaseRefused: (TariffError,),
        LedgerError: (VoltokenError,),
        TransferRefused: (LedgerError,),
        TransferConflict: (LedgerError,),
        AccessError: (VoltokenError,),
        SignInRefused: (AccessError,),
        AccessDenied: (AccessError,),
        ApprovalRefused: (AccessError,),
        CentreError: (VoltokenError,),
        ActRefused: (CentreError,),
        CentreFileError: (CentreError,),
        CentreSealed: (CentreError,),
        KeyFileError: (VoltokenError,),
        CanonicalError: (VoltokenError, ValueError),
        PeerError: (VoltokenError,),
    }
    assert {cls: cls.__bases__ for cls in ALL} == drawn


def test_message_and_detail_are_kept_apart() -> None:
    error = VoltokenError("Something is wrong.", meter="600727000000000009", tries=3)
    assert str(error) == error.message == "Something is wrong."
    assert error.detail == {"meter": "600727000000000009", "tries": 3}


def test_a_field_error_says_what_was_wrong_what_is_allowed_and_what_to_do() -> None:
    error = FieldError("krn", 12, "a whole number 1 to 9", "Look at the meter's card.")
    assert error.message == (
        "krn: 12 is not allowed; it must be a whole number 1 to 9. Look at the meter's card."
    )
    assert (error.field, error.value, error.allowed) == ("krn", "12", "a whole number 1 to 9")
    assert error.detail == {"field": "krn", "value": "12", "allowed": "a whole number 1 to 9"}


def test_a_field_error_without_advice_ends_after_what_is_allowed() -> None:
    assert FieldError("ti", None, "2 digits").message == "ti: None is not allowed; it must be 2 digits."


def test_a_hidden_value_is_shown_nowhere() -> None:
    error = FieldError("key", HIDDEN, "16 bytes")
    assert error.message == "key: the given value is not allowed; it must be 16 bytes."
    assert error.value is None
    assert error.detail["value"] is None
    assert "object" not in repr(error)


def test_text_is_shown_in_quotes() -> None:
    assert FieldError("sgc", "12345", "6 digits").value == "'12345'"
    assert FieldError("sgc", "", "6 digits").value == "''"


@pytest.mark.parametrize("length", [41, 100_000])
def test_a_flood_of_text_is_cut(length: int) -> None:
    value = FieldError("sgc", "7" * length, "6 digits").value
    assert value == "'" + "7" * 36 + "...'"


def test_text_of_forty_characters_is_shown_whole() -> None:
    assert FieldError("sgc", "7" * 40, "6 digits").value == "'" + "7" * 40 + "'"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\nb", r"'a\nb'"),
        ("\x1b[31m", r"'\x1b[31m'"),
        ("\u202e123", r"'\u202e123'"),
        ("é", r"'\xe9'"),
        ("\ud800", r"'\ud800'"),
        ([1, "\n"], r"[1, '\\n']"),
        (b"\xff", r"b'\\xff'"),
    ],
)
def test_control_characters_are_escaped(given: object, shown: str) -> None:
    error = FieldError("sgc", given, "6 digits")
    assert error.value == shown
    assert error.message.isascii()
    assert error.message.isprintable()


def test_a_number_too_long_to_write_out_is_named_only() -> None:
    assert FieldError("krn", 10**5000, "1 to 9").value == "a huge int"
    assert FieldError("krn", 10**39, "1 to 9").value == "1" + "0" * 39
    assert FieldError("krn", 10**40, "1 to 9").value == "1" + "0" * 35 + "..."


def test_a_rule_error_names_its_rule() -> None:
    error = RuleError("key_type_change", "Not permitted.", current="DUTK", new="DCTK")
    assert error.rule == "key_type_change"
    assert error.detail == {"rule": "key_type_change", "current": "DUTK", "new": "DCTK"}
    assert isinstance(error, ValueError)


def test_a_refused_key_has_its_reason() -> None:
    error = KeyRefused("expired", "The key has expired.", ken=85)
    assert error.reason == "expired"
    assert error.detail == {"reason": "expired", "ken": 85}


def test_a_missing_extra_says_how_to_get_it() -> None:
    error = MissingExtra("Labels", "reportlab", "print")
    assert error.message == "Labels need the library reportlab: pip install 'voltoken[print]'"
    assert error.detail == {"library": "reportlab", "extra": "print"}


def test_the_payload_of_an_unsupported_token_is_for_programs_only() -> None:
    error = UnsupportedToken("Reserved.", 0, 9, "reserved", 0x123456789AB)
    assert (error.token_class, error.subclass, error.status) == (0, 9, "reserved")
    assert error.payload == 0x123456789AB
    assert error.detail == {"token_class": 0, "subclass": 9, "status": "reserved"}
    assert "123456789AB" not in repr(error).upper()


def test_only_a_module_that_did_nothing_may_be_asked_again_without_a_thought() -> None:
    silent = (ModuleOutcomeUnknown, ResultMissing, JournalError, ShareRefused, SealBroken)
    assert ModuleUnavailable("Sealed.").retry_safe
    assert not any(kind("Lost.").retry_safe for kind in (SecurityModuleError, *silent))
    assert not ModuleUnavailable("Lost.", retry_safe=False).retry_safe
    assert SecurityModuleError("Busy.", retry_safe=True, module="a").detail == {"module": "a"}


@pytest.mark.parametrize("kind", [ModuleRefused, ModuleLimit])
def test_a_refusal_of_a_module_names_its_rule(kind: type[ModuleRefused | ModuleLimit]) -> None:
    error = kind("ken.passed", "The key has expired.", ken=85)
    assert error.refusal == "ken.passed"
    assert error.detail == {"refusal": "ken.passed", "ken": 85}
    assert error.message == "The key has expired."
    assert not error.retry_safe
    assert kind("rate.client", "Wait.", retry_safe=True).retry_safe


FAULTS = [
    Fault(12, "tax[2].rate", "0.15x is no number; write 0.15."),
    Fault(0, "currency", "It is missing."),
    Fault(3, "", "This is no table."),
]


def test_a_fault_says_where_it_is_as_far_as_it_has_a_place() -> None:
    assert [str(fault) for fault in FAULTS] == [
        "line 12: tax[2].rate: 0.15x is no number; write 0.15.",
        "currency: It is missing.",
        "line 3: This is no table.",
    ]


def test_all_faults_of_a_document_are_told_at_once() -> None:
    error = TariffDocumentError(FAULTS)
    assert error.faults == tuple(FAULTS)
    assert error.message.splitlines() == [
        "The tariff document has 3 faults:",
        *(f"  {fault}" for fault in FAULTS),
    ]
    assert error.detail == {"faults": 3}


def test_one_fault_is_told_in_the_singular() -> None:
    assert TariffDocumentError(FAULTS[1:2]).message == (
        "The tariff document has 1 fault:\n  currency: It is missing."
    )


@pytest.mark.parametrize("kind", [TariffStateError, PurchaseRefused, TransferRefused])
def test_what_is_refused_has_a_reason(
    kind: type[TariffStateError | PurchaseRefused | TransferRefused],
) -> None:
    error = kind("limit", "It is too much.", over=5)
    assert error.reason == "limit"
    assert error.message == "It is too much."
    assert error.detail == {"reason": "limit", "over": 5}


def test_a_conflict_is_no_refusal() -> None:
    assert not issubclass(TransferConflict, TransferRefused)
    assert TransferConflict("The id V1 is taken.", id="V1").detail == {"id": "V1"}


def reasons(room: str, *names: str) -> set[str]:
    """Read from the source of a room the reasons that calls of these names give."""
    return {
        str(node.args[0].value)
        for path in (ROOT / "src" / "voltoken" / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in names
        and isinstance(node.args[0], ast.Constant)
    }


@pytest.mark.parametrize(
    ("kind", "room", "names"),
    [
        ("PurchaseRefused", "tariff", ("PurchaseRefused",)),
        ("TariffStateError", "tariff", ("TariffStateError",)),
        ("TransferRefused", "ledger", ("TransferRefused", "_refused")),
    ],
)
def test_the_page_explains_exactly_the_reasons_there_are(
    kind: str, room: str, names: tuple[str, ...]
) -> None:
    text = PAGE.read_text("utf-8").split(f"`reason` of a `{kind}`")[1].split("\nThe attribute")[0]
    rows = re.findall(r"^\| (`.+?) \|", text.split("\n## ")[0], re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert len(told) == len(set(told))
    assert set(told) == reasons(room, *names)
