"""The administration door: its owner alone is heard, line by line, and nothing that comes in ends it."""

from __future__ import annotations

import base64
import json
import os
import socket
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.contract.sites import KEY, NOON, Post
from tests.unit.security.desk import register, secret_of
from tests.unit.security.office import Office, made_of
from voltoken.drivers.journal import register_document
from voltoken.drivers.local import admin
from voltoken.drivers.local.admin import LINE_MAX, AdminDoor, ask, caller
from voltoken.errors import (
    FieldError,
    JournalError,
    ModuleRefused,
    ModuleUnavailable,
    PeerError,
    ShareRefused,
    VoltokenError,
)
from voltoken.security.keyload import (
    FILE_MAX,
    check_proof,
    check_receipt,
    read_module,
    read_request,
    read_trust,
)

PATIENCE = 20


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """A module that all tests share."""
    made = Post(tmp_path_factory.mktemp("admin") / "module", keys=(register(KEY),))
    yield made
    made.close()


@pytest.fixture(scope="module")
def path(post: Post) -> Iterator[Path]:
    """The socket of its door. The path is short, wherever tests run."""
    path = Path(os.path.relpath(post.folder / "admin.sock"))
    door = AdminDoor(post.module, path)
    yield path
    door.close()


@contextmanager
def connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.settimeout(PATIENCE)
        yield connection


def exchange(path: Path, request: bytes) -> bytes:
    """Send bytes, and return what comes back until the door hangs up."""
    with connected(path) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has heard enough
        return drain(connection)


def drain(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while part := connection.recv(65536):
            answer += part
    except ConnectionResetError:
        pass  # what came before is what it had to say
    return answer


def error_of(path: Path, request: bytes) -> str:
    """Return the code of the error that a request is answered with."""
    document = json.loads(exchange(path, request))
    assert document.keys() == {"error"}
    assert document["error"].keys() == {"code", "message", "detail"}
    return str(document["error"]["code"])


def is_well(path: Path) -> bool:
    return bool(ask(path, "status")["module_id"] == "module")


def test_the_socket_is_its_owners_and_gone_when_the_door_closes(post: Post, path: Path) -> None:
    found = path.stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o600
    assert found.st_uid == os.geteuid()
    other = path.with_name("other.sock")
    other.write_text("what a crash left behind")
    door = AdminDoor(post.module, other)
    assert is_well(other)
    door.close()
    assert not other.exists()
    with pytest.raises(ModuleUnavailable, match="voltoken sm serve"):
        ask(other, "status")


def test_a_door_that_cannot_be_made_says_why(post: Post, path: Path) -> None:
    with pytest.raises(JournalError, match="100 characters"):
        AdminDoor(post.module, path.with_name("a" * 120))
    with pytest.raises(JournalError):
        AdminDoor(post.module, path.with_name("nowhere") / "admin.sock")


class Stranger:
    """A connection at whose other end somebody else is."""

    def __init__(self, uid: int) -> None:
        self.uid = uid

    def getsockopt(self, level: int, option: int, size: int) -> bytes:
        """Say who."""
        assert (level, option) == (socket.SOL_SOCKET, socket.SO_PEERCRED)
        return struct.pack("3i", 4711, self.uid, 4711)[:size]


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="this system does not say who calls")
def test_only_the_owner_and_root_are_heard() -> None:
    for uid in (os.geteuid(), 0):
        assert caller(cast(socket.socket, Stranger(uid))) == f"uid {uid}"
    for uid in (os.geteuid() + 1, 65534, -1):
        with pytest.raises(PeerError):
            caller(cast(socket.socket, Stranger(uid)))


AS_NOBODY = """
import os, socket, sys
os.setuid(65534)
with socket.socket(socket.AF_UNIX) as connection:
    try:
        connection.connect(sys.argv[1])
        connection.sendall(b'{"do": "status"}\\n')
        print(connection.recv(65536).decode())
    except PermissionError:
        print("no entry")
    except ConnectionError:  # the door hung up before it was asked
        print("hung up")
"""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_cannot_connect_and_is_not_heard_if_he_could(post: Post) -> None:
    folder = Path("/tmp") / f"voltoken-door-{os.getpid()}"  # noqa: S108 - others can look into it
    folder.mkdir(mode=0o755)
    door = AdminDoor(post.module, folder / "admin.sock")
    program = [sys.executable, "-c", AS_NOBODY, str(folder / "admin.sock")]
    try:
        told = [subprocess.run(program, capture_output=True, text=True, check=True).stdout]
        (folder / "admin.sock").chmod(0o666)
        told.append(subprocess.run(program, capture_output=True, text=True, check=True).stdout)
    finally:
        door.close()
        folder.rmdir()
    assert told[0] == "no entry\n"
    assert told[1] == "hung up\n" or json.loads(told[1])["error"]["code"] == "peer.error"


