"""Security modules from the command line: made, served, unsealed, used, refused, checked."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.sessions import Answer, ask, environ
from tests.planted import COMPONENT_1, COMPONENT_2, VENDING_KEY
from voltoken.drivers.local.home import open_home
from voltoken.drivers.prism.serving import Serving
from voltoken.meter import PROFILES, Meter
from voltoken.sts import (
    EA,
    KRN,
    SGC,
    TI,
    BaseDate,
    Deriver,
    MeterPAN,
    key_check_value,
)
from voltoken.sts import VendingKey as StsVendingKey

METER = "600727000000000009"
CHECK_VALUE = key_check_value(VENDING_KEY).value
NAME = ("--sgc", "123457", "--krn", "1")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a module needs Linux or macOS"),
]


def sm(*words: object, **settings: str) -> Answer:
    """Run a command about modules."""
    return ask("sm", *map(str, words), **settings)


@pytest.fixture
def pilot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a module with three shares and a client, and serve it in this process."""
    monkeypatch.chdir(tmp_path)  # sockets have short paths only
    made = sm(
        "init",
        "pilot",
        "--shares",
        "2/3",
        "--shares-to",
        "shares",
        "--client",
        "till:123457",
        "--test-meters",
    )
    assert made.code == 0
    for name, part in (("1", COMPONENT_1), ("2", COMPONENT_2)):
        file = tmp_path / f"part-{name}.hex"
        file.write_text(part.hex(), encoding="utf-8")
        file.chmod(0o600)
    with Serving(open_home(Path("pilot")), port=0) as serving:
        Path("port").write_text(str(serving.address.port), encoding="utf-8")
        yield Path("pilot")


def unseal() -> None:
    for number in (1, 3):
        assert sm("unseal", "pilot", "--with", f"file:shares/share-{number}.txt").code == 0


def load(*words: str) -> Answer:
    parts = ("--component", "file:part-1.hex", "--component", "file:part-2.hex")
    given = ("--check-value", CHECK_VALUE, *NAME, "--units", "1000", "--test-key")
    return sm("keys", "load", "pilot", *parts, *(words or given))


def buy(*words: str) -> Answer:
    reached = (
        *("--at", f"127.0.0.1:{Path('port').read_text('utf-8')}", "--ca", "pilot/tls/ca.pem"),
        *("--certificate", "pilot/tls/till.pem", "--user", "till"),
        *("--password", "file:pilot/tls/till.password"),
    )
    target = ("--pan", METER, "--ti", "01", *NAME)
    return sm("issue", *(words or ("electricity", "25.6")), *reached, *target, "--json")


def test_from_the_first_share_to_a_lit_lamp(pilot: Path) -> None:
    assert sm("status", "pilot", "--json").json["state"] == "sealed"
    first = sm("unseal", "pilot", "--with", "file:shares/share-2.txt")
    assert (first.code, first.out) == (0, "1 more share is needed.\n")
    assert sm("unseal", "pilot", "--with", "file:shares/share-1.txt").out == "The module is unsealed.\n"
    assert load().out == f"123457/1 is loaded; its check value is {CHECK_VALUE}.\n"
    sold = buy()
    assert (sold.code, sold.json["units"], sold.json["key"]) == (0, "25.6", "123457/1")
    assert "not an STS-certified module" in sold.json["notice"]
    vending_key = StsVendingKey(VENDING_KEY, SGC("123457"), KRN(1), BaseDate.BD2014)
    key = Deriver(vending_key, EA.MISTY1).derive(MeterPAN(METER), TI("01"))
    meter = Meter.new(MeterPAN(METER), key, PROFILES["single-phase"], filled_with=sold.json["tid"] - 60)
    now = datetime.now(UTC)
    assert meter.enter(sold.json["token"], now).credited == 25_600
    assert meter.enter(sold.json["token"], now).credited == 0
    (listed,) = sm("keys", "list", "pilot", "--json").json["keys"]
    assert (listed["units_made"], listed["check_value"]) == (256, CHECK_VALUE)
    assert sm("audit", "verify", "pilot").code == 0


