"""What people, files and machines can do wrong with ``voltoken kmc``: one helpful line, nothing half done."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e import kmc_site
from tests.e2e.kmc_site import BEGIN, END, SGC, SHARES, Site, acting, founders, write
from tests.e2e.sessions import Answer, ask, environ
from voltoken.access import Request
from voltoken.drivers.centre import Centre, World, read_person_key

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a centre needs Linux or macOS"),
]

ALICE, BOB, CAROL, FAY = map(acting, ("alice", "bob", "carol", "fay"))
COUNTRY = ("country", "add", "centre", "KE", "--name", "Kenya")
ACCEPT = ("organisation", "suspend", "centre", "newco")
"""What one other person has to approve."""
SITE = Site()


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("awkward")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        kmc_site.make_people()
        kmc_site.found(SITE)
        kmc_site.furnish(SITE)
    return folder


@pytest.fixture(autouse=True)
def _here(_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder with a centre, its shares, and everybody's keys."""
    shutil.copytree(_made, tmp_path / "here", ignore=shutil.ignore_patterns("*.lock"))
    monkeypatch.chdir(tmp_path / "here")


def kmc(*words: str) -> Answer:
    """Run a command that succeeds."""
    answer = ask("kmc", *words)
    assert answer.code == 0, answer
    return answer


def asked(*words: str, by: tuple[str, ...] = ALICE) -> str:
    """Ask for something that waits for another person, and return the request."""
    return kmc(*(words or ACCEPT), *by).out.split()[1]


def state_of(register: str, entry_id: str) -> str | None:
    with Centre.look(Path("centre")) as centre:
        entry = centre.state.entry(register, entry_id)
        return None if entry is None else entry.state


def waiting() -> list[str]:
    with Centre.look(Path("centre")) as centre:
        return [name for name, filed in centre.state.requests.items() if not filed.outcome]


@pytest.fixture
def unchanged() -> Iterator[None]:
    """See that a test leaves the registers and the requests as they are."""

    def now() -> tuple[str, int]:
        with Centre.look(Path("centre")) as centre:
            return centre.state.fingerprint(), len(centre.state.requests)

    before = now()
    yield
    assert now() == before


# ---------------------------------------------------------------- people and rights


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("words", "reason", "says"),
    [
        ((*COUNTRY, *acting("gus")), None, "gus"),
        ((*COUNTRY, "--as", "alice", "--key", "bob.key"), None, "alice"),
        ((*COUNTRY, *FAY), "no_right", "fay"),
        ((*COUNTRY, "--as", "A l i c e", "--key", "alice.key"), None, "A l i c e"),
        (("vending-key", "activate", "centre", f"{SGC}/9", *ALICE), "unknown", f"{SGC}/9"),
        (("organisation", "accept", "centre", "newco", *ALICE), "state", "member"),
        (("country", "add", "centre", "ZA", "--name", "Again", *ALICE), "exists", "ZA"),
    ],
)
def test_who_may_not_is_told_so(words: tuple[str, ...], reason: str | None, says: str) -> None:
    code = 3 if "A l i c e" in words else 13
    line = SITE.refused(*words, code=code, says=says, reason=reason)
    assert "Traceback" not in line


def test_nobody_approves_alone_twice_or_without_the_right() -> None:
    request_id = asked()
    approve = ("approve", "centre", request_id)
    SITE.refused(*approve, *ALICE, reason="self")
    SITE.refused(*approve, "--as", "bob", "--key", "alice.key")
    SITE.refused(*approve, *CAROL, reason="no_right")
    SITE.refused(*approve, *acting("gus"), reason="unknown")
    SITE.refused("carry-out", "centre", request_id, reason="missing")
    SITE.refused("carry-out", "centre", request_id, "--break-glass", "hurry", *ALICE)
    kmc(*approve, *BOB)
    SITE.refused(*approve, *BOB, reason="twice")
    assert state_of("organisation", "newco") == "member"
    kmc("carry-out", "centre", request_id)
    assert state_of("organisation", "newco") == "suspended"
    SITE.refused("carry-out", "centre", request_id)
    SITE.refused(*approve, *BOB)
    SITE.refused("review", "centre", request_id, "--reason", "seen", *BOB)


