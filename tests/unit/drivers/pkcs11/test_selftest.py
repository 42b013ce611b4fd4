"""A token that is wrong in one way only fails in that one check, whatever it lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.drivers.pkcs11.fakes import FakeSession
from voltoken.drivers.pkcs11.selftest import run_checks


def faults(lie: str) -> dict[str, str]:
    session: Any = FakeSession(lie)
    checks = run_checks(session)
    assert session.left == []
    return {check.mechanism: check.fault for check in checks if not check.passed}


def test_a_right_token_passes() -> None:
    assert faults("") == {}


@pytest.mark.parametrize(
    ("lie", "mechanism", "fault"),
    [
        ("wrong hmac", "SHA256_HMAC", "not the published one"),
        ("no gcm", "AES_GCM", "FunctionFailed"),
        ("wrong tag", "AES_GCM", "known answer"),
        ("no decryption", "AES_GCM", "FunctionFailed"),
        ("another plaintext", "AES_GCM", "does not decrypt"),
        ("ignores damage", "AES_GCM", "flipped bit"),
        ("ignores context", "AES_GCM", "another context"),
        ("shows", "attributes", "gives away an imported key"),
        ("shows unwrapped", "AES_KEY_WRAP", "gives away an unwrapped key"),
        ("no unwrap", "AES_KEY_WRAP", "MechanismInvalid"),
    ],
)
def test_a_token_wrong_in_one_way_is_named_for_it(lie: str, mechanism: str, fault: str) -> None:
    found = faults(lie)
    if mechanism == "SHA256_HMAC":  # the check of unwrapping computes an HMAC, too
        found.pop("AES_KEY_WRAP", None)
    assert list(found) == [mechanism]
    assert fault in found[mechanism]


def test_an_unwrapped_key_is_tried_not_believed() -> None:
    assert "does not unwrap to the known key" in faults("wrong unwrap")["AES_KEY_WRAP"]


def test_a_token_that_lists_hmac_and_cannot_do_it_is_found_by_doing() -> None:
    assert "MechanismInvalid" in faults("no hmac")["SHA256_HMAC"]


def test_a_token_that_takes_no_key_fails_everywhere_and_raises_nothing() -> None:
    assert len(faults("no import")) == 4
