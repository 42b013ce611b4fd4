"""What the authors of scenarios work with: test keys, tokens, and a story that grows step by step.

An author states what must come of every step from the rule that the story shows. Nothing here asks our
meter for anything; only tokens and keys are computed, with ``voltoken.sts``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from tools.scenario_book.keys import METER, key11, key_change, number, origin_of
from voltoken.meter import PROFILES, MeterSetup, Profile, Scenario, Step
from voltoken.sts import (
    DecoderKey,
    MeterPAN,
    TIDClock,
    Token,
    TokenNumber,
    TransferCredit,
    TransferCurrency,
)

BEGINS: Final = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""When the meter of most stories was made: its memory is filled with the TID of that minute."""

_MINUTE: Final = timedelta(minutes=1)

RESULT_CODES: Final[Mapping[str, int | None]] = {
    "Accept": 1,
    "1stKCT": 2,
    "2ndKCT": 3,
    "3rdKCT": None,
    "4thKCT": None,
    "OverflowError": 4,
    "KeyTypeError": 5,
    "FormatError": 6,
    "RangeError": 7,
    "FunctionError": 8,
    "OldError": 9,
    "UsedError": 10,
    "KeyExpiredError": 11,
    "DDTKError": 12,
    "CRCError": 13,
    "MfrCodeError": 14,
    "lockout": 15,
    "not ready": 16,
}
"""The token result register as one manufacturer prints it, stated here once more."""


class Bench(NamedTuple):
    """The meter of a story. made: when, or the TID of that minute. relay: at the beginning, where it must
    be said."""

    key: DecoderKey = key11()
    profile: str = "single-phase"
    overrides: Mapping[str, Any] = MappingProxyType({})
    pan: MeterPAN = METER
    begins: datetime = BEGINS
    made: datetime | int = MADE
    credit: str = "0"
    price: str | None = None
    relay: str = ""


