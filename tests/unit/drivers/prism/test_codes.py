"""Our refusals and the interface's error codes, each read as the other."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.drivers.prism.samples import make
from voltoken.drivers.prism import idl
from voltoken.drivers.prism.checks import IDENT, check_struct
from voltoken.drivers.prism.codes import CODES, error_of, fault_of, is_unsure
from voltoken.drivers.prism.messages import Fault
from voltoken.errors import (
    FieldError,
    JournalError,
    KeyRefused,
    MissingExtra,
    ModuleOutcomeUnknown,
    ModuleRefused,
    ModuleUnavailable,
    ResultMissing,
    RuleError,
    VoltokenError,
)
from voltoken.security import REFUSALS, Refusal


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_refusal_crosses_the_wire_as_itself(code: str) -> None:
    sent = Refusal(code, "It may not be. Do something else.").error()
    answer = fault_of(sent)
    assert answer.code in CODES
    check_struct("ApiException", make("ApiException", eCode=answer.code, eMsgEn=answer.text))
    found = error_of(answer)
    assert type(found) is type(sent)
    assert (found.message, found.detail["refusal"]) == (sent.message, code)
    assert not is_unsure(answer)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ResultMissing("none"), "ECacheMiss"),
        (FieldError("krn", 0, "1 to 9"), "EParamRange"),
        (KeyRefused("before_base_date", "too early"), "ESts.VkBeforeBdt"),
        (KeyRefused("tid_exhausted", "too late"), "ESts.VkExpired"),
        (RuleError("tid_lead", "a clock is wrong"), "EService"),
        (RuleError("key_type_change", "no"), "EParamRange"),
        (ModuleUnavailable("away"), "EService"),
        (JournalError("damaged"), "ESm"),
        (ModuleOutcomeUnknown("lost"), "ESm"),
        (ModuleRefused("prism.ESignin.Realm", "local"), "ESignin.Realm"),
        (ModuleRefused("nobody.knows", "why"), "EParamRange"),
    ],
)
def test_every_error_has_a_code_on_the_wire(error: VoltokenError, code: str) -> None:
    assert fault_of(error).code == code


@pytest.mark.parametrize(
    ("code", "unsure"), [("ESm", True), ("EService", True), ("EService.Disabled", False)]
)
def test_faults_of_module_and_service_leave_the_outcome_open(code: str, unsure: bool) -> None:
    assert is_unsure(Fault(code, "something")) is unsure
    assert not is_unsure(Fault(code, "[module.journal] the disk is full"))


def test_a_reason_that_is_none_of_ours_is_only_text() -> None:
    found = error_of(Fault("EParamRange", "[some.reason] text"))
    assert isinstance(found, ModuleRefused)
    assert found.refusal == "prism.EParamRange"
    assert "[some.reason] text" in found.message


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", fullmatch=True), st.text(max_size=900))
def test_any_answer_is_an_error_that_can_be_shown(code: str, text: str) -> None:
    assert IDENT.test(code)
    shown = error_of(Fault(code, text)).message
    assert shown.isprintable()
    assert len(shown) < 700


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idl, "_LOADED", [])
    monkeypatch.setitem(sys.modules, "thriftpy2", None)
    with pytest.raises(MissingExtra, match=r"voltoken\[prism\]"):
        idl.interface()


def test_the_door_opens_without_the_library() -> None:
    program = "import sys, voltoken.drivers.prism; print('thriftpy2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
