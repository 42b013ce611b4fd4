"""How a root key is kept and comes back: by passphrase, by shares, by a token; and what is refused."""

from __future__ import annotations

import copy
import itertools
import json
import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltoken.drivers.custody import unsealing
from voltoken.drivers.custody.root_records import RootRecord
from voltoken.drivers.custody.roots import (
    Argon2Cost,
    Created,
    PassphraseProvider,
    Progress,
    RootProvider,
    SharesProvider,
    TokenProvider,
    unsealer,
)
from voltoken.drivers.custody.sealing import Purpose, RootKey
from voltoken.errors import (
    FieldError,
    JournalError,
    ModuleUnavailable,
    RuleError,
    SealBroken,
    ShareRefused,
    VoltokenError,
)
from voltoken.security import Share

MATERIAL = b"planted-root-key-of-32-bytes-..."
PASSPHRASE = "correct horse battery"
PIN = "planted-pin"
CHEAP = Argon2Cost(memory_kib=19_456, passes=2, lanes=1)


class XorToken:
    """A token that binds the context, and nothing more."""

    def __init__(self) -> None:
        self.label = b"token"

    def wrap(self, plain: bytes, context: bytes) -> bytes:
        """Put label and context before what is wrapped."""
        return self.label + len(context).to_bytes(2, "big") + context + bytes(byte ^ 0xA5 for byte in plain)

    def unwrap(self, blob: bytes, context: bytes) -> bytes:
        """Take it out again. Raises SealBroken."""
        head = self.wrap(b"", context)
        if not blob.startswith(head):
            raise SealBroken("not mine")
        return bytes(byte ^ 0xA5 for byte in blob[len(head) :])


def open_token(pin: str) -> XorToken:
    """Log in to the token."""
    if pin != PIN:
        raise ShareRefused("The PIN is wrong.")
    return XorToken()


def root() -> RootKey:
    """Make a root key of known bytes."""
    return RootKey(MATERIAL, "sm-1")


def by_passphrase() -> Created:
    """Keep it under a passphrase, at the least cost."""
    return PassphraseProvider(PASSPHRASE, CHEAP).create(root())


def by_shares(threshold: int = 2, count: int = 3) -> Created:
    """Keep it as shares."""
    return SharesProvider(threshold, count).create(root())


def by_token() -> Created:
    """Keep it wrapped by a token."""
    return TokenProvider(XorToken()).create(root())


every_way = pytest.mark.parametrize("make", [by_passphrase, by_shares, by_token])


def opened(progress: Progress) -> bytes:
    """Return the bytes of the root key that came back."""
    assert progress.complete
    assert progress.root is not None
    assert progress.root.module_id == "sm-1"
    return progress.root.reveal()


def forged(text: str) -> str:
    """Return a share that reads well and is not genuine."""
    share = Share.parse(text)
    return replace(share, y=share.y[:-1] + bytes([share.y[-1] ^ 1])).text


@pytest.mark.parametrize(
    ("make", "offers"),
    [
        (by_passphrase, lambda _: [PASSPHRASE]),
        (by_shares, lambda created: created.shares[1:]),
        (by_token, lambda _: [PIN]),
    ],
    ids=["passphrase", "shares", "token"],
)
def test_the_root_key_comes_back_from_a_record_that_was_written_as_json(
    make: Callable[[], Created], offers: Callable[[Created], list[str]]
) -> None:
    created = make()
    collecting = unsealer(json.loads(json.dumps(created.record)), token=open_token)
    assert not collecting.progress.complete
    *earlier, last = offers(created)
    for count, text in enumerate(earlier, start=1):
        assert collecting.offer(text) == Progress(count, len(earlier) + 1)
    done = collecting.offer(last)
    assert opened(done) == MATERIAL
    assert done.have == done.need == len(earlier) + 1
    assert collecting.failures == 0


@pytest.mark.slow
def test_the_usual_cost_of_a_passphrase_is_64_mib_three_times_over_four_lanes() -> None:
    created = PassphraseProvider(PASSPHRASE).create(root())
    stated = {name: created.record[name] for name in ("memory_kib", "passes", "lanes")}
    assert stated == {"memory_kib": 65_536, "passes": 3, "lanes": 4}
    assert opened(unsealer(created.record).offer(PASSPHRASE)) == MATERIAL


