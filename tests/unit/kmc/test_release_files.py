"""Key load files from request to receipt: what was approved is what goes out, and what was loaded."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.kmc.test_keys import refused
from tests.unit.kmc.test_keys_rules import rewrite
from tests.unit.kmc.town import DAY, NOW
from tests.unit.kmc.vault import SGC, SM_1, SM_2, YEAR, Box, Vault, furnished_vault, stocked_vault
from voltoken.errors import ActRefused, FieldError, KeyFileError
from voltoken.kmc import REGISTERS, faults
from voltoken.kmc.file_papers import load_request_of
from voltoken.kmc.file_rules import AHEAD_MAX
from voltoken.kmc.jobs import uuid_of
from voltoken.kmc.release import file_entry_id
from voltoken.security import KeyRef
from voltoken.security.keyload import LoadedKey, parse

KEY = f"{SGC}/1"


@pytest.fixture
def vault() -> Vault:
    """Return a centre with one active key, authorised for one module."""
    return stocked_vault()


def test_the_table_is_sound() -> None:
    assert faults(REGISTERS["key_file"], REGISTERS) == ()


def test_a_file_opens_in_its_module_and_is_on_record(vault: Vault) -> None:
    data = vault.release()
    entry, opened = vault.entry("key_file", "C1.sm-1.1"), SM_1.open(vault, data)
    assert (entry.state, entry.get("seq"), entry.get("digest")) == (
        "released",
        1,
        hashlib.sha256(data).hexdigest(),
    )
    assert (entry.get("file_id"), entry.get("request_id")) == (opened.header.file_id, "-")
    assert entry.get("kid") == parse(data).kid == vault.entry("centre_key", "first").get("kid")
    (record,) = opened.records
    assert record.secret == vault.secrets[f"vending_key/{KEY}"]
    assert entry.get("keys")[KEY]["owner_auth"] == record.owner_auth != ""
    assert record.secret.hex() not in vault.state.export().decode()
    assert "wrapped" not in vault.state.export().decode()


def test_the_id_is_the_next_number(vault: Vault) -> None:
    with refused("file_id", "C1.sm-1.1"):
        vault.ask("key_file", "add", "C1.sm-1.2", recipient="sm-1")
    with pytest.raises(FieldError, match="centre, recipient and number"):
        vault.ask("key_file", "add", "C1.sm-1", recipient="sm-1")
    first = vault.ask("key_file", "add", "C1.sm-1.1", recipient="sm-1", wanted=KEY)
    vault.release()
    with refused("exists"):
        vault.approve(first)


def test_what_changed_since_it_was_asked_for_is_not_released(vault: Vault) -> None:
    request_id = vault.ask("key_file", "add", "C1.sm-1.1", recipient="sm-1", wanted=KEY)
    vault.approve(request_id)
    vault.do("authorisation", "withdraw", "auth-1")
    with refused("left_out"):
        vault.work(request_id)


def test_more_than_is_authorised_is_not_released_whoever_made_the_file(vault: Vault) -> None:
    """The driver is not asked to be right: its facts are held against what may go out."""
    request_id = vault.ask("key_file", "add", "C1.sm-1.1", recipient="sm-1", wanted=KEY)
    vault.approve(request_id)
    facts = vault.work(request_id).facts
    more = {KEY: {**facts["keys"][KEY], "ulm": 10**9}}
    for name, other in (("keys", more), ("seq", 7), ("revoked", [KEY]), ("keys", {}), ("kid", "0" * 16)):
        with refused("plan", name):
            vault.carry_out(request_id, {**facts, name: other})
    vault.carry_out(request_id, facts)
    assert vault.entry("key_file", "C1.sm-1.1").state == "released"


def test_a_load_request_is_answered(vault: Vault) -> None:
    request, document = SM_1.request(vault, KEY, last_seq=4)
    data = vault.release(request=request, load_request=document)
    opened = SM_1.open(vault, data, last_seq=4)
    assert (opened.header.seq, opened.header.request_id) == (5, "lr-1")
    entry = vault.entry("key_file", "C1.sm-1.5")
    assert load_request_of(vault.state, entry) == request
    other, more = SM_1.request(vault, KEY, request_id="lr-2", last_seq=5)
    vault.release(request=other, load_request=more)
    again = file_entry_id(vault.state, "sm-1", request)
    with refused("request", "has answered lr-1"):
        vault.ask("key_file", "add", again, recipient="sm-1", load_request=document)


def test_a_load_request_is_answered_whole_or_in_the_part_that_somebody_names(vault: Vault) -> None:
    request, document = SM_1.request(vault, KEY, f"{SGC}/7")
    asked: dict[str, Any] = {"recipient": "sm-1", "load_request": document}
    with refused("left_out", f"{SGC}/7"):
        vault.ask("key_file", "add", "C1.sm-1.1", **asked)
    with refused("not_asked", f"{SGC}/2"):
        vault.ask("key_file", "add", "C1.sm-1.1", **asked, wanted=f"{KEY},{SGC}/2")
    opened = SM_1.open(vault, vault.release(request=request, load_request=document, wanted=KEY))
    assert [str(record.register.ref) for record in opened.records] == [KEY]
    assert opened.header.request_id == request.request_id


def test_what_goes_out_is_what_was_approved_and_no_more(vault: Vault) -> None:
    """A key that is made after the approval is in no file that was approved before."""
    request, document = SM_1.request(vault)
    with refused("not_named", "all that it may have"):
        vault.ask("key_file", "add", "C1.sm-1.1", recipient="sm-1", load_request=document)
    for values in ({"wanted": KEY}, {"wanted": KEY, "load_request": document}):
        copy = vault.copy()
        request_id = copy.ask("key_file", "add", "C1.sm-1.1", recipient="sm-1", **values)
        copy.approve(request_id)
        copy.key(f"{SGC}/2", act=copy.now)
        assert list(copy.work(request_id).facts["keys"]) == [KEY]
    assert request.wanted == ()


def test_a_file_for_which_no_key_is_named_only_takes_away(vault: Vault) -> None:
    with refused("nothing", "none is named"):
        vault.ask("key_file", "add", "C1.sm-1.1", recipient="sm-1")
    vault.release()
    vault.key(f"{SGC}/2", act=vault.now)
    vault.do("vending_key", "compromise", KEY)
    vault.do("vending_key", "destroy_compromised", KEY, meters_left=0, meters_list="0" * 64)
    opened = SM_1.open(vault, vault.release(wanted=()), last_seq=1)
    assert (opened.records, opened.revoked) == ((), (KeyRef.parse(KEY),))


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"centre_id": "C2"}, "not this centre"),
        ({"module_id": "sm-2"}, "not this module"),
        ({"made_at": NOW - 31 * DAY}, "ask again"),
        ({"made_at": NOW + DAY}, "ask again"),
    ],
    ids=["centre", "module", "old", "to come"],
)
def test_a_load_request_is_of_this_module_for_this_centre_now(
    vault: Vault, changed: dict[str, Any], word: str
) -> None:
    _, document = SM_1.request(vault, KEY, **changed)
    with refused("request", word):
        vault.ask("key_file", "add", "C1.sm-1.1", recipient="sm-1", load_request=document)


def test_a_module_is_not_far_ahead_of_what_it_was_given(vault: Vault) -> None:
    """Else no number would be left that a later file for it can have."""
    vault.release()
    for ahead in (AHEAD_MAX + 2, (1 << 63) - 2, (1 << 63) - 1):
        request, document = SM_1.request(vault, KEY, last_seq=ahead)
        entry_id = file_entry_id(vault.state, "sm-1", request)
        with refused("last_seq", "knows of 1"):
            vault.ask("key_file", "add", entry_id, recipient="sm-1", load_request=document)
    request, document = SM_1.request(vault, KEY, last_seq=AHEAD_MAX + 1)
    data = vault.release(request=request, load_request=document)
    assert parse(data).header.seq == AHEAD_MAX + 2


def test_a_load_request_is_signed_by_its_module(vault: Vault) -> None:
    _, document = SM_2.request(vault, KEY, module_id="sm-1")
    with refused("document", "load_request"):
        vault.ask("key_file", "add", "C1.sm-1.1", recipient="sm-1", load_request=document)
    with refused("document"):
        vault.ask("key_file", "add", "C1.sm-1.1", recipient="sm-1", load_request={"format": "none"})


def test_a_file_for_a_module_that_is_not_there_is_refused(vault: Vault) -> None:
    with refused("unknown", "sm-9"):
        vault.ask("key_file", "add", "C1.sm-9.1", recipient="sm-9")
    vault.release()
    file = vault.entry("key_file", "C1.sm-1.1")
    del vault.state.entries["module"]["sm-1"]
    rewrite(vault, file, load_request=SM_1.request(vault)[1])
    with pytest.raises(KeyFileError):
        load_request_of(vault.state, vault.entry("key_file", "C1.sm-1.1"))


def test_a_receipt_closes_the_file_and_those_before_it(vault: Vault) -> None:
    vault.release()
    vault.release()
    opened = SM_1.open(vault, vault.release())
    vault.do("key_file", "lose", "C1.sm-1.2", note="the stick broke")
    entry = vault.do("key_file", "confirm", "C1.sm-1.3", receipt=SM_1.receipt(vault, opened))
    assert entry.state == "loaded"
    assert [one.state for one in vault.state.of("key_file")] == ["superseded", "lost", "loaded"]


def test_a_receipt_may_come_late(vault: Vault) -> None:
    first = SM_1.open(vault, vault.release())
    second = SM_1.open(vault, vault.release())
    vault.do("key_file", "confirm", "C1.sm-1.2", receipt=SM_1.receipt(vault, second))
    assert vault.do("key_file", "confirm", "C1.sm-1.1", receipt=SM_1.receipt(vault, first)).state == "loaded"
    assert vault.entry("key_file", "C1.sm-1.2").state == "loaded"


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"module_id": "sm-2"}, "module"),
        ({"centre_id": "C2"}, "centre"),
        ({"seq": 2}, "seq"),
        ({"file_id": uuid_of(bytes(16))}, "file_id"),
        ({"digest": "0" * 64}, "digest"),
        ({"revoked": (KeyRef.parse(KEY),)}, "forgotten other keys"),
        ({"loaded_at": NOW - 9 * YEAR}, "clock of the module"),
        ({"loaded_at": NOW + YEAR}, "clock of the module"),
        ({"keys": ()}, "other keys"),
        ({"keys": (LoadedKey(KeyRef.parse(KEY), "ABCDEF", NOW + YEAR),)}, "other keys"),
    ],
    ids=[
        *("module", "centre", "seq", "file", "digest", "revoked", "long ago", "to come", "no keys"),
        "another key",
    ],
)
def test_a_receipt_for_something_else_closes_nothing(
    vault: Vault, changed: dict[str, Any], word: str
) -> None:
    opened = SM_1.open(vault, vault.release())
    with refused("receipt", word):
        vault.ask("key_file", "confirm", "C1.sm-1.1", receipt=SM_1.receipt(vault, opened, **changed))


def test_a_module_that_forgot_nothing_has_what_it_was_given_still(vault: Vault) -> None:
    SM_1.open(vault, vault.release())
    vault.do("authorisation", "withdraw", "auth-1")
    opened = SM_1.open(vault, vault.release())
    assert opened.revoked == (KeyRef.parse(KEY),)
    with refused("receipt", "forgotten other keys"):
        vault.ask("key_file", "confirm", "C1.sm-1.2", receipt=SM_1.receipt(vault, opened, revoked=()))
    confirmed = vault.do("key_file", "confirm", "C1.sm-1.2", receipt=SM_1.receipt(vault, opened))
    assert confirmed.state == "loaded"


def test_a_receipt_is_signed_by_the_module(vault: Vault) -> None:
    opened = SM_1.open(vault, vault.release())
    with refused("document", "receipt"):
        vault.ask("key_file", "confirm", "C1.sm-1.1", receipt=SM_2.receipt(vault, opened))
    with refused("receipt", "Give the receipt"):
        vault.ask("key_file", "confirm", "C1.sm-1.1")


def test_a_module_proves_its_keys_before_it_gets_any() -> None:
    vault = furnished_vault()
    assert vault.entry("module", "sm-1").state == "registered"
    assert not [name for name in vault.secrets if name.startswith("challenge/")]


def test_a_challenge_is_kept_until_it_is_answered(vault: Vault) -> None:
    box = Box("sm-3")
    box.applied(vault, "lightco")
    entry = vault.do("module", "challenge", "sm-3")
    assert len(vault.secrets["challenge/sm-3"]) == 32
    assert entry.get("challenge")["module_id"] == "sm-3"
    answer = box.answer(vault)
    vault.do("module", "challenge", "sm-3")
    request_id = vault.ask("module", "register", "sm-3", proof=answer)
    vault.approve(request_id)
    with pytest.raises(KeyFileError) as found:
        vault.work(request_id)  # an answer to the challenge before
    assert found.value.reason == "challenge"
    vault.do("module", "register", "sm-3", proof=box.answer(vault))
    assert vault.entry("module", "sm-3").state == "registered"
    assert "challenge/sm-3" not in vault.secrets


def test_a_key_that_is_not_where_it_should_be_makes_no_file(vault: Vault) -> None:
    request_id = vault.ask("key_file", "add", "C1.sm-1.1", recipient="sm-1", wanted=KEY)
    vault.approve(request_id)
    vault.secrets[f"vending_key/{KEY}"] = bytes(20)
    with pytest.raises(KeyFileError) as found:
        vault.work(request_id)
    assert found.value.reason == "check_value"


def test_a_file_id_is_a_uuid_of_version_4() -> None:
    assert uuid_of(bytes(16)) == "00000000-0000-4000-8000-000000000000"
    assert uuid_of(b"\xff" * 16) == "ffffffff-ffff-4fff-bfff-ffffffffffff"


def test_a_file_is_good_for_as_many_days_as_were_asked_for(vault: Vault) -> None:
    header = SM_1.open(vault, vault.release(valid_days=3)).header
    assert header.not_after - header.issued_at == timedelta(days=3)
    with pytest.raises(FieldError):
        vault.release(valid_days=367)
    with pytest.raises(ActRefused):
        vault.release("sm-2")
