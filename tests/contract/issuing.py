"""What every driver of security modules does, as behaviours: each is a function of a site.

``SAYS`` is the one table of what a driver's port cannot say; everything else is the same for all. A driver
that cannot do a thing has to say so, in the words of the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, cast

import pytest

from tests.contract.sites import (
    FOREIGN,
    KEY,
    NEW_KEY,
    NEW_SMALL,
    NOON,
    OLD_DAYS,
    SMALL,
    Site,
    keys_of,
    new_id,
    new_meter,
    real_meter,
    tid_now,
)
from voltoken.errors import ModuleLimit, ModuleRefused, ModuleUnavailable, ResultMissing, SecurityModuleError
from voltoken.meter import Meter, TokenResult
from voltoken.security import (
    NOT_CERTIFIED,
    Answer,
    CreditRequest,
    InitialKeyChangeRequest,
    IssuedToken,
    IssueRequest,
    KeyChangeRequest,
    KeyChangeSet,
    KeyRef,
    KeyRegister,
    ManagementRequest,
    MeterId,
    MeterTestRequest,
    MeterTestToken,
    ModuleKind,
    ModuleRole,
    Refusal,
    SecurityModule,
    VerifyRequest,
)
from voltoken.sts import EA, TI, InitiateMeterTestDisplay, Service, TokenNumber

ACCEPT, USED = TokenResult.ACCEPT, TokenResult.USED


@dataclass(frozen=True)
class Says:
    """What the port of a driver can say.

    kind: in ``info``. on_record: whether a token is on record or was decrypted. own_request: and which
    request it answered. keeps_tests: results of class 1 are fetched. rolls_over: within one base date.
    remembers: over a restart. shared: all clients reach one module, so that the record is the same.
    foreign: the codes for a key of a supply group that the client has no right to. settled: an answer that
    was given is known as given while the module is sealed.
    """

    kind: ModuleKind
    on_record: bool = True
    keeps_tests: bool = True
    rolls_over: bool = True
    remembers: bool = True
    shared: bool = True
    foreign: tuple[str, ...] = ("client.supply_group",)
    settled: bool = True


SAYS: Final = {
    "software": Says(ModuleKind.SOFTWARE),
    "pkcs11": Says(ModuleKind.PKCS11),
    "prism": Says(
        ModuleKind.PRISM,
        on_record=False,
        keeps_tests=False,
        rolls_over=False,
        foreign=("key.unknown",),
        settled=False,
    ),
    "pool": Says(
        ModuleKind.POOL,
        keeps_tests=False,
        rolls_over=False,
        shared=False,
        foreign=("key.unknown", "client.supply_group"),
        settled=False,
    ),
    "fake": Says(ModuleKind.SOFTWARE, remembers=False, shared=False),
}
"""PrismToken has no word for the record, results of test tokens, or a roll-over within a base date, and no
place for details of a refusal: its code and its sentence come through. Whether a meter is a test meter does
not travel either; the client's settings say it. A pool of ours has a member behind PrismToken, so it can
promise no more than that one, but its near member knows its own record; and two clients have two pools, which
know nothing of each other. A fake keeps nothing."""


def register_of(ref: KeyRef) -> KeyRegister:
    """Return what is known of a key of the sites."""
    return next(one for one in keys_of(ModuleRole.VENDING) if one.ref == ref)


def credit(
    meter: MeterId | None = None, key: KeyRef = KEY, minutes: int = 0, steps: int = 10
) -> CreditRequest:
    """Return a new request for units."""
    target = new_meter() if meter is None else meter
    return CreditRequest(new_id(), target, key, Service.ELECTRICITY, steps, tid_now(minutes=minutes))


def change(meter: MeterId, key: KeyRef, new_key: KeyRef, tokens: int) -> KeyChangeRequest:
    """Return a new request for a key change."""
    return KeyChangeRequest(new_id(), meter, key, new_key, TI("01"), tokens)


def meter_test() -> MeterTestRequest:
    """Return a new request for a token that every meter takes."""
    return MeterTestRequest(new_id(), InitiateMeterTestDisplay(0, 1, 0))


def issue(module: SecurityModule, request: IssueRequest) -> object:
    """Ask for a request by the method that is for it."""
    if isinstance(request, CreditRequest):
        return module.issue_credit(request)
    if isinstance(request, ManagementRequest):
        return module.issue_management(request)
    if isinstance(request, InitialKeyChangeRequest):
        return module.issue_initial_key_change(request)
    if isinstance(request, KeyChangeRequest):
        return module.issue_key_change(request)
    return module.meter_test_token(request)


def refused(module: SecurityModule, request: IssueRequest) -> SecurityModuleError:
    """Return what the module raises for a request, asked for alone."""
    with pytest.raises(SecurityModuleError) as caught:
        issue(module, request)
    return caught.value


def code_of(error: SecurityModuleError) -> str:
    """Return the code of the rule that an error names."""
    return str(error.detail.get("refusal"))


def enter(meter: Meter, token: IssuedToken | MeterTestToken) -> TokenResult:
    """Enter a token, and return the meter's verdict."""
    return meter.enter(token.token.digits, NOON).result