class Story:
    """A scenario that is being written.

    key: the key that the next tokens are made under. now: the time of the next step; each step moves it
    by ``pace``. t0: the TID of the minute in which the story begins.
    """

    def __init__(self, bench: Bench) -> None:
        self.key = bench.key
        self.profile = Profile.from_document(bench.overrides, PROFILES[bench.profile])
        self.clock = TIDClock(self.key.base_date)
        made = bench.made
        self.fill = made if isinstance(made, int) else int(self.clock.tid_at(made))
        self.begins = self.now = bench.begins
        self.pace = _MINUTE
        tids = (self.fill,) * self.profile.memory_size
        self.setup = MeterSetup(
            bench.profile,
            self.profile,
            bench.pan,
            self.key,
            tids,
            credit=bench.credit,
            price=bench.price,
            note=origin_of(self.key),
        )
        relay = bench.relay or ("disconnected" if bench.credit == "0" else "connected")
        self.before = {"powered": True, "credit": bench.credit, "relay": relay, "memory": self.memory()}
        self.steps: list[Step] = []

    @property
    def t0(self) -> int:
        """The TID of the minute in which the story begins."""
        return int(self.clock.tid_at(self.begins))

    def memory(self, *tids: int, base: int | None = None) -> list[list[int]]:
        """Return the memory when these TIDs have taken the place of the smallest ones.

        base: what the others are, the TID of manufacture unless given.
        """
        left = self.profile.memory_size - len(tids)
        head = [[self.fill if base is None else base, left]] if left else []
        return head + [[tid, 1] for tid in sorted(tids)]

    def sale(self, units: str, tid: int | None = None, rnd: int = 5) -> TokenNumber:
        """Return a credit token for the meter's service under the present key. tid: t0 unless given."""
        tid = self.t0 if tid is None else tid
        service, amount = self.profile.service, Decimal(units)
        if service.is_currency:
            return number(TransferCurrency.of(service, amount, tid=tid), self.key)
        return number(TransferCredit.of(service, amount, tid=tid, rnd=rnd), self.key)

    def sections(self, new: DecoderKey, **options: bool) -> list[TokenNumber]:
        """Return the tokens that carry a new key, under the present one. options: roll_over, carry_sgc."""
        return key_change(self.key, new, **options)

    def change(self, new: DecoderKey, says: str = "", *, roll_over: bool = False, **expect: Any) -> None:
        """Enter a whole key change set in its order; from then on tokens are made under the new key."""
        tokens = self.sections(new, roll_over=roll_over)
        for place, token in enumerate(tokens[:-1], 1):
            self.enter(token, f"{place}{('st', 'nd', 'rd')[place - 1]}KCT")
        self.enter(tokens[-1], "Accept", says, key_check_value=str(new.check_value), **expect)
        self.key = new
        self.clock = TIDClock(new.base_date)

    def after(self, **span: int) -> None:
        """Move the next step on: minutes=, seconds=, hours=, days=."""
        self.now += timedelta(**span)

    def step(self, action: str, arguments: Mapping[str, Any], says: str, expect: Mapping[str, Any]) -> None:
        """Add a step. What is drawn takes its time, counted from the step before."""
        if action == "use":
            last = self.steps[-1].at if self.steps else self.begins
            self.now = max(self.now, last + timedelta(seconds=arguments["seconds"]))
        self.steps.append(Step(self.now, action, arguments, expect, says))
        self.now += self.pace

    def enter(
        self, token: Token | TokenNumber | str, result: str, says: str = "", *, path: str = "", **expect: Any
    ) -> None:
        """Enter a token. result: the standard's name; its code is looked up in the table above."""
        if isinstance(token, Token):
            token = number(token, self.key)
        typed = token.grouped if isinstance(token, TokenNumber) else token
        arguments = {"token": typed} | ({"path": path} if path else {})
        verdict = {"result": result, "code": RESULT_CODES[result]}
        self.step("enter", arguments, says, verdict | expect)

    def use(
        self,
        quantity: str,
        served: str,
        says: str = "",
        *,
        seconds: int = 3600,
        phases_w: list[int] | None = None,
        **expect: Any,
    ) -> None:
        """Draw a quantity over some seconds."""
        arguments: dict[str, Any] = {"quantity": quantity, "seconds": seconds}
        if phases_w is not None:
            arguments["phases_w"] = phases_w
        self.step("use", arguments, says, {"served": served} | expect)

    def act(
        self, action: str, says: str = "", *, given: Mapping[str, Any] | None = None, **expect: Any
    ) -> None:
        """Do anything else. given: arguments of the action."""
        self.step(action, given or {}, says, expect)

    def cut(self, says: str = "") -> None:
        """Take the power away."""
        self.step("cut", {}, says, {"powered": False})

    def restore(self, says: str = "", **expect: Any) -> None:
        """Give the power back."""
        self.step("restore", {}, says, {"powered": True} | expect)

    def fuse(self, writes: int, says: str = "") -> None:
        """Let the power fail after so many writes."""
        self.step("arm_cut", {"writes": writes}, says, {})

    def end(self, says: str = "", *, memory: list[list[int]], credit: str, **expect: Any) -> None:
        """Close the story with what must then be seen."""
        self.step("wait", {}, says, {"powered": True, "memory": memory, "credit": credit} | expect)


Telling = Callable[[Story], None]
BOOK: Final[dict[str, Callable[[], Scenario]]] = {}
"""Every scenario by its name, in the order of the book."""


def tell(
    title: str, *, rule: str, source: str, edge_case: int | None = None, name: str = "", **setup: Any
) -> Callable[[Telling], Telling]:
    """Put a story into the book, under the name of the function that tells it. setup: of ``Bench``."""

    def entered(telling: Telling) -> Telling:
        label = name or telling.__name__.replace("_", "-")
        if label in BOOK:
            raise ValueError(label)

        def written() -> Scenario:
            story = Story(Bench(**setup))
            telling(story)
            return Scenario(
                label,
                title,
                rule,
                source,
                story.setup,
                story.begins,
                tuple(story.steps),
                story.before,
                edge_case,
            )

        BOOK[label] = written
        return telling

    return entered
