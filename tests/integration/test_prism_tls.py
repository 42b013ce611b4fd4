"""PrismToken's wire over real TLS on the loopback: who is let in, what is lost, and that the server lives."""

from __future__ import annotations

import random
import socket
import ssl
import struct
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests.integration.prism_site import DAY, Site, put, validity
from voltoken.drivers.authority import Role, make_authority, make_certificate
from voltoken.drivers.prism.connection import Address, Connection, Patience, Pool, open_connection
from voltoken.drivers.prism.frames import pack_frame
from voltoken.drivers.prism.listener import Bounds, Listener, Peer
from voltoken.drivers.prism.messages import Call, read_call, read_reply, write_call, write_reply
from voltoken.drivers.prism.tls import Identity, Trust, client_context
from voltoken.errors import FieldError, ModuleOutcomeUnknown, ModuleUnavailable, PeerError

pytestmark = pytest.mark.slow  # processes, sockets or disks at work

USUAL = Patience(connect_ms=10_000, answer_ms=10_000)


def echo(payload: bytes, peer: Peer) -> bytes:
    """Answer a ping with its text and the peer's name."""
    call = read_call(payload)
    if not isinstance(call, Call):
        raise PeerError("no such method")
    return write_reply(call, f"{call.arguments['echo']} {peer.name}")


