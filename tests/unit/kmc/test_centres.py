"""Other centres and whether they are trusted, this centre's own keys, and the lists modules get."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.test_keys import refused
from tests.unit.kmc.test_keys_rules import rewrite
from tests.unit.kmc.town import DAY, NOW
from tests.unit.kmc.vault import YEAR, Vault, furnish, furnished_vault
from voltoken import canonical
from voltoken.errors import ActRefused
from voltoken.kmc import REGISTERS, faults, reached
from voltoken.kmc.signing_keys import own_identity, signing_keys, trust_of
from voltoken.security.keyload import read_centre, read_trust


@pytest.fixture
def vault() -> Vault:
    """Return a centre with modules and one signing key."""
    return furnished_vault()


@pytest.fixture(scope="module")
def other() -> Vault:
    """Return another centre."""
    return furnish(Vault("C2"))


def told(centre: Vault, name: str = "the other") -> dict[str, Any]:
    """Return the values with which a centre is entered that another one knows."""
    data = centre.identity()
    return {
        "name": name,
        "identity": canonical.read(data, len(data)),
        "fingerprint": read_centre(data).fingerprint,
    }


def test_the_tables_are_sound() -> None:
    for name in ("centre", "centre_key", "trust_list", "transfer"):
        assert faults(REGISTERS[name], REGISTERS) == ()


def test_a_compromised_centre_is_never_trusted_again() -> None:
    for state in ("compromised", "lost", "retired"):
        assert not reached(REGISTERS["centre"], state) & {"trusted", "suspended"}
    assert reached(REGISTERS["centre_key"], "compromised") == frozenset()


def test_a_centre_is_trusted_by_its_fingerprint(vault: Vault, other: Vault) -> None:
    values = told(other)
    mistyped = {**values, "fingerprint": values["fingerprint"].replace("a", "b")}
    with refused("fingerprint", "on another way", values["fingerprint"]):
        vault.ask("centre", "add", "C2", **mistyped)
    spoken = {**values, "fingerprint": values["fingerprint"].replace(" ", "").upper()}
    assert vault.do("centre", "add", "C2", **spoken).state == "trusted"


def test_an_identity_is_whole_and_of_the_centre_that_is_named(vault: Vault, other: Vault) -> None:
    values = told(other)
    with refused("identity", "C2"):
        vault.ask("centre", "add", "C3", **values)
    with refused("identity", "C1"):
        vault.ask("centre", "add", "C1", **told(vault))
    with refused("document", "identity"):
        vault.ask("centre", "add", "C2", **{**values, "identity": {**values["identity"], "centre_id": "C3"}})
    with refused("document"):
        vault.ask("centre", "add", "C2", **{**values, "identity": {}})


def test_trust_is_suspended_renewed_and_lost(vault: Vault, other: Vault) -> None:
    vault.do("centre", "add", "C2", **told(other))
    assert vault.do("centre", "suspend", "C2").state == "suspended"
    assert vault.do("centre", "resume", "C2").state == "trusted"
    newer = other.copy()
    newer.do("centre_key", "add", "second", begin=NOW, end=NOW + 2 * YEAR)
    entry = vault.do("centre", "renew", "C2", **told(newer))
    assert len(entry.get("identity")["keys"]) == 2
    assert vault.do("centre", "lose", "C2", note="a fire").state == "lost"
    assert vault.do("centre", "compromise", "C2").state == "compromised"


def test_a_centre_has_several_signing_keys_each_with_its_time(vault: Vault) -> None:
    vault.do("centre_key", "add", "second", begin=NOW + YEAR, end=NOW + 5 * YEAR)
    identity = own_identity(vault.state, vault.now)
    assert [key.kid for key in identity.keys] == [one.kid for one in signing_keys(vault.state, vault.now)]
    assert (len(identity.keys), identity.exchange_key is None) == (2, False)
    assert read_centre(vault.identity()) == identity
    assert len(own_identity(vault.state, NOW + 4 * YEAR + DAY).keys) == 1
    seeds = [seed for name, seed in vault.secrets.items() if name.startswith("signing_key/")]
    assert not any(seed.hex() in vault.state.export().decode() for seed in seeds)


@pytest.mark.parametrize(
    ("begin", "end"),
    [(NOW, NOW), (NOW + DAY, NOW), (NOW - 2 * DAY, NOW - DAY), (NOW, NOW + 1831 * DAY)],
    ids=["no time", "backwards", "over", "over five years"],
)
def test_a_signing_key_has_a_sensible_time(vault: Vault, begin: Any, end: Any) -> None:
    with refused("key_period"):
        vault.ask("centre_key", "add", "second", begin=begin, end=end)


def test_a_centre_has_at_most_sixteen_signing_keys(vault: Vault) -> None:
    for number in range(2, 17):
        vault.do("centre_key", "add", f"k{number}", begin=NOW, end=NOW + YEAR)
    assert len(read_centre(vault.identity()).keys) == 16
    with refused("too_many"):
        vault.ask("centre_key", "add", "k17", begin=NOW, end=NOW + YEAR)


def test_the_last_signing_key_is_not_retired(vault: Vault) -> None:
    with refused("last_key"):
        vault.ask("centre_key", "retire", "first")
    vault.do("centre_key", "add", "second", begin=NOW + YEAR, end=NOW + 2 * YEAR)
    with refused("last_key"):
        vault.ask("centre_key", "retire", "first")
    vault.do("centre_key", "add", "third", begin=NOW, end=NOW + 2 * YEAR)
    kid = vault.entry("centre_key", "first").get("kid")
    assert vault.do("centre_key", "retire", "first").state == "retired"
    assert f"signing_key/{kid}" not in vault.secrets
    assert vault.do("centre_key", "compromise", "first").state == "compromised"  # its secret is gone already


def test_a_compromised_signing_key_ends_at_once(vault: Vault) -> None:
    assert vault.do("centre_key", "compromise", "first").state == "compromised"
    with pytest.raises(ActRefused) as found:
        own_identity(vault.state, vault.now)
    assert found.value.reason == "no_signing_key"


def test_modules_get_a_list_of_all_who_are_trusted(vault: Vault, other: Vault) -> None:
    vault.do("centre", "add", "C2", **told(other), until=NOW + YEAR)
    entry = vault.do("trust_list", "add", "1")
    found = read_trust(vault.files["C1.trust.1.json"])
    assert (found.version, entry.get("fingerprint")) == (1, found.fingerprint)
    assert [one.centre_id for one in found.centres] == ["C1", "C2"]
    assert found.centres[1].end == NOW + YEAR
    vault.do("centre", "suspend", "C2")
    vault.do("trust_list", "add", "7")
    assert [one.centre_id for one in read_trust(vault.files["C1.trust.7.json"]).centres] == ["C1"]
    assert [one.state for one in vault.state.of("trust_list")] == ["superseded", "current"]


def test_a_centre_whose_time_is_over_is_in_no_list(vault: Vault, other: Vault) -> None:
    vault.do("centre", "add", "C2", **told(other), until=NOW + YEAR)
    assert len(trust_of(vault.state, NOW + DAY, 1).centres) == 2
    assert len(trust_of(vault.state, NOW + YEAR, 1).centres) == 1
    rewrite(vault, vault.entry("centre", "C2"), until=None)
    assert trust_of(vault.state, NOW + YEAR, 1).centres[1].end > NOW + 3 * YEAR


def test_the_version_of_a_list_rises(vault: Vault) -> None:
    vault.do("trust_list", "add", "3")
    for version in ("3", "2"):
        with refused("exists" if version == "3" else "version"):
            vault.ask("trust_list", "add", version)
    request_id = vault.ask("trust_list", "add", "10")
    vault.approve(request_id)
    with refused("plan"):
        vault.carry_out(request_id, {"digest": "0" * 64, "fingerprint": "made up"})


def test_a_centre_without_an_exchange_key_says_so(vault: Vault) -> None:
    vault.state.created = {
        name: value for name, value in vault.state.created.items() if name != "exchange_key"
    }
    assert own_identity(vault.state, vault.now).exchange_key is None
