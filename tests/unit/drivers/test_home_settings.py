"""The settings file: known names only, cautious where it is silent; any text is read, or refused by place."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.contract.sites import settings_text
from voltoken.drivers.local.making import ClientDraft, draft_settings
from voltoken.drivers.local.settings import HomeSettings, TokenSettings, parse_settings
from voltoken.errors import FieldError
from voltoken.security import Act, ModuleKind, ModuleRole

LEAST = 'version = 1\nid = "pilot"\n'
WHOLE = """
version = 1
id = "pilot"
kind = "pkcs11"
role = "manufacturing"
production = true
accept_non_sts_compliant_module = true
rehearsal_days = -780
[bounds]
tid_behind_days = 3
tid_ahead_days = 0
unknown_per_meter = 9
[ea07]
tables = "tables.json"
[pkcs11]
library = "/lib/hsm.so"
token = "pilot"
[serve]
host = "10.0.0.1"
port = 9999
certificate = "server.pem"
authority = "ca.pem"
require_client_certificate = false
own_supply_groups = ["123456"]
[witness]
files = ["a.jsonl"]
urls = ["https://witness.example/"]
[clients.till]
acts = ["credit", "verify_unknown"]
supply_groups = ["123456", "654321"]
rate = 5
burst = 50
unknown_per_day = 7
test_meters = true
password = "$argon2id$..."
"""


def test_a_file_that_says_nothing_allows_nothing() -> None:
    found = parse_settings(LEAST)
    module = found.module
    assert (module.module_id, module.role, module.clients) == ("pilot", ModuleRole.VENDING, {})
    assert not module.accept_live_keys
    assert (module.tid_behind, module.tid_ahead) == (timedelta(days=7), timedelta(days=1))
    assert module.unknown_per_meter == 3
    assert (module.rehearsal_days, module.rehearsal) == (0, "")
    assert (found.kind, found.production, found.token) == (ModuleKind.SOFTWARE, False, None)
    assert (found.witness_files, found.witness_urls, found.passwords) == ((), (), {})
    assert (found.serving.host, found.serving.port) == ("127.0.0.1", 9443)
    assert found.serving.require_client_certificate
    assert found.serving.own_supply_groups == frozenset()
    assert found == HomeSettings(module)


def test_a_client_that_says_nothing_may_do_nothing() -> None:
    (client,) = parse_settings(f"{LEAST}[clients.till]\n").module.clients.values()
    assert (client.acts, client.supply_groups, client.test_meters) == (frozenset(), frozenset(), False)
    assert (client.rate, client.burst, client.unknown_per_day) == (100, 1000, 20)
    assert not client.may_use("123456")


def test_everything_that_can_be_said_is_heard() -> None:
    found = parse_settings(WHOLE)
    module, client = found.module, found.module.clients["till"]
    assert (found.kind, module.role, found.production) == (ModuleKind.PKCS11, ModuleRole.MANUFACTURING, True)
    assert module.accept_live_keys
    assert module.rehearsal_days == -780
    assert (module.tid_behind, module.tid_ahead) == (timedelta(days=3), timedelta())
    assert module.unknown_per_meter == 9
    assert (found.tables, found.token) == ("tables.json", TokenSettings("/lib/hsm.so", "pilot"))
    serving = found.serving
    assert (serving.host, serving.port) == ("10.0.0.1", 9999)
    assert serving.own_supply_groups == frozenset({"123456"})
    assert (serving.certificate, serving.authority) == ("server.pem", "ca.pem")
    assert not serving.require_client_certificate
    assert (found.witness_files, found.witness_urls) == (("a.jsonl",), ("https://witness.example/",))
    assert client.acts == {Act.CREDIT, Act.VERIFY_UNKNOWN}
    assert client.supply_groups == {"123456", "654321"}
    assert (client.rate, client.burst, client.unknown_per_day, client.test_meters) == (5, 50, 7, True)
    assert found.passwords == {"till": "$argon2id$..."}


TABLES = ("", "bounds", "ea07", "pkcs11", "serve", "witness", "clients.till")


@pytest.mark.parametrize("table", TABLES)
def test_an_unknown_name_is_refused_wherever_it_stands(table: str) -> None:
    text = (
        WHOLE.replace(f"[{table}]\n", f"[{table}]\nprodution = true\n")
        if table
        else f"prodution = 1\n{WHOLE}"
    )
    with pytest.raises(FieldError) as caught:
        parse_settings(text)
    assert caught.value.field == (f"{table}.prodution" if table else "prodution")
    assert "typing error" in caught.value.message


@pytest.mark.parametrize("line", [line for line in WHOLE.splitlines() if "=" in line])
def test_a_value_of_another_type_is_refused_by_its_place(line: str) -> None:
    name = line.partition(" =")[0]
    for wrong in ("1979-05-27", "[[1]]", "1.5", "{a = 1}"):
        with pytest.raises(FieldError) as caught:
            parse_settings(WHOLE.replace(line, f"{name} = {wrong}"))
        assert caught.value.field.split(".")[-1] == name


WRONG = {
    "no version": 'id = "pilot"',
    "another version": 'version = 2\nid = "pilot"',
    "a version that is true": 'version = true\nid = "pilot"',
    "no id": "version = 1",
    "an id with a path": 'version = 1\nid = "../x"',
    "another kind": f'{LEAST}kind = "hardware"',
    "a kind that has no folder": f'{LEAST}kind = "pool"',
    "another role": f'{LEAST}role = "both"',
    "a port beyond the last": f"{LEAST}[serve]\nport = 65536",
    "a window of years": f"{LEAST}[bounds]\ntid_ahead_days = 367",
    "a window before the clock": f"{LEAST}[bounds]\ntid_behind_days = -1",
    "a rehearsal in another age": f"{LEAST}rehearsal_days = 20001",
    "a rehearsal for half a day": f"{LEAST}rehearsal_days = 0.5",
    "an unknown act": f'{LEAST}[clients.till]\nacts = ["everything"]',
    "a supply group that is none": f'{LEAST}[clients.till]\nsupply_groups = ["12345"]',
    "no rate": f"{LEAST}[clients.till]\nrate = 0",
    "a rate without end": f"{LEAST}[clients.till]\nburst = {10**12}",
    "a client that is no table": f"{LEAST}clients = {{till = 1}}",
    "a client without a name": f'{LEAST}[clients.""]',
    "a client with a bar": f'{LEAST}[clients."a|b"]',
    "PKCS#11 without a token": f'{LEAST}kind = "pkcs11"\npkcs11 = {{library = "/lib/hsm.so"}}',
    "a table twice": f"{LEAST}[serve]\n[serve]",
    "no TOML": "version: 1",
    "nested without end": f"{LEAST}x = {'[' * 5000}",
    "a whole number without end": f"version = {'9' * 5000}",
    "half a character": LEAST + 'x = "\\ud800"',
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_right_is_refused(name: str) -> None:
    with pytest.raises(FieldError):
        parse_settings(WRONG[name])


def test_a_refusal_shows_no_text_that_it_does_not_know() -> None:
    for text in ('secret = "sesame open"', "sesame open", "x = sesame open", 'x = "sesame open'):
        with pytest.raises(FieldError) as caught:
            parse_settings(f"{LEAST}{text}")
        assert "sesame" not in caught.value.message


def test_passwords_are_in_no_repr() -> None:
    assert "argon2id" not in repr(parse_settings(WHOLE))
    assert "sesame" not in repr(ClientDraft(("*",), "sesame"))


@pytest.mark.parametrize("role", ModuleRole)
def test_what_is_drafted_for_a_new_module_can_be_read(role: ModuleRole) -> None:
    drafts = {"till": ClientDraft(("123456",), "sesame"), "a-b": ClientDraft(("*",), "x", test_meters=True)}
    for token in (None, TokenSettings('C:\\"lib".dll', "a token")):
        found = parse_settings(draft_settings("pilot", role, drafts, token))
        assert (found.module.role, found.token, found.production) == (role, token, False)
        assert found.module.clients.keys() == drafts.keys()
        assert not found.module.accept_live_keys
        assert found.module.rehearsal_days == 0
        text = draft_settings("pilot", role, drafts, token, rehearsal_days=-780)
        assert parse_settings(text).module.rehearsal_days == -780
        assert Act.VERIFY_UNKNOWN not in found.module.clients["till"].acts
        assert (Act.CREDIT in found.module.clients["till"].acts) is (role is ModuleRole.VENDING)


def reads_or_refuses(text: str) -> None:
    """The one sentence: any text is settings, or a FieldError."""
    try:
        found = parse_settings(text)
    except FieldError:
        return
    assert isinstance(found, HomeSettings)


@given(st.text(max_size=300))
@example("\ud800")
@example("version = 1\nid = 1e9999")
@example("a = 99999-99-99")
def test_any_text_is_settings_or_refused(text: str) -> None:
    reads_or_refuses(text)


PIECES = sorted(
    {*WHOLE.replace("\n", " \n ").split(" "), "=", '"', "[[", "]]", "{", "}", "nan", "-1", "\ud800"}
)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))
def test_any_text_of_the_right_words_is_settings_or_refused(text: str) -> None:
    reads_or_refuses(text)


@given(st.integers(0, len(WHOLE)), st.integers(0, 12), st.text(max_size=6))
def test_a_damaged_file_is_settings_or_refused(at: int, gone: int, put: str) -> None:
    reads_or_refuses(WHOLE[:at] + put + WHOLE[at + gone :])


VALUES = st.recursive(
    st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from([line for line in WHOLE.splitlines() if "=" in line]), VALUES)
def test_any_value_of_any_name_is_settings_or_refused(line: str, value: Any) -> None:
    written = json.dumps(value).replace("Infinity", "inf").replace("NaN", "nan")
    reads_or_refuses(WHOLE.replace(line, f"{line.partition(' =')[0]} = {written}"))


def test_the_settings_of_the_contract_suites_are_read() -> None:
    assert parse_settings(settings_text("pilot")).module.clients.keys() == {"till", "other", "slow"}
