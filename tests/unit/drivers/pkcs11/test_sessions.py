"""Sessions are lent to one thread at a time, given back, and replaced when they break."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pkcs11
import pytest

from voltoken.drivers.pkcs11.sessions import Seat, SessionPool
from voltoken.errors import FieldError, ModuleUnavailable

KEY: Any = object()


@dataclass(eq=False)
class FakeSession:
    """A session of no token."""

    closed: bool = False
    gone: bool = False

    def close(self) -> None:
        self.closed = True
        if self.gone:
            raise pkcs11.SessionHandleInvalid


@dataclass
class Token:
    """Opens sessions, and remembers them."""

    made: list[FakeSession] = field(default_factory=list)
    fault: BaseException | None = None

    def open(self) -> Any:
        if self.fault is not None:
            raise self.fault
        self.made.append(FakeSession())
        return self.made[-1]


def pool_of(token: Token, size: int = 2, wait_s: float = 5) -> SessionPool:
    return SessionPool(token.open, size, wait_s)


def test_one_thread_uses_one_session_again_and_again() -> None:
    token = Token()
    pool = pool_of(token)
    assert len({id(pool.run("work", lambda seat: seat.session)) for _ in range(5)}) == 1
    assert len(token.made) == 1


def test_no_session_is_lent_to_two_and_no_more_than_allowed_are_opened() -> None:
    token = Token()
    pool = pool_of(token, size=3)
    in_use: set[int] = set()
    clashes = []

    def work(seat: Seat) -> None:
        if id(seat) in in_use:
            clashes.append(seat)
        in_use.add(id(seat))
        time.sleep(0.001)
        in_use.discard(id(seat))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: pool.run("work", work), range(100)))
    assert clashes == []
    assert 1 <= len(token.made) <= 3


def test_what_was_found_stays_with_its_session() -> None:
    pool = pool_of(Token())
    pool.run("work", lambda seat: seat.keys.setdefault("vk", KEY))
    assert pool.run("work", lambda seat: list(seat.keys)) == ["vk"]


@pytest.mark.parametrize(
    "fault",
    [
        pkcs11.DeviceError,
        pkcs11.DeviceRemoved,
        pkcs11.KeyHandleInvalid,
        pkcs11.ObjectHandleInvalid,
        pkcs11.OperationActive,
        pkcs11.SessionClosed,
        pkcs11.SessionHandleInvalid,
        pkcs11.TokenNotPresent,
        pkcs11.UserNotLoggedIn,
    ],
)
def test_a_broken_session_is_dropped_with_all_that_rest_and_the_work_done_once_more(
    fault: type[pkcs11.PKCS11Error],
) -> None:
    token = Token()
    pool = pool_of(token)
    pool.run("work", lambda _: pool.run("work", lambda _: None))  # two sessions, both resting now
    for session in token.made:
        session.gone = True
    seen: list[Seat] = []

    def work(seat: Seat) -> str:
        seen.append(seat)
        if len(seen) == 1:
            raise fault
        return "done"

    assert pool.run("work", work) == "done"
    assert [session.closed for session in token.made] == [True, True, False]
    assert seen[0] is not seen[1]


def test_a_fault_that_comes_back_is_reported_after_the_second_try() -> None:
    token = Token()
    tries = []

    def work(seat: Seat) -> None:
        tries.append(seat)
        raise pkcs11.DeviceRemoved("with a secret inside")

    with pytest.raises(ModuleUnavailable, match=r"cannot work \(DeviceRemoved\)") as caught:
        pool_of(token).run("work", work)
    assert len(tries) == 2
    assert caught.value.retry_safe
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("fault", [pkcs11.GeneralError, pkcs11.MechanismInvalid, pkcs11.PKCS11Error])
def test_other_faults_are_reported_at_once_and_the_session_is_kept(
    fault: type[pkcs11.PKCS11Error],
) -> None:
    token = Token()
    pool = pool_of(token)
    tries = []

    def work(seat: Seat) -> None:
        tries.append(seat)
        raise fault("0x1234 secret")

    with pytest.raises(ModuleUnavailable) as caught:
        pool.run("work", work)
    assert "secret" not in str(caught.value)
    assert len(tries) == 1
    pool.run("work", lambda _: None)
    assert len(token.made) == 1


def test_our_own_errors_pass_and_the_session_is_given_back() -> None:
    token = Token()
    pool = pool_of(token, size=1)

    def work(seat: Seat) -> None:
        raise FieldError("label", "x", "something else")

    for _ in range(3):
        with pytest.raises(FieldError):
            pool.run("work", work)
    assert len(token.made) == 1


def test_a_session_that_does_not_open_does_not_use_up_a_place() -> None:
    token = Token(fault=pkcs11.SessionCount())
    pool = pool_of(token, size=1, wait_s=0.2)
    for _ in range(3):
        with pytest.raises(ModuleUnavailable, match="SessionCount"):
            pool.run("work", lambda _: None)
    token.fault = None
    assert pool.run("work", lambda _: "done") == "done"


def test_whoever_waits_too_long_is_told_that_the_token_is_busy() -> None:
    pool = pool_of(Token(), size=1, wait_s=0.01)
    with pytest.raises(ModuleUnavailable, match="busy: no session of 1"):
        pool.run("work", lambda _: pool.run("work", lambda _: None))
    pool.run("work", lambda _: None)


def test_work_alone_waits_for_all_others_and_makes_them_search_again() -> None:
    pool = pool_of(Token(), size=2)
    entered, leave, order = threading.Event(), threading.Event(), []

    def slow(seat: Seat) -> None:
        seat.keys["vk"] = KEY
        entered.set()
        leave.wait()
        order.append("others")

    with ThreadPoolExecutor(2) as threads:
        other = threads.submit(pool.run, "work", slow)
        entered.wait()
        alone = threads.submit(pool.alone, lambda: order.append("alone"))
        leave.set()
        other.result()
        alone.result()
    assert order == ["others", "alone"]
    assert pool.run("work", lambda seat: seat.keys) == {}


def test_whoever_wants_to_be_alone_is_not_kept_waiting_by_those_who_come_later() -> None:
    pool = pool_of(Token(), size=2)
    entered, leave = threading.Event(), threading.Event()

    def slow(_: Seat) -> None:
        entered.set()
        leave.wait()

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(pool.run, "work", slow)
        entered.wait()
        alone = threads.submit(pool.alone, lambda: "done")
        while not pool._reserved:
            time.sleep(0.001)
        pool._wait_s = 0.01
        try:
            with pytest.raises(ModuleUnavailable, match="busy"):
                pool.run("work", lambda _: None)
        finally:
            leave.set()
        first.result()
        assert alone.result() == "done"


def test_a_fault_of_work_alone_lets_the_others_go_on() -> None:
    pool = pool_of(Token())

    def fail() -> None:
        raise pkcs11.TokenWriteProtected

    with pytest.raises(pkcs11.TokenWriteProtected):
        pool.alone(fail)
    assert pool.run("work", lambda _: "done") == "done"
    assert pool.alone(lambda: "done") == "done"


def test_a_closed_pool_closes_everything_and_lends_nothing() -> None:
    token = Token()
    pool = pool_of(token)
    pool.run("work", lambda _: None)
    pool.close()
    assert all(session.closed for session in token.made)
    with pytest.raises(ModuleUnavailable, match="closed"):
        pool.run("work", lambda _: None)
    with pytest.raises(ModuleUnavailable, match="closed"):
        pool.alone(lambda: None)


def test_closing_waits_for_work_and_closes_its_session_afterwards() -> None:
    token = Token()
    pool = pool_of(token, wait_s=0.01)

    def work(_: Seat) -> None:
        with pytest.raises(ModuleUnavailable, match="1 sessions of the security token are still at work"):
            pool.close()
        assert not token.made[0].closed

    pool.run("work", work)
    assert token.made[0].closed
    pool.close()


def test_whoever_waits_is_told_when_the_pool_closes() -> None:
    pool = pool_of(Token(), size=1)
    entered, leave = threading.Event(), threading.Event()

    def slow(_: Seat) -> None:
        entered.set()
        leave.wait()

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(pool.run, "work", slow)
        entered.wait()
        second = threads.submit(pool.run, "work", slow)
        third = threads.submit(pool.close)
        try:
            with pytest.raises(ModuleUnavailable, match="closed"):
                second.result()
        finally:
            leave.set()
        first.result()
        third.result()