def test_a_request_that_is_too_old_is_no_longer_good() -> None:
    """The clock of the centre goes on by a line of its log, nine days from now; it never goes back."""
    request_id = asked()
    kmc("approve", "centre", request_id, *BOB)

    def later() -> datetime:
        return datetime.now(UTC) + timedelta(days=9)

    with Centre.open(Path("centre"), world=World(clock=later)) as centre:
        key = read_person_key(Path("alice.key"), None)
        request = centre.draft("alice", "country", "add", "KE", {"name": "Kenya"})
        centre.ask(request, key.sign(request.signed_bytes()))
    SITE.refused("carry-out", "centre", request_id, reason="expired")
    SITE.refused("approve", "centre", request_id, *BOB)
    assert state_of("organisation", "newco") == "member"


def test_a_request_changed_by_hand_is_worth_nothing() -> None:
    """In the file, where the centre does not open any more; and on its way, where the signature tells."""
    asked("organisation", "change", "centre", "newco", "--address", "1 Hill")
    with Centre.open(Path("centre")) as centre:
        key = read_person_key(Path("alice.key"), None)
        genuine = centre.draft("alice", "country", "add", "KE", {"name": "Kenya"})
        forged: Request = replace(genuine, body={**genuine.body, "id": "UG"})
        with pytest.raises(Exception, match="signature"):
            centre.ask(forged, key.sign(genuine.signed_bytes()))
    with closing(sqlite3.connect("centre/centre.db")) as file, file:
        file.execute("UPDATE log SET body = replace(body, '1 Hill', '9 Hill')")
    line = SITE.refused("requests", "centre")
    assert "line" in line.lower()
    assert ask("kmc", "verify", "centre").code == 13


# ---------------------------------------------------------------- shares and passphrases

MAKE = ("centre-key", "add", "centre", "second", "--begin", BEGIN, "--end", END)


@pytest.mark.parametrize(
    ("sources", "code", "says"),
    [
        (("file:shares/share-1.txt",), 13, "1 more share"),
        (("file:shares/share-1.txt", "file:shares/share-1.txt"), 13, "offered already"),
        (("file:wrong.txt",), 13, "stays sealed"),
        (("file:shares/share-1.txt", "file:cut.txt"), 13, "stays sealed"),
        (("file:shares/share-1.txt", "file:bytes.bin"), 8, "text"),
        (("file:shares/share-1.txt", "file:none.txt"), 8, "No such file"),
        (("file:shares",), 8, "directory"),
        (("env:NOBODY_SET_THIS",), 2, "not set"),
        (("prompt",), 2, "not a terminal"),
        (("VS1-something",), 2, "file:PATH"),
    ],
    ids=["too few", "twice", "wrong", "cut off", "binary", "missing", "folder", "env", "prompt", "bare"],
)
def test_what_does_not_unseal_leaves_no_half_act(sources: tuple[str, ...], code: int, says: str) -> None:
    write("wrong.txt", "VS1-0000-0000\n")
    write("cut.txt", Path("shares/share-2.txt").read_text("utf-8")[:-9])
    write("bytes.bin", bytes(range(256)))
    unseal = [word for source in sources for word in ("--unseal", source)]
    request_id = asked(*MAKE)
    SITE.refused("approve", "centre", request_id, "--carry-out", *unseal, *BOB, code=code, says=says)
    with Centre.look(Path("centre")) as centre:
        assert not centre.state.requests[request_id].approvals
    kmc("approve", "centre", request_id, *BOB)
    SITE.refused("carry-out", "centre", request_id, *unseal, code=code, says=says)
    SITE.refused("backup", "centre", "--file", "b", *unseal, code=code, says=says)
    SITE.refused("identity", "centre", *unseal, code=code, says=says)
    assert state_of("centre_key", "second") is None
    assert not Path("b").exists()
    kmc("carry-out", "centre", request_id, *SHARES)
    assert state_of("centre_key", "second") == "active"


def test_a_sealed_centre_says_what_to_type() -> None:
    """The command in the message is complete: only the shares are asked for."""
    request_id = asked(*MAKE)
    line = SITE.refused("approve", "centre", request_id, "--carry-out", *BOB, says="needs the keys")
    assert line.endswith(f"voltoken kmc carry-out centre {request_id} --unseal prompt --unseal prompt")
    SITE.refused("backup", "centre", "--file", "b")
    SITE.refused("identity", "centre")