def enter_set(meter: Meter, made: KeyChangeSet) -> list[str]:
    """Enter a key change, and return the meter's verdicts."""
    return [enter(meter, one).value for one in made.tokens]


def the_same_request_gets_the_same_token(site: Site, says: Says) -> None:
    request = credit()
    first = site.client("till").issue_credit(request)
    assert [site.client("till").issue_credit(request) for _ in range(3)] == [first] * 3
    assert site.client("till").fetch_result(request.request_id) == first


def other_content_under_a_used_id_is_refused(site: Site, says: Says) -> None:
    request = credit()
    site.client("till").issue_credit(request)
    for other in (replace(request, steps=11), replace(request, tid=tid_now(minutes=1))):
        error = refused(site.client("till"), other)
        assert (type(error), code_of(error)) == (ModuleRefused, "request.conflict")


def a_used_id_of_another_client_is_refused(site: Site, says: Says) -> None:
    request = credit()
    site.client("till").issue_credit(request)
    if says.shared:
        assert code_of(refused(site.client("other"), request)) == "request.conflict"
    with pytest.raises(ResultMissing):
        site.client("other").fetch_result(request.request_id)


def a_second_token_for_a_tid_needs_an_approval_and_gets_it_once(site: Site, says: Says) -> None:
    """The meter then takes one of the two, whichever comes first."""
    meter = new_meter()
    first = site.client("till").issue_credit(credit(meter))
    again = credit(meter, steps=20)
    error = refused(site.client("till"), again)
    assert (type(error), code_of(error)) == (ModuleRefused, "tid.claimed")
    found = re.search("[0-9a-f]{32}", error.message)
    assert found is not None
    site.approve(again, found[0])
    second = site.client("till").issue_credit(again)
    real = real_meter(meter, register_of(KEY))
    assert (enter(real, second), enter(real, first)) == (ACCEPT, USED)
    assert code_of(refused(site.client("till"), credit(meter, steps=30))) == "tid.claimed"
    assert site.client("till").issue_credit(again) == second


def meters_take_what_is_sold(site: Site, says: Says) -> None:
    """EA11, EA07 by both key generation algorithms; units and money."""
    for ea, key in ((EA.MISTY1, KEY), (EA.STA, KEY), (EA.STA, SMALL)):
        meter = new_meter(ea)
        token = site.client("till").issue_credit(credit(meter, key, steps=17_001))
        assert (token.steps, token.tid, token.key) == (17_004, tid_now(), key)
        answer = real_meter(meter, register_of(key)).enter(token.token.digits, NOON)
        assert (answer.result, answer.credited) == (ACCEPT, 1_700_400)
    asked = replace(credit(), service=Service.ELECTRICITY_CURRENCY, steps=500_000)
    assert site.client("till").issue_credit(asked).subclass == Service.ELECTRICITY_CURRENCY


def meters_take_management_tokens(site: Site, says: Says) -> None:
    meter = new_meter()
    real = real_meter(meter, register_of(KEY))
    for minutes, (subclass, value) in enumerate([(5, 0), (0, 10_000), (1, 0), (2, 3), (10, 0)]):
        request = ManagementRequest(new_id(), meter, KEY, subclass, value, tid_now(minutes=minutes))
        token = site.client("till").issue_management(request)
        assert (token.token_class, token.subclass) == (2, subclass)
        assert site.client("till").issue_management(request) == token
        if subclass not in {2, 10}:  # tariffs and flags are not for every meter
            assert enter(real, token) is ACCEPT