def ping(connection: Connection, text: str = "hello") -> str:
    """Send a ping and return what comes back."""
    answer = connection.exchange(write_call("ping", {"sleepMs": 0, "echo": text}, 1))
    return str(read_reply(answer, "ping", 1))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that all tests share."""
    return Site.build(tmp_path_factory.mktemp("site"))


@contextmanager
def listening(
    site: Site,
    answer: Callable[[bytes, Peer], bytes] = echo,
    bounds: Bounds | None = None,
    *,
    strangers: bool = False,
) -> Iterator[Listener]:
    """Listen at a free port until the block ends."""
    listener = Listener(Address("127.0.0.1", 0), site.context(strangers=strangers), answer, bounds)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()
        assert listener.connections == 0


def connect(
    listener: Listener, trust: Trust, identity: Identity | None = None, patience: Patience = USUAL
) -> Connection:
    return open_connection(Address("127.0.0.1", listener.port), trust, identity, patience)


def raw(listener: Listener, site: Site) -> ssl.SSLSocket:
    """Connect with the right certificate, but send what one likes."""
    plain = socket.create_connection(("127.0.0.1", listener.port), 5)
    return client_context(site.trust, site.client).wrap_socket(plain, server_hostname="127.0.0.1")


def drained(sock: socket.socket) -> bytes:
    """Read until the other side hangs up."""
    found = b""
    try:
        while data := sock.recv(65536):
            found += data
    except (ConnectionError, ssl.SSLError):
        pass
    return found


def assert_alive(listener: Listener, site: Site) -> None:
    with closing(connect(listener, site.trust, site.client)) as connection:
        assert ping(connection) == "hello till"


def test_a_client_with_a_certificate_is_let_in_and_named(site: Site) -> None:
    with listening(site) as listener, closing(connect(listener, site.trust, site.client)) as connection:
        assert [ping(connection, str(n)) for n in range(3)] == ["0 till", "1 till", "2 till"]


def test_a_pinned_fingerprint_is_enough(site: Site) -> None:
    colons = ":".join(site.fingerprint.upper()[n : n + 2] for n in range(0, 64, 2))
    with (
        listening(site) as listener,
        closing(connect(listener, Trust(fingerprint=colons), site.client)) as connection,
    ):
        assert ping(connection) == "hello till"


def test_another_fingerprint_is_refused_before_a_byte_is_sent(site: Site) -> None:
    seen: list[bytes] = []

    def note(payload: bytes, peer: Peer) -> bytes:
        seen.append(payload)
        return echo(payload, peer)

    with listening(site, note) as listener:
        with pytest.raises(ModuleUnavailable, match=site.fingerprint) as caught:
            connect(listener, Trust(fingerprint="00" * 32), site.client)
        assert not caught.value.retry_safe
    assert seen == []


def test_a_server_of_another_authority_is_refused(site: Site, tmp_path: Path) -> None:
    other = put(tmp_path, "other", make_authority("Site", validity())).certificate
    with listening(site) as listener:
        with pytest.raises(ModuleUnavailable, match="not the trusted one") as caught:
            connect(listener, Trust(authority=other), site.client)
        assert not caught.value.retry_safe
        assert_alive(listener, site)


def test_a_server_under_another_name_is_refused(site: Site, tmp_path: Path) -> None:
    client = make_certificate(site.root, Role.CLIENT, "client", validity())
    impostor = Site(tmp_path, site.root, site.authority, put(tmp_path, "x", client), site.client, "")
    with listening(impostor) as listener, pytest.raises(ModuleUnavailable, match="not the trusted one"):
        connect(listener, site.trust, site.client)


@pytest.mark.parametrize(("begin", "end"), [(-2 * DAY, -DAY), (DAY, 2 * DAY)], ids=["expired", "not yet"])
def test_a_server_certificate_out_of_its_time_is_refused(
    tmp_path: Path, begin: timedelta, end: timedelta
) -> None:
    late = Site.build(tmp_path, server=validity(begin, end))
    with listening(late) as listener, pytest.raises(ModuleUnavailable, match=r"expired|not yet valid"):
        connect(listener, late.trust, late.client)


@pytest.mark.parametrize("who", ["nobody", "stranger", "server", "expired"])
def test_a_client_without_a_good_certificate_gets_no_answer(site: Site, tmp_path: Path, who: str) -> None:
    other = make_authority("Site", validity())
    identities = {
        "nobody": None,
        "stranger": put(tmp_path, "a", make_certificate(other, Role.CLIENT, "till", validity())),
        "server": site.server,
        "expired": put(
            tmp_path, "b", make_certificate(site.root, Role.CLIENT, "till", validity(-2 * DAY, -DAY))
        ),
    }
    seen: list[bytes] = []

    def note(payload: bytes, peer: Peer) -> bytes:
        seen.append(payload)
        return echo(payload, peer)

    with listening(site, note) as listener:
        with pytest.raises((ModuleUnavailable, ModuleOutcomeUnknown)):
            ping(connect(listener, site.trust, identities[who]))
        assert seen == []
        assert_alive(listener, site)


def test_a_server_may_let_in_clients_without_certificates(site: Site) -> None:
    with (
        listening(site, strangers=True) as listener,
        closing(connect(listener, site.trust)) as connection,
    ):
        assert ping(connection) == "hello None"


def test_old_tls_is_refused_on_both_sides(site: Site) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.check_hostname = False
    old.verify_mode = ssl.CERT_NONE
    with listening(site) as listener:
        plain = socket.create_connection(("127.0.0.1", listener.port), 5)
        with closing(plain), pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(plain)
        assert_alive(listener, site)
    for context in (client_context(site.trust), site.context()):
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("noise", [b"", b"\0", b"GET / HTTP/1.0\r\n\r\n", pack_frame(b"plain")])
def test_plain_tcp_is_hung_up_on(site: Site, noise: bytes) -> None:
    with listening(site, bounds=Bounds(handshake_ms=600)) as listener:
        with closing(socket.create_connection(("127.0.0.1", listener.port), 5)) as plain:
            plain.sendall(noise)
            assert b"plain" not in drained(plain)
        assert_alive(listener, site)


def test_silence_has_an_end_between_calls_and_within_frames(site: Site) -> None:
    with listening(site, bounds=Bounds(idle_ms=200, frame_ms=200)) as listener:
        for begun in (b"", b"\0\0", pack_frame(b"x" * 100)[:50]):
            with closing(raw(listener, site)) as sock:
                with suppress(OSError):  # on a busy machine the server may be gone already
                    sock.sendall(begun)
                assert drained(sock) == b""


def test_a_frame_that_trickles_is_given_up(site: Site) -> None:
    stop = threading.Event()

    def trickle(sock: ssl.SSLSocket) -> None:
        for byte in pack_frame(b"x" * 1000):
            if stop.wait(0.02):
                return
            try:
                sock.sendall(bytes((byte,)))
            except OSError:
                return

    bounds = Bounds(idle_ms=60_000, frame_ms=300)
    with listening(site, bounds=bounds) as listener, closing(raw(listener, site)) as sock:
        writer = threading.Thread(target=trickle, args=(sock,))
        writer.start()
        assert drained(sock) == b""
        stop.set()
        writer.join()


def test_the_server_outlives_spoilt_frames(site: Site) -> None:
    rng = random.Random(5)
    good = write_call("ping", {"sleepMs": 0, "echo": "hello"}, 1)
    with listening(site) as listener:
        for _ in range(60):
            payload = bytearray(good)
            for _ in range(rng.randint(1, 5)):
                payload[rng.randrange(len(payload))] = rng.randrange(256)
            noise = rng.choice(
                [
                    pack_frame(bytes(payload)),
                    struct.pack(">I", rng.getrandbits(32)) + bytes(payload),
                    rng.randbytes(rng.randint(1, 300)),
                ]
            )
            with closing(raw(listener, site)) as sock:
                sock.sendall(noise)
        assert_alive(listener, site)


def test_what_a_peer_breaks_costs_only_its_own_connection(site: Site) -> None:
    with listening(site) as listener, closing(connect(listener, site.trust, site.client)) as good:
        assert ping(good) == "hello till"
        with closing(raw(listener, site)) as sock:
            sock.sendall(pack_frame(b"\x80\x01\x00\x01 nonsense"))
            assert drained(sock) == b""
        with closing(raw(listener, site)) as sock:
            sock.sendall(b"\xff\xff\xff\xff")
            assert drained(sock) == b""
        assert ping(good) == "hello till"


def test_calls_may_be_sent_in_one_piece_and_are_answered_in_order(site: Site) -> None:
    calls = [pack_frame(write_call("ping", {"sleepMs": 0, "echo": str(n)}, n)) for n in range(5)]
    with listening(site) as listener, closing(raw(listener, site)) as sock:
        sock.sendall(b"".join(calls)[:-3])
        sock.sendall(b"".join(calls)[-3:])
        wanted = b"".join(
            pack_frame(write_reply(Call(read.method, n, {}), f"{n} till"))
            for n in range(5)
            if isinstance(read := read_call(calls[n][4:]), Call)
        )
        found = b""
        while len(found) < len(wanted):
            found += sock.recv(65536)
        assert found == wanted


def test_more_connections_than_allowed_are_hung_up_on_and_room_is_made_again(site: Site) -> None:
    with listening(site, bounds=Bounds(connections=2)) as listener:
        first, second = (connect(listener, site.trust, site.client) for _ in range(2))
        assert ping(first) == ping(second) == "hello till"
        with pytest.raises((ModuleUnavailable, ModuleOutcomeUnknown)):
            ping(connect(listener, site.trust, site.client))
        first.close()
        for _ in range(100):
            if listener.connections < 2:
                break
            threading.Event().wait(0.02)
        assert_alive(listener, site)
        second.close()


def test_stopping_lets_a_call_under_way_finish(site: Site) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(payload: bytes, peer: Peer) -> bytes:
        begun.set()
        go.wait(5)
        return echo(payload, peer)

    with listening(site, slow) as listener:
        connection = connect(listener, site.trust, site.client, Patience(answer_ms=10_000))
        heard: list[str] = []
        caller = threading.Thread(target=lambda: heard.append(ping(connection)))
        caller.start()
        assert begun.wait(5)
        stopper = threading.Thread(target=listener.stop)
        stopper.start()
        accepting = listener._acceptor
        assert accepting is not None
        accepting.join(10)
        stopper.join(0.1)  # by now idle connections are cut, and this one is not
        go.set()
        caller.join(10)
        stopper.join(10)
        assert heard == ["hello till"]
        connection.close()


def test_a_server_that_dies_in_the_middle_of_an_answer_leaves_the_outcome_open(site: Site) -> None:
    def broken(payload: bytes, peer: Peer) -> bytes:
        raise PeerError("hang up")

    with listening(site, broken) as listener:
        connection = connect(listener, site.trust, site.client)
        with pytest.raises(ModuleOutcomeUnknown, match="may have been done"):
            ping(connection)
        assert not connection.is_sound
        with pytest.raises(ModuleUnavailable):
            ping(connection)
        connection.close()


@pytest.mark.parametrize(
    "answer",
    [b"", b"\0", b"\0\0\0\5ab", b"\xff\xff\xff\xff", pack_frame(b"x") * 2, pack_frame(b"x") + b"\0"],
    ids=["none", "a byte", "a part", "no length", "two", "one and a part"],
)
def test_answers_that_are_none_leave_the_outcome_open(site: Site, answer: bytes) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening_socket:

        def serve() -> None:
            plain, _ = listening_socket.accept()
            with site.context().wrap_socket(plain, server_side=True) as sock:
                sock.recv(65536)
                sock.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        port = listening_socket.getsockname()[1]
        connection = open_connection(Address("127.0.0.1", port), site.trust, site.client, USUAL)
        with pytest.raises(ModuleOutcomeUnknown):
            connection.exchange(b"call")
        connection.close()
        server.join()


def test_an_answer_that_takes_too_long_leaves_the_outcome_open(site: Site) -> None:
    release = threading.Event()

    def slow(payload: bytes, peer: Peer) -> bytes:
        release.wait(10)
        return echo(payload, peer)

    with listening(site, slow) as listener:
        connection = connect(listener, site.trust, site.client, Patience(answer_ms=200))
        with pytest.raises(ModuleOutcomeUnknown, match="too long"):
            ping(connection)
        release.set()
        connection.close()


def test_no_server_and_no_tls_are_safe_to_retry(site: Site) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        patience = Patience(connect_ms=200)
        with pytest.raises(ModuleUnavailable, match="No TLS") as caught:
            open_connection(Address("127.0.0.1", port), site.trust, site.client, patience)
        assert caught.value.retry_safe
    with pytest.raises(ModuleUnavailable, match="No connection") as caught:
        open_connection(Address("127.0.0.1", port), site.trust, site.client, patience)
    assert caught.value.retry_safe


def test_a_pool_uses_connections_again_and_replaces_those_that_were_lost(site: Site) -> None:
    made: list[Connection] = []
    with listening(site) as listener:

        def another() -> Connection:
            made.append(connect(listener, site.trust, site.client))
            return made[-1]

        pool = Pool(another, size=2, turn_ms=100)
        for _ in range(3):
            with pool.borrow() as connection:
                assert ping(connection) == "hello till"
        assert len(made) == 1
        with pool.borrow() as first, pool.borrow() as second:
            assert ping(first) == ping(second) == "hello till"
            with pytest.raises(ModuleUnavailable, match="busy"), pool.borrow():
                pass
        assert len(made) == 2
        port = listener.port
    # The server is gone; a new one at the same port is found, and the dead connections are not used.
    again = Listener(Address("127.0.0.1", port), site.context(), echo)
    again.start()
    try:
        with pool.borrow() as connection:
            assert ping(connection) == "hello till"
        assert len(made) == 3
    finally:
        pool.close()
        again.stop()
    with pytest.raises(ModuleUnavailable, match="closed"), pool.borrow():
        pass


def test_a_server_without_threads_or_files_hangs_up_and_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, start = socket.socket.accept, threading.Thread.start
    failures = ["accept", "start"]

    def fail_once(what: str) -> bool:
        if what in failures:
            failures.remove(what)
            return True
        return False

    def accept_later(self: socket.socket) -> tuple[socket.socket, object]:
        made = accept(self)  # which also raises TimeoutError when nobody comes
        if fail_once("accept"):
            made[0].close()
            raise OSError(24, "Too many open files")
        return made

    def start_later(self: threading.Thread) -> None:
        if self.name.startswith("prism-") and fail_once("start"):
            raise RuntimeError("can't start new thread")
        start(self)

    with listening(site) as listener:
        monkeypatch.setattr(socket.socket, "accept", accept_later)
        monkeypatch.setattr(threading.Thread, "start", start_later)
        for _ in range(2):
            with pytest.raises(ModuleUnavailable):
                connect(listener, site.trust, site.client)
        assert failures == []
        assert_alive(listener, site)


@pytest.mark.parametrize(("host", "port"), [("", 9443), ("module", -1), ("module", 65536)])
def test_addresses_and_sizes_that_are_none_are_refused(host: str, port: int) -> None:
    with pytest.raises(FieldError):
        Address(host, port)
    with pytest.raises(FieldError):
        Pool(lambda: pytest.fail("opened"), size=0, turn_ms=1)


def test_an_address_that_is_taken_is_told(site: Site) -> None:
    with listening(site) as listener:
        second = Listener(Address("127.0.0.1", listener.port), site.context(), echo)
        with pytest.raises(ModuleUnavailable, match="Cannot listen"):
            second.start()
        with pytest.raises(ModuleUnavailable, match="not been started"):
            second.port  # noqa: B018 - the property raises


def test_files_that_are_missing_or_no_pem_are_named(site: Site, tmp_path: Path) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    for file in (junk, tmp_path / "absent.pem"):
        with pytest.raises(FieldError, match=file.name):
            client_context(Trust(authority=file))
        with pytest.raises(FieldError, match=file.name):
            client_context(site.trust, Identity(file, site.client.key))
        with pytest.raises(FieldError, match=file.name):
            client_context(site.trust, Identity(site.client.certificate, file))


@pytest.mark.parametrize("trust", [{}, {"fingerprint": "00" * 31}, {"fingerprint": "zz" * 32}])
def test_there_is_no_way_to_trust_everybody(trust: dict[str, str]) -> None:
    with pytest.raises(FieldError):
        Trust(**trust)  # type: ignore[arg-type] # only the fingerprint is given
    with pytest.raises(FieldError):
        Trust(authority=Path("a.pem"), fingerprint="00" * 32)
