"""The life of a real token, SoftHSM: opened, shared, broken, closed and forked; every fault has a name."""

from __future__ import annotations

import hmac
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.softhsm import PIN, SoftHSM
from voltoken.drivers.pkcs11 import Pkcs11Token
from voltoken.drivers.pkcs11.sessions import Seat
from voltoken.errors import ModuleUnavailable, ShareRefused, VoltokenError

pytestmark = pytest.mark.slow  # processes, sockets or disks at work

SECRET = bytes.fromhex("abababababababab949494949494949401234567")
LONG = bytes(range(64))


@pytest.fixture(scope="module")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftHSM]:
    with SoftHSM.in_folder(tmp_path_factory.mktemp("softhsm")) as made:
        yield made


@pytest.fixture
def token(hsm: SoftHSM) -> Iterator[Pkcs11Token]:
    with hsm.open(hsm.new_token()) as opened:
        opened.import_secret("vk", SECRET)
        yield opened


def sha256(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def test_keys_outlive_the_process_that_made_them(hsm: SoftHSM) -> None:
    label = hsm.new_token()
    with hsm.open(label) as token:
        token.import_secret("vk", SECRET)
        token.make_wrapping_key("wk")
        blob = token.wrapping("wk").wrap(b"root", b"")
    with hsm.open(label) as token:
        assert token.hmac_sha256("vk", b"data") == sha256(SECRET, b"data")
        assert token.wrapping("wk").unwrap(blob, b"") == b"root"


def test_two_tokens_keep_their_keys_apart(hsm: SoftHSM) -> None:
    first, second = hsm.new_token(), hsm.new_token()
    with hsm.open(first) as one, hsm.open(second) as two:
        one.import_secret("vk", SECRET)
        assert not two.holds("vk")
        two.import_secret("vk", LONG)
        one.close()
        assert two.hmac_sha256("vk", b"data") == sha256(LONG, b"data")


def test_eight_threads_share_four_sessions_and_get_right_answers(hsm: SoftHSM) -> None:
    with hsm.open(hsm.new_token(), sessions=4) as token, ThreadPoolExecutor(8) as threads:
        keys = {f"vk{number}": bytes([number]) * 20 for number in range(8)}
        for label, key in keys.items():
            token.import_secret(label, key)

        def work(label: str) -> bool:
            data = [f"{label} {number}".encode() for number in range(200)]
            wanted = [sha256(keys[label], item) for item in data]
            singly = [token.hmac_sha256(label, item) for item in data]
            return singly == wanted and token.hmac_many(label, data) == wanted

        assert all(threads.map(work, keys))
        assert len(token._pool._resting) <= 4


def test_keys_are_made_and_deleted_while_others_are_used(token: Pkcs11Token) -> None:
    stop = threading.Event()

    def use() -> int:
        wrong = 0
        while not stop.is_set():
            wrong += token.hmac_sha256("vk", b"data") != sha256(SECRET, b"data")
        return wrong

    with ThreadPoolExecutor(4) as threads:
        users = [threads.submit(use) for _ in range(4)]
        try:
            for number in range(30):
                token.import_secret("other", bytes([number]) * 32)
                assert token.hmac_sha256("other", b"x") == sha256(bytes([number]) * 32, b"x")
                token.delete("other")
        finally:
            stop.set()
        assert [user.result() for user in users] == [0] * 4


def test_a_session_that_broke_is_opened_again(token: Pkcs11Token) -> None:
    token.hmac_sha256("vk", b"data")
    for seat in token._pool._resting:
        seat.session.close()
    assert token.hmac_sha256("vk", b"data") == sha256(SECRET, b"data")


def test_a_session_that_breaks_every_time_is_given_up(token: Pkcs11Token) -> None:
    tries = []

    def work(seat: Seat) -> None:
        tries.append(seat)
        seat.session.close()
        seat.session.generate_random(8)

    with pytest.raises(ModuleUnavailable, match="SessionHandleInvalid"):
        token.run("roll dice", work)
    assert len(tries) == 2
    assert token.hmac_sha256("vk", b"data") == sha256(SECRET, b"data")


def test_a_token_that_ended_the_login_says_that_it_must_be_opened_again(hsm: SoftHSM) -> None:
    label = hsm.new_token()
    with hsm.open(label) as token:
        token.import_secret("vk", SECRET)
        token._login.close()  # as when the token is pulled out: all logins and sessions are gone
        for use in (lambda: token.hmac_sha256("vk", b"data"), lambda: token.import_secret("x", SECRET)):
            with pytest.raises(ModuleUnavailable, match="open it again with its PIN"):
                use()
    with hsm.open(label) as token:
        assert token.hmac_sha256("vk", b"data") == sha256(SECRET, b"data")


def test_a_closed_token_does_nothing(hsm: SoftHSM) -> None:
    token = hsm.open(hsm.new_token())
    token.close()
    token.close()
    for use in (lambda: token.hmac_sha256("vk", b""), lambda: token.import_secret("vk", SECRET)):
        with pytest.raises(ModuleUnavailable, match="closed"):
            use()


@pytest.mark.parametrize("pin", ["0000", "4711", PIN + "0", PIN.upper(), "x" * 300])
def test_a_wrong_pin_is_refused_and_not_repeated(hsm: SoftHSM, pin: str) -> None:
    label = hsm.new_token()
    with pytest.raises(ShareRefused) as refused:
        Pkcs11Token.open(hsm.library, label, pin)
    assert pin not in str(refused.value)
    hsm.open(label).close()


def test_a_second_login_is_refused_because_its_pin_would_not_be_checked(
    token: Pkcs11Token, hsm: SoftHSM
) -> None:
    with pytest.raises(ModuleUnavailable, match="open in this process already"):
        Pkcs11Token.open(hsm.library, token.label, "a wrong PIN")
    assert token.holds("vk")


def test_a_token_that_is_not_there_is_named(hsm: SoftHSM) -> None:
    with pytest.raises(ModuleUnavailable, match="no token with the label 'lost'"):
        Pkcs11Token.open(hsm.library, "lost", PIN)


def test_a_library_that_is_used_past_us_is_refused_for_its_threads(hsm: SoftHSM) -> None:
    script = """
import sys, pathlib, pkcs11
theirs = pkcs11.lib(sys.argv[1])
from voltoken.drivers.pkcs11 import Pkcs11Token, selftest
Pkcs11Token.open(pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3])
"""
    assert "promised it that there is one thread" in run(hsm, script)


def test_a_forked_child_may_not_use_its_parents_token_nor_close_it(hsm: SoftHSM) -> None:
    script = """
import os, sys, pathlib
from voltoken.drivers.pkcs11 import Pkcs11Token, selftest
from voltoken.errors import ModuleUnavailable
library = pathlib.Path(sys.argv[1])
token = Pkcs11Token.open(library, sys.argv[2], sys.argv[3])
token.import_secret("vk", bytes(20))
child = os.fork()
if not child:
    for use in (
        lambda: token.hmac_sha256("vk", b""),
        lambda: token.delete("vk"),
        lambda: Pkcs11Token.open(library, sys.argv[2], sys.argv[3]),
    ):
        try:
            use()
        except ModuleUnavailable as error:
            print("child:", error, flush=True)
    token.close()
    os._exit(0)
os.waitpid(child, 0)
print("parent:", token.hmac_sha256("vk", b"").hex(), flush=True)
token.close()
child = os.fork()
if not child:
    with Pkcs11Token.open(library, sys.argv[2], sys.argv[3]) as token:
        print("second child:", token.holds("vk"), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""
    said = run(hsm, script)
    assert said.count("child: The token was opened before this process was forked") == 3
    assert f"parent: {sha256(bytes(20), b'').hex()}" in said
    assert "second child: True" in said


def run(hsm: SoftHSM, script: str) -> str:
    """Run a script in a process of its own, with library, a new token and its PIN; return all it says."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(hsm.library), hsm.new_token(), PIN],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_no_error_shows_pin_or_key(hsm: SoftHSM) -> None:
    def told(act: Callable[[], object]) -> str:
        with pytest.raises(VoltokenError) as caught:
            act()
        error = caught.value
        assert error.__suppress_context__ or error.__context__ is None
        return f"{error!r} {error} {error.detail}"

    label, wrong = hsm.new_token(), "guess-0815"
    texts = [told(lambda: Pkcs11Token.open(hsm.library, label, wrong))]
    with hsm.open(label) as token:
        token.import_secret("vk", SECRET)
        texts += [told(lambda: token.import_secret("vk", SECRET)), repr(token), repr(token.wrapping("vk"))]
    texts.append(told(lambda: token.import_secret("vk2", SECRET)))
    for text in texts:
        assert PIN not in text
        assert wrong not in text
        assert SECRET.hex() not in text
        assert repr(SECRET)[2:-1] not in text
