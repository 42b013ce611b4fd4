"""A key load file is opened by the one it is for, once, whole, and by nobody else."""

from __future__ import annotations

import base64
import copy
import pickle
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.security.keyload.lab import (
    CENTRE,
    CENTRE_KEY,
    CENTRE_SEED,
    DAY,
    EPHEMERAL,
    EXCHANGE,
    FILE_ID,
    HEADER,
    NOW,
    OTHER,
    OTHER_EXCHANGE,
    OTHER_SEED,
    POINT,
    file,
    made_up,
    opened,
    record,
    refused,
    register,
    resigned,
    rewritten,
    secret_of,
)
from voltoken.errors import FieldError, KeyFileError, RuleError
from voltoken.security import KeyRef
from voltoken.security.keyload import (
    FILE_MAX,
    REASONS,
    DatedKey,
    FileRole,
    KeyRecord,
    TrustedCentre,
    TrustList,
    build,
    exchange_fingerprint,
    exchange_public,
    parse,
    signing_public,
    signing_with,
)
from voltoken.security.keyload import building as building_room
from voltoken.sts import DKGA, EA, KeyCheckValue, KeyType

REF = KeyRef.parse("123456/1")
OWNER = "5e" * 32


@pytest.mark.parametrize(
    ("bits", "changes"),
    [
        (160, {}),
        (64, {"eas": frozenset({EA.STA}), "dkga": DKGA.DKGA02}),
        (128, {"kt": KeyType.DITK, "dkga": None, "eas": frozenset({EA.MISTY1})}),
    ],
    ids=["160", "64", "first-key-128"],
)
def test_what_goes_in_comes_out_with_its_attributes_and_its_key(bits: int, changes: dict[str, Any]) -> None:
    sent = record(bits=bits, owner_auth=OWNER, clu=3, key_change_only=True, **changes)
    found = opened(file([sent], ["123456/2", "123456/3"]))
    assert found.records == (sent,)
    assert found.records[0].secret == secret_of("123456/1", bits)
    assert found.revoked == (KeyRef.parse("123456/2"), KeyRef.parse("123456/3"))
    assert (found.header.seq, found.header.sm_key_fp) == (7, exchange_fingerprint(POINT))


def test_many_keys_come_out_in_their_order() -> None:
    refs = [f"{number:06d}/{number % 9 + 1}" for number in range(40)]
    found = opened(file([record(ref) for ref in refs]))
    assert [str(one.register.ref) for one in found.records] == refs
    assert [one.secret for one in found.records] == [secret_of(ref) for ref in refs]


def test_a_file_can_only_revoke() -> None:
    found = opened(file([], ["123456/1"]))
    assert (found.records, found.revoked) == ((), (REF,))


def test_whether_a_key_lives_in_hardware_does_not_travel() -> None:
    (found,) = opened(file([record(in_hardware=True)])).records
    assert found.register == register()


def test_the_file_says_what_is_in_it_without_any_key() -> None:
    data = file([record(owner_auth=OWNER)], ["123456/2"])
    found = parse(data)
    assert (found.header.kmc_id, found.header.sm_id, found.header.role) == ("lab", "m1", FileRole.VENDING)
    assert [(one.register, one.owner_auth) for one in found.keys] == [(register(), OWNER)]
    assert found.kid == CENTRE.keys[0].kid
    assert found.digest == opened(data).digest
    assert secret_of("123456/1").hex() not in data.decode()


def test_the_same_bytes_give_the_same_file_and_another_ephemeral_another_wrap() -> None:
    assert file() == file()
    first, second = parse(file()), parse(file(ephemeral=made_up("another")))
    assert first.keys[0].wrapped != second.keys[0].wrapped


def test_a_file_for_another_centre_is_opened_by_it() -> None:
    point = exchange_public(OTHER_EXCHANGE)
    data = file(recipient_key=point, sm_id="other", role=FileRole.KMC)
    found = opened(data, recipient_id="other", exchange=OTHER_EXCHANGE, role=FileRole.KMC)
    assert found.records[0].secret == secret_of("123456/1")


