"""One act of a centre as its auditor looks at it: who signed it, who may, and what it may lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tests.naive.centre_paper import Wrong, canon, moment, must, request_hash, sealed_by
from tests.naive.centre_tables import (
    DEFAULTS,
    DROPS,
    EMPTY,
    FIELDS,
    FOLLOWS,
    GIVEN,
    KEEPS,
    LASTING,
    LIVES,
    WITH_KEY,
)

__all__ = ["Act", "People", "Wrong", "judge_entries", "must"]

Facts = dict[str, Any]


class People:
    """All registers, and among them who may do what."""

    def __init__(self) -> None:
        self.registers: dict[str, dict[str, Facts]] = {}

    def put(self, facts: Facts) -> None:
        """Take in an entry as it stands now."""
        entry = {
            name: facts[name] for name in ("register", "id", "version", "state", "values", "since", "by")
        }
        self.registers.setdefault(facts["register"], {})[facts["id"]] = entry

    def get(self, register: str, entry_id: str) -> Facts | None:
        """Return an entry."""
        return self.registers.get(register, {}).get(entry_id)

    def of(self, register: str) -> Iterable[Facts]:
        """Return the entries of a register."""
        return self.registers.get(register, {}).values()

    def documents(self) -> dict[str, list[Facts]]:
        """Return everything, in order."""
        return {name: [found[one] for one in sorted(found)] for name, found in self.registers.items()}

    def key(self, person: str, *, whoever: bool = False) -> bytes:
        """Return the key that a person has now, who can act. whoever: or cannot any more."""
        found = self.get("person", person)
        if found is None or (found["state"] != "active" and not whoever):
            raise Wrong(f"{person} can do nothing here")
        return bytes.fromhex(found["values"]["public_key"])

    def may(self, person: str, action: str, facts: Facts) -> bool:
        """Whether a person's roles have a right, within their limits."""
        found = self.get("person", person)
        for name in () if found is None else found["values"]["roles"]:
            role = self.get("role", name)
            if role is not None and role["state"] == "active":
                values = role["values"]
                if any(covers(one, action) for one in values["actions"]) and in_limits(values, facts):
                    return True
        return False


def covers(grant: str, action: str) -> bool:
    """Whether a right is for an action; to break glass takes its whole name."""
    if grant.endswith(".*"):
        return action.startswith(grant[:-1]) and not action.endswith(".break_glass")
    return grant == action


def in_limits(role: Facts, facts: Facts) -> bool:
    """Whether facts are within the limits of a role, all of which have to be there."""
    for name, most in (role.get("most") or {}).items():
        value = facts.get(name)
        if type(value) is not int or not 0 <= value <= most:
            return False
    return all(facts.get(name) in allowed for name, allowed in (role.get("only") or {}).items())


