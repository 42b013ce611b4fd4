"""What every module that keeps keys does for its keepers, as behaviours: each is a function of a post.

The post has one key with a small limit, ``LIMITED``, and ``KEY``; whoever needs more loads more.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from tests.contract.sites import KEY, NOON, Post, new_id, new_meter, real_meter, tid_now
from tests.unit.security.desk import first_key, register, secret_of
from tests.unit.security.office import Office, made_of
from voltoken.drivers.journal import verify_journal
from voltoken.errors import (
    FieldError,
    JournalError,
    KeyFileError,
    ModuleLimit,
    ModuleRefused,
    ModuleUnavailable,
    SecurityModuleError,
    ShareRefused,
)
from voltoken.meter import TokenResult
from voltoken.security import (
    CreditRequest,
    InitialKeyChangeRequest,
    IssuedToken,
    KeyRef,
    KeyRegister,
    MeterId,
    MeterTestRequest,
    ModuleKind,
    Usage,
    request_hash,
)
from voltoken.security.keyload import (
    ModuleIdentity,
    building,
    check_proof,
    check_receipt,
    opening,
    read_module,
    read_request,
    write_trust,
)
from voltoken.sts import DKGA, EA, InitiateMeterTestDisplay, KeyCheckValue, Service, key_check_value

LIMITED = KeyRef.parse("200001/1")
NEW = KeyRef.parse("300001/1")
KEYS = (register(KEY), register(LIMITED, ulm=100))
PUBLISHED = bytes.fromhex("abababababababab949494949494949401234567")
"""A key that every test suite of the standard prints."""
_OFFICES = itertools.count(1)


def credit(key: KeyRef = KEY, meter: MeterId | None = None, steps: int = 10) -> CreditRequest:
    """Return a new request for units."""
    target = new_meter() if meter is None else meter
    return CreditRequest(new_id(), target, key, Service.ELECTRICITY, steps, tid_now())


def sell(post: Post, request: CreditRequest) -> IssuedToken:
    """Have credit made for the till."""
    return post.client("till").issue_credit(request)


def refusal_of(act: Callable[[], object]) -> str:
    """Return the code of the refusal that an act ends with."""
    with pytest.raises(SecurityModuleError) as caught:
        act()
    return str(caught.value.detail.get("refusal", caught.value.code))


def load(post: Post, one: KeyRegister, secret: bytes, *, inside: bool | None = None) -> KeyRegister:
    """Load a key of these bytes. inside: in hardware; where such keys usually live when it is None."""
    usual = post.hsm is not None and one.key_bits == 160
    placed = replace(
        one, check_value=key_check_value(secret), in_hardware=usual if inside is None else inside
    )
    return post.keeper.load_key(placed, [secret], by="ann")


def lines(post: Post, event: str | None = None) -> list[dict[str, Any]]:
    """Return what the log says happened, of one kind or all."""
    found = [json.loads(one.body) for one in post.keeper.audit()]
    return [one for one in found if event is None or one["kind"] == event]


def usage(post: Post, ref: KeyRef) -> Usage:
    """Return what was made under a key that is loaded."""
    return {one.ref: used for one, used in post.keeper.list_keys()}[ref]


def it_starts_sealed_and_does_nothing_with_keys(post: Post) -> None:
    post.reopen()
    assert post.module.sealed
    assert post.client("till").status().state == "sealed"
    until = post.clock() + timedelta(hours=1)
    acts: list[Callable[[], object]] = [
        lambda: sell(post, credit()),
        lambda: load(post, register(NEW), secret_of(NEW)),
        lambda: post.keeper.delete_key(KEY, by="ann", reason="to see"),
        lambda: post.keeper.approve("x:1", "0" * 32, until, by="ann", reason="to see"),
    ]
    assert [refusal_of(act) for act in acts] == ["module.sealed"] * len(acts)
    test = MeterTestRequest(new_id(), InitiateMeterTestDisplay(0, 1, 0))
    assert post.client("till").meter_test_token(test).subclass == 0
    post.unseal()


def a_wrong_offer_is_refused_and_alarms_and_the_right_ones_unseal(post: Post) -> None:
    post.reopen()
    before = len(lines(post, "unseal.refused"))
    foreign = "4712-wrong" if len(post.offers) == 1 else post.offers[0][:-1] + "!"
    for wrong in (foreign, "", "VS1-", "\x00" * 5, "9" * 3000):
        with pytest.raises(ShareRefused):
            post.keeper.unseal(wrong, by="eve")
    assert post.module.sealed
    refused = lines(post, "unseal.refused")[before:]
    assert [one["facts"]["by"] for one in refused] == ["eve"] * 5
    assert all(one["alarm"] for one in refused)
    post.unseal()
    assert post.client("till").status().state == "ready"


def a_key_is_the_xor_of_its_components(post: Post) -> None:
    ref = KeyRef.parse("300002/1")
    secret = secret_of(ref)
    parts = [hashlib.sha256(b"component %d" % number).digest()[:20] for number in range(2)]
    last = bytes(a ^ b ^ c for a, b, c in zip(secret, *parts, strict=True))
    placed = register(ref, in_hardware=post.hsm is not None)
    loaded = post.keeper.load_key(placed, [*parts, last], by="ann")
    assert loaded.check_value == key_check_value(secret)
    meter = new_meter()
    token = sell(post, credit(ref, meter))
    assert real_meter(meter, register(ref)).enter(token.token.digits, NOON).result is TokenResult.ACCEPT


def what_may_not_be_loaded_is_refused_by_name(post: Post) -> None:
    one, secret = register(NEW), secret_of(NEW)
    usual = post.hsm is not None
    wrong = replace(one, check_value=KeyCheckValue("000000", ""))
    small = register(NEW, bits=64)
    cases: dict[str, Callable[[], object]] = {
        "custody.check_value": lambda: post.keeper.load_key(wrong, [secret], by="ann"),
        "custody.taken": lambda: load(post, register(KEY), secret_of(KEY)),
        "custody.live_key": lambda: load(post, replace(one, test=False), secret),
        "custody.published": lambda: load(post, replace(one, test=False), PUBLISHED),
        "custody.role": lambda: load(post, first_key(NEW), secret_of(NEW, 128)),
        "custody.not_in_hsm": lambda: load(post, small, secret_of(NEW, 64), inside=True),
    }
    before = len(lines(post, "key.refused"))
    assert {code: refusal_of(act) for code, act in cases.items()} == {code: code for code in cases}
    told = lines(post, "key.refused")[before:]
    assert [line["facts"]["code"] for line in told] == list(cases)
    assert all(line["alarm"] for line in told)
    with pytest.raises(FieldError):
        post.keeper.load_key(replace(one, in_hardware=usual), [secret, secret[:-1]], by="ann")
    with pytest.raises(FieldError):
        post.keeper.load_key(replace(one, in_hardware=usual), [], by="ann")
    assert NEW not in [known.ref for known, _ in post.keeper.list_keys()]


def the_reason_why_a_64_bit_key_is_not_kept_inside_is_told(post: Post) -> None:
    with pytest.raises(ModuleRefused) as caught:
        load(post, register(NEW, bits=64, dkga=DKGA.DKGA02), secret_of(NEW, 64), inside=True)
    assert "64" in caught.value.message


def a_key_survives_a_restart(post: Post) -> None:
    ea11, ea07 = new_meter(), new_meter(EA.STA)
    small = KeyRef.parse("300003/1")
    load(post, register(small, bits=64), secret_of(small, 64))
    post.restart()
    for meter, ref, bits in ((ea11, KEY, 160), (ea07, KEY, 160), (ea07, small, 64)):
        token = sell(post, replace(credit(ref, meter), tid=tid_now(minutes=bits)))
        real = real_meter(meter, register(ref, bits))
        assert real.enter(token.token.digits, NOON).result is TokenResult.ACCEPT


def counters_survive_everything_and_a_key_that_comes_back_has_no_new_limit(post: Post) -> None:
    sell(post, credit(LIMITED, steps=60))
    post.restart()
    assert usage(post, LIMITED) == Usage(60, 0)
    post.keeper.delete_key(LIMITED, by="ann", reason="moved")
    assert refusal_of(lambda: sell(post, credit(LIMITED, steps=1))) == "key.unknown"
    post.restart()
    assert LIMITED not in [one.ref for one in post.client("till").list_keys()]
    post.load(KEYS[1])
    assert usage(post, LIMITED) == Usage(60, 0)
    with pytest.raises(ModuleLimit):
        sell(post, credit(LIMITED, steps=41))
    sell(post, credit(LIMITED, steps=40))
    assert usage(post, LIMITED) == Usage(100, 0)


def sealing_works_at_once(post: Post) -> None:
    request = credit()
    token = sell(post, request)
    post.seal()
    with pytest.raises(ModuleUnavailable):
        sell(post, credit())
    with pytest.raises(ModuleUnavailable):
        sell(post, request)
    post.seal()  # again is no fault
    post.unseal()
    assert sell(post, request) == token


def what_was_offered_is_forgotten_by_sealing(post: Post) -> None:
    if len(post.offers) == 1:
        return
    post.reopen()
    assert not post.keeper.unseal(post.offers[0], by="ann").done
    post.seal()
    assert not post.keeper.unseal(post.offers[1], by="bob").done
    assert post.keeper.unseal(post.offers[0], by="ann").done


def an_approval_is_for_one_request_once_and_has_a_reason(post: Post) -> None:
    first = credit()
    sell(post, first)
    again, third = credit(meter=first.meter, steps=20), credit(meter=first.meter, steps=30)
    mark, until = request_hash("till", again), post.clock() + timedelta(hours=1)
    for wrong in ({"reason": " "}, {"until": post.clock()}, {"request_hash": "0"}):
        words: dict[str, Any] = {"request_hash": mark, "until": until, "reason": "burned"} | wrong
        with pytest.raises(FieldError):
            post.keeper.approve(again.request_id, by="ann", **words)
    post.keeper.approve(again.request_id, mark, until, by="ann", reason="burned")
    assert refusal_of(lambda: sell(post, third)) == "tid.claimed"
    assert refusal_of(lambda: sell(post, replace(again, steps=21))) == "tid.claimed"
    token = sell(post, again)
    assert refusal_of(lambda: sell(post, replace(again, request_id=new_id()))) == "tid.claimed"
    assert sell(post, again) == token


def an_approval_ends_with_its_time(post: Post) -> None:
    first = credit()
    sell(post, first)
    again = credit(meter=first.meter, steps=20)
    until = post.clock() + timedelta(minutes=2)
    post.keeper.approve(again.request_id, request_hash("till", again), until, by="ann", reason="burned")
    post.clock.now += timedelta(minutes=3)
    assert refusal_of(lambda: sell(post, again)) == "tid.claimed"


def every_act_is_in_the_log_with_who_did_it(post: Post) -> None:
    ref = KeyRef.parse("300004/1")
    begin = len(lines(post))
    post.seal()
    post.unseal()
    post.load(register(ref))
    post.keeper.delete_key(ref, by="bob", reason="it was to be seen")
    until = post.clock() + timedelta(hours=1)
    post.keeper.approve("y:1", "0" * 32, until, by="cy", reason="it was to be seen")
    found = {one["kind"]: one["facts"] for one in lines(post)[begin:]}
    acts = ("sealed", "unsealed", "key.loaded_by", "key.deleted_by", "approval.granted")
    assert [found[one]["by"] for one in acts] == ["ann", "ann", "ann", "bob", "cy"]
    assert [found[one]["reason"] for one in acts[3:]] == ["it was to be seen"] * 2
    assert found["key.deleted_by"]["key"] == found["key.loaded_by"]["key"] == str(ref)


def the_log_is_sound_and_holds_no_key(post: Post) -> None:
    report = post.keeper.verify_audit()
    assert report.faults == ()
    assert report.entries == len(lines(post)) > 0
    log = "".join(one.body for one in post.keeper.audit()).lower()
    assert not any(secret_of(ref).hex()[:16] in log for ref in (KEY, LIMITED))


def met(post: Post) -> Office:
    """Return a centre that the module trusts, with numbers that no other test has used."""
    office = Office(NOON, f"kmc-{next(_OFFICES)}")
    post.keeper.set_trust(office.document, by="ann")
    return office


def module_of(post: Post) -> ModuleIdentity:
    """Return who the module says it is."""
    return read_module(post.keeper.identity())


def reason_of(act: Callable[[], object]) -> str:
    """Return the reason for which a document is rejected."""
    with pytest.raises(KeyFileError) as caught:
        act()
    return caught.value.reason


def it_says_who_it_is_and_proves_it_to_those_it_trusts(post: Post) -> None:
    found, info = module_of(post), post.client("till").info()
    assert (found.module_id, found.kind, found.role.value) == (info.module_id, info.kind, info.role.value)
    assert (found.firmware, found.notice) == (info.firmware, info.notice)
    strange = Office(NOON, "stranger")
    challenge = strange.challenge(found.module_id)
    assert reason_of(lambda: post.keeper.prove(challenge, by="ann")) == "untrusted"
    office = met(post)
    challenge = office.challenge(found.module_id)
    proof = post.keeper.prove(challenge, by="ann")
    assert check_proof(proof, challenge, ephemeral=made_of("challenge"), now=NOON) == found
    for_another = office.challenge("somebody-else")
    assert reason_of(lambda: post.keeper.prove(for_another, by="ann")) == "recipient"
    told = [one["facts"]["code"] for one in lines(post, "proof.refused")]
    assert told[-2:] == ["untrusted", "recipient"]
    post.restart()
    assert module_of(post) == found


def it_loads_a_key_file_as_a_whole_and_signs_for_it(post: Post) -> None:
    office, module = met(post), module_of(post)
    big, small = register("310001/1", ulm=100), register("310002/1", bits=64)
    request = read_request(post.keeper.begin_key_load(office.centre_id, [big.ref, small.ref], by="ann"))
    assert (request.wanted, request.last_seq) == ((big.ref, small.ref), 0)
    assert KEY in {one.ref for one in request.held}
    data = office.file(module, [big, small], request_id=request.request_id, owner_auth="5e" * 32)
    receipt = post.keeper.load_key_file(data, by="bob")
    found = check_receipt(receipt, module.signing_key)
    assert [(one.ref, one.check_value) for one in found.keys] == [
        (one.ref, one.check_value.value) for one in (big, small)
    ]
    for one, ea in ((big, EA.MISTY1), (small, EA.STA)):
        meter = new_meter(ea)
        token = sell(post, credit(one.ref, meter))
        real = real_meter(meter, register(one.ref, one.key_bits))
        assert real.enter(token.token.digits, NOON).result is TokenResult.ACCEPT
    places = {one.ref: one.in_hardware for one, _ in post.keeper.list_keys()}
    assert (places[big.ref], places[small.ref]) == (post.hsm is not None, False)
    post.restart()
    assert post.keeper.load_key_file(data, by="cy") == receipt
    assert lines(post, "keyfile.repeated")[-1]["facts"]["by"] == "cy"
    sell(post, credit(big.ref))
    again = read_request(post.keeper.begin_key_load(office.centre_id, [], by="ann"))
    assert again.last_seq == found.seq


def a_key_that_a_file_brings_again_counts_on_and_one_that_it_revokes_is_gone(post: Post) -> None:
    office, module = met(post), module_of(post)
    one, gone = register("310003/1", ulm=60), register("310004/1")
    post.keeper.load_key_file(office.file(module, [one, gone]), by="ann")
    sell(post, credit(one.ref, steps=60))
    assert refusal_of(lambda: sell(post, credit(one.ref, steps=1))) == "limit.units"
    post.keeper.load_key_file(office.file(module, [replace(one, ulm=90)], [gone.ref]), by="ann")
    assert usage(post, one.ref) == Usage(60, 0)
    assert refusal_of(lambda: sell(post, credit(one.ref, steps=31))) == "limit.units"
    sell(post, credit(one.ref, steps=30))
    assert refusal_of(lambda: sell(post, credit(gone.ref))) == "key.unknown"
    ended = replace(one, ulm=1000, key_change_only=True)
    post.keeper.load_key_file(office.file(module, [ended]), by="ann")
    assert refusal_of(lambda: sell(post, credit(one.ref, steps=1))) == "key.change_only"

    def again() -> bytes:
        return office.file(module, [replace(one, ulm=1000)])

    assert refusal_of(lambda: post.keeper.load_key_file(again(), by="ann")) == "custody.credit_back"
    post.keeper.load_key_file(office.file(module, [gone], [one.ref]), by="ann")
    post.restart()
    sell(post, credit(gone.ref))
    assert refusal_of(lambda: post.keeper.load_key_file(again(), by="ann")) == "custody.credit_back"
    assert refusal_of(lambda: sell(post, credit(one.ref))) == "key.unknown"
    post.keeper.delete_key(one.ref, by="ann", reason="to have it anew")
    post.keeper.load_key_file(again(), by="ann")
    sell(post, credit(one.ref, steps=1))
    second = met(post)
    for keys, revoked in (([one], []), ([], [one.ref])):
        theirs = second.file(module, keys, revoked)
        assert refusal_of(lambda: post.keeper.load_key_file(theirs, by="ann")) == "custody.other_centre"  # noqa: B023 - asked at once


def of_a_file_that_is_refused_nothing_is_loaded_and_it_alarms(post: Post) -> None:
    office, module = met(post), module_of(post)
    good, bad = register("310005/1"), register("310006/1", test=False)
    before = len(lines(post, "keyfile.refused"))
    held = post.keeper.list_keys()
    live = office.file(module, [good, bad], [KEY])
    strange = Office(NOON, "stranger").file(module, [good])
    damaged = office.file(module, [good])[:-9]
    other = office.file(replace(module, module_id="somebody-else"), [good])
    late = replace(office, now=NOON + timedelta(days=2)).file(module, [good])
    unasked = office.file(module, [good], request_id="load-0")
    acts: list[tuple[str, Callable[[], object]]] = [
        ("untrusted", lambda: post.keeper.load_key_file(strange, by="eve")),
        ("json", lambda: post.keeper.load_key_file(damaged, by="eve")),
        ("recipient", lambda: post.keeper.load_key_file(other, by="eve")),
        ("not_yet", lambda: post.keeper.load_key_file(late, by="eve")),
        ("request", lambda: post.keeper.load_key_file(unasked, by="eve")),
    ]
    assert refusal_of(lambda: post.keeper.load_key_file(live, by="eve")) == "custody.live_key"
    assert [reason_of(act) for _, act in acts] == [reason for reason, _ in acts]
    told = lines(post, "keyfile.refused")[before:]
    assert [one["facts"]["code"] for one in told] == ["custody.live_key", *(reason for reason, _ in acts)]
    assert all(one["alarm"] and one["facts"]["by"] == "eve" for one in told)
    assert post.keeper.list_keys() == held
    old = office.file(module, [good], seq=40)
    post.keeper.load_key_file(office.file(module, [good], seq=41), by="ann")
    assert reason_of(lambda: post.keeper.load_key_file(old, by="eve")) == "replayed"


def a_file_whose_loading_was_cut_short_is_loaded_again(post: Post) -> None:
    """As after a crash: a token has taken the keys, and nobody knows whether the disk has."""
    office, module = met(post), module_of(post)
    data = office.file(module, [register("310010/1"), register("310011/1", bits=64)])
    journal = post.module._worker.journal

    def cut(*_: object) -> int:
        journal._transactions.failed = "its last commit may be on the disk or not"
        raise JournalError("the disk is gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "commit", cut)
        with pytest.raises(JournalError):
            post.keeper.load_key_file(data, by="ann")
        assert refusal_of(lambda: sell(post, credit())) == "module.journal"
    post.restart()
    assert KeyRef.parse("310010/1") not in {one.ref for one, _ in post.keeper.list_keys()}
    receipt = post.keeper.load_key_file(data, by="ann")
    sell(post, credit(KeyRef.parse("310010/1")))
    assert post.keeper.load_key_file(data, by="ann") == receipt


def other_bytes_under_the_same_name_are_not_taken(post: Post) -> None:
    """The same check value is not the same key: 24 bits can be hit by trying."""
    office, module = met(post), module_of(post)
    twin = register(KEY, check_value=key_check_value(secret_of(KEY)), ulm=10**12, clm=10**12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "check_key", lambda *_: None)
        patch.setattr(building, "check_key", lambda *_: None)
        patch.setattr("tests.unit.security.office.secret_of", lambda *_: secret_of(NEW))
        data = office.file(module, [twin])
        code = refusal_of(lambda: post.keeper.load_key_file(data, by="eve"))
    assert code == ("custody.other_centre" if post.hsm is None else "custody.taken")
    assert lines(post, "keyfile.refused")[-1]["facts"]["code"] == code
    meter = new_meter()
    token = sell(post, credit(KEY, meter))
    assert real_meter(meter, register(KEY)).enter(token.token.digits, NOON).result is TokenResult.ACCEPT


def trust_only_goes_forward(post: Post) -> None:
    first, second = met(post), met(post)
    known = post.keeper.trusted()
    assert {first.centre_id, second.centre_id} <= {one.centre_id for one in known.centres}
    old = write_trust(first.trust(known.version))
    assert refusal_of(lambda: post.keeper.set_trust(old, by="eve")) == "custody.trust_version"
    assert reason_of(lambda: post.keeper.set_trust(b"{}", by="eve")) == "format"
    assert [one["facts"]["code"] for one in lines(post, "trust.refused")[-2:]] == [
        *("custody.trust_version", "format"),
    ]
    data = second.file(module_of(post), [register("310007/1")])
    post.keeper.set_trust(write_trust(first.trust(known.version + 1)), by="ann")
    assert reason_of(lambda: post.keeper.load_key_file(data, by="ann")) == "untrusted"
    unknown = refusal_of(lambda: post.keeper.begin_key_load(second.centre_id, [], by="ann"))
    assert unknown == "custody.untrusted"
    post.restart()
    assert [one.centre_id for one in post.keeper.trusted().centres] == [first.centre_id]


def a_sealed_module_shows_whom_it_trusts_and_no_more(post: Post) -> None:
    office, module = met(post), module_of(post)
    data = office.file(module, [register("310008/1")])
    post.seal()
    acts: list[Callable[[], object]] = [
        post.keeper.identity,
        lambda: post.keeper.prove(office.challenge(module.module_id), by="ann"),
        lambda: post.keeper.set_trust(office.document, by="ann"),
        lambda: post.keeper.begin_key_load(office.centre_id, [], by="ann"),
        lambda: post.keeper.load_key_file(data, by="ann"),
    ]
    assert [refusal_of(act) for act in acts] == ["module.sealed"] * len(acts)
    assert office.centre_id in {one.centre_id for one in post.keeper.trusted().centres}
    post.unseal()
    post.keeper.load_key_file(data, by="ann")


def zeroising_is_for_good_and_leaves_the_log(post: Post) -> None:
    sold = credit()
    sell(post, sold)
    before = len(lines(post))
    post.keeper.zeroise(by="ann", reason="the pilot is over")
    with pytest.raises(SecurityModuleError):
        sell(post, credit())
    with pytest.raises(SecurityModuleError):
        sell(post, sold)
    with pytest.raises(SecurityModuleError):
        post.unseal()
    assert post.module.sealed
    assert any("the pilot is over" in json.dumps(line) for line in lines(post)[before:])
    assert post.keeper.verify_audit().faults == ()
    with pytest.raises(SecurityModuleError, match="zeroised"):
        post.reopen()
    assert verify_journal(post.folder / "journal.db").faults == ()
    if post.hsm is not None:
        with post.hsm.open(post.label) as token:
            assert not any(token.holds(f"{post.folder.name} {one.ref}") for one in KEYS)


def a_vending_module_changes_no_first_key(post: Post) -> None:
    first = InitialKeyChangeRequest(new_id(), new_meter(), KEY, KEY, new_meter().ti, 4)
    error = refusal_of(lambda: post.client("till").issue_initial_key_change(first))
    assert error == "role.initial_key_change"
    expected = ModuleKind.SOFTWARE if post.hsm is None else ModuleKind.PKCS11
    assert post.client("till").info().kind is expected


SUITE: Final[Sequence[Callable[[Post], None]]] = (
    it_starts_sealed_and_does_nothing_with_keys,
    a_wrong_offer_is_refused_and_alarms_and_the_right_ones_unseal,
    a_key_is_the_xor_of_its_components,
    what_may_not_be_loaded_is_refused_by_name,
    the_reason_why_a_64_bit_key_is_not_kept_inside_is_told,
    a_key_survives_a_restart,
    sealing_works_at_once,
    what_was_offered_is_forgotten_by_sealing,
    an_approval_is_for_one_request_once_and_has_a_reason,
    an_approval_ends_with_its_time,
    every_act_is_in_the_log_with_who_did_it,
    it_says_who_it_is_and_proves_it_to_those_it_trusts,
    it_loads_a_key_file_as_a_whole_and_signs_for_it,
    a_key_that_a_file_brings_again_counts_on_and_one_that_it_revokes_is_gone,
    of_a_file_that_is_refused_nothing_is_loaded_and_it_alarms,
    a_file_whose_loading_was_cut_short_is_loaded_again,
    other_bytes_under_the_same_name_are_not_taken,
    trust_only_goes_forward,
    a_sealed_module_shows_whom_it_trusts_and_no_more,
    the_log_is_sound_and_holds_no_key,
    a_vending_module_changes_no_first_key,
)
"""Behaviours that leave a post as others can go on with it."""

LAST: Final[Sequence[Callable[[Post], None]]] = (
    counters_survive_everything_and_a_key_that_comes_back_has_no_new_limit,
    zeroising_is_for_good_and_leaves_the_log,
)
"""Behaviours that want a post of their own, or end it."""