def meters_follow_key_changes(site: Site, says: Says) -> None:
    """Two and three tokens for EA07, four for EA11; then credit under the new key is accepted."""
    cases = [
        (EA.STA, SMALL, NEW_SMALL, 2, ["1stKCT", "Accept"]),
        (EA.STA, KEY, NEW_KEY, 3, ["1stKCT", "2ndKCT", "Accept"]),
        (EA.MISTY1, KEY, NEW_KEY, 4, ["1stKCT", "2ndKCT", "3rdKCT", "Accept"]),
        (EA.MISTY1, OLD_DAYS, NEW_KEY, 4, ["1stKCT", "2ndKCT", "3rdKCT", "Accept"]),
    ]
    for ea, key, new_key, tokens, verdicts in cases:
        meter = new_meter(ea)
        request = change(meter, key, new_key, tokens)
        made = site.client("till").issue_key_change(request)
        real = real_meter(meter, register_of(key))
        assert enter_set(real, made) == verdicts
        assert (made.new_key, made.roll_over) == (new_key, key == OLD_DAYS)
        assert site.client("till").issue_key_change(request) == made
        assert site.client("till").fetch_result(request.request_id) == made
        assert enter(real, site.client("till").issue_credit(credit(meter, new_key))) is ACCEPT


def another_set_is_refused_while_one_is_out(site: Site, says: Says) -> None:
    meter = new_meter()
    made = site.client("till").issue_key_change(change(meter, KEY, NEW_KEY, 4))
    same = site.client("till").issue_key_change(change(meter, KEY, NEW_KEY, 4))
    assert [one.token for one in same.tokens] == [one.token for one in made.tokens]
    assert code_of(refused(site.client("till"), change(meter, KEY, FOREIGN, 4))) == "change.outstanding"


def a_roll_over_within_a_base_date_is_made_or_refused_by_name(site: Site, says: Says) -> None:
    request = replace(change(new_meter(), KEY, NEW_KEY, 4), roll_over=True)
    if says.rolls_over:
        assert site.client("till").issue_key_change(request).roll_over
    elif says.kind is not ModuleKind.POOL:  # which may have given it to the member that can
        assert code_of(refused(site.client("till"), request)) == "prism.unsupported"


def tokens_of_class_1_are_for_everybody(site: Site, says: Says) -> None:
    request = meter_test()
    made = site.client("other").meter_test_token(request)
    assert enter(real_meter(new_meter(), register_of(KEY)), made) is ACCEPT
    if says.keeps_tests:
        assert site.client("other").fetch_result(request.request_id) == made
    elif says.kind is ModuleKind.PRISM:
        with pytest.raises(ResultMissing):
            site.client("other").fetch_result(request.request_id)


def refusable() -> dict[str, tuple[str, IssueRequest]]:
    """Return, for each code of a refusal, who asks for what to get it."""
    named = KeyRef.parse
    plain, sta = credit(), new_meter(EA.STA)
    reserved = -(NOON.hour * 60 + NOON.minute) + 1
    first = InitialKeyChangeRequest(new_id(), new_meter(), KEY, NEW_KEY, TI("01"), 4)
    in_money = replace(credit(key=named("200001/1")), service=Service.ELECTRICITY_CURRENCY, steps=1_000_001)
    return {
        "client.act": ("other", ManagementRequest(new_id(), new_meter(), KEY, 5, 0, tid_now())),
        "client.supply_group": ("other", credit(key=FOREIGN)),
        "role.initial_key_change": ("till", first),
        "key.unknown": ("till", change(new_meter(), KEY, named("123456/9"), 4)),
        "key.default_credit": ("till", credit(key=named("200006/1"))),
        "key.carrier": ("till", credit(key=named("200008/1"))),
        "key.algorithm": ("till", credit(new_meter(EA.STA), named("200004/1"))),
        "key.service": ("till", credit(key=named("200004/1"))),
        "key.change_only": ("till", credit(key=named("200005/1"))),
        "key.not_active": ("till", credit(key=named("200002/1"))),
        "key.issued_until": ("till", credit(key=named("200003/1"))),
        "key.base_date": ("till", credit(key=OLD_DAYS)),
        "key.expired": ("till", credit(key=named("200007/1"))),
        "meter.expired": ("till", credit(replace(new_meter(), ken=register_of(named("200007/1")).ken))),
        "meter.sample_tables": ("other", credit(replace(sta, test=False))),
        "tid.behind": ("till", replace(plain, tid=tid_now(NOON - timedelta(days=8)))),
        "tid.ahead": ("till", replace(plain, tid=tid_now(NOON + timedelta(days=2)))),
        "tid.reserved": ("till", credit(minutes=reserved)),
        "tid.not_reserved": ("till", replace(credit(), special=True)),
        "limit.units": ("till", credit(key=named("200001/1"), steps=101)),
        "limit.money": ("till", in_money),
        "change.tokens": ("till", change(new_meter(), KEY, NEW_KEY, 3)),
        "change.cluster": ("till", change(new_meter(), KEY, named("200009/1"), 4)),
        "change.new_expired": ("till", change(new_meter(), KEY, named("200007/1"), 4)),
        "change.new_change_only": ("till", change(new_meter(), KEY, named("200005/1"), 4)),
    }