# ---------------------------------------------------------------- who may not open it, and when


def test_somebody_else_is_told_that_it_is_not_for_him() -> None:
    assert refused(lambda: opened(file(), recipient_id="m2")) == "recipient"


def test_a_module_with_a_new_exchange_key_is_told_that_it_is_not_for_that_one() -> None:
    assert refused(lambda: opened(file(), exchange=OTHER_EXCHANGE)) == "recipient"


@pytest.mark.parametrize("role", [FileRole.MANUFACTURING, FileRole.KMC], ids=str)
def test_another_role_is_refused(role: FileRole) -> None:
    assert refused(lambda: opened(file(), role=role)) == "role"


def test_a_file_is_over_at_its_day_and_not_a_moment_before() -> None:
    end = HEADER.not_after
    assert opened(file(), now=end - timedelta(microseconds=1)).header.seq == 7
    assert refused(lambda: opened(file(), now=end)) == "expired"


def test_a_file_from_the_future_is_refused_beyond_what_clocks_differ() -> None:
    assert opened(file(), now=NOW - timedelta(minutes=5)).header.seq == 7
    assert refused(lambda: opened(file(), now=NOW - timedelta(minutes=5, seconds=1))) == "not_yet"


@pytest.mark.parametrize(("last_seq", "reason"), [(0, ""), (6, ""), (7, "replayed"), (8, "replayed")])
def test_the_number_must_be_higher_than_the_last(last_seq: int, reason: str) -> None:
    if reason:
        assert refused(lambda: opened(file(), last_seq=last_seq)) == reason
    else:
        assert opened(file(), last_seq=last_seq).header.seq == 7


def test_an_answer_needs_an_open_request_and_a_push_needs_none() -> None:
    answer = file(request_id="r-1")
    assert opened(answer, request_ids={"r-1", "r-2"}).header.request_id == "r-1"
    assert opened(answer, request_ids=None).header.request_id == "r-1"
    assert opened(file(), request_ids=()).header.request_id is None
    assert refused(lambda: opened(answer, request_ids={"r-2"})) == "request"


# ---------------------------------------------------------------- who has signed


def test_a_centre_that_is_not_in_the_list_is_not_trusted() -> None:
    alone = TrustList(2, NOW, (TrustedCentre.of(OTHER),))
    assert refused(lambda: opened(file(), trust=alone)) == "untrusted"
    assert refused(lambda: opened(file(), trust=TrustList(2, NOW, ()))) == "untrusted"


def test_another_trusted_centre_cannot_sign_for_this_one() -> None:
    assert refused(lambda: opened(file(seed=OTHER_SEED))) == "signing_key"


def test_a_signature_by_another_key_under_the_name_of_the_right_one_is_refused() -> None:
    real, forged = file(), file(seed=OTHER_SEED)
    mixed = rewritten(forged, lambda one: one["sig"].update(kid=parse(real).kid))
    assert refused(lambda: opened(mixed)) == "signature"


def trusting(key: tuple[int, int], centre: tuple[int, int] = (-30, 300)) -> TrustList:
    """Trust the centre with a key and a span from and to these days."""
    dated = DatedKey(CENTRE_KEY, NOW + key[0] * DAY, NOW + key[1] * DAY)
    return TrustList(2, NOW, (TrustedCentre("lab", (dated,), NOW + centre[0] * DAY, NOW + centre[1] * DAY),))


@pytest.mark.parametrize(
    ("trust", "days", "reason"),
    [
        (trusting((0, 11)), 10, ""),
        (trusting((1, 300)), 10, "signing_key"),
        (trusting((-30, 10)), 10, "signing_key"),
        (trusting((-30, 300), (1, 300)), 10, "untrusted"),
        (trusting((-30, 300), (-30, 10)), 10, "untrusted"),
    ],
    ids=["good", "key-later", "key-ended", "centre-later", "centre-ended"],
)
def test_centre_and_key_must_be_good_when_it_was_made_and_now(
    trust: TrustList, days: int, reason: str
) -> None:
    if reason:
        assert refused(lambda: opened(file(), trust=trust, now=NOW + days * DAY)) == reason
    else:
        assert opened(file(), trust=trust, now=NOW + days * DAY).header.seq == 7