def test_the_same_id_gets_the_same_token(pilot: Path) -> None:
    unseal()
    load()
    words = ("electricity", "5", "--id", "sale-1:1", "--tid", str(_tid()))
    first, again = buy(*words), buy(*words)
    assert first.json["token"] == again.json["token"]
    other = buy("electricity", "6", *words[2:])
    assert other.code == 11
    assert "used for another request" in other.err


def _tid() -> int:
    return int((datetime.now(UTC) - datetime(2014, 1, 1, tzinfo=UTC)).total_seconds()) // 60 - 30


def test_a_sealed_module_sells_nothing(pilot: Path) -> None:
    unseal()
    load()
    assert sm("seal", "pilot").out == "The module is sealed.\n"
    refused = buy()
    assert refused.code == 11
    assert "sealed" in refused.json["error"]["message"]


def test_keys_are_loaded_deleted_and_counted_on(pilot: Path) -> None:
    unseal()
    load()
    buy("electricity", "900")
    assert "loaded already" in load().err
    assert sm("keys", "delete", "pilot", "123457/1", "--reason", "a try").code == 0
    assert "not loaded" in buy().err
    load()
    assert "may make 1000 more" in buy("electricity", "900").err
    table = sm("keys", "list", "pilot").out
    assert "100.0" in table
    assert CHECK_VALUE in table


PART = ("keys", "load", "pilot", "--component", "file:part-1.hex")
AWKWARD = {
    "no such share file": (("unseal", "pilot", "--with", "file:nowhere"), 8, "nowhere"),
    "not a source": (("unseal", "pilot", "--with", "VS1-ABCD"), 2, "file:PATH"),
    "wrong check value": (
        (
            "keys",
            "load",
            "pilot",
            "--component",
            "file:part-1.hex",
            *NAME,
            "--check-value",
            "000000",
            "--test-key",
        ),
        11,
        "000000",
    ),
    "no check value": (
        (*PART, *PART[3:], *NAME),
        2,
        "check value",
    ),
    "no name": (PART, 2, "--sgc"),
    "live key": ((*PART, *NAME), 11, "live key"),
    "no such key": (("keys", "delete", "pilot", "999999/1", "--reason", "x"), 11, "999999/1"),
    "not a key": (("keys", "delete", "pilot", "9999", "--reason", "x"), 3, "123456/1"),
    "unknown service": (
        (*PART, *NAME, "--service", "steam"),
        3,
        "electricity",
    ),
    "units that are none": (
        (*PART, *NAME, "--units", "many"),
        3,
        "1000000",
    ),
    "in hardware that is none": ((*PART, *NAME, "--test-key", "--in-hardware"), 11, "hardware"),
    "approval of nothing": (("approve", "pilot", "x:1", "--hash", "1", "--reason", "x"), 11, "32 digits"),
    "no such home": (("status", "nowhere"), 11, "Serve it first"),
    "no audit there": (("audit", "verify", "nowhere"), 11, "no journal"),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_words_get_clear_answers(pilot: Path, name: str) -> None:
    unseal()
    words, code, said = AWKWARD[name]
    plain, answer = sm(*words), sm(*words, "--json")
    assert (plain.code, answer.code) == (code, code)
    assert said in plain.err
    assert said in answer.json["error"]["message"]


def test_a_wrong_share_is_refused_and_the_others_are_kept(pilot: Path) -> None:
    sm("unseal", "pilot", "--with", "file:shares/share-1.txt")
    wrong = sm("unseal", "pilot", "--with", "file:part-1.hex")
    assert wrong.code == 11
    assert "share" in wrong.err
    again = sm("unseal", "pilot", "--with", "file:shares/share-1.txt")
    assert again.code == 11
    assert sm("unseal", "pilot", "--with", "file:shares/share-2.txt").out == "The module is unsealed.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "one of --shares"),
        (("--shares", "2/3", "--passphrase", "prompt"), "one of --shares"),
        (("--shares", "4/3"), "at most 3"),
        (("--shares", "two"), "2/3"),
        (("--shares", "2/3", "--client", "till"), "till:123457"),
        (("--shares", "2/3", "--client", "till:12"), "6 digits"),
        (("--shares", "2/3", "--id", "a b"), "letters, digits"),
    ],
)
def test_a_module_that_cannot_be_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = sm("init", "pilot", *words)
    assert answer.code in {2, 3}
    assert said in answer.err
    assert list(tmp_path.iterdir()) == []