def what_is_forbidden_is_refused_by_name(site: Site, says: Says) -> None:
    """One by one and in a batch alike."""
    asked = refusable()
    found = {}
    for code, (name, request) in asked.items():
        error = refused(site.client(name), request)
        limit = code.startswith("limit.")
        assert type(error) is (ModuleLimit if limit else ModuleRefused), code
        assert limit or not error.retry_safe
        found[code] = code_of(error)
    assert found.pop("client.supply_group") in says.foreign
    assert found == {code: code for code in asked if code != "client.supply_group"}
    answers = [site.client(name).issue_many([request])[0] for name, request in asked.values()]
    assert all(isinstance(one, Refusal) for one in answers)
    codes = [one.code if one.code not in says.foreign else "" for one in answers if isinstance(one, Refusal)]
    assert codes == [code if code not in (*says.foreign, "client.supply_group") else "" for code in asked]


def limits_are_kept_and_what_is_left_can_be_sold(site: Site, says: Says) -> None:
    limited = KeyRef.parse("200001/1")
    sizes = [60, 60, 60, 60, 40, 40, 1]
    answers = site.client("till").issue_many([credit(key=limited, steps=one) for one in sizes])
    sold = [size for size, one in zip(sizes, answers, strict=True) if isinstance(one, IssuedToken)]
    refusals = {one.code for one in answers if isinstance(one, Refusal)}
    assert refusals == {"limit.units"}
    # Each module of a pool counts for itself.
    assert sum(sold) == (200 if says.kind is ModuleKind.POOL else 100)


def a_throttled_client_is_told_and_may_come_back(site: Site, says: Says) -> None:
    slow = site.client("slow")
    asked = [credit() for _ in range(12)]
    answers = slow.issue_many(asked)
    told = [one for one in answers if isinstance(one, Refusal)]
    assert {one.code for one in told} == {"client.rate"}
    assert len(answers) > len(told) > 0
    assert all(one.retry_safe for one in told)
    site.clock.now += timedelta(seconds=2)
    again = next(one for one in asked if one.request_id == told[-1].request_id)
    assert slow.issue_credit(again).request_id == again.request_id


def many_are_answered_in_order_with_refusals_in_their_places(site: Site, says: Says) -> None:
    meter, wrong = new_meter(), credit(key=KeyRef.parse("123456/9"))
    asked: list[IssueRequest] = [
        *(credit(meter, minutes=n, steps=n + 1) for n in range(20)),
        wrong,
        meter_test(),
        change(new_meter(), KEY, NEW_KEY, 4),
        ManagementRequest(new_id(), new_meter(), KEY, 5, 0, tid_now()),
    ]
    answers = site.client("till").issue_many(asked)
    kinds = [IssuedToken] * 20 + [Refusal, MeterTestToken, KeyChangeSet, IssuedToken]
    assert [next(kind for kind in kinds if isinstance(one, kind)) for one in answers] == kinds
    assert [one.request_id for one in answers] == [one.request_id for one in asked]
    tids = [cast(IssuedToken, one).tid for one in answers[:20]]
    assert tids == [tid_now(minutes=n) for n in range(20)]
    assert site.client("till").issue_many(asked[:20]) == answers[:20]
    assert site.client("till").issue_many([]) == []


def verify_knows_what_was_made(site: Site, says: Says) -> None:
    request = credit()
    till, token = site.client("till"), site.client("till").issue_credit(request)
    found = till.verify(VerifyRequest(request.meter, KEY, token.token))
    assert (found.token_class, found.subclass, found.tid) == (0, 0, request.tid)
    if says.kind is not ModuleKind.POOL:
        assert found.on_record is says.on_record
        assert found.request_id == (request.request_id if says.on_record else None)
    forged = TokenNumber(int(token.token) ^ 1)
    with pytest.raises(ModuleRefused) as caught:
        site.client("other").verify(VerifyRequest(request.meter, KEY, forged))
    assert caught.value.refusal == "verify.unknown"
    with pytest.raises(ModuleRefused) as caught:
        till.verify(VerifyRequest(request.meter, KEY, forged))
    assert caught.value.refusal == "verify.not_ours"


