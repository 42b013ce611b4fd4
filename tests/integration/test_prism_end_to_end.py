"""A client, TLS, a server and a module's engine: what is sold is what the meter takes, whatever breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.integration.prism_site import Site
from tests.unit.drivers.prism.stage import DeskBook, DeskModule
from tests.unit.security.desk import KEY, METER, NOW, Desk, change, client, credit, register, tid_at
from voltoken.drivers.prism import (
    Address,
    Bounds,
    Listener,
    Patience,
    Peer,
    PrismHandler,
    PrismModule,
    PrismSettings,
    Trust,
)
from voltoken.errors import ModuleOutcomeUnknown, ModuleUnavailable, PeerError
from voltoken.meter import TokenResult
from voltoken.security import IssuedToken

pytestmark = pytest.mark.slow  # processes, sockets or disks at work

REAL = replace(METER, test=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that all tests share."""
    return Site.build(tmp_path_factory.mktemp("site"))


class Station:
    """A server at a desk, which can lose answers and be stopped and started at its port.

    losses: how many answers to calls that make tokens are lost, each with its connection.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.desk = Desk([register(KEY, ulm=10**9)], clients=[client("till", rate=10**6, burst=10**6)])
        self.lock = threading.Lock()
        self.losses = 0
        self.handler = PrismHandler(
            lambda name: DeskModule(self.desk, name),
            lambda user, password: (user, password) == ("till", "secret"),
            DeskBook(self.desk),
            lambda: NOW,
        )
        self.port = 0
        self.start()

    def start(self) -> None:
        """Listen, at the same port as before."""
        address = Address("127.0.0.1", self.port)
        self.listener = Listener(address, self.site.context(), self.answer, Bounds(connections=8))
        self.listener.start()
        self.port = self.listener.port

    def answer(self, payload: bytes, peer: Peer) -> bytes:
        """Answer a call, or hang up after it was carried out."""
        with self.lock:  # a desk is for one thread
            made = self.desk.memory.issued()
            answer = self.handler.answer(payload, peer)
            if self.losses and self.desk.memory.issued() > made:
                self.losses -= 1
                raise PeerError("lost on purpose")
        return answer

    def client(self, *, password: str | None = None, connections: int = 4) -> PrismModule:
        """Return a client of this server."""
        settings = PrismSettings(
            Address("127.0.0.1", self.port),
            Trust(authority=self.site.authority),
            "till",
            password or "secret",
            self.site.client,
            Patience(connect_ms=5_000, answer_ms=10_000),
            connections,
        )
        return PrismModule(settings, self.desk.memory.registers(), lambda: NOW)


@contextmanager
def station(site: Site) -> Iterator[Station]:
    """Run a server until the block ends."""
    made = Station(site)
    try:
        yield made
    finally:
        made.listener.stop()


def test_what_is_sold_over_the_wire_is_taken_by_the_meter(site: Site) -> None:
    with station(site) as served:
        module = served.client()
        meter = served.desk.meter()
        tokens = [module.issue_credit(credit(f"v{n}:1", n, meter=REAL)) for n in range(3)]
        assert {meter.enter(one.token, NOW).result for one in tokens} == {TokenResult.ACCEPT}
        assert module.info().module_id == "desk-1"
        module.close()


def test_a_key_change_over_the_wire_leads_the_meter_to_its_new_key(site: Site) -> None:
    with station(site) as served:
        served.desk.load(register("123456/2"))
        module = served.client()
        meter = served.desk.meter()
        change_set = module.issue_key_change(change(meter=REAL))
        results = [meter.enter(one.token, NOW).result.value for one in change_set.tokens]
        assert results == ["1stKCT", "2ndKCT", "3rdKCT", "Accept"]
        module.close()


def test_lost_answers_are_fetched_on_another_connection_and_nothing_is_doubled(site: Site) -> None:
    with station(site) as served:
        module = served.client()
        for number in range(4):
            served.losses = 1
            token = module.issue_credit(credit(f"v{number}:1", number, meter=REAL))
            assert token.tid == tid_at(number)
        assert served.desk.memory.issued() == 4
        module.close()


def test_many_clients_at_once_get_each_their_own_token(site: Site) -> None:
    with station(site) as served:
        module = served.client()
        served.losses = 7
        with ThreadPoolExecutor(8) as crowd:
            requests = [credit(f"v{n}:1", n, meter=REAL) for n in range(60)]
            tokens = list(crowd.map(module.issue_credit, requests))
        assert [one.tid for one in tokens] == [tid_at(n) for n in range(60)]
        assert len({int(one.token) for one in tokens}) == 60
        assert served.desk.memory.issued() == 60
        assert served.losses == 0
        module.close()


def test_the_same_request_by_many_at_once_is_one_token(site: Site) -> None:
    with station(site) as served:
        module = served.client()
        served.losses = 1
        with ThreadPoolExecutor(6) as crowd:
            tokens = list(crowd.map(module.issue_credit, [credit(meter=REAL)] * 6))
        assert len({int(one.token) for one in tokens}) == 1
        assert served.desk.memory.issued() == 1
        module.close()


def test_many_requests_in_one_go_are_spread_over_the_connections(site: Site) -> None:
    with station(site) as served:
        module = served.client()
        answers = module.issue_many([credit(f"v{n}:1", n, meter=REAL) for n in range(40)])
        assert all(isinstance(one, IssuedToken) for one in answers)
        assert served.listener.connections <= 4
        module.close()


def test_a_server_that_goes_away_with_an_answer_leaves_it_open_until_it_is_back(site: Site) -> None:
    with station(site) as served:
        module = served.client(connections=1)
        module.info()
        lost = threading.Event()

        def die(payload: bytes, peer: Peer) -> bytes:
            served.handler.answer(payload, peer)
            lost.set()
            raise PeerError("power")

        served.listener._answer = die
        heard: list[Exception] = []

        def sell() -> None:
            try:
                module.issue_credit(credit(meter=REAL))
            except ModuleOutcomeUnknown as error:
                heard.append(error)

        seller = threading.Thread(target=sell)
        seller.start()
        assert lost.wait(10)
        served.listener.stop()
        seller.join(30)
        assert len(heard) == 1
        served.start()
        assert module.fetch_result("v1:1").request_id == "v1:1"
        assert module.issue_credit(credit(meter=REAL)).tid == tid_at()
        assert served.desk.memory.issued() == 1
        module.close()


def test_a_restarted_server_has_forgotten_the_session_and_nobody_notices(site: Site) -> None:
    with station(site) as served:
        module = served.client()
        module.info()
        served.listener.stop()
        served.handler._sessions._open.clear()
        served.start()
        assert module.issue_credit(credit(meter=REAL)).tid == tid_at()
        module.close()


def test_no_server_at_all_is_nothing_done(site: Site) -> None:
    with station(site) as served:
        module = served.client()
        module.info()
        served.listener.stop()
        with pytest.raises(ModuleUnavailable) as caught:
            module.issue_credit(credit(meter=REAL))
        assert caught.value.retry_safe
        module.close()
        assert served.desk.memory.issued() == 0


def test_a_wrong_password_is_told_as_such(site: Site) -> None:
    with station(site) as served:
        module = served.client(password="wrong")
        with pytest.raises(ModuleUnavailable, match=r"ESignin\.Authentication"):
            module.info()
        module.close()


def test_a_client_without_a_certificate_is_told_that_one_is_wanted(site: Site) -> None:
    with station(site) as served:
        settings = PrismSettings(
            Address("127.0.0.1", served.port), Trust(authority=site.authority), "till", "secret"
        )
        module = PrismModule(settings, [], lambda: NOW)
        with pytest.raises(ModuleUnavailable, match="client certificate"):
            module.info()
        module.close()
