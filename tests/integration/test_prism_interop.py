"""Both sides against the library's own other side: framing, headers and defaults that we did not write."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.prism_site import Site
from tests.unit.drivers.prism.samples import TOKEN, make
from tests.unit.drivers.prism.stage import DeskBook, DeskModule, config
from tests.unit.security.desk import METER, NOW, Desk, credit, register
from voltoken.drivers.prism import (
    Address,
    Listener,
    Patience,
    PrismHandler,
    PrismModule,
    PrismSettings,
    Trust,
)
from voltoken.drivers.prism.idl import interface
from voltoken.drivers.prism.tls import client_context
from voltoken.errors import ModuleRefused, PeerError, ResultMissing
from voltoken.security import KeyRef
from voltoken.sts import EA, TCT, TI, TID, MeterPAN

pytestmark = pytest.mark.slow  # processes, sockets or disks at work


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that all tests share."""
    return Site.build(tmp_path_factory.mktemp("site"))


@contextmanager
def foreign_client(site: Site, desk: Desk) -> Iterator[Any]:
    """Serve a desk, and give thriftpy2's own client of it."""
    from thriftpy2.rpc import make_client
    from thriftpy2.transport import TFramedTransportFactory

    handler = PrismHandler(lambda name: DeskModule(desk, name), lambda *_: True, DeskBook(desk), lambda: NOW)
    listener = Listener(Address("127.0.0.1", 0), site.context(), handler.answer)
    listener.start()
    client = make_client(
        interface().module.PrismToken,
        "127.0.0.1",
        listener.port,
        trans_factory=TFramedTransportFactory(),
        ssl_context=client_context(site.trust, site.client),
        timeout=10_000,
    )
    try:
        yield client
    finally:
        client.close()
        listener.stop()


def test_the_librarys_client_buys_from_our_server(site: Site) -> None:
    with foreign_client(site, Desk()) as client:
        session = client.signInWithPassword("s1", "local", "till", "secret", make("SessionOptions"))
        ids = ("m1", session.accessToken)
        assert client.ping(0, "hello") == "hello"
        assert client.getStatus(*ids)[0].info["ApiType"] == "vending"
        (token,) = client.issueCreditToken(*ids, config(), 0, 10.0, 0, 0)
        assert client.fetchTokenResult("m2", session.accessToken, "m1") == [token]
        assert client.verifyToken(*ids, config(), token.tokenDec).validationResult == "EVerify.Ok"


def test_our_errors_are_exceptions_of_the_librarys_client(site: Site) -> None:
    with foreign_client(site, Desk()) as client:
        session = client.signInWithPassword("s1", "local", "till", "secret", make("SessionOptions"))
        with pytest.raises(interface().module.ApiException) as caught:
            client.fetchTokenResult("m2", session.accessToken, "m1")
        assert caught.value.eCode == "ECacheMiss"
        with pytest.raises(interface().module.ApiException) as caught:
            client.issueCreditToken("m1", session.accessToken, make("MeterConfigIn"), 0, 10.0, 0, 0)
        assert caught.value.eCode == "EParamRange"
        assert "meterConfig.drn" in caught.value.eMsgEn


class Field:
    """A module in the field as its public samples show it: it knows one token."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def ping(self, _: int, echo: str) -> str:
        return echo

    def signInWithPassword(self, *_: Any) -> Any:  # noqa: N802 - the interface's name
        return make("SignInResult", accessToken="opaque")

    def getStatus(self, *_: Any) -> Any:  # noqa: N802 - the interface's name
        info = {"FirmwareId": "STS65V10", "smqi.IdSm": "SM-1", "smqd.ex.RtcDriftSeconds": "0"}
        return [make("NodeStatus", info=info, alerts=[])]

    def issueCreditToken(self, *asked: Any) -> Any:  # noqa: N802 - the interface's name
        self.asked.append(asked)
        return [make("Token", **TOKEN)]

    def fetchTokenResult(self, *_: Any) -> Any:  # noqa: N802 - the interface's name
        raise make("ApiException", eCode="ECacheMiss", eMsgEn="not there")

    def verifyToken(self, *_: Any) -> Any:  # noqa: N802 - the interface's name
        return make("VerifyResult", validationResult="EVerify.Crc")


@contextmanager
def foreign_server(site: Site, module: Field) -> Iterator[PrismModule]:
    """Serve a module with thriftpy2's own server, and give our client of it."""
    from thriftpy2.protocol import TBinaryProtocolFactory
    from thriftpy2.server import TThreadedServer
    from thriftpy2.thrift import TProcessor
    from thriftpy2.transport import TFramedTransportFactory, TSSLServerSocket

    trans = TSSLServerSocket("127.0.0.1", 0, ssl_context=site.context())  # type: ignore[no-untyped-call] # theirs
    server = TThreadedServer(
        TProcessor(interface().module.PrismToken, module),
        trans,
        iprot_factory=TBinaryProtocolFactory(),  # type: ignore[no-untyped-call] # theirs
        itrans_factory=TFramedTransportFactory(),
        daemon=True,
    )
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    while trans.sock is None or not trans.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        thread.join(0.01)
    sample = register(KeyRef.parse("600675/1"), 64, eas=frozenset({EA.STA}))
    settings = PrismSettings(
        Address("127.0.0.1", trans.sock.getsockname()[1]),
        Trust(fingerprint=site.fingerprint),
        "till",
        "secret",
        site.client,
        Patience(answer_ms=10_000),
    )
    client = PrismModule(settings, [sample], lambda: NOW)
    try:
        yield client
    finally:
        client.close()
        server.close()
        trans.close()  # type: ignore[no-untyped-call] # theirs
        thread.join(5)


SAMPLE = credit(
    meter=replace(METER, pan=MeterPAN(TOKEN["pan"]), ea=EA.STA, tct=TCT("02"), ti=TI("21")),
    key=KeyRef.parse("600675/1"),
    steps=102,
    tid=TID(TOKEN["tid"]),
)


def test_our_client_buys_from_the_librarys_server(site: Site) -> None:
    field = Field()
    with foreign_server(site, field) as module:
        assert module.info().firmware == "STS65V10"
        assert module.status().alerts == ()
        token = module.issue_credit(SAMPLE)
        assert (token.token.digits, token.steps, token.module_id) == (TOKEN["tokenDec"], 102, "SM-1")
        ((_, _, asked, subclass, amount, _, flags),) = field.asked
        assert (subclass, amount, flags) == (0, 102.0, 2)
        assert (asked.allowKrnUpdate, asked.allowKenUpdate, asked.ken) == (False, False, 255)


def test_what_another_server_does_not_have_or_gets_wrong_is_told(site: Site) -> None:
    with foreign_server(site, Field()) as module:
        with pytest.raises(ResultMissing):
            module.fetch_result("v9:1")
        with pytest.raises(PeerError, match="ALARM"):
            module.issue_credit(replace(SAMPLE, request_id="v2:1", tid=TID(TOKEN["tid"] + 1)))
        with pytest.raises(ModuleRefused, match=r"EVerify\.Crc"):
            module.verify(_question(module))


def _question(module: PrismModule) -> Any:
    from voltoken.security import VerifyRequest

    return VerifyRequest(SAMPLE.meter, SAMPLE.key, module.issue_credit(SAMPLE).token)