def every_answer_says_that_the_module_is_not_certified(site: Site, says: Says) -> None:
    till = site.client("till")
    info = till.info()
    assert (info.kind, info.role) == (says.kind, ModuleRole.VENDING)
    assert NOT_CERTIFIED in info.notice
    made = till.issue_key_change(change(new_meter(), KEY, NEW_KEY, 4))
    answers: list[Answer] = [till.issue_credit(credit()), made, *made.tokens]
    answers.append(till.meter_test_token(meter_test()))
    assert all(NOT_CERTIFIED in one.notice for one in answers)


def keys_are_listed_without_their_bytes(site: Site, says: Says) -> None:
    till = site.client("till")
    assert [one.ref for one in till.list_keys()] == sorted(one.ref for one in keys_of(ModuleRole.VENDING))
    assert till.key(KEY).check_value.value == register_of(KEY).check_value.value
    with pytest.raises(ModuleRefused) as caught:
        till.key(KeyRef.parse("123456/9"))
    assert caught.value.refusal == "key.unknown"


def an_unknown_result_is_missing(site: Site, says: Says) -> None:
    with pytest.raises(ResultMissing):
        site.client("till").fetch_result(new_id())


def a_sealed_module_makes_test_tokens_only(site: Site, says: Says) -> None:
    request, done = credit(), credit()
    made = site.client("till").issue_credit(done)
    site.seal()
    try:
        assert site.client("till").status().state != "ready"
        error = refused(site.client("till"), done)
        assert isinstance(error, ModuleUnavailable if says.settled else SecurityModuleError)
        error = refused(site.client("till"), request)
        assert isinstance(error, ModuleUnavailable)
        assert error.retry_safe
        if says.kind is not ModuleKind.POOL:
            assert code_of(error) == "module.sealed"
            assert site.client("till").meter_test_token(meter_test()).subclass == 0
    finally:
        site.unseal()
    assert site.client("till").status().state == "ready"
    assert site.client("till").issue_credit(request).request_id == request.request_id
    assert site.client("till").issue_credit(done) == made


def after_a_restart_everything_is_known(site: Site, says: Says) -> None:
    if not says.remembers:
        return
    meter = new_meter()
    request, moved = credit(meter), change(meter, KEY, NEW_KEY, 4)
    token, made = site.client("till").issue_credit(request), site.client("till").issue_key_change(moved)
    issued = site.client("till").status().issued
    site.restart()
    till = site.client("till")
    assert till.status().issued == issued
    assert till.fetch_result(request.request_id) == token
    assert till.issue_credit(request) == token
    assert till.fetch_result(moved.request_id) == made
    assert code_of(refused(till, replace(request, steps=11))) == "request.conflict"
    if says.kind is not ModuleKind.POOL:
        # A pool has forgotten, and one of its modules knows nothing of the other's meters.
        assert code_of(refused(till, credit(meter, steps=20))) == "tid.claimed"
        assert code_of(refused(till, change(meter, KEY, FOREIGN, 4))) == "change.outstanding"


SUITE: Final[tuple[Callable[[Site, Says], None], ...]] = (
    the_same_request_gets_the_same_token,
    other_content_under_a_used_id_is_refused,
    a_used_id_of_another_client_is_refused,
    a_second_token_for_a_tid_needs_an_approval_and_gets_it_once,
    meters_take_what_is_sold,
    meters_take_management_tokens,
    meters_follow_key_changes,
    another_set_is_refused_while_one_is_out,
    a_roll_over_within_a_base_date_is_made_or_refused_by_name,
    tokens_of_class_1_are_for_everybody,
    what_is_forbidden_is_refused_by_name,
    limits_are_kept_and_what_is_left_can_be_sold,
    a_throttled_client_is_told_and_may_come_back,
    many_are_answered_in_order_with_refusals_in_their_places,
    verify_knows_what_was_made,
    every_answer_says_that_the_module_is_not_certified,
    keys_are_listed_without_their_bytes,
    an_unknown_result_is_missing,
    a_sealed_module_makes_test_tokens_only,
    after_a_restart_everything_is_known,
)
"""Every behaviour."""