# ---------------------------------------------------------------- what was changed


def test_swapped_attributes_are_noticed_even_when_they_are_signed_again() -> None:
    def more(document: dict[str, Any]) -> None:
        document["records"][0]["attrs"]["ulm"] += 1

    assert refused(lambda: opened(rewritten(file(), more))) == "signature"
    assert refused(lambda: opened(resigned(file(), more))) == "record"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("seq", 8), ("issued_at", "2026-11-21T08:29:00.000000Z"), ("request_id", "r-9")),
        *(("file_id", FILE_ID.replace("6f", "7f")), ("notice", "a certified file"), ("kmc_id", "lab")),
        ("not_after", "2027-11-21T08:30:00.000000Z"),
    ],
)
def test_a_header_that_was_changed_and_signed_again_unwraps_nothing(name: str, value: object) -> None:
    data = resigned(file(), lambda document: document["header"].update({name: value}))
    if name == "kmc_id":  # not changed: the control
        assert opened(data).header.seq == 7
    else:
        assert refused(lambda: opened(data)) == "record"


def test_swapped_records_are_noticed_even_when_they_are_signed_again() -> None:
    def swap(document: dict[str, Any]) -> None:
        first, second = document["records"]
        first["wrapped"], second["wrapped"] = second["wrapped"], first["wrapped"]

    data = file([record("123456/1"), record("123456/2")])
    assert refused(lambda: opened(rewritten(data, swap))) == "signature"
    assert refused(lambda: opened(resigned(data, swap))) == "record"


def test_records_in_another_order_break_the_signature() -> None:
    data = file([record("123456/1"), record("123456/2")])
    assert refused(lambda: opened(rewritten(data, lambda one: one["records"].reverse()))) == "signature"


def test_a_record_of_another_file_does_not_unwrap() -> None:
    other = parse(file(seq=8)).keys[0].wrapped

    def move(document: dict[str, Any]) -> None:
        document["records"][0]["wrapped"] = base64.b64encode(other).decode()

    assert refused(lambda: opened(resigned(file(), move))) == "record"


def test_one_bad_record_rejects_the_whole_file() -> None:
    data = file([record(f"123456/{krn}") for krn in range(1, 6)], ["123457/1"])

    def spoil(document: dict[str, Any]) -> None:
        wrapped = document["records"][4]["wrapped"]
        document["records"][4]["wrapped"] = ("A" if wrapped[0] != "A" else "B") + wrapped[1:]

    assert refused(lambda: opened(resigned(data, spoil))) == "record"


@pytest.mark.parametrize(
    "point", [b"\x04" + bytes(63) + b"\x01", b"\x06" + POINT[1:], bytes(65)], ids=range(3)
)
def test_an_ephemeral_key_beside_the_curve_is_refused(point: bytes) -> None:
    def off(document: dict[str, Any]) -> None:
        document["header"]["epk"] = base64.b64encode(point).decode()

    assert refused(lambda: opened(resigned(file(), off))) == "point"


@pytest.mark.parametrize("suite", ["S2", "S3", "S4"])
def test_reserved_suites_are_read_and_not_opened(suite: str) -> None:
    data = resigned(file(), lambda document: document["header"].update(kex=suite))
    assert parse(data).header.kex == suite
    with pytest.raises(KeyFileError, match="reserved") as caught:
        opened(data)
    assert caught.value.reason == "suite"
    assert refused(lambda: file(kex=suite)) == "suite"


def test_an_unknown_suite_is_not_even_read() -> None:
    data = resigned(file(), lambda document: document["header"].update(kex="S5"))
    assert refused(lambda: parse(data)) == "suite"


