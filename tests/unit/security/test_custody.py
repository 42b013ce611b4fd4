"""Which keys a module takes, and what its keepers approve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.security.desk import KEY, NEW_KEY, NOW, Desk, credit, first_key, register, secret_of
from voltoken.errors import FieldError, RuleError
from voltoken.security import (
    ApprovalGranted,
    KeyDeleted,
    KeyLoaded,
    KeyRegister,
    ModuleRole,
    ModuleSettings,
    Overlay,
    Refusal,
    Usage,
    approve,
    delete_key,
    is_published,
    join,
    load_key,
    request_hash,
)
from voltoken.sts import DKGA, EA, KeyCheckValue, KeyType, key_check_value

ACCEPTING = ModuleSettings("desk-1", accept_live_keys=True)
PUBLISHED = bytes.fromhex("abababababababab949494949494949401234567")
HASH = request_hash("till", credit())
OTHER = bytes(range(100, 120))
Scene = tuple[ModuleSettings, Overlay, KeyRegister, list[bytes]]


def scene(
    one: KeyRegister | None = None,
    settings: ModuleSettings = ACCEPTING,
    state: Overlay | None = None,
    secret: bytes | None = None,
) -> Scene:
    """Return what ``load_key`` takes; the key comes in two components."""
    one = register(test=False) if one is None else one
    secret = secret_of(one.ref, one.key_bits) if secret is None else secret
    return settings, state or Overlay(), one, [OTHER[: len(secret)], join([secret, OTHER[: len(secret)]])]


def _loaded() -> Overlay:
    state = Overlay()
    state.take((KeyLoaded(register(), b""),))
    return state


def _published(right: bool) -> Scene:
    known = register(test=right, check_value=key_check_value(PUBLISHED))
    return scene(known, secret=PUBLISHED)


CASES: dict[str, tuple[Callable[[bool], Scene], str]] = {
    "custody.role": (
        lambda ok: scene(
            first_key(),
            replace(ACCEPTING, role=ModuleRole.MANUFACTURING if ok else ModuleRole.VENDING),
        ),
        "A vending module takes no key of type DITK",
    ),
    "custody.taken": (lambda ok: scene(state=Overlay() if ok else _loaded()), "123456/1"),
    "custody.check_value": (
        lambda ok: scene(
            register() if ok else register(check_value=KeyCheckValue("ABCDEF", "what came with it"))
        ),
        f"{register().check_value}, and ABCDEF was expected",
    ),
    "custody.published": (_published, "123456/1"),
    "custody.live_key": (lambda ok: scene(settings=replace(ACCEPTING, accept_live_keys=ok)), "123456/1"),
    "custody.not_in_hsm": (lambda ok: scene(register(bits=160 if ok else 64, in_hardware=True)), "64-bit"),
}
CUSTODY_CODES = set(CASES)


@pytest.mark.parametrize("code", CASES)
def test_where_only_one_thing_is_wrong_the_key_is_refused(code: str) -> None:
    answer = load_key(*CASES[code][0](False))
    assert isinstance(answer, Refusal)
    assert answer.code == code
    assert CASES[code][1] in answer.message
    assert "{" not in answer.message
    assert not answer.retry_safe


@pytest.mark.parametrize("code", CASES)
def test_with_the_one_thing_mended_it_is_loaded(code: str) -> None:
    settings, state, one, components = CASES[code][0](True)
    answer = load_key(settings, state, one, components)
    assert not isinstance(answer, Refusal)
    record, secret = answer
    assert secret == join(components)
    assert record == KeyLoaded(one, None if one.in_hardware else secret)


def test_the_check_value_may_be_written_in_small_letters_and_is_kept_with_its_algorithm() -> None:
    known = register(check_value=KeyCheckValue(str(register().check_value).lower(), "as on the paper"))
    answer = load_key(*scene(known))
    assert not isinstance(answer, Refusal)
    assert answer[0].register.check_value == key_check_value(secret_of(KEY))


def test_a_test_key_needs_no_acceptance() -> None:
    answer = load_key(*scene(register(test=True), ModuleSettings("desk-1")))
    assert not isinstance(answer, Refusal)


@pytest.mark.parametrize("components", [[], [b"12345678", b"1234567"], [bytes(8)], [bytes(20), bytes(19)]])
def test_components_of_wrong_lengths_are_an_error_that_shows_none(components: list[bytes]) -> None:
    with pytest.raises(FieldError) as caught:
        load_key(ACCEPTING, Overlay(), register(), components)
    assert caught.value.field == "components"
    assert caught.value.value is None


@pytest.mark.parametrize(
    ("one", "error"),
    [
        pytest.param(register(eas=frozenset({EA.STA, EA.DEA})), RuleError, id="EA09 from DKGA04"),
        pytest.param(register(bits=64, dkga=DKGA.DKGA04), RuleError, id="DKGA04 from 64 bits"),
        pytest.param(first_key(eas=frozenset({EA.STA})), FieldError, id="a first key of another length"),
        pytest.param(
            first_key(ea=EA.STA, eas=frozenset({EA.STA, EA.DEA})), FieldError, id="a first key for two"
        ),
    ],
)
def test_a_key_goes_with_its_algorithms(one: KeyRegister, error: type[Exception]) -> None:
    with pytest.raises(error):
        load_key(*scene(one, replace(ACCEPTING, role=ModuleRole.MANUFACTURING)))


def test_a_deleted_key_keeps_its_counters_and_gets_no_new_limits() -> None:
    desk = Desk([register(ulm=10)])
    desk.token(credit())
    answer = delete_key(desk.memory, KEY)
    assert answer == (KeyDeleted(KEY),)
    desk.memory.take(answer)
    assert desk.code(credit("v2:1", 1)) == "key.unknown"
    assert desk.memory.usage(KEY) == Usage(10, 0)
    desk.load(register(ulm=10))
    assert desk.code(credit("v3:1", 2)) == "limit.units"


def test_what_is_not_loaded_cannot_be_deleted() -> None:
    answer = delete_key(Overlay(), NEW_KEY)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.message[:17]) == ("key.unknown", "The key 123456/2 ")


@pytest.mark.parametrize("lasting", [timedelta(microseconds=1), timedelta(days=7)])
def test_an_approval_lasts_up_to_seven_days(lasting: timedelta) -> None:
    granted = approve("v1:1", HASH, NOW + lasting, NOW, by="ann", reason=" burned down ")
    assert granted == ApprovalGranted("v1:1", HASH, NOW + lasting, "ann", "burned down")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"until": NOW}, "until"),
        ({"until": NOW - timedelta(1)}, "until"),
        ({"until": NOW + timedelta(days=7, microseconds=1)}, "until"),
        ({"until": datetime(2026, 3, 2)}, "until"),  # noqa: DTZ001 - a time without a zone is the case
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "two\nlines"}, "reason"),
        ({"request_id": "not an id"}, "request_id"),
        ({"request_hash": HASH[1:]}, "request_hash"),
        ({"request_hash": "G" + HASH[1:]}, "request_hash"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_approval_has_an_id_an_end_and_a_reason(changes: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {
        "request_id": "v1:1",
        "request_hash": HASH,
        "until": NOW + timedelta(1),
        "reason": "burned down",
    }
    with pytest.raises(FieldError) as caught:
        approve(now=NOW, by="ann", **(given | changes))
    assert caught.value.field == field


@pytest.mark.parametrize(
    "key",
    [
        "",
        "00" * 8,
        "a5" * 20,
        "0102030405060708",
        "fefdfcfbfaf9f8f7",
        "00112233445566778899aabbccddeeff",
        "0abc12def3456789",
    ],
)
def test_what_everybody_knows_is_published(key: str) -> None:
    assert is_published(bytes.fromhex(key))


def test_the_parity_bits_make_no_other_key() -> None:
    flipped = bytes(byte ^ 1 for byte in bytes.fromhex("0abc12def3456789"))
    assert is_published(flipped)


@pytest.mark.parametrize("key", [secret_of(KEY), secret_of(NEW_KEY, 64), b"\x01\x02\x03\x04\x05\x06\x07\x09"])
def test_a_key_of_chance_is_not_published(key: bytes) -> None:
    assert not is_published(key)


def test_a_vending_key_type_can_be_loaded_for_each_role() -> None:
    for role in ModuleRole:
        answer = load_key(*scene(register(kt=KeyType.DDTK), replace(ACCEPTING, role=role)))
        assert not isinstance(answer, Refusal)
