"""A register as a table: its fields, the life of its entries, and what each step of it takes.

A step is the only way an entry comes to be, changes or moves on. It says from which states it may be taken,
which fields whoever asks may give, how many other people must approve, and which rules must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from voltoken.errors import ActRefused
from voltoken.kmc.kinds import IDENT, Kind
from voltoken.kmc.values import Entry

if TYPE_CHECKING:
    from voltoken.kmc.state import State

ADD: Final = "add"
"""The step that makes an entry, in every register that has one."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a register. text: what it means, for help, reference page and forms.

    required: an entry cannot be without it. default: what stands there when nothing was given.
    shown: it has a column in the list of the register.
    """

    name: str
    kind: Kind
    text: str
    required: bool = False
    default: Any = None
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What a rule looks at: a step that is about to be taken.

    before: the entry as it stands, None for a new one. after: as it would be. facts: what the centre itself
        found out (a check value, a hash), which nobody asked for. by: who asked. approvers: who has
        approved it so far.
    """

    state: State
    register: Register
    step: Step
    before: Entry | None
    after: Entry
    facts: Mapping[str, Any]
    now: datetime
    by: str
    approvers: tuple[str, ...] = ()

    def refuse(self, reason: str, message: str, **detail: str | int | bool | None) -> ActRefused:
        """Return a refusal of this step; raise it."""
        return ActRefused(reason, message, entry=str(self.after), step=self.step.name, **detail)

    def other(self, register: str, entry_id: str) -> Entry:
        """Return an entry of another register. Raises ActRefused (``unknown``)."""
        found = self.state.entry(register, entry_id)
        if found is None:
            raise self.refuse("unknown", f"There is no {register} {entry_id}. Add it first.")
        return found

    def moved(self, entry: Entry, state: str | None = None, **values: Any) -> Entry:
        """Return another entry as it is after this step: in a state, None to stay, with some values changed.

        A step of its register, an inner one as a rule, has to lead there: the engine looks.
        """
        return Entry(
            entry.register,
            entry.entry_id,
            entry.version + 1,
            entry.state if state is None else state,
            {**entry.values, **values},
            self.now,
            self.by,
        )


Rule = Callable[[Look], None]
"""Raises ActRefused when it does not hold."""
Follow = Callable[[Look], tuple[Entry, ...]]
"""Returns other entries as they are to be after the step, which change together with it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step in the life of an entry.

    sources: the states it may be taken from; empty for the one that makes the entry. target: the state it
        leads to, None to stay. fields: which of the register's fields whoever asks may give; those of
        ``add`` that are required must be given. given: fields that the centre itself fills in.
    approvals: how many others must approve. glass: in an emergency it may be done without.
    job: what has to be done with secrets when it is carried out (``voltoken.drivers.centre``), empty for
        none.
    inner: nobody asks for it; it follows from a step of another entry (``follow``).
    present: whoever asks has to be there: it is carried out in the moment it is asked, or never. So it is
        with every job that takes something typed, or tells something: it is theirs alone.
    """

    name: str
    text: str
    sources: tuple[str, ...] = ()
    target: str | None = None
    fields: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    approvals: int = 0
    glass: bool = False
    job: str = ""
    rules: tuple[Rule, ...] = ()
    follow: tuple[Follow, ...] = ()
    inner: bool = False
    present: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """A register. name: of one entry, in small letters with _. text: what it is for.

    identifier: the kind of its ids. states: with what each means; the first step leads to one of them.
    terminal: states that nothing leads out of. rules: hold after every step.
    """

    name: str
    text: str
    fields: tuple[Field, ...]
    states: Mapping[str, str]
    steps: tuple[Step, ...]
    identifier: Kind = IDENT
    terminal: frozenset[str] = frozenset()
    rules: tuple[Rule, ...] = ()
    secret_names: tuple[str, ...] = field(default=())

    def step(self, name: str) -> Step:
        """Return a step. Raises ActRefused (``no_step``)."""
        for step in self.steps:
            if step.name == name:
                return step
        names = ", ".join(step.name for step in self.steps)
        raise ActRefused("no_step", f"{self.name} has no step {name!r:.40}; it has {names}.")

    def field(self, name: str) -> Field | None:
        """Return a field, None when there is none of that name."""
        return next((one for one in self.fields if one.name == name), None)


def references_are_there(look: Look) -> None:
    """Every id that an entry names is that of an entry. A rule of all registers."""
    for one in look.register.fields:
        value = look.after.get(one.name)
        if not one.kind.refers or value is None:
            continue
        for entry_id in value if one.kind.many else (value,):
            if look.state.entry(one.kind.refers, str(entry_id)) is None:
                raise look.refuse(
                    "unknown",
                    f"{one.name}: there is no {one.kind.refers} {entry_id}. Add it first.",
                    field=one.name,
                )