def test_a_person_key_under_a_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHT", "a long enough passphrase")
    monkeypatch.setenv("WRONG", "another passphrase altogether")
    monkeypatch.setenv("SHORT", "short")
    kmc("key", "hugo.key", "--passphrase", "env:RIGHT")
    kmc("key", "nora.key")
    SITE.refused("key", "short.key", "--passphrase", "env:SHORT", code=3, says="12 to 1024")
    assert not Path("short.key").exists()
    assert not Path("short.pub").exists()
    act = ("--as", "alice", "--key", "hugo.key")
    SITE.refused(*COUNTRY, *act, "--key-passphrase", "env:WRONG", code=3, says="passphrase")
    SITE.refused(*COUNTRY, *act, code=2, says="not a terminal")
    SITE.refused(*COUNTRY, *act, "--key-passphrase", "env:RIGHT")


# ---------------------------------------------------------------- values


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("value", "code", "says"),
    [
        ("file:none.json", 8, "No such file"),
        ("file:empty", 3, ""),
        ("file:bytes.bin", 8, "text"),
        ("file:huge", 8, "larger than"),
        ("file:.", 8, "directory"),
        ("file:", 8, ""),
        ("{not json}", 2, "no JSON"),
        ("file:none.j\0son", 8, ""),
        ('{"a": 1.5}', 3, "whole numbers"),
        ("[" * 5000, 2, "nested"),
        ('["list"]', 3, "whole numbers"),
        ("word", 3, "whole numbers"),
        ("[1]", 3, "whole numbers"),
        ('{"a": 99999999999999999999}', 3, "whole numbers"),
    ],
)
def test_values_that_are_none(value: str, code: int, says: str) -> None:
    write("empty", "")
    write("bytes.bin", bytes(range(256)))
    with Path("huge").open("wb") as huge:
        huge.truncate((1 << 26) + 1)
    given = ("role", "add", "centre", "clerk", "--actions", "country.add", "--most", value)
    if "\0" not in value:
        SITE.refused(*given, *ALICE, code=code, says=says)
    else:
        assert ask("kmc", *given, *ALICE).code == code


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--name", "", "printable"),
        ("--name", " " * 9, "printable"),
        ("--name", "a\nb", "printable"),
        ("--name", "x" * 121, "120"),
        ("--currency", "kes", "three capitals"),
    ],
)
def test_each_field_says_what_it_takes(option: str, value: str, says: str) -> None:
    words = ["country", "add", "centre", "KE", "--name", "Kenya"]
    words = [*words[:-2], option, value] if option == "--name" else [*words, option, value]
    answer = ask("kmc", *words, *ALICE)
    assert answer.code in (3, 13)
    assert says in answer.err


def test_evidence_of_a_ceremony_is_named_and_named_once() -> None:
    kmc_site.vending_key(
        SITE, 1, "--bits", "64", "--dkga", "02", "--base-date", "14", "--origin", "components"
    )
    SITE.both(
        *(
            "ceremony",
            "add",
            "c-1",
            "--script",
            "vending-key-components",
            "--purpose",
            "x",
            "--auditor",
            "fay",
        ),
        *("--vending-key", f"{SGC}/1", "--bits", "64", "--officer", "alice", "--custodians", "carol,dan"),
    )
    do = ("ceremony", "do", "centre", "c-1")
    SITE.refused(*do, "place=Hall", "present=3", *ALICE, says="planned", reason="state")
    SITE.refused("ceremony", "sign", "centre", "c-1", *ALICE, says="planned", reason="state")
    SITE.refused("minutes", "centre", "c-1", says="planned", reason="state")
    SITE.refused("ceremony", "do", "centre", "c-2", *ALICE, says="voltoken kmc list centre ceremony")
    assert (
        "voltoken kmc ceremony begin centre c-1 --as NAME --key FILE"
        in kmc("ceremony", "next", "centre", "c-1").out
    )
    kmc("ceremony", "begin", "centre", "c-1", *ALICE)
    SITE.refused(*do, "place", *ALICE, code=2, says="NAME=VALUE")
    SITE.refused(*do, "place=a", "place=b", *ALICE, code=2, says="twice")
    SITE.refused(*do, "place=Hall", *ALICE)
    SITE.refused(*do, "place=Hall", "present=many", *ALICE)
    SITE.refused(*do, "place=Hall", "present=3", *FAY, says="alice")
    kmc(*do, "place=Hall", "present=3", *ALICE)
    kmc(*do, "machine=1", "offline=yes", *FAY)
    part = write("carol.part", "0123456789abcdef")
    typed = (*do, "check_value=000000", "--typed", part, *SHARES, *CAROL)
    SITE.refused(*typed, says="check value")
    SITE.refused(*do, "check_value=000000", *SHARES, *CAROL, code=2, says="--typed prompt")
    SITE.refused(*do, "check_value=000000", "--typed", write("odd", "zz"), *SHARES, *CAROL, code=3)
    assert waiting() == []  # what could not be carried out was taken back
    assert "Step 3, carol" in kmc("ceremony", "next", "centre", "c-1").out