def test_a_key_with_another_check_value_is_neither_sent_nor_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = record(check_value=KeyCheckValue("000000", register().check_value.algorithm))
    assert refused(lambda: file([wrong])) == "check_value"
    other = record(check_value=KeyCheckValue(register().check_value.value, "another way"))
    assert refused(lambda: file([other])) == "check_value"
    monkeypatch.setattr(building_room, "check_key", lambda *_: None)  # a centre with a fault
    data = file([wrong])
    assert refused(lambda: opened(data)) == "check_value"


@pytest.mark.parametrize("bits", [64, 128, 160])
def test_what_stands_beside_the_key_in_the_wrap_must_be_what_belongs_there(
    monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    changes: dict[str, Any] = (
        {"kt": KeyType.DITK, "dkga": None, "eas": frozenset({EA.MISTY1})} if bits == 128 else {}
    )
    plain = secret_of("123456/1", bits).ljust(32, b"\x00")
    spoilt = plain[:31] + b"\x01"
    for inside in (spoilt, plain) if bits == 64 else (spoilt,):  # 64 bits stand twice
        monkeypatch.setattr(building_room, "padded", lambda _, inside=inside: inside)
        data = file([record(bits=bits, **changes)])
        assert refused(opened, data) == "record"


# ---------------------------------------------------------------- what does not go together


@pytest.mark.parametrize(
    ("records", "revoked", "reason"),
    [
        (["123456/1", "123456/1"], [], "twice"),
        (["123456/1"], ["123456/2", "123456/2"], "twice"),
        (["123456/1", "123456/2"], ["123456/2"], "both"),
        ([], [], "empty"),
    ],
)
def test_a_key_is_named_once_in_a_file_that_does_something(
    monkeypatch: pytest.MonkeyPatch, records: list[str], revoked: list[str], reason: str
) -> None:
    made = [record(ref) for ref in records]
    assert refused(lambda: file(made, revoked)) == reason
    monkeypatch.setattr(building_room, "check_lists", lambda *_: None)  # a centre with a fault
    data = file(made, revoked)
    assert refused(lambda: opened(data)) == reason


def test_a_thousand_keys_fit_in_half_of_what_a_file_may_have() -> None:
    one = record()
    many = [
        KeyRecord(replace(one.register, ref=KeyRef.parse(f"{number:06d}/1")), "", one.secret)
        for number in range(1_000)
    ]
    assert FILE_MAX == 1 << 20
    assert 400_000 < len(file(many)) < FILE_MAX // 2


def test_a_file_over_the_limit_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(file())
    monkeypatch.setattr(building_room, "FILE_MAX", size)
    assert len(file()) == size
    monkeypatch.setattr(building_room, "FILE_MAX", size - 1)
    assert refused(file) == "size"


def test_the_checks_come_in_the_order_of_the_format() -> None:
    """Each mistake is put on top of all later ones, and is the one that is named."""

    def spoil(document: dict[str, Any]) -> None:
        wrapped = document["records"][0]["wrapped"]
        document["records"][0]["wrapped"] = ("A" if wrapped[0] != "A" else "B") + wrapped[1:]

    late = NOW + 31 * DAY
    bad_record = resigned(file(request_id="r-1"), spoil)
    suite = resigned(bad_record, lambda document: document["header"].update(kex="S3"))
    unsigned = rewritten(suite, lambda document: document["header"].update(seq=9))
    right: dict[str, Any] = {"last_seq": 6, "now": NOW, "request_ids": {"r-1"}}
    found = [refused(lambda: opened(bad_record, **right)), refused(lambda: opened(suite, **right))]
    changes: list[dict[str, Any]] = [
        {"last_seq": 7},
        {"now": late},
        {"request_ids": set()},
        {"role": FileRole.KMC},
        {"exchange": OTHER_EXCHANGE},
        {"recipient_id": "m2"},
    ]
    for change in changes:
        right.update(change)
        found.append(refused(lambda: opened(suite, **right)))
    found.append(refused(lambda: opened(unsigned, **right)))
    right["trust"] = trusting((1, 300))
    found.append(refused(lambda: opened(unsigned, **right)))
    assert found == [
        *("record", "suite", "replayed", "expired", "request", "role", "recipient", "recipient"),
        *("signature", "signing_key"),
    ]


# ---------------------------------------------------------------- what the makers of files may give


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("file_id", {"file_id": "7"}),
        ("kmc_id", {"kmc_id": "lab 1"}),
        ("sm_id", {"sm_id": ""}),
        ("role", {"role": "vending"}),
        ("seq", {"seq": 0}),
        ("seq", {"seq": True}),
        ("seq", {"seq": 1 << 63}),
        ("not_after", {"not_after": NOW}),
        ("issued_at", {"issued_at": NOW.replace(tzinfo=None)}),
        ("request_id", {"request_id": "r|1"}),
        ("notice", {"notice": "two\nlines"}),
        ("sm_key_fp", {"sm_key_fp": "AB", "epk": POINT}),
        ("epk", {"sm_key_fp": "ab" * 32, "epk": b"\x04"}),
        ("sm_key_fp", {"epk": POINT}),
        ("epk", {"sm_key_fp": "ab" * 32}),
    ],
)
def test_a_header_checks_itself(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(FieldError) as caught:
        replace(HEADER, **changes)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("key_bits", lambda: KeyRecord(register(key_bits=96), "", bytes(12))),
        ("owner_auth", lambda: KeyRecord(register(), "5E" * 32, secret_of("123456/1"))),
        ("secret", lambda: KeyRecord(register(), "", bytes(8))),
    ],
)
def test_a_record_checks_itself_and_shows_no_key(field: str, make: Any) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    assert caught.value.field == field
    assert (caught.value.value is None) == (field == "secret")