class Act:
    """A request at a moment. found: what the centre filled in. over: it was carried out before."""

    def __init__(self, facts: Facts, people: People, found: Facts, at: str, over: bool = False) -> None:
        self.facts, self.people, self.found, self.at = facts, people, found, at
        self.name: str = facts["act"]
        self.body: Facts = facts["body"]
        self.before = people.get(self.body["register"], self.body["id"])
        self.over = over

    def check_maker(self) -> None:
        """The maker signed it, it is open, and he may ask for it."""
        maker = self.facts["maker"]
        message = b"voltoken-request/1|" + request_hash(self.facts).encode()
        signature = bytes.fromhex(self.facts["signature"])
        must(sealed_by(self.people.key(maker), message, signature), f"{maker} did not sign it")
        must(moment(self.facts["made_at"]) <= moment(self.at), "it is dated later than its line")
        must(moment(self.at) < moment(self.facts["until"]), "it is over")
        self.check_right(maker, self.name)

    def check_said(self, said: Facts, domain: str, *, later: bool = False, whoever: bool = False) -> None:
        """Somebody signed something about this very request, while it was open.

        later: or after that. whoever: somebody suspended may take back what was his own.
        """
        must(said["hash"] == request_hash(self.facts), "it is about another request")
        paper = {"at": said["at"], "person_id": said["by"], "reason": said["reason"]}
        paper["request_hash"] = said["hash"]
        if "verdict" in said:
            paper["verdict"] = said["verdict"]
        message = domain.encode() + b"|" + canon(paper)
        signed = sealed_by(
            self.people.key(said["by"], whoever=whoever), message, bytes.fromhex(said["signature"])
        )
        must(signed, f"{said['by']} did not sign it")
        must(moment(said["at"]) <= moment(self.at), "it is dated later than its line")
        must(moment(self.facts["made_at"]) <= moment(said["at"]), "it is older than what it is about")
        if not later and not whoever:
            must(moment(said["at"]) < moment(self.facts["until"]), "it came too late")

    def check_approval(self, said: Facts) -> None:
        """Somebody else who may do so signed an approval or a rejection, while the request was open."""
        self.check_said(said, "voltoken-approval/1")
        must(moment(self.at) < moment(self.facts["until"]), "it is over")
        maker = self.facts["maker"]
        must(said["by"] != maker, "nobody approves his own act")
        must(self.people.key(said["by"]) != self.people.key(maker), "nobody approves his own act")
        self.check_right(said["by"], f"{self.name}.approve")

    def check_right(self, person: str, action: str) -> None:
        """A person's roles allow it, for the entry as it stands and as it becomes."""
        self.people.key(person)
        after = [] if self.over else [self.after()]
        for values in [*([] if self.before is None else [self.before["values"]]), *after]:
            plain = {name: value for name, value in values.items() if type(value) in (int, str)}
            plain |= {"register": self.body["register"], "id": self.body["id"]}
            must(self.people.may(person, action, plain), f"{person} may not {action}")

    def after(self) -> Facts:
        """Return what a request makes of an entry, as far as a request says."""
        register = self.body["register"]
        known = dict.fromkeys(FIELDS.get(register, "").split()) | dict(DEFAULTS.get(register, {}))
        values: Facts = known if self.before is None else dict(self.before["values"])
        for name, value in self.body["values"].items():
            values[name] = DEFAULTS.get(register, {}).get(name) if value == "" else value
        return values | {name: value for name, value in self.found.items() if name in values}

    def custodians(self) -> set[str]:
        """Return who knows a component of the key that is composed."""
        if self.name != "vending_key.compose":
            return set()
        held = self.people.get("ceremony", self.body["values"]["ceremony"])
        must(held is not None and held["state"] == "done", "there was no such ceremony")
        return set() if held is None else {*held["values"]["custodians"]}

    def judge_secrets(self, kept: dict[str, str], gone: list[str], new: list[tuple[str, str]]) -> None:
        """An act destroys and puts away only what is its own, and never writes over a secret."""
        for name in gone:
            must(name.startswith(DROPS.get(self.name, ("?",))), f"{self.name} destroys no {name}")
            must(name in kept, f"there is no {name} to destroy")
            del kept[name]
        for name, sealed in new:
            must(name.startswith(KEEPS.get(self.name, "?")), f"{self.name} keeps no {name}")
            must(name not in kept or name.startswith("challenge/"), f"{name} is written over")
            if name.startswith("vending_key/") and self.name == "vending_key.generate":
                must(name == f"vending_key/{self.body['id']}", "it is the key of another entry")
            must(len(bytes.fromhex(sealed)) == 32, "a secret has no hash")
            kept[name] = sealed

    def judge_holdings(self, kept: dict[str, str], entries: list[Facts]) -> None:
        """The centre has the bytes of the keys that it says it has, and of no others."""
        for entry in entries:
            if entry["register"] == "vending_key" and entry["state"] != "requested":
                has = f"vending_key/{entry['id']}" in kept
                must(has == (entry["state"] in WITH_KEY), f"{entry['id']} is {entry['state']}: its bytes")
            if entry["register"] == "centre_key":
                has = f"signing_key/{entry['values']['kid']}" in kept
                must(has == (entry["state"] == "active"), f"{entry['id']} is {entry['state']}: its bytes")