@pytest.mark.parametrize("wrong", ["", "Correct horse battery", PASSPHRASE + " ", "x" * 1025, "\ud800", None])
def test_a_wrong_passphrase_is_refused_and_counted_and_the_right_one_taken(wrong: str) -> None:
    collecting = unsealer(by_passphrase().record)
    for count in (1, 2):
        with pytest.raises(ShareRefused, match="passphrase is wrong"):
            collecting.offer(wrong)
        assert collecting.failures == count
    assert opened(collecting.offer(PASSPHRASE + "\n")) == MATERIAL
    assert collecting.failures == 2


def test_accents_may_be_typed_either_way() -> None:
    composed, apart = "caf\u00e9 caf\u00e9 caf\u00e9", "cafe\u0301 cafe\u0301 cafe\u0301"
    created = PassphraseProvider(composed, CHEAP).create(root())
    assert opened(unsealer(created.record).offer(apart)) == MATERIAL


@pytest.mark.parametrize("passphrase", ["", "elevenchars", "x" * 1025, "twelve\tchars", None])
def test_a_passphrase_that_is_too_short_or_cannot_be_typed_is_not_taken(passphrase: str) -> None:
    with pytest.raises(FieldError) as caught:
        PassphraseProvider(passphrase)
    assert caught.value.field == "passphrase"
    assert caught.value.value is None


@pytest.mark.parametrize(
    "cost", [Argon2Cost(19_455), Argon2Cost((1 << 20) + 1), Argon2Cost(passes=1), Argon2Cost(lanes=17)]
)
def test_a_cost_out_of_range_is_refused(cost: Argon2Cost) -> None:
    with pytest.raises(FieldError):
        PassphraseProvider(PASSPHRASE, cost).create(root())


@pytest.mark.parametrize(("threshold", "count"), [(1, 3), (4, 3), (2, 1), (2, 256), (0, 0)])
def test_shares_in_impossible_numbers_are_refused(threshold: int, count: int) -> None:
    with pytest.raises(FieldError):
        SharesProvider(threshold, count).create(root())


def test_any_two_of_three_shares_open_in_any_order() -> None:
    created = by_shares()
    for first, second in itertools.permutations(created.shares, 2):
        collecting = unsealer(created.record)
        collecting.offer(first)
        assert opened(collecting.offer(second)) == MATERIAL


def test_a_wrong_share_is_refused_without_losing_those_collected() -> None:
    created, other = by_shares(3, 5), by_shares(3, 5)
    collecting = unsealer(created.record)
    collecting.offer(created.shares[0])
    collecting.offer(created.shares[1])
    wrong = [created.shares[0], created.shares[2][:-1], other.shares[2], "", "nonsense"]
    for count, text in enumerate(wrong, start=1):
        with pytest.raises(ShareRefused):
            collecting.offer(text)
        assert collecting.progress == Progress(2, 3)
        assert collecting.failures == count
    assert opened(collecting.offer(created.shares[2])) == MATERIAL


def test_each_refusal_says_what_is_wrong_with_the_share() -> None:
    created = by_shares()
    collecting = unsealer(created.record)
    collecting.offer(created.shares[0])
    genuine = Share.parse(created.shares[1])
    cases = {
        created.shares[0]: "Share number 1 was offered already",
        created.shares[1][:-1]: "A character is wrong, missing or too many",
        replace(genuine, set_id=b"abcd").text: f"Take those of the set {created.record['set']}",
        replace(genuine, threshold=3).text: "of another set",
        replace(genuine, number=4).text: "of another set",
        replace(genuine, y=genuine.y[1:]).text: "of another set",
    }
    for text, message in cases.items():
        with pytest.raises(ShareRefused, match=message):
            collecting.offer(text)


def test_a_forged_share_is_noticed_and_enough_genuine_ones_still_open() -> None:
    created = by_shares(3, 5)
    collecting = unsealer(created.record)
    collecting.offer(forged(created.shares[0]))
    collecting.offer(created.shares[1])
    with pytest.raises(ShareRefused, match="at least one is not genuine"):
        collecting.offer(created.shares[2])
    assert collecting.failures == 1
    assert opened(collecting.offer(created.shares[3])) == MATERIAL


