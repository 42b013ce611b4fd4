"""Which key files a module takes, whom it trusts, and what it asks for: decisions, before any disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.security.desk import KEY, NEW_KEY, NOW, first_key, register, secret_of
from tests.unit.security.office import Office, made_of
from voltoken.errors import FieldError, KeyFileError
from voltoken.security import (
    NOBODY,
    REQUESTS_OPEN_MAX,
    Desk,
    FileDecision,
    KeyDeleted,
    KeyFileLoaded,
    KeyLoaded,
    KeyRefreshed,
    KeyRegister,
    KeyRevoked,
    LastFile,
    LoadRequested,
    ModuleKind,
    ModuleRole,
    ModuleSettings,
    Overlay,
    Refusal,
    Revoked,
    TrustSet,
    Usage,
    ask_for_keys,
    load_file,
    open_requests,
    receipt_again,
    set_trust,
    trust_of,
)
from voltoken.security.keyload import (
    FileRole,
    Held,
    KeyRecord,
    LoadedKey,
    LoadReceipt,
    ModuleIdentity,
    Opened,
    TrustedCentre,
    exchange_public,
    open_file,
    parse,
    read_trust,
    signing_public,
    write_trust,
)
from voltoken.sts import DKGA, EA, KEN, BaseDate, KeyCheckValue, KeyType

ACCEPTING = ModuleSettings("desk-1", accept_live_keys=True)
FACTORY = replace(ACCEPTING, role=ModuleRole.MANUFACTURING)
MODULE = ModuleIdentity(
    "desk-1",
    ModuleKind.SOFTWARE,
    FileRole.VENDING,
    "1.0",
    exchange_public(made_of("exchange")),
    signing_public(made_of("module")),
)
OTHER_EAS = frozenset({EA.MISTY1})


def trusting(document: bytes, state: Overlay | None = None) -> TrustSet:
    """Have a module trust somebody."""
    found = set_trust(state or Overlay(), document, NOW, by="ann")
    assert isinstance(found, TrustSet), found
    return found


@dataclass
class Bench:
    """A module that is asked to load a file. hardware: it has a token. held: keys with other bytes."""

    settings: ModuleSettings = ACCEPTING
    hardware: bool = False
    strange: frozenset[object] = frozenset()
    state: Overlay = field(default_factory=Overlay)
    receipts: list[LoadReceipt] = field(default_factory=list)

    def holding(self, *keys: KeyRegister, centre: str | None = "kmc-1") -> Bench:
        """Have keys in it, from the files of a centre, or from keepers (None)."""
        self.state.take(tuple(KeyLoaded(one, b"", centre) for one in keys))
        return self

    def without(self, *keys: KeyRegister, centre: str = "kmc-1") -> Bench:
        """Have keys that were in it revoked by a file of their centre."""
        self.holding(*keys, centre=centre)
        self.state.take(tuple(KeyRevoked(one.ref, centre, b"") for one in keys))
        return self

    def trusting(self, *centres: str, now: datetime = NOW) -> Bench:
        """Have it trust centres. now: when those were opened, for a year."""
        for name in centres:
            self.state.take((trusting(Office(now, name).document, self.state),))
        return self

    def sign(self, receipt: LoadReceipt) -> bytes:
        """Keep a receipt instead of signing it."""
        self.receipts.append(receipt)
        return b"receipt %d" % len(self.receipts)

    def load(self, *keys: KeyRegister, revoked: tuple[Any, ...] = (), **words: Any) -> FileDecision | Refusal:
        """Have it load a file with these keys, which ``open_file`` has found right."""
        office = Office(NOW, words.pop("centre", "kmc-1"))
        office.seq = words.pop("before", 0)
        role = FileRole(self.settings.role.value)
        module = replace(MODULE, role=role)
        file = parse(office.file(module, keys, revoked, **words))
        opened = open_file(
            file,
            recipient_id="desk-1",
            exchange=made_of("exchange"),
            role=role,
            trust=office.trust(),
            last_seq=0,
            now=NOW,
        )
        return self.decide(opened)

    def decide(self, opened: Opened) -> FileDecision | Refusal:
        """Have it decide about an open file."""
        holds: Callable[[object, bytes], bool] = lambda ref, _: ref not in self.strange  # noqa: E731 - named for the line's length
        desk = Desk("ann", NOW, self.hardware, holds, self.sign, lambda ref: f"mark of {ref}".encode())
        return load_file(self.settings, self.state, opened, desk)


def loaded(found: FileDecision | Refusal) -> FileDecision:
    assert isinstance(found, FileDecision), found
    return found


def default(**changes: Any) -> KeyRegister:
    return register(kt=KeyType.DDTK, **changes)


def _opened(one: KeyRegister, secret: bytes) -> Callable[[Bench], FileDecision | Refusal]:
    """Ask about a key that no centre of ours would send."""

    def ask(bench: Bench) -> FileDecision | Refusal:
        office = Office(NOW)
        file = parse(office.file(MODULE, [register()]))
        return bench.decide(Opened(file.header, (KeyRecord(one, "", secret),), (), file.digest))

    return ask


Act = Callable[[Bench], FileDecision | Refusal]
CASES: dict[str, tuple[Bench, Act, Bench, Act]] = {}


def case(code: str, wrong: tuple[Callable[[], Bench], Act], right: tuple[Callable[[], Bench], Act]) -> None:
    """Note a code with what is refused by it, and with what is the same but for that."""
    CASES[code] = (wrong[0](), wrong[1], right[0](), right[1])


PLAIN: Act = lambda bench: bench.load(register())  # noqa: E731 - the plainest of acts, by name
LIVE: Act = lambda bench: bench.load(register(test=False))  # noqa: E731 - likewise
PUBLISHED = bytes.fromhex("abababababababab949494949494949401234567")

case(
    "custody.algorithms",
    (Bench, lambda bench: bench.load(register(eas=frozenset({EA.DEA, EA.MISTY1}), dkga=DKGA.DKGA02))),
    (Bench, PLAIN),
)
case(
    "custody.role",
    (Bench, lambda bench: bench.load(first_key())),
    (lambda: Bench(FACTORY), lambda bench: bench.load(first_key())),
)
case(
    "custody.published",
    (Bench, _opened(register(test=False), PUBLISHED)),
    (Bench, _opened(register(test=True), PUBLISHED)),
)
case("custody.live_key", (lambda: Bench(ModuleSettings("desk-1")), LIVE), (Bench, LIVE))
case("custody.rehearsal", (lambda: Bench(replace(ACCEPTING, rehearsal_days=-780)), LIVE), (Bench, LIVE))
case(
    "custody.default_key",
    (Bench, lambda bench: bench.load(default())),
    (Bench, lambda bench: bench.load(default(key_change_only=True))),
)
case(
    "custody.other_key",
    (lambda: Bench().holding(register(check_value=KeyCheckValue("ABCDEF", "x"))), PLAIN),
    (lambda: Bench().holding(register()), PLAIN),
)
case(
    "custody.lasting",
    (lambda: Bench().holding(register(base_date=BaseDate.BD1993)), PLAIN),
    (lambda: Bench().holding(register()), PLAIN),
)
case(
    "custody.credit_back",
    (lambda: Bench().holding(register(key_change_only=True)), PLAIN),
    (
        lambda: Bench().holding(register(key_change_only=True)),
        lambda bench: bench.load(register(key_change_only=True)),
    ),
)
SAME: Act = lambda bench: bench.load(register(), centre="kmc-2")  # noqa: E731 - likewise
REVOKE: Act = lambda bench: bench.load(  # noqa: E731 - likewise
    register(NEW_KEY), revoked=(KEY,), centre="kmc-2"
)
BOTH = ("kmc-1", "kmc-2")
FOREIGN: dict[str, tuple[Callable[[], Bench], Act]] = {
    "it refreshes the key of another": (lambda: Bench().holding(register()).trusting(*BOTH), SAME),
    "it revokes the key of another": (lambda: Bench().holding(register()).trusting(*BOTH), REVOKE),
    "it brings back what another revoked": (lambda: Bench().without(register()).trusting(*BOTH), SAME),
    "it replaces the key of keepers": (
        lambda: Bench(strange=frozenset({KEY})).holding(register(), centre=None),
        SAME,
    ),
    "its key has the name of one of keepers": (
        lambda: Bench().holding(register(check_value=KeyCheckValue("ABCDEF", "x")), centre=None),
        SAME,
    ),
    "it revokes the key of keepers": (lambda: Bench().holding(register(), centre=None), REVOKE),
}
case(
    "custody.other_centre",
    FOREIGN["it refreshes the key of another"],
    (lambda: Bench().holding(register()).trusting("kmc-2"), SAME),
)
LOADING_CODES = set(CASES) | {"custody.untrusted", "custody.trust_version"}
SAYS = {"custody.live_key": "accept_non_sts_compliant_module", "custody.lasting": "base_date"}


@pytest.mark.parametrize("code", CASES)
def test_where_only_one_thing_is_wrong_the_whole_file_is_refused(code: str) -> None:
    bench, wrong, _, _ = CASES[code]
    found = wrong(bench)
    assert isinstance(found, Refusal)
    assert (found.code, found.retry_safe) == (code, False)
    assert SAYS.get(code, "") in found.message
    assert "{" not in found.message
    assert bench.receipts == []


@pytest.mark.parametrize("code", CASES)
def test_with_the_one_thing_mended_it_is_loaded(code: str) -> None:
    _, _, bench, right = CASES[code]
    assert loaded(right(bench)).receipt == b"receipt 1"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_key_among_good_ones_stops_them_all(place: int) -> None:
    keys = [register(f"123456/{number}") for number in (1, 2, 3)]
    keys[place] = replace(keys[place], kt=KeyType.DDTK)
    found = Bench().load(*keys)
    assert isinstance(found, Refusal)
    assert found.code == "custody.default_key"
    assert str(keys[place].ref) in found.message


def test_a_manufacturing_module_takes_default_keys_whole() -> None:
    loaded(Bench(FACTORY).load(default()))


def test_a_file_is_keys_revocations_and_one_line_that_says_so() -> None:
    gone, there = register("123456/8"), register("123456/2")
    bench = Bench().holding(gone, there)
    bench.state.take((LoadRequested("load-1", "kmc-1", "ann"),))
    absent = register("123456/9").ref
    new, again = register("123456/1"), replace(there, ulm=5)
    found = loaded(
        bench.load(
            new, again, revoked=(gone.ref, absent), request_id="load-1", owner_auth="5e" * 32, before=6
        )
    )
    assert found.put == ((new, secret_of(new.ref)), (again, secret_of(again.ref)))
    assert found.drop == (gone.ref,)
    *records, file = found.records
    assert records == [
        KeyRevoked(gone.ref, "kmc-1", b"mark of 123456/8"),
        KeyLoaded(new, secret_of(new.ref), "kmc-1"),
        KeyRefreshed(again, secret_of(again.ref), "kmc-1"),
    ]
    assert isinstance(file, KeyFileLoaded)
    assert (file.centre_id, file.seq, file.request_id, file.by) == ("kmc-1", 7, "load-1", "ann")
    assert [(str(one.ref), one.check_value, one.owner_auth) for one in file.keys] == [
        (str(one.ref), one.check_value.value, "5e" * 32) for one in (new, again)
    ]
    assert file.revoked == (gone.ref, absent)
    assert file.receipt == found.receipt == b"receipt 1"
    (receipt,) = bench.receipts
    assert (receipt.module_id, receipt.centre_id, receipt.file_id, receipt.seq) == (
        *("desk-1", "kmc-1"),
        *(file.file_id, 7),
    )
    assert (receipt.digest, receipt.loaded_at, receipt.revoked) == (file.digest, NOW, file.revoked)
    assert receipt.keys == tuple(LoadedKey(one.ref, one.check_value.value, one.iut) for one in (new, again))
    bench.state.take(found.records)
    assert bench.state.last_file("kmc-1") == LastFile(7, file.digest, b"receipt 1")
    assert bench.state.load_requests() == {}
    assert bench.state.register(again.ref) == again
    assert bench.state.register(gone.ref) is None
    assert bench.state.revoked(gone.ref) == Revoked(gone, "kmc-1", b"mark of 123456/8")
    assert [bench.state.owner(ref) for ref in (new.ref, again.ref, gone.ref)] == ["kmc-1", "kmc-1", None]


def test_no_repr_of_a_decision_shows_a_key() -> None:
    found = loaded(Bench().load(register()))
    assert secret_of(KEY).hex() not in repr(found)
    assert repr(secret_of(KEY)) not in repr(found)


def test_refreshing_replaces_what_may_change_and_counts_on() -> None:
    bench = Bench().holding(register())
    bench.state.count(KEY, 60, 7)
    again = register(
        *(KEY, 160),
        act=NOW,
        iut=NOW + timedelta(days=9),
        ulm=70,
        clm=8,
        ken=KEN(90),
        services=frozenset(),
        eas=OTHER_EAS,
        key_change_only=True,
    )
    found = loaded(bench.load(again))
    bench.state.take(found.records)
    assert bench.state.register(KEY) == again
    assert bench.state.usage(KEY) == Usage(60, 7)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kt", KeyType.DCTK),
        ("dkga", DKGA.DKGA02),
        ("base_date", BaseDate.BD1993),
        ("clu", 3),
        ("test", False),
    ],
)
def test_what_a_key_is_no_file_changes(name: str, value: object) -> None:
    changed: dict[str, Any] = {name: value}
    known = replace(register(), **changed)
    found = Bench().holding(known).load(register())
    assert isinstance(found, Refusal)
    assert (found.code, found.detail["names"]) == ("custody.lasting", name)


def test_a_test_key_does_not_become_live() -> None:
    found = Bench().holding(register(test=True)).load(register(test=False))
    assert isinstance(found, Refusal)
    assert found.code == "custody.lasting"


def test_the_same_check_value_over_other_bytes_is_another_key() -> None:
    found = Bench(strange=frozenset({KEY})).holding(register()).load(register())
    assert isinstance(found, Refusal)
    assert (found.code, found.detail["known"]) == ("custody.other_key", register().check_value.value)


def test_in_a_module_with_a_token_160_bit_keys_go_into_it_and_stay_there() -> None:
    small = register(NEW_KEY, bits=64)
    found = loaded(Bench(hardware=True).load(register(), small))
    inside = register(in_hardware=True)
    assert found.records[:2] == (
        KeyLoaded(inside, None, "kmc-1"),
        KeyLoaded(small, secret_of(NEW_KEY, 64), "kmc-1"),
    )
    assert found.put == ((inside, secret_of(KEY)), (small, secret_of(NEW_KEY, 64)))
    again = loaded(Bench(hardware=True).holding(inside).load(register()))
    assert again.records[0] == KeyRefreshed(inside, None, "kmc-1")
    outside = loaded(Bench(hardware=True).holding(register()).load(register()))
    assert outside.records[0] == KeyRefreshed(register(), secret_of(KEY), "kmc-1")


@pytest.mark.parametrize("what", FOREIGN)
def test_a_file_leaves_alone_what_belongs_to_others(what: str) -> None:
    scene, act = FOREIGN[what]
    found = act(scene())
    assert isinstance(found, Refusal)
    keepers = "keepers" in what
    assert (found.code, found.detail["owner"]) == (
        "custody.other_centre",
        "the keepers who loaded it" if keepers else "kmc-1",
    )
    assert "voltoken sm keys delete" in found.message
    assert "{" not in found.message


@pytest.mark.parametrize("act", [SAME, REVOKE], ids=["refresh", "revoke"])
@pytest.mark.parametrize("ended", [False, True], ids=["not on the list", "past its dates"])
def test_when_a_centre_is_trusted_no_more_another_takes_its_keys_over(act: Act, *, ended: bool) -> None:
    bench = Bench().holding(register())
    if ended:
        bench.trusting("kmc-1", now=NOW - timedelta(days=400))
    bench.trusting("kmc-2")
    found = loaded(act(bench))
    bench.state.take(found.records)
    bench.trusting("kmc-1")
    back = bench.load(register())
    assert isinstance(back, Refusal)
    assert (back.code, back.detail["owner"]) == ("custody.other_centre", "kmc-2")


def test_what_keepers_put_in_a_file_refreshes_and_it_stays_theirs() -> None:
    bench = Bench().holding(register(), centre=None)
    found = loaded(bench.load(register(ulm=5)))
    assert found.records[0] == KeyRefreshed(register(ulm=5), secret_of(KEY), None)
    bench.state.take(found.records)
    assert bench.state.owner(KEY) is None
    again = bench.load(register(NEW_KEY), revoked=(KEY,))
    assert isinstance(again, Refusal)
    assert again.code == "custody.other_centre"


def test_a_name_that_is_not_there_is_revoked_by_anybody_without_effect() -> None:
    bench = Bench().without(register()).trusting(*BOTH)
    found = loaded(REVOKE(bench))
    assert found.drop == ()
    bench.state.take(found.records)
    kept = bench.state.revoked(KEY)
    assert kept is not None
    assert kept.centre == "kmc-1"


BACK: dict[str, tuple[Bench, KeyRegister, str]] = {
    "with credit": (Bench().without(register(key_change_only=True)), register(), "custody.credit_back"),
    "live": (Bench().without(register(test=True)), register(test=False), "custody.lasting"),
    "on another base date": (
        Bench().without(register(base_date=BaseDate.BD1993)),
        register(),
        "custody.lasting",
    ),
    "with another check value": (
        Bench().without(register(check_value=KeyCheckValue("ABCDEF", "x"))),
        register(),
        "custody.other_key",
    ),
    "with other bytes": (
        Bench(strange=frozenset({KEY})).without(register()),
        register(),
        "custody.other_key",
    ),
}


@pytest.mark.parametrize("how", BACK)
def test_a_key_that_was_revoked_does_not_come_back_as_more_than_it_was(how: str) -> None:
    bench, wanted, code = BACK[how]
    found = bench.load(wanted)
    assert isinstance(found, Refusal)
    assert found.code == code
    assert "voltoken sm keys delete" in found.message
    bench.state.take((KeyDeleted(KEY),))
    loaded(bench.load(wanted))


def test_a_key_that_was_revoked_comes_back_as_what_it_was() -> None:
    one = register(key_change_only=True)
    bench = Bench(hardware=True).without(one)
    found = loaded(bench.load(one))
    assert found.records[0] == KeyLoaded(replace(one, in_hardware=True), None, "kmc-1")
    bench.state.take(found.records)
    assert bench.state.revoked(KEY) is None
    again = bench.load(register())
    assert isinstance(again, Refusal)
    assert again.code == "custody.credit_back"


def test_keepers_who_load_a_key_themselves_need_not_delete_what_is_remembered() -> None:
    bench = Bench().without(register(key_change_only=True)).holding(register(), centre=None)
    assert bench.state.revoked(KEY) is None
    assert bench.state.owner(KEY) is None


def test_a_module_that_was_told_nothing_trusts_nobody() -> None:
    assert trust_of(Overlay()) is NOBODY
    assert NOBODY.centres == ()


def test_centres_are_added_one_by_one_and_replaced_by_themselves() -> None:
    state = Overlay()
    first, second = Office(NOW), Office(NOW, "kmc-2")
    for number, office in enumerate((first, second), 1):
        state.take((trusting(office.document, state),))
        assert trust_of(state).version == number
    assert [one.centre_id for one in trust_of(state).centres] == ["kmc-1", "kmc-2"]
    renewed = Office(NOW, "kmc-1", seed=made_of("a new key"))
    state.take((trusting(renewed.document, state),))
    found = trust_of(state)
    assert (found.version, found.issued_at) == (3, NOW)
    assert found.centre("kmc-1") == TrustedCentre.of(renewed.identity)
    assert found.centre("kmc-2") == TrustedCentre.of(second.identity)


@pytest.mark.parametrize("version", [1, 4, 5, 6, 2**40])
def test_a_list_replaces_the_whole_list_and_its_version_only_rises(version: int) -> None:
    state = Overlay()
    state.take((trusting(write_trust(Office(NOW).trust(5)), state),))
    found = set_trust(state, write_trust(Office(NOW, "kmc-2").trust(version)), NOW, by="bob")
    if version <= 5:
        assert isinstance(found, Refusal)
        assert (found.code, found.detail) == ("custody.trust_version", {"version": version, "known": 5})
        return
    assert isinstance(found, TrustSet)
    assert (found.version, found.by) == (version, "bob")
    assert [one.centre_id for one in read_trust(found.document.encode()).centres] == ["kmc-2"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: data[:-1], "json"),
        (lambda data: data.replace(b"kmc-1", b"kmc-9"), "signature"),
        (lambda _: b"{}", "format"),
    ],
    ids=["cut", "other name", "something else"],
)
def test_what_is_no_centre_and_no_list_is_not_trusted(spoil: Callable[[bytes], bytes], reason: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        set_trust(Overlay(), spoil(Office(NOW).document), NOW, by="ann")
    assert caught.value.reason == reason


DOCUMENTS = (Office(NOW).document, write_trust(Office(NOW).trust(3)))


@given(st.sampled_from(DOCUMENTS), st.integers(0, 10**6), st.binary(max_size=3), st.integers(0, 3))
@settings(max_examples=60)
def test_a_changed_document_is_another_list_or_is_rejected(
    document: bytes, at: int, put: bytes, gone: int
) -> None:
    """A list is not signed, so another list may come of it; a person compares its fingerprint."""
    at %= len(document)
    changed = document[:at] + put + document[at + gone :]
    try:
        found = set_trust(Overlay(), changed, NOW, by="eve")
    except KeyFileError:
        return
    assert isinstance(found, TrustSet)
    assert changed == document or document == DOCUMENTS[1]
    assert read_trust(found.document.encode()).version == found.version


def asked(state: Overlay, centre: str = "kmc-1", now: Any = NOW, request_id: str = "load-1") -> Any:
    """Ask a centre for a key."""
    return ask_for_keys(ACCEPTING, state, centre, (NEW_KEY,), request_id, now, by="ann")


def test_a_request_says_what_is_wanted_and_what_is_there() -> None:
    state = Bench().holding(register(), register("123456/3", act=NOW)).state
    state.take((trusting(Office(NOW).document),))
    state.take((KeyFileLoaded("kmc-1", 12, "f", "d", None, (), (), b"", "ann"),))
    request, record = asked(state)
    assert (request.module_id, request.centre_id, request.request_id) == ("desk-1", "kmc-1", "load-1")
    assert (request.wanted, request.last_seq, request.made_at) == ((NEW_KEY,), 12, NOW)
    assert request.held == tuple(
        Held(one.ref, one.check_value.value, one.act, one.iut) for one in state.registers()
    )
    assert record == LoadRequested("load-1", "kmc-1", "ann")


def test_only_a_centre_that_is_trusted_now_is_asked() -> None:
    state = Overlay()
    assert asked(state).detail == {"centre": "kmc-1", "names": "none"}
    state.take((trusting(Office(NOW).document),))
    assert asked(state, "kmc-2").detail == {"centre": "kmc-2", "names": "kmc-1"}
    late = asked(state, now=NOW + timedelta(days=366))
    assert (late.code, late.detail["names"]) == ("custody.untrusted", "none")
    assert not isinstance(asked(state), Refusal)


def test_a_first_request_has_no_number_before_it_and_names_each_key_once() -> None:
    state = Overlay()
    state.take((trusting(Office(NOW).document),))
    assert asked(state)[0].last_seq == 0
    with pytest.raises(FieldError):
        ask_for_keys(ACCEPTING, state, "kmc-1", (KEY, KEY), "load-1", NOW, by="ann")


def test_requests_are_open_until_they_are_answered_and_not_too_many() -> None:
    state = Overlay()
    for number in range(REQUESTS_OPEN_MAX + 2):
        state.take((LoadRequested(f"load-{number}", "kmc-2" if number == 5 else "kmc-1", "ann"),))
    found = open_requests(state, "kmc-1")
    assert len(found) == REQUESTS_OPEN_MAX - 1
    assert not {"load-0", "load-1", "load-5"} & found
    assert open_requests(state, "kmc-2") == {"load-5"}
    later = Overlay(state)
    later.take((KeyFileLoaded("kmc-1", 1, "f", "d", "load-7", (), (), b"r", "ann"),))
    assert open_requests(later, "kmc-1") == found - {"load-7"}
    assert open_requests(state, "kmc-1") == found


def test_the_last_file_of_a_centre_gets_its_receipt_again_and_no_other() -> None:
    office, state = Office(NOW), Overlay()
    first, second = office.file(MODULE, [register()]), office.file(MODULE, [register(NEW_KEY)])
    assert receipt_again(state, parse(first)) is None
    for data in (first, second):
        file = parse(data)
        state.take(
            (KeyFileLoaded("kmc-1", file.header.seq, "f", file.digest, None, (), (), data[:9], "ann"),)
        )
        assert receipt_again(Overlay(state), file) == data[:9]
    assert receipt_again(state, parse(first)) is None
    other = office.file(MODULE, [register()], seq=2)
    assert receipt_again(state, parse(other)) is None
    foreign = Office(NOW, "kmc-2").file(MODULE, [register(NEW_KEY)], seq=2)
    assert receipt_again(state, parse(foreign)) is None


def test_what_is_known_of_centres_shines_through_from_below() -> None:
    state = Overlay()
    state.take((trusting(Office(NOW).document), LoadRequested("load-1", "kmc-1", "ann")))
    over = Overlay(state)
    over.take(())
    assert (over.trust(), over.load_requests()) == (state.trust(), {"load-1": "kmc-1"})


def test_a_rehearsal_is_whole_days_away_and_says_so() -> None:
    assert ModuleSettings("desk-1").rehearsal == ""
    assert ModuleSettings("desk-1", rehearsal_days=-780).rehearsal.endswith("shifted by -780 days")
    assert ModuleSettings("desk-1", rehearsal_days=20_000).rehearsal.endswith("+20000 days")
    for wrong in (-20_001, 20_001, 1.5, True, "1"):
        with pytest.raises(FieldError) as caught:
            ModuleSettings("desk-1", rehearsal_days=wrong)  # type: ignore[arg-type] # that is the point
        assert caught.value.field == "rehearsal_days"