def judge_entries(act: Act, entries: list[Facts]) -> None:
    """The lines of an act are what its request says, and what may follow from it."""
    first, *others = entries
    must((first["register"], first["id"]) == (act.body["register"], act.body["id"]), "it is another entry")
    must(first["step"] == act.body["step"], "it is another step")
    version = 0 if act.before is None else act.before["version"]
    must(act.body["version"] == version, "the entry has changed since")
    must((act.before is None) == (act.body["step"] == "add"), "an entry is added once")
    given = {*GIVEN.get(act.name, "").split()}
    more = act.found.keys() - given
    must(given <= act.found.keys(), "the centre has not filled in what it has to")
    must(not more or act.name.startswith("transfer."), f"the centre fills in {more}")
    judge_form(act, first, act.before)
    judge_values(act, first)
    judge_numbers(act, first)
    for entry in others:
        must(entry["step"] == f"after {act.name}", "what follows says what it follows")
        before = act.people.get(entry["register"], entry["id"])
        judge_form(act, entry, before)
        if before is None:
            must(
                entry["register"] == "vending_key" and act.name == "transfer.receive",
                "it follows from nothing",
            )
            must(
                entry["state"] in {"pre_active", "deactivated", "compromised"}, "it arrives in another state"
            )
            continue
        allowed = FOLLOWS.get(act.name, {}).get(entry["register"])
        must(allowed is not None, f"no {entry['register']} follows from {act.name}")
        must({*changed(before["values"], entry["values"])} <= (allowed or set()), "too much follows")


def judge_form(act: Act, entry: Facts, before: Facts | None) -> None:
    """An entry names its act, counts its versions, and goes where its life leads."""
    names = {"register", "id", "version", "state", "values", "since", "by", "step", "request"}
    must(entry.keys() == names, "it is no entry")
    must(entry["request"] == act.facts["request"], "it names another request")
    must(entry["by"] == act.facts["maker"] and entry["since"] == act.at, "it was somebody else, or then")
    old, version = ("", 0) if before is None else (before["state"], before["version"])
    must(type(entry["version"]) is int and entry["version"] == version + 1, "its versions do not count")
    life = LIVES.get(entry["register"])
    brought = before is None and entry["step"] != "add"
    if life is not None and old != entry["state"] and not brought:
        must(entry["state"] in life[old].split(), f"no way leads from {old or 'nothing'} to {entry['state']}")
    fields = FIELDS.get(entry["register"])
    if fields is not None:
        must(entry["values"].keys() == {*fields.split()}, "it has other fields")
    if before is not None:
        must(entry["values"].keys() == before["values"].keys(), "fields came or went")


def judge_values(act: Act, entry: Facts) -> None:
    """Every value is one that was asked for, that the centre filled in, or that was there before."""
    asked, old = act.body["values"], {} if act.before is None else act.before["values"]
    usual = DEFAULTS.get(entry["register"], {})
    must(asked.keys() <= entry["values"].keys(), "what was asked for is not there")
    for name, value in entry["values"].items():
        if name in act.found:
            right = value == act.found[name]
        elif name in asked and asked[name] != "":
            right = canon(value) == canon(asked[name])
        elif name in old and name not in asked:
            right = canon(value) == canon(old[name])
        else:
            right = canon(value) == canon(usual[name]) if name in usual else value in EMPTY
        must(right, f"{name} is not what was asked for")
    if entry["register"] == "vending_key" and act.before is not None:
        broken = {*changed(old, entry["values"])} & {*LASTING}
        must(broken <= ({"origin"} if old["check_value"] is None else set()), f"{broken} never changes")
        must(old["check_value"] in (None, entry["values"]["check_value"]), "the key is another")


def judge_numbers(act: Act, entry: Facts) -> None:
    """Files for one recipient are counted without a gap, and those from one centre rise."""
    if act.name not in {"key_file.add", "transfer.send", "transfer.receive"}:
        return
    name = "recipient" if act.name == "key_file.add" else "centre"
    way = entry["values"].get("direction")
    numbers = [
        one["values"]["seq"]
        for one in act.people.of(entry["register"])
        if one["values"][name] == entry["values"][name] and one["values"].get("direction") == way
    ]
    last, seq = max((number for number in numbers if number), default=0), entry["values"]["seq"]
    must(seq > last if act.name == "transfer.receive" else seq == last + 1, "the number of the file is wrong")


def changed(before: Facts, after: Facts) -> Iterator[str]:
    """Yield the names of values that are no longer the same."""
    for name in before.keys() | after.keys():
        if canon(before.get(name)) != canon(after.get(name)):
            yield name