def test_shares_of_another_key_that_fit_together_are_not_taken_for_this_one() -> None:
    """Whoever has all shares of a set can make others of the same set: the record knows its root key."""
    created = by_shares()
    other = SharesProvider(2, 3).create(RootKey(bytes(32), "sm-1"))
    collecting = unsealer({**created.record, "set": other.record["set"]})
    collecting.offer(other.shares[0])
    with pytest.raises(ShareRefused, match="not genuine"):
        collecting.offer(other.shares[1])


def test_shares_do_not_open_the_record_of_another_module() -> None:
    created = by_shares()
    collecting = unsealer({**created.record, "module": "sm-2"})
    collecting.offer(created.shares[0])
    with pytest.raises(ShareRefused, match="not genuine"):
        collecting.offer(created.shares[1])


def test_shares_are_overwritten_when_the_key_is_there_and_when_begun_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    overwritten: list[bytes] = []
    monkeypatch.setattr(unsealing, "wipe", lambda buffer: overwritten.append(bytes(buffer)))
    created = by_shares()
    ys = [Share.parse(text).y for text in created.shares]
    collecting = unsealer(created.record)
    collecting.offer(created.shares[0])
    collecting.reset()
    assert overwritten == ys[:1]
    assert collecting.progress == Progress(0, 2)
    collecting.offer(created.shares[1])
    collecting.offer(created.shares[2])
    assert overwritten == ys
    assert collecting.progress == Progress(0, 2)


def test_a_wrong_pin_is_counted_and_a_broken_token_is_not() -> None:
    collecting = unsealer(by_token().record, token=open_token)
    with pytest.raises(ShareRefused, match="PIN"):
        collecting.offer("1234")
    assert collecting.failures == 1
    away = ModuleUnavailable("The token is away.")

    def absent(_: str) -> XorToken:
        raise away

    collecting = unsealer(by_token().record, token=absent)
    with pytest.raises(ModuleUnavailable):
        collecting.offer(PIN)
    assert collecting.failures == 0
    collecting.reset()
    assert collecting.progress == Progress(0, 1)


def test_a_token_with_another_key_opens_nothing() -> None:
    created = by_token()
    other = XorToken()
    other.label = b"other"
    with pytest.raises(SealBroken):
        unsealer(created.record, token=lambda _: other).offer(PIN)


@pytest.mark.parametrize("plain", [bytes(32), MATERIAL[:31], b""])
def test_what_a_token_returns_is_compared_with_the_record(plain: bytes) -> None:
    other = RootRecord.parse(by_token().record)
    wrapped = XorToken().wrap(plain, other.context)
    with pytest.raises(SealBroken, match="not the root key of this record"):
        unsealer({**by_token().record, "wrapped": wrapped.hex()}, token=open_token).offer(PIN)


def test_a_record_for_a_token_needs_one() -> None:
    with pytest.raises(ModuleUnavailable, match="Name it in the settings"):
        unsealer(by_token().record)


def test_a_passphrase_record_is_bound_together() -> None:
    record = by_passphrase().record
    changes: dict[str, str | int] = {
        "module": "sm-2",
        "check": "00" * 16,
        "passes": 3,
        "memory_kib": 19_457,
        "lanes": 2,
        "salt": "00" * 16,
        "wrapped": "00" * 60,
    }
    for name, value in changes.items():
        with pytest.raises(ShareRefused):
            unsealer({**record, name: value}).offer(PASSPHRASE)


@every_way
def test_a_record_with_one_field_less_more_or_of_another_type_is_refused(make: Callable[[], Created]) -> None:
    record: dict[object, object] = dict(make().record.items())
    extra: list[tuple[object, object]] = [("more", 1), ("more", "00"), (5, 1)]
    changed: list[dict[object, object]] = [{**record, name: value} for name, value in extra]
    changed += [{name: value for name, value in record.items() if name != left_out} for left_out in record]
    wrong: list[object] = [None, [], {}, 1.5, -1, 10**30, True, "", "é", "zz|", "A0"]
    for name in record:
        changed += [{**record, name: value} for value in wrong if (name, value) != ("module", "A0")]
    for document in changed:
        with pytest.raises(JournalError):
            unsealer(document, token=open_token)


