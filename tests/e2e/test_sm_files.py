"""Key files from the command line: a module and a centre meet, keys travel, and days are rehearsed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.e2e.sessions import Answer, ask, environ
from tests.unit.security.desk import register, secret_of
from tests.unit.security.office import Office, made_of
from voltoken.cli import root
from voltoken.cli.sm import keyfiles
from voltoken.drivers.local.home import open_home
from voltoken.drivers.prism.serving import Serving
from voltoken.meter import PROFILES, Meter
from voltoken.security.keyload import (
    FILE_MAX,
    ModuleIdentity,
    check_proof,
    check_receipt,
    check_request,
    read_module,
    write_trust,
)
from voltoken.sts import EA, TI, BaseDate, Deriver, MeterPAN, VendingKey

METER = "600727000000000009"
KEY = register("123457/1", ulm=1000)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a module needs Linux or macOS"),
]


def sm(*words: object) -> Answer:
    """Run a command about modules."""
    return ask("sm", *map(str, words))


def typed(text: str, *words: str) -> Answer:
    """Run a command about modules, and type a text when it asks."""
    result = CliRunner().invoke(root, ["sm", *words], input=text, prog_name="voltoken")
    return Answer(result.exit_code, result.stdout, result.stderr)


def made(*words: str) -> None:
    """Make and serve-ready a module with a client."""
    options = ("--shares", "2/3", "--shares-to", "shares", "--client", "till:123457", "--test-meters")
    assert sm("init", "pilot", *options, *words).code == 0


def unseal() -> None:
    for number in (1, 3):
        assert sm("unseal", "pilot", "--with", f"file:shares/share-{number}.txt").code == 0


def buy(port: int, *words: str) -> Answer:
    reached = (
        *("--at", f"127.0.0.1:{port}", "--ca", "pilot/tls/ca.pem"),
        *("--certificate", "pilot/tls/till.pem", "--user", "till"),
        *("--password", "file:pilot/tls/till.password"),
    )
    target = ("--pan", METER, "--ti", "01", "--sgc", "123457", "--krn", "1")
    return sm("issue", "electricity", "25.6", *reached, *target, "--json", *words)


@pytest.fixture
def office() -> Office:
    return Office(datetime.now(UTC) - timedelta(seconds=1))


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Make a module, serve it in this process, and unseal it."""
    monkeypatch.chdir(tmp_path)  # sockets have short paths only
    made()
    with Serving(open_home(Path("pilot")), port=0) as serving:
        unseal()
        yield serving.address.port


def known(office: Office) -> ModuleIdentity:
    """Have module and centre know each other; return the module's identity."""
    Path("kmc.json").write_bytes(office.document)
    assert sm("identity", "pilot", "--to", "pilot.json").code == 0
    assert sm("trust", "pilot", "kmc.json", "--fingerprint", office.identity.fingerprint).code == 0
    return read_module(Path("pilot.json").read_bytes())


def test_from_an_identity_to_a_lit_lamp(port: int, office: Office) -> None:
    Path("kmc.json").write_bytes(office.document)
    assert "No centre is trusted" in sm("trust", "pilot").out
    told = sm("identity", "pilot", "--to", "pilot.json")
    module = read_module(Path("pilot.json").read_bytes())
    assert (told.code, told.out) == (0, f"pilot: {module.fingerprint}\n")
    trusted = sm("trust", "pilot", "kmc.json", "--fingerprint", office.identity.fingerprint)
    assert trusted.code == 0
    assert "kmc-1" in trusted.out
    assert sm("trust", "pilot").out == trusted.out

    challenge = office.challenge("pilot")
    Path("challenge.json").write_bytes(challenge)
    assert sm("prove", "pilot", "challenge.json", "--to", "proof.json").code == 0
    proof = Path("proof.json").read_bytes()
    found = check_proof(proof, challenge, ephemeral=made_of("challenge"), now=office.now)
    assert found == module

    asked = sm("request", "pilot", "--centre", "kmc-1", "--key", "123457/1", "--to", "request.json")
    request = check_request(Path("request.json").read_bytes(), module.signing_key)
    assert request.request_id in asked.out
    assert request.wanted == (KEY.ref,)
    Path("keys.klf").write_bytes(office.file(module, [KEY], request_id=request.request_id))
    described = sm("describe", "keys.klf")
    assert described.code == 0
    assert KEY.check_value.value in described.out
    loaded = sm("load", "pilot", "keys.klf", "--receipt", "receipt.json")
    assert loaded.code == 0
    assert "File 1 of kmc-1 is loaded." in loaded.out
    receipt = check_receipt(Path("receipt.json").read_bytes(), module.signing_key)
    assert [one.ref for one in receipt.keys] == [KEY.ref]
    again = sm("load", "pilot", "keys.klf", "--json")
    assert again.json["receipt"].encode() == Path("receipt.json").read_bytes()

    sold = buy(port)
    assert (sold.code, sold.json["units"]) == (0, "25.6")
    vending_key = VendingKey(secret_of(KEY.ref), KEY.ref.sgc, KEY.ref.krn, BaseDate.BD2014)
    key = Deriver(vending_key, EA.MISTY1).derive(MeterPAN(METER), TI("01"))
    meter = Meter.new(MeterPAN(METER), key, PROFILES["single-phase"], filled_with=sold.json["tid"] - 60)
    assert meter.enter(sold.json["token"], datetime.now(UTC)).credited == 25_600
    assert sm("audit", "verify", "pilot").code == 0