def test_no_record_shows_its_key_or_is_copied() -> None:
    found = opened(file())
    assert secret_of("123456/1").hex() not in repr(found)
    assert repr(secret_of("123456/1")) not in repr(found)
    for copied in (pickle.dumps, copy.deepcopy):
        with pytest.raises(RuleError):
            copied(found.records[0])


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("recipient_key", {"recipient_key": POINT[:-1]}),
        ("recipient_key", {"recipient_key": b"\x04" + bytes(64)}),
        ("recipient_key", {"recipient_key": exchange_public(EXCHANGE)[:33]}),
        ("exchange", {"ephemeral": bytes(32)}),
        ("exchange", {"ephemeral": b"\xff" * 32}),
        ("exchange", {"ephemeral": EPHEMERAL[1:]}),
        ("sign", {"public": signing_public(OTHER_SEED)}),
        ("sign", {"sign": lambda _: bytes(64)}),
        ("sign", {"sign": lambda _: b""}),
    ],
)
def test_who_builds_gives_keys_that_are_some(field: str, changes: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "recipient_key": POINT,
        "ephemeral": EPHEMERAL,
        "sign": signing_with(CENTRE_SEED),
        "public": CENTRE_KEY,
    }
    with pytest.raises(FieldError) as caught:
        build(HEADER, [record()], [], **given | changes)
    assert caught.value.field == field
    assert EPHEMERAL.hex() not in str(caught.value)


def test_a_bad_exchange_key_of_the_reader_is_his_own_fault() -> None:
    for exchange in (bytes(32), b"\xff" * 32, EXCHANGE + b"\x00"):
        with pytest.raises(FieldError) as caught:
            opened(file(), exchange=exchange)
        assert caught.value.value is None


def test_every_reason_has_a_meaning_and_begins_the_message() -> None:
    with pytest.raises(KeyFileError) as caught:
        opened(file(), last_seq=7)
    assert caught.value.message.startswith(REASONS["replayed"])
    assert all(meaning.endswith(".") for meaning in REASONS.values())
    assert list(REASONS) == sorted(REASONS)