# ---------------------------------------------------------------- files that are written


def test_files_that_somebody_names_are_never_overwritten() -> None:
    for name in ("mine", "mine.key", "mine.pub", "shares/share-2.txt"):
        if not Path(name).exists():
            write(name, "precious")
    share = Path("shares/share-2.txt").read_text("utf-8")
    draft = ("supply-group", "draft", "centre", SGC, "--owner", "newco", "--to")
    kmc(*draft, "hand.draft")
    for words in (
        ("backup", "centre", "--file", "mine", *SHARES),
        (*draft, "mine"),
        ("sign", "hand.draft", "--key", "lakeside.key", "--to", "mine"),
        ("component", "mine", "--bits", "64"),
        ("key", "alice.key"),
        ("key", "mine.key"),
        ("key", "mine"),
        ("key", "new.pub"),
        ("init", "c2", "--shares", "2/3", "--shares-to", "shares", *founders()),
    ):
        answer = ask("kmc", *words)
        assert (answer.code, "exists already" in answer.err) == (8, True) or "new.pub" in words
    assert ask("kmc", "key", "new.pub").code == 2
    assert {Path(name).read_text("utf-8") for name in ("mine", "mine.key", "mine.pub")} == {"precious"}
    assert Path("shares/share-2.txt").read_text("utf-8") == share
    assert not Path("c2").exists()
    assert not Path("new.pub").exists()
    with Centre.look(Path("centre")) as centre:
        assert not list(centre.papers())


def test_shares_find_their_files_before_the_centre_is_made() -> None:
    """What cannot be written leaves neither a centre that nobody can unseal nor files of nothing."""
    for folder, says in (("alice.key", "exists"), ("alice.key/x", "Not a directory")):
        answer = ask("kmc", "init", "c2", "--shares", "2/3", "--shares-to", folder, *founders())
        assert (answer.code, says in answer.err) == (
            8 if "x" in folder else 2,
            True,
        ) or "is a file" in answer.err
    SITE.refused("init", "c2", "--shares", "4/3", "--shares-to", "new", *founders(), code=3)
    SITE.refused("init", "alice.key", "--shares", "2/3", "--shares-to", "new", *founders(), code=2)
    assert not Path("new").exists()
    assert not Path("c2").exists()


def test_a_file_that_cannot_be_written_after_the_act_is_fetched_again() -> None:
    Path("out").mkdir()
    SITE.refused("trust-list", "add", "centre", "1", "--to", "nowhere", *ALICE, code=2, says="nowhere")
    assert waiting() == []
    request_id = asked("trust-list", "add", "centre", "1")
    Path("out/centre.trust.1.json").mkdir()
    answer = ask("kmc", "approve", "centre", request_id, "--carry-out", "--to", "out", *SHARES, *BOB)
    assert answer.code == 8
    assert "The act is done" in answer.err
    (command,) = [part for part in answer.err.split(": ") if part.startswith("voltoken kmc papers")]
    kmc(*command.replace("FILE", "again.json").split()[2:])
    assert Path("again.json").exists()


# ---------------------------------------------------------------- making a centre


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "one of --shares and --passphrase"),
        (("--shares", "2/3", "--passphrase", "prompt"), 2, "one of --shares and --passphrase"),
        (("--passphrase", "file:alice.pub", "--shares-to", "x"), 2, "--shares-to goes with --shares"),
        (("--shares", "two"), 3, "2/3"),
        (("--shares", "1/3"), 3, "2"),
        (("--shares", "2/3", "--id", "a b"), 3, "letters"),
        (("--shares", "2/3", "--rehearsal", "yesterday"), 3, "2024-10-01"),
        (("--shares", "2/3", "--founder", "carol"), 3, "PERSON:FILE.pub"),
        (("--shares", "2/3", "--founder", "gus:none.pub"), 8, "none.pub"),
        (("--shares", "2/3", "--founder", "gus:alice.key"), 3, "64 hex"),
        (("--shares", "2/3", "--founder", "gus:short.pub"), 3, "64 hex"),
        (("--shares", "2/3", "--founder", "gus:alice.pub"), 13, "key"),
        (("--shares", "2/3", "--founder", "alice:gus.pub"), 13, "alice"),
        (("--shares", "2/3", "--founder", "gus:gus.pub:king"), 13, "king"),
    ],
)
def test_a_centre_that_cannot_be_made_is_not_made(words: tuple[str, ...], code: int, says: str) -> None:
    write("short.pub", "abcd")
    pair = ("--founder", "alice:alice.pub", "--founder", "bob:bob.pub")
    SITE.refused("init", "c2", *words, *pair, code=code, says=says)
    assert not Path("c2").exists()