def test_without_a_file_to_write_to_a_document_comes_out_exactly(port: int, office: Office) -> None:
    assert port
    module = known(office)
    plain = sm("identity", "pilot")
    assert plain.out.encode() == Path("pilot.json").read_bytes()
    answer = sm("identity", "pilot", "--json").json
    assert answer == {
        "module_id": "pilot",
        "fingerprint": module.fingerprint,
        "document": plain.out,
        "file": None,
    }
    request = sm("request", "pilot", "--centre", "kmc-1", "--json").json
    assert check_request(request["document"].encode(), module.signing_key).wanted == ()
    trusted = sm("trust", "pilot", "--json").json
    assert [one["centre_id"] for one in trusted["centres"]] == ["kmc-1"]
    assert trusted["list_version"] == 1


def test_who_gives_no_fingerprint_is_asked_and_may_say_no(port: int, office: Office) -> None:
    assert port
    Path("kmc.json").write_bytes(office.document)
    refused = typed("n\n", "trust", "pilot", "kmc.json")
    assert refused.code != 0
    assert office.identity.fingerprint in refused.err
    assert "No centre is trusted" in sm("trust", "pilot").out
    assert typed("y\n", "trust", "pilot", "kmc.json").code == 0
    Path("list.json").write_bytes(write_trust(Office(office.now, "kmc-2").trust(2)))
    asked = typed("y\n", "trust", "pilot", "list.json")
    assert asked.code == 0
    assert "kmc-2" in asked.err
    assert "kmc-1" not in sm("trust", "pilot").out
    old = typed("y\n", "trust", "pilot", "list.json")
    assert old.code == 11
    assert "version" in old.err


def test_revoked_keys_are_named_and_no_key_is_left_in_clear(port: int, office: Office) -> None:
    assert port
    module = known(office)
    Path("a.klf").write_bytes(office.file(module, [KEY]))
    Path("b.klf").write_bytes(office.file(module, (), [KEY.ref]))
    outs = [sm("load", "pilot", "a.klf"), sm("load", "pilot", "b.klf"), sm("describe", "b.klf")]
    assert [one.code for one in outs] == [0, 0, 0]
    assert "Revoked: 123457/1." in outs[1].out
    assert "Revoked: 123457/1." in outs[2].out
    assert sm("load", "pilot", "b.klf", "--json").json["revoked"] == ["123457/1"]
    secret = secret_of(KEY.ref)
    content = b"".join(file.read_bytes() for file in Path("pilot").rglob("*") if file.is_file())
    assert secret not in content
    assert secret.hex().encode() not in content
    assert secret.hex() not in "".join(one.out + one.err for one in outs)


AWKWARD: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no such file": (("load", "pilot", "nowhere.klf"), 8, "nowhere.klf"),
    "a folder": (("describe", "pilot"), 2, "directory"),
    "no key file": (("load", "pilot", "kmc.json"), 11, "key load file"),
    "nothing to describe": (("describe", "kmc.json"), 2, "voltoken-klf"),
    "too large": (("describe", "large"), 2, "1048576"),
    "too large for a module": (("load", "pilot", "large"), 11, "1048576"),
    "a stranger's file": (("load", "pilot", "stranger.klf"), 11, "stranger"),
    "a receipt that is there": (("load", "pilot", "good.klf", "--receipt", "kmc.json"), 8, "exists already"),
    "a receipt in no folder": (("load", "pilot", "good.klf", "--receipt", "no/where"), 8, "no/where"),
    "another fingerprint": (("trust", "pilot", "kmc.json", "--fingerprint", "00"), 3, "fingerprint"),
    "a list that is none": (("trust", "pilot", "large"), 2, "large"),
    "a centre that is none": (("trust", "pilot", "good.klf"), 2, "good.klf"),
    "a challenge that is none": (("prove", "pilot", "kmc.json"), 2, "kmc.json"),
    "a stranger's challenge": (("prove", "pilot", "challenge.json"), 11, "stranger"),
    "an unknown centre": (("request", "pilot", "--centre", "kmc-9"), 11, "kmc-9"),
    "no centre": (("request", "pilot"), 2, "--centre"),
    "a key that is none": (("request", "pilot", "--centre", "kmc-1", "--key", "x"), 3, "123456/1"),
    "a file that is there": (("identity", "pilot", "--to", "kmc.json"), 8, "exists already"),
    "no such home": (("identity", "nowhere"), 11, "Serve it first"),
}