def test_shares_are_shown_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = sm("init", "pilot", "--shares", "2/3", "--client", "till:*", "--json").json
    assert [one[:4] for one in made["shares"]] == ["VS1-"] * 3
    files = [file.read_bytes() for file in Path("pilot").rglob("*") if file.is_file()]
    assert not any(share.encode() in content for share in made["shares"] for content in files)
    assert sm("init", "pilot", "--shares", "2/3").code == 11


def test_clients_are_added_and_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sm("init", "pilot", "--shares", "2/3", "--client", "till:123457")
    assert sm("client", "pilot", "kiosk:123457,123458").code == 0
    before = Path("pilot/tls/kiosk.pem").read_bytes()
    assert sm("client", "pilot", "kiosk:*").code == 3
    assert sm("client", "pilot", "kiosk", "--renew").code == 0
    assert Path("pilot/tls/kiosk.pem").read_bytes() != before
    assert sm("client", "pilot", "nobody", "--renew").code == 3
    clients = open_home(Path("pilot")).settings.module.clients
    assert clients["kiosk"].supply_groups == {"123457", "123458"}


def test_one_changed_byte_of_the_log_is_named(pilot: Path) -> None:
    unseal()
    load()
    with sqlite3.connect("pilot/journal.db") as journal:
        journal.execute(
            "UPDATE log SET body = replace(body, 'unsealed', 'unsealeD') WHERE body LIKE '%\"unsealed\"%'"
        )
    journal.close()
    found = sm("audit", "verify", "pilot", "--json")
    assert found.code == 11
    assert found.json["sound"] is False
    assert "edited" in " ".join(found.json["faults"])


def test_the_log_is_exported_line_by_line(pilot: Path) -> None:
    unseal()
    lines = [json.loads(line) for line in sm("audit", "export", "pilot").out.splitlines()]
    assert [one["seq"] for one in lines] == list(range(1, len(lines) + 1))
    assert sm("audit", "export", "pilot", "--from", "2", "--json").json == lines[1:]


def test_zeroised_is_for_good(pilot: Path) -> None:
    unseal()
    load()
    assert sm("zeroise", "pilot", "--reason", "the pilot is over", "--yes").code == 0
    assert sm("unseal", "pilot", "--with", "file:shares/share-1.txt").code == 11
    assert sm("audit", "verify", "pilot").code == 0


def test_a_software_module_does_not_start_in_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sm("init", "pilot", "--shares", "2/3", "--client", "till:*")
    for words, environment in (
        (("--production",), {}),
        ((), {"VOLTOKEN_PRODUCTION": "1"}),
    ):
        refused = sm("serve", "pilot", "--port", "0", *words, **environment)
        assert refused.code == 11
        assert "not an STS-certified module" in refused.err
        assert "accept_non_sts_compliant_module" in refused.err
    settings = Path("pilot/module.toml")
    settings.write_text(
        settings.read_text("utf-8").replace("compliant_module = false", "compliant_module = true"),
        encoding="utf-8",
    )
    with subprocess.Popen(
        [sys.executable, "-m", "voltoken", "sm", "serve", "pilot", "--port", "0", "--production", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ(),
    ) as serving:
        try:
            for _ in range(200):
                if sm("status", "pilot").code == 0:
                    break
                time.sleep(0.05)
            status = sm("status", "pilot", "--json").json
            assert status["measures"]["core_dumps_off"] == "on"
        finally:
            serving.terminate()
            out, err = serving.communicate(timeout=20)
    assert serving.returncode == 0
    assert json.loads(out)["state"] == "sealed"
    assert "not an STS-certified module" in err
    assert not Path("pilot/admin.sock").exists()