def test_a_centre_needs_two_officers_and_a_folder_of_its_own() -> None:
    one = ("--founder", "alice:alice.pub")
    SITE.refused("init", "c2", "--shares", "2/3", *one)
    SITE.refused("init", "c2", "--shares", "2/3", *one, "--founder", "fay:fay.pub:auditor")
    SITE.refused("init", "centre", "--shares", "2/3", *founders(), says="not empty")
    made = kmc("init", "c2", "--shares", "2/3", *founders())
    assert made.out.count("VS1-") == 3
    assert "shown this once" in made.out
    assert made.out.endswith("Next: voltoken kmc status c2\n")


# ---------------------------------------------------------------- the folder and the file


def test_a_folder_that_is_none_is_told() -> None:
    for name in ("nowhere", "shares"):
        SITE.refused("status", name, says="voltoken kmc init")
        SITE.refused("country", "add", name, "KE", "--name", "Kenya", *ALICE, says="voltoken kmc init")
        SITE.refused("verify", name)
        SITE.refused("upgrade", name)
    SITE.refused("status", "alice.key", code=2)
    SITE.refused("status", "\0", code=2, says="zero character")
    write("shares/centre.db", b"no database at all" * 99)
    Path("shares").chmod(0o700)
    SITE.refused("status", "shares")
    SITE.refused("upgrade", "shares")


def test_a_folder_that_others_can_read_is_refused() -> None:
    Path("centre").chmod(0o755)
    SITE.refused("status", "centre", says="chmod")
    Path("centre").chmod(0o700)
    Path("alice.key").chmod(0o644)
    SITE.refused(*COUNTRY, *ALICE, says="chmod 600")


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:9000])


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[8192:20480] = bytes(12288)
    file.write_bytes(data)


def _drop(file: Path) -> None:
    with closing(sqlite3.connect(file)) as base, base:
        base.execute("DELETE FROM log WHERE seq = 20")


def _age(file: Path) -> None:
    with closing(sqlite3.connect(file)) as base, base:
        base.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    "damage", [_cut, _flip, _drop, _age, Path.unlink], ids=lambda one: one.__name__.strip("_")
)
def test_a_damaged_file_is_never_worked_with(damage: Callable[[Path], None]) -> None:
    for beside in ("centre.db-wal", "centre.db-shm"):
        (Path("centre") / beside).unlink(missing_ok=True)
    damage(Path("centre/centre.db"))
    for words in (("status", "centre"), (*COUNTRY, *ALICE), ("log", "centre")):
        SITE.refused(*words)
    answer = ask("kmc", "verify", "centre")
    assert answer.code == 13
    assert "Traceback" not in answer.err + answer.out