def test_awkward_words_get_clear_answers(port: int, office: Office) -> None:
    assert port
    module, stranger = known(office), Office(office.now, "stranger")
    Path("good.klf").write_bytes(office.file(module, [KEY]))
    Path("stranger.klf").write_bytes(stranger.file(module, [KEY]))
    Path("challenge.json").write_bytes(stranger.challenge("pilot"))
    Path("large").write_bytes(b" " * (FILE_MAX + 1))
    for name, (words, code, said) in AWKWARD.items():
        plain, answer = sm(*words), sm(*words, "--json")
        assert (plain.code, answer.code) == (code, code), name
        assert said in plain.err, name
        assert said in answer.json["error"]["message"], name
    assert sm("load", "pilot", "good.klf").code == 0  # nothing of all that has used it up


def test_a_plug_in_that_is_broken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_text("anything")
    for value, said in (
        ("voltoken.nowhere:Codec", "broken"),
        ("voltoken.cli.sm.keyfiles:CODEC_GROUP", "can_import"),
    ):
        entry = EntryPoint("broken", value, "voltoken.keyfile_codecs")
        monkeypatch.setattr(keyfiles, "entry_points", lambda *, group, entry=entry: [entry] if group else [])
        found = sm("describe", tmp_path / "x")
        assert found.code == 2
        assert said in found.err


DAY = "2024-10-01"


def test_a_rehearsal_sells_on_its_own_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made("--rehearsal", DAY)
    Path("part.hex").write_text(secret_of(KEY.ref).hex(), encoding="utf-8")
    Path("part.hex").chmod(0o600)
    with Serving(open_home(Path("pilot")), port=0) as serving:
        unseal()
        name = ("--sgc", "123457", "--krn", "1", "--units", "1000")
        live = sm("keys", "load", "pilot", "--component", "file:part.hex", *name)
        assert live.code == 11
        assert sm("keys", "load", "pilot", "--component", "file:part.hex", *name, "--test-key").code == 0
        status = sm("status", "pilot", "--json").json
        assert status["now"][:10] == DAY
        assert "in rehearsal" in status["alerts"][0]
        port = serving.address.port
        sold = buy(port, "--time", f"{DAY}T{status['now'][11:16]}")
        assert sold.code == 0
        assert "in rehearsal" in sold.json["notice"]
        assert "ahead" in buy(port).json["error"]["message"]
        approved = sm("approve", "pilot", "sale-1:1", "--hash", "0" * 32, "--reason", "to see")
        assert (approved.code, DAY[:8] in approved.out) == (0, True)
    assert sm("audit", "verify", "pilot").code == 0


@pytest.mark.parametrize("day", ["yesterday", "2024-10-32", "1000-01-01", "today"])
def test_a_rehearsal_has_a_day_that_is_one_and_not_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: str
) -> None:
    monkeypatch.chdir(tmp_path)
    given = f"{datetime.now(UTC):%Y-%m-%d}" if day == "today" else day
    refused = sm("init", "pilot", "--shares", "2/3", "--rehearsal", given)
    assert refused.code == 3
    assert "rehearsal" in refused.err
    assert list(tmp_path.iterdir()) == []


def test_a_rehearsal_says_so_when_it_is_made_and_when_it_starts_and_serves_no_customer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "for rehearsals" in sm("init", "other", "--shares", "2/3", "--rehearsal", DAY).out
    refused = sm("serve", "other", "--port", "0", "--production")
    assert refused.code == 11
    assert "in rehearsal" in refused.err
    with subprocess.Popen(
        [sys.executable, "-m", "voltoken", "sm", "serve", "other", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ(),
    ) as serving:
        assert serving.stdout is not None
        assert "listens" in serving.stdout.readline()
        serving.terminate()
        _, err = serving.communicate(timeout=20)
    assert "in rehearsal: its clock is shifted by -" in err
