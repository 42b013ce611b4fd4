"""Random histories of keys, authorisations and files: no way back, and never more than was authorised."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.unit.kmc.vault import SGC, SM_1, SM_2, UNIQUE, YEAR, Box, Vault, stocked_vault
from voltoken.errors import ActRefused
from voltoken.kmc import REGISTERS, Entry, arrows
from voltoken.kmc.authorisations import Authorisation
from voltoken.kmc.keys import FULL, VENDING_KEY, VendingKey, ref_of
from voltoken.kmc.names import next_id
from voltoken.kmc.release import file_entry_id, files_for
from voltoken.security import KeyRef, KeyRegister
from voltoken.security.keyload import KeyRecord

BOXES = (SM_1, SM_2)
ENDED = frozenset({"deactivated", "compromised", "destroyed", "destroyed_compromised"})
"""States after which a key never makes credit again."""
STEPS = [step for step in REGISTERS[VENDING_KEY].steps if step.sources and not step.inner]
REFUSALS = {
    *("state", "changed", "over", "not_yet", "not_later", "origin", "not_counted", "meters_left", "same_key"),
    *("way_back", "name_taken", "group", "fields", "attributes", "key_id", "unknown", "empty"),
}
"""Why a random step may be refused; anything else is a fault of the test or of the centre."""


def test_credit_is_reached_from_before_it_only() -> None:
    """Walks the table: whatever leads to a state with credit comes from one that had it, or from nothing."""
    for arrow in arrows(REGISTERS[VENDING_KEY]):
        if arrow.target in FULL | {"suspended"} and arrow.source not in {"", "requested"}:
            assert arrow.source in FULL | {"suspended"}, arrow


class Keys(RuleBasedStateMachine):
    """People ask for random steps of keys and authorisations, and modules load what they get."""

    def __init__(self) -> None:
        super().__init__()
        self.vault: Vault = stocked_vault()
        self.ended: dict[str, str] = {}
        self.has: dict[str, dict[KeyRef, KeyRecord]] = {box.module_id: {} for box in BOXES}
        self.loaded = {box.module_id: 0 for box in BOXES}
        self.number = 0

    def _try(self, register: str, step: str, entry_id: str, **values: Any) -> Entry | None:
        try:
            return self.vault.do(register, step, entry_id, **values)
        except ActRefused as error:
            if error.reason not in REFUSALS:
                raise
            return None

    @rule(krn=st.integers(1, 3), base_date=st.sampled_from(["93", "14"]), days=st.integers(1, 400))
    def ask_for_a_key(self, krn: int, base_date: str, days: int) -> None:
        """Somebody asks for a key, perhaps of a revision that was used before."""
        entry_id = next_id(self.vault.state, KeyRef.parse(f"{SGC}/{krn}"))
        old = {"bits": 64, "dkga": "02", "eas": "07"} if base_date == "93" else {}
        now = self.vault.now
        asked = {
            **UNIQUE,
            **old,
            "krn": krn,
            "base_date": base_date,
            "act": now,
            "iut": now + days * timedelta(days=1),
        }
        if self._try(VENDING_KEY, "add", entry_id, **asked):
            self._try(VENDING_KEY, "generate", entry_id)

    @rule(pick=st.integers(0, 99), which=st.integers(0, 99), left=st.integers(0, 2))
    def take_a_step(self, pick: int, which: int, left: int) -> None:
        """Somebody takes a step that its life has with some key; rules refuse it or not."""
        ways = [
            (entry, step.name)
            for entry in self.vault.state.of(VENDING_KEY)
            for step in STEPS
            if entry.state in step.sources
        ]
        if not ways:
            return
        entry, step = ways[(pick * 100 + which) % len(ways)]
        counted = {"meters_left": left, "meters_list": "0" * 64}
        longer = {"iut": self.vault.now + (pick + 1) * YEAR}
        values = counted if step.startswith("destroy") else longer if step.startswith("extend") else {}
        self._try(VENDING_KEY, step, entry.entry_id, **values)

    @rule(days=st.integers(0, 60))
    def wait(self, days: int) -> None:
        """Time goes by."""
        self.vault.now += timedelta(days=days)

    @rule(box=st.sampled_from(BOXES), full=st.booleans(), days=st.integers(1, 200), ulm=st.integers(1, 10**6))
    def authorise(self, box: Box, full: bool, days: int, ulm: int) -> None:
        """The owner signs an authorisation."""
        self.number += 1
        use = {"ulm": ulm, "services": "electricity"} if full else {"use": "key_change_only"}
        end = self.vault.now + timedelta(days=days)
        self.vault.authorise(
            f"a{self.number}", module=box.module_id, end=end, refresh_days=1 + days % 90, **use
        )

    @rule(pick=st.integers(0, 8))
    def withdraw(self, pick: int) -> None:
        """An authorisation is taken back."""
        granted = list(self.vault.state.where("authorisation", state="granted"))
        if granted:
            self._try("authorisation", "withdraw", granted[pick % len(granted)].entry_id)

    @rule(box=st.sampled_from((SM_1, SM_1, SM_2)), delivered=st.sampled_from((True, True, False)))
    def release(self, box: Box, delivered: bool) -> None:
        """A file is made; perhaps it arrives, and is loaded whole."""
        vault = self.vault
        try:
            data = vault.release(box.module_id)
        except ActRefused as error:
            if error.reason != "nothing":
                raise
            return
        if not delivered:
            return
        file_id = f"C1.{box.module_id}.{self._last(box)}"
        opened = box.open(vault, data, last_seq=self.loaded[box.module_id])
        held = self.has[box.module_id]
        for ref in opened.revoked:
            held.pop(ref, None)
        for record in opened.records:
            former = held.get(record.register.ref)
            assert former is None or former.secret == record.secret, (
                "a module was sent another key of a name it has"
            )
            held[record.register.ref] = record
            self._within(record.register, box)
        self.loaded[box.module_id] = opened.header.seq
        vault.do("key_file", "confirm", file_id, receipt=box.receipt(vault, opened))

    def _last(self, box: Box) -> int:
        return max(int(file.get("seq")) for file in files_for(self.vault.state, box.module_id))

    def _within(self, register: KeyRegister, box: Box) -> None:
        """Hold what was released against every authorisation: one alone must permit all of it."""
        now = self.vault.now
        key = next(
            VendingKey.of(entry)
            for entry in self.vault.state.of(VENDING_KEY)
            if ref_of(entry) == register.ref
            and entry.state not in ("withdrawn", "destroyed", "destroyed_compromised")
        )
        permitted = [
            one
            for entry in self.vault.state.where("authorisation", module=box.module_id, state="granted")
            if (one := Authorisation.of(self.vault.state, entry)).covers(register.ref)
            and register.iut <= one.end
            and register.iut <= now + timedelta(days=one.refresh_days)
            and register.ulm <= one.ulm
            and register.services <= one.services
            and (one.full or register.key_change_only)
        ]
        assert permitted, register
        assert register.iut <= min(key.iut, now + timedelta(days=key.refresh_days))
        assert (register.ulm, register.clm) <= (key.ulm, key.clm)
        assert key.state in FULL or register.key_change_only

    @precondition(lambda self: self.has["sm-1"])
    @rule()
    def ask_by_number_of_the_module(self) -> None:
        """The id of the next file is always higher than what the module has."""
        entry_id = file_entry_id(self.vault.state, "sm-1")
        assert int(entry_id.rpartition(".")[2]) > self.loaded["sm-1"]

    @invariant()
    def nothing_comes_back(self) -> None:
        """What has ended has ended, and a compromised key stays compromised to its end."""
        for entry in self.vault.state.of(VENDING_KEY):
            before = self.ended.get(entry.entry_id)
            if before is not None:
                assert entry.state in ENDED
            if before in ("compromised", "destroyed_compromised"):
                assert entry.state in ("compromised", "destroyed_compromised")
            if entry.state in ENDED:
                self.ended[entry.entry_id] = entry.state

    @invariant()
    def one_key_lives_under_a_name_and_has_its_bytes(self) -> None:
        """Secrets are there for exactly the keys that the register says the centre has."""
        made = {
            f"vending_key/{entry.entry_id}"
            for entry in self.vault.state.of(VENDING_KEY)
            if entry.state in FULL | {"suspended", "deactivated", "compromised"}
        }
        kept = {name for name in self.vault.secrets if name.startswith("vending_key/")}
        assert made == kept == {name for name in self.vault.state.secrets if name.startswith("vending_key/")}
        assert len({name.partition(".")[0] for name in made}) == len(made)


Keys.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestKeys = Keys.TestCase