HOLD = """
import sys, time
from pathlib import Path
from voltoken.drivers.centre import Centre
with Centre.open(Path("centre")):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_another_process_that_has_it_open_is_waited_for_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Centre.open
    monkeypatch.setattr(Centre, "open", lambda folder: opened(folder, patience_s=0.1))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ(), text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        SITE.refused(*COUNTRY, *ALICE, says="Another process")
        kmc("status", "centre")
        holder.communicate("")
    kmc(*COUNTRY, *ALICE)


def test_an_older_file_is_brought_up_to_date_by_a_command_that_is_told() -> None:
    with closing(sqlite3.connect("centre/centre.db")) as base, base:
        base.execute("DROP TABLE papers")
        base.execute("PRAGMA user_version = 2")
    SITE.refused("status", "centre", says="voltoken kmc upgrade")
    assert kmc("upgrade", "centre").out == "The file had version 2 and has version 3 now.\n"
    kmc("status", "centre")
    assert "centre.upgraded" in kmc("log", "centre").out


# ---------------------------------------------------------------- backups


@pytest.fixture
def backup() -> bytes:
    """Write a backup and return it."""
    kmc("backup", "centre", "--file", "b", *SHARES)
    return Path("b").read_bytes()


@pytest.mark.parametrize("command", [("rehearse",), ("restore",)], ids=" ".join)
def test_a_backup_that_is_none_restores_nothing(command: tuple[str, ...], backup: bytes) -> None:
    to = ("again",) if command == ("restore",) else ()
    first, second, rest = backup.split(b"\n", 2)
    for name, data in {
        "empty": b"",
        "none": b"voltoken-kmc-backup/2\n",
        "short": backup[:100],
        "cut": backup[:-1],
        "headless": first + b"\n\n" + rest,
        "edited": backup.replace(b'"seq":', b'"seq":1', 1),
        "foreign": b"\n".join((first, second.replace(b'"centre":"centre"', b'"centre":"north"'), rest)),
        "flipped": backup[:-9] + bytes([backup[-9] ^ 1]) + backup[-8:],
    }.items():
        write(name, data)
        SITE.refused(*command, name, *to, *SHARES)
    SITE.refused(*command, "nowhere", *to, *SHARES, code=8)
    SITE.refused(*command, "shares", *to, *SHARES, code=8)
    SITE.refused(*command, "b", *to, says="--unseal")
    SITE.refused(*command, "b", *to, "--unseal", "file:shares/share-1.txt", says="--unseal")
    write("wrong", Path("shares/share-1.txt").read_text("utf-8")[:-3] + "AAA")
    SITE.refused(*command, "b", *to, "--unseal", "file:wrong", says="The backup stays closed")
    assert not Path("again").exists()


def test_a_backup_is_compared_with_its_own_centre_only(backup: bytes) -> None:
    assert backup
    kmc("init", "other", "--id", "centre", "--shares", "2/3", "--shares-to", "s2", *founders())
    kmc("init", "north", "--shares", "2/3", "--shares-to", "s3", *founders())
    for name in ("other", "north", "nowhere"):
        SITE.refused("rehearse", "b", "--centre", name, *SHARES)
    SITE.refused("rehearse", "b", "--unseal", "file:s2/share-1.txt", "--unseal", "file:s2/share-2.txt")
    SITE.refused("restore", "b", "centre", *SHARES, says="not empty")


def test_a_living_centre_that_went_on_is_told_apart_from_one_that_was_changed(backup: bytes) -> None:
    assert backup
    kmc(*COUNTRY, *ALICE)
    said = kmc("rehearse", "b", "--centre", "centre", *SHARES)
    assert "byte by byte" in said.out
    assert "lines that are not in it" in said.out


# ---------------------------------------------------------------- looking for what is not there


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("show", "centre", "module", "none"), 13, "voltoken kmc list centre module"),
        (("show", "centre", "modules", "none"), 13, "there are person, role"),
        (("list", "centre", "module", "--state", "sleeping"), 13, "it has applied"),
        (("registers", "modules"), 13, "there are person, role"),
        (("requests", "centre", "r9"), 13, "voltoken kmc requests centre --all"),
        (("papers", "centre", "../../etc/passwd"), 13, "voltoken kmc papers centre"),
        (("approve", "centre", "r9", *BOB), 13, "voltoken kmc requests centre --all"),
        (("carry-out", "centre", "r9"), 13, "voltoken kmc requests"),
        (("review", "centre", "r9", "--reason", "x", *BOB), 13, "voltoken kmc requests centre --all"),
        (("minutes", "centre", "c9"), 13, "voltoken kmc list centre ceremony"),
        (("ceremony", "next", "centre", "c9"), 13, "voltoken kmc list centre ceremony"),
        (
            ("supply-group", "draft", "centre", "999999", "--owner", "newco", "--to", "d"),
            13,
            "list centre supply-group",
        ),
        (("log", "centre", "--from", "0"), 2, "--from"),
        (("verify", "centre", "--public-key", "abc"), 3, "64 hex"),
        (("sign", "alice.pub", "--key", "lakeside.key"), 2, "draft"),
        (("sign", "none", "--key", "lakeside.key"), 8, "No such file"),
        (("sign", "alice.pub", "--key", "alice.pub"), 2, "draft"),
        (("component", "part", "--bits", "128"), 2, "128"),
        (("vending-key", "fly", "centre", "1"), 2, "fly"),
        (("flying", "centre"), 2, "flying"),
    ],
    ids=lambda given: " ".join(given)[:40] if isinstance(given, tuple) else None,
)
def test_what_is_not_there_is_told_with_the_way_to_what_is(
    words: tuple[str, ...], code: int, says: str
) -> None:
    SITE.refused(*words, code=code, says=says)