@pytest.mark.parametrize("salt", ["AB" * 16, "ab " * 16, " " + "ab" * 16, "ab" * 15, "ab" * 17])
def test_bytes_are_written_in_one_way_only(salt: str) -> None:
    record = by_passphrase().record
    assert unsealer({**record, "salt": "ab" * 16}).progress == Progress(0, 1)
    with pytest.raises(JournalError, match="damaged or forged"):
        unsealer({**record, "salt": salt})


@pytest.mark.parametrize("version", [0, 2, "1", None, True, 1.0])
def test_a_record_of_another_version_is_refused_with_what_to_do(version: object) -> None:
    with pytest.raises(JournalError, match="Use the program that wrote it"):
        unsealer({**by_shares().record, "version": version})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["version", "provider", "module", "check", "set", "wrapped"]) | st.text(),
                inner,
            )
        ),
        max_leaves=8,
    )
)
def test_any_document_is_a_record_or_a_journal_error(document: object) -> None:
    if isinstance(document, dict):
        document["version"] = 1
    with pytest.raises(JournalError):
        unsealer(document)


@given(st.text())
def test_any_offer_is_taken_or_refused(text: str) -> None:
    with pytest.raises(ShareRefused):
        unsealer(SHARED.record).offer(text)


SHARED = by_shares()


@every_way
def test_the_record_holds_neither_the_key_nor_what_opens_it(make: Callable[[], Created]) -> None:
    created = make()
    text = json.dumps(created.record)
    assert MATERIAL.hex() not in text
    assert PASSPHRASE not in text
    assert not any(Share.parse(share).y.hex() in text for share in created.shares)
    assert created.record["check"] not in {root().derive(purpose).hex()[:32] for purpose in Purpose}


@every_way
def test_two_records_of_one_key_have_nothing_secret_in_common(make: Callable[[], Created]) -> None:
    if make is not by_token:
        one, other = make().record, make().record
        names = [name for name in ("salt", "wrapped", "set") if name in one]
        assert names
        assert all(one[name] != other[name] for name in names)


def test_nothing_shows_or_pickles_a_secret() -> None:
    created = by_shares()
    collecting = unsealer(created.record)
    collecting.offer(created.shares[0])
    done = unsealer(by_passphrase().record).offer(PASSPHRASE)
    provider = PassphraseProvider(PASSPHRASE, CHEAP)
    y = Share.parse(created.shares[0]).y
    secrets = (PASSPHRASE, PIN, created.shares[0], "planted", repr(y)[2:-1], y.hex(), MATERIAL.hex())
    for holder in (provider, created, collecting, done):
        shown = f"{holder!r} {holder!s}"
        assert not any(secret in shown for secret in secrets)
        for act in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(RuleError):
                act(holder)


@every_way
def test_no_refusal_repeats_what_was_offered(make: Callable[[], Created]) -> None:
    created = make()
    collecting = unsealer(created.record, token=open_token)
    for text in ("planted-offer", *(forged(share) for share in created.shares)):
        try:
            collecting.offer(text)
        except VoltokenError as error:
            told = f"{error!r} {error.detail} {error.__context__ if not error.__suppress_context__ else ''}"
            assert text not in told, told


def test_a_library_without_argon2_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    record = by_passphrase().record
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.kdf.argon2", None)
    with pytest.raises(ModuleUnavailable, match="has no Argon2id"):
        unsealer(record).offer(PASSPHRASE)


def test_every_provider_stands_behind_the_same_port() -> None:
    providers: list[RootProvider] = [
        PassphraseProvider(PASSPHRASE, CHEAP),
        SharesProvider(2, 3),
        TokenProvider(XorToken()),
    ]
    kinds = [unsealer(provider.create(root()).record, token=open_token).provider for provider in providers]
    assert kinds == ["passphrase", "shamir", "pkcs11"]