BAD = {
    "nothing": b"",
    "an empty line": b"\n",
    "half a line": b'{"do": "status"}',
    "no JSON": b"status\n",
    "two requests": b'{"do": "status"}\n{"do": "seal"}\n',
    "two in a line": b'{"do": "status"}{"do": "seal"}\n',
    "a list": b"[]\n",
    "binary": bytes(range(256)) + b"\n",
    "no UTF-8": b'{"do": "\xff"}\n',
    "deeply nested": b"[" * 60_000 + b"\n",
    "a number of a thousand digits": b'{"do": ' + b"9" * 5000 + b"}\n",
    "too long": b'{"do": "' + b"x" * LINE_MAX + b'"}\n',
    "far too long": b"x" * (8 * LINE_MAX),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_request_is_an_error_and_does_nothing(path: Path, name: str) -> None:
    answer = exchange(path, BAD[name])
    if answer:  # a caller who sends on while it is refused may not hear why
        assert json.loads(answer)["error"]["code"] == "peer.error"
    else:
        assert len(BAD[name]) > LINE_MAX
    assert ask(path, "status")["state"] == "ready"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no act": ({}, "field.invalid"),
    "unknown act": ({"do": "export"}, "field.invalid"),
    "an act that is no text": ({"do": ["status"]}, "field.invalid"),
    "no offer": ({"do": "unseal"}, "field.invalid"),
    "an offer that is no text": ({"do": "unseal", "offered": 5}, "field.invalid"),
    "no register": ({"do": "load", "components": ["00"]}, "field.invalid"),
    "a nested register": ({"do": "load", "register": [[[]]]}, "field.invalid"),
    "a key that is none": ({"do": "delete", "key": "x", "reason": "x"}, "field.invalid"),
    "a key that is not there": ({"do": "delete", "key": "123456/9", "reason": "x"}, "module.refused"),
    "no reason": ({"do": "delete", "key": str(KEY)}, "field.invalid"),
    "an empty reason": ({"do": "delete", "key": str(KEY), "reason": " "}, "field.invalid"),
    "a reason of half a character": ({"do": "delete", "key": str(KEY), "reason": "\ud800"}, "field.invalid"),
    "a long reason": ({"do": "zeroise", "reason": "x" * 300}, "field.invalid"),
    "an approval until no time": (
        {"do": "approve", "request_id": "a:1", "request_hash": "0" * 32, "until": "soon", "reason": "x"},
        "field.invalid",
    ),
    "an approval until a time without a zone": (
        {
            "do": "approve",
            "request_id": "a:1",
            "request_hash": "0" * 32,
            "until": "2026-01-01",
            "reason": "x",
        },
        "field.invalid",
    ),
    "a document that is no base64": ({"do": "trust", "document": "{}"}, "field.invalid"),
    "a document of half a character": ({"do": "trust", "document": "\ud800"}, "field.invalid"),
    "a document that is none": ({"do": "trust", "document": "e30="}, "keyfile.rejected"),
    "a challenge that is none": ({"do": "prove", "challenge": "e30="}, "keyfile.rejected"),
    "no key file": ({"do": "load_file"}, "field.invalid"),
    "a key file that is none": ({"do": "load_file", "file": "AAAA"}, "keyfile.rejected"),
    "no wanted keys": ({"do": "request", "centre": "kmc-1"}, "field.invalid"),
    "wanted keys that are none": ({"do": "request", "centre": "kmc-1", "keys": [5]}, "field.invalid"),
    "a centre that nobody knows": ({"do": "request", "centre": "kmc-1", "keys": []}, "module.refused"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_request_is_refused_by_its_code_and_does_nothing(path: Path, name: str) -> None:
    request, code = WRONG[name]
    assert error_of(path, json.dumps(request).encode() + b"\n") == code
    assert [one["key"] for one in ask(path, "keys")["keys"]] == [str(KEY)]


def test_a_centre_and_a_module_speak_through_the_door(path: Path) -> None:
    def said(do: str, name: str = "document", **words: Any) -> bytes:
        return base64.b64decode(ask(path, do, **words)[name])

    def sent(data: bytes) -> str:
        return base64.b64encode(data).decode()

    office = Office(NOON)
    module = read_module(said("identity"))
    assert read_trust(said("trusted")).centres == ()
    assert read_trust(said("trust", document=sent(office.document))).centre("kmc-1") is not None
    challenge = office.challenge(module.module_id)
    proof = said("prove", challenge=sent(challenge))
    assert check_proof(proof, challenge, ephemeral=made_of("challenge"), now=NOON) == module
    wanted = register("123456/7")
    request = read_request(said("request", centre="kmc-1", keys=[str(wanted.ref)]))
    assert request.wanted == (wanted.ref,)
    data = office.file(module, [wanted], request_id=request.request_id)
    receipt = check_receipt(said("load_file", "receipt", file=sent(data)), module.signing_key)
    assert [one.ref for one in receipt.keys] == [wanted.ref]
    ask(path, "delete", key=str(wanted.ref), reason="to see")


def test_the_largest_key_file_goes_through_the_door_and_a_larger_one_is_named_so(path: Path) -> None:
    for size, reason in ((FILE_MAX, "json"), (FILE_MAX + 1, "size")):
        with pytest.raises(ModuleRefused) as caught:
            ask(path, "load_file", file=base64.b64encode(b"x" * size).decode())
        assert (caught.value.refusal, caught.value.detail["reason"]) == ("keyfile.rejected", reason)


@pytest.mark.parametrize("components", [None, "ab", ["zz"], [1], {}, [[]], ["ab" * 19]], ids=repr)
def test_components_that_are_none_are_refused(path: Path, components: object) -> None:
    document = register_document(register("123456/7"))
    request = {"do": "load", "register": document, "components": components}
    assert error_of(path, json.dumps(request).encode() + b"\n") == "field.invalid"


def test_everything_that_keepers_do_goes_through_the_door(post: Post, path: Path) -> None:
    ref = "123456/8"
    loaded = ask(
        path,
        "load",
        register=register_document(register(ref)),
        components=[secret_of(register(ref).ref).hex()],
    )
    assert loaded["key"]["key"] == ref
    assert [one["key"] for one in ask(path, "keys")["keys"]] == [str(KEY), ref]
    assert ask(path, "delete", key=ref, reason="to see") == {"deleted": ref}
    assert ask(path, "seal") == {"sealed": True}
    assert ask(path, "status")["state"] == "sealed"
    with pytest.raises(ShareRefused):
        ask(path, "unseal", offered="nonsense")
    have = [ask(path, "unseal", offered=one)["unsealed"] for one in post.offers]
    assert have == [False, True]
    with pytest.raises(ModuleRefused) as caught:
        ask(path, "delete", key=ref, reason="again")
    assert caught.value.refusal == "key.unknown"
    by = [json.loads(one.body)["facts"].get("by") for one in post.keeper.audit()]
    assert f"uid {os.geteuid()}" in by


def test_a_slow_caller_keeps_nobody_waiting(path: Path) -> None:
    with connected(path) as slow:
        slow.sendall(b'{"do": ')
        assert is_well(path)
        slow.sendall(b'"status"}\n')
        assert json.loads(drain(slow))["done"]["module_id"] == "module"


def test_a_caller_who_says_nothing_is_left_after_a_while(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "_PATIENCE", 0.01)
    with connected(path) as silent:
        assert drain(silent) == b""


def test_a_caller_who_goes_away_disturbs_nobody(path: Path) -> None:
    for request in (b"", b"{", b'{"do": "status"}\n'):
        with connected(path) as gone:
            gone.sendall(request)
    assert is_well(path)


def test_many_callers_are_all_answered(path: Path) -> None:
    start = threading.Barrier(40)

    def call(_: int) -> str:
        start.wait(PATIENCE)
        return str(ask(path, "status")["state"])

    with ThreadPoolExecutor(40) as crowd:
        assert list(crowd.map(call, range(40))) == ["ready"] * 40


@given(st.binary(max_size=200) | st.text(max_size=50).map(lambda text: json.dumps(text).encode() + b"\n"))
@example(b'{"do":"status"}\n\x00')
@example(b'{"do":"status","do":"x"}\n')
def test_any_bytes_are_an_error_or_a_closed_connection(path: Path, sent: bytes) -> None:
    assert error_of(path, sent) in {"peer.error", "field.invalid"}


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("offered", "register", "components", "key", "reason", "request_id", "until", "request_hash")


@given(
    st.sampled_from(("status", "unseal", "keys", "load", "delete", "approve", "audit", "")),
    st.dictionaries(st.sampled_from(NAMES), NESTED, max_size=5),
)
def test_any_object_is_answered_by_an_object_and_the_module_lives(
    path: Path, act: str, words: dict[str, Any]
) -> None:
    answer = json.loads(exchange(path, json.dumps({"do": act, **words}).encode() + b"\n"))
    assert answer.keys() in ({"done"}, {"error"})
    assert act in ("status", "unseal", "keys") or answer.keys() == {"error"}


@pytest.mark.parametrize(
    "answer", [b"", b"\n", b"[]\n", b"{}\n", b'{"error": 5}\n', b'{"error": {"detail": 5}}\n', b"\xff\n"]
)
def test_an_answer_that_is_none_is_the_peers_error(tmp_path: Path, answer: bytes) -> None:
    path = Path(os.path.relpath(tmp_path / "a.sock"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(1)

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(VoltokenError) as caught:
            ask(path, "status")
        thread.join(PATIENCE)
    assert isinstance(caught.value, PeerError | ModuleRefused)


def test_an_error_of_the_door_shows_nothing_of_what_was_sent(path: Path) -> None:
    with pytest.raises(ModuleRefused) as caught:
        ask(path, "0123456789abcdef0123456789abcdef")
    assert "0123" not in caught.value.message
    assert caught.value.refusal == FieldError.code
