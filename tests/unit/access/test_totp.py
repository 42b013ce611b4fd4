"""Codes that change with the time: the vectors of RFC 4226 and RFC 6238, clocks that differ, and replays."""

from __future__ import annotations

import base64
import copy
import pickle
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from voltoken.access import Seed, code_of, counter_at, otpauth_uri, recovery_codes, recovery_mark
from voltoken.access.totp import accepted_counter, is_replayed
from voltoken.errors import FieldError, RuleError

SEED = Seed(b"12345678901234567890")
STEP = timedelta(seconds=30)
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HERE = counter_at(NOW)

RFC_4226 = (
    *("755224", "287082", "359152", "969429", "338314"),
    *("254676", "287922", "162583", "399871", "520489"),
)
"""RFC 4226, appendix D: the codes of counters 0 to 9."""

RFC_6238 = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
"""RFC 6238, appendix B, SHA-1: seconds since 1970, and eight digits, of which ours are the last six."""


@pytest.mark.parametrize("counter", range(10))
def test_the_codes_of_rfc_4226(counter: int) -> None:
    assert code_of(SEED, counter) == RFC_4226[counter]


@pytest.mark.parametrize(("seconds", "code"), RFC_6238.items())
def test_the_codes_of_rfc_6238(seconds: int, code: str) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert code_of(SEED, counter_at(moment)) == code[2:]


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_a_step_ahead_or_behind(steps: int) -> None:
    assert accepted_counter(SEED, code_of(SEED, HERE + steps), NOW, -1) == HERE + steps


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
def test_a_clock_may_not_be_further_away(steps: int) -> None:
    assert accepted_counter(SEED, code_of(SEED, HERE + steps), NOW, -1) is None


def test_a_code_is_used_once_and_none_before_it() -> None:
    code = code_of(SEED, HERE)
    assert accepted_counter(SEED, code, NOW, HERE - 1) == HERE
    assert accepted_counter(SEED, code, NOW, HERE) is None
    assert accepted_counter(SEED, code, NOW, HERE + 1) is None
    assert is_replayed(SEED, code, NOW, HERE)
    assert not is_replayed(SEED, code, NOW, HERE - 1)
    assert not is_replayed(SEED, "000000", NOW, HERE)


def test_the_first_seconds_of_1970_have_no_step_before_them() -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    assert accepted_counter(SEED, RFC_4226[0], start, -1) == 0
    with pytest.raises(FieldError, match="1970"):
        counter_at(start - STEP)


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "12 456", None, 123456], ids=range(8)
)
def test_what_is_no_code_is_accepted_nowhere(code: str) -> None:
    assert accepted_counter(SEED, code, NOW, -1) is None


@pytest.mark.parametrize("secret", [b"", bytes(15), bytes(65), "0" * 20], ids=range(4))
def test_a_seed_of_another_length_is_refused_and_not_shown(secret: bytes) -> None:
    with pytest.raises(FieldError) as caught:
        Seed(secret)
    assert caught.value.value is None


def test_a_seed_is_shown_nowhere_and_copied_nowhere() -> None:
    assert "1234" not in repr(SEED)
    with pytest.raises(RuleError):
        pickle.dumps(SEED)
    with pytest.raises(RuleError):
        copy.deepcopy(SEED)


def test_an_app_reads_the_seed_from_an_address() -> None:
    uri = urlsplit(otpauth_uri(SEED, "ann", "Acme & Söhne: kmc"))
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Acme & Söhne: kmc:ann"
    found = {name: values[0] for name, values in parse_qs(uri.query).items()}
    assert base64.b32decode(found.pop("secret")) == SEED.secret
    assert found == {"issuer": "Acme & Söhne: kmc", "algorithm": "SHA1", "digits": "6", "period": "30"}
    assert "+" not in uri.query


def test_ten_recovery_codes_come_of_chance() -> None:
    codes = recovery_codes(bytes(range(100)))
    assert codes[0] == "aaaq-eaye-auda-ocaj"
    assert len(set(codes)) == 10
    assert len({recovery_mark(code) for code in codes}) == 10
    with pytest.raises(FieldError, match="randomness"):
        recovery_codes(bytes(99))


def test_a_recovery_code_is_read_as_people_type_it() -> None:
    mark = recovery_mark("aaaq-eaye-auda-ocaj")
    assert mark is not None
    assert len(mark) == 64
    assert recovery_mark(" AAAQ EAYE auda ocaj ") == mark
    assert recovery_mark("aaaq-eayd-auda-ocak") != mark


@pytest.mark.parametrize(
    "code", ["", "123456", "a" * 15, "a" * 17, "a" * 15 + "!", "ä" * 16, None], ids=range(7)
)
def test_what_is_no_recovery_code_has_no_mark(code: str) -> None:
    assert recovery_mark(code) is None
