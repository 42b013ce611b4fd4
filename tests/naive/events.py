"""What may happen to a meter, as small values, and how each is done to the real and to the naive one.

A token is described by what it should do, not by its digits: its TID is chosen beside what the meter
remembers, and it is encrypted under the key that the meter has at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tests.naive import codec, sta
from tests.naive.crc import crc16
from tests.naive.meter import NaiveMeter
from tests.naive.test_codec import MAKERS
from voltoken.errors import FieldError
from voltoken.meter import Answer, EntryPath, FlatPrice, Meter, Profile, TamperKind
from voltoken.sts import (
    SAMPLE_TABLES,
    DecoderKey,
    MeterPAN,
    Set4thSectionDecoderKey,
    TokenCipher,
    encode,
    insert_class,
    key_change_sections,
    pack,
)

START = datetime(2026, 3, 6, 13, 59, 57, tzinfo=UTC)
"""A Friday afternoon, so that friendly hours begin and end within a story."""

TABLES = sta.Tables(SAMPLE_TABLES.substitution_1, SAMPLE_TABLES.substitution_2, SAMPLE_TABLES.permutation)


class Setting(NamedTuple):
    """A meter before anything happens. per_unit: price of a unit in 10**-5, for currency."""

    pan: MeterPAN
    key: DecoderKey
    profile: Profile
    filled_with: int
    per_unit: int


class Target(NamedTuple):
    """A key to change to. same: its bytes are those of the key in the meter. spoiled: SGC over 999999."""

    key: DecoderKey
    roll_over: bool
    carry_sgc: bool
    same: bool
    spoiled: bool


class TIDChoice(NamedTuple):
    """A TID beside a stored one (by place), or beside the last that the key admits."""

    place: int
    offset: int
    at_expiry: bool


class Specific(NamedTuple):
    """A credit or management token. under: None for the meter's own key, else another meter's."""

    kind: str
    tid: TIDChoice
    fields: tuple[tuple[str, int], ...]
    under: DecoderKey | None = None
    typo: int | None = None


class Section(NamedTuple):
    """A section of a key change to one of the targets of the story; place counts from 0."""

    target: int
    place: int


class Raw(NamedTuple):
    """A key change section or a test, field by field, whatever the standard allows."""

    kind: str
    fields: tuple[tuple[str, int], ...]


class Strange(NamedTuple):
    """A block of any class and subclass with a right checksum."""

    token_class: int
    subclass: int
    body: int


class Replay(NamedTuple):
    """The digits of an earlier entry once more; back: how many entries ago."""

    back: int


class Text(NamedTuple):
    """Something typed that need not be a token."""

    text: str


class Use(NamedTuple):
    """A load."""

    quantity: int
    seconds: int
    phases: tuple[int, int, int] | None


class Press(NamedTuple):
    """A thing done at the meter: "wait", "reconnect", "emergency", "power", or a kind of tampering."""

    what: str


Entry = Specific | Section | Raw | Strange | Replay | Text
Happening = Entry | Use | Press


class Event(NamedTuple):
    """Something happens, after some milliseconds; path: how a token comes in."""

    after_ms: int
    what: Happening
    path: str = "keypad"


@dataclass
class Pair:
    """The two meters, the time, and what was entered so far."""

    setting: Setting
    targets: tuple[Target, ...]
    now: datetime = START
    entered: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make both meters."""
        pan, key, profile, filled_with, per_unit = self.setting
        service = profile.service
        self.naive = NaiveMeter(pan, key, profile, filled_with=filled_with, tables=TABLES, per_unit=per_unit)
        price = FlatPrice(per_unit, self.naive.supply.counts_per_unit) if service.is_currency else None
        self.real = Meter.new(
            pan, key, profile, filled_with=filled_with, sta_tables=SAMPLE_TABLES, price=price
        )

    def play(self, event: Event) -> tuple[str, object, object]:
        """Let an event happen to both; return what it was, and what the real and the naive one did."""
        self.now += timedelta(milliseconds=event.after_ms)
        what = event.what
        if isinstance(what, Use):
            used = self.real.use(what.quantity, self.now, seconds=what.seconds, phases_w=what.phases)
            return "use", used, self.naive.supply.use(what.quantity, self.now, what.seconds, what.phases)
        if isinstance(what, Press):
            return what.what, *self._press(what.what)
        text = self._digits(what)
        self.entered.append(text)
        answer = self.naive.enter(text, self.now, event.path)
        return answer["result"], seen(self.real.enter(text, self.now, EntryPath(event.path))), answer

    def _press(self, what: str) -> tuple[object, object]:
        real, naive, now = self.real, self.naive.supply, self.now
        if what == "reconnect":
            return real.reconnect(now), naive.reconnect(now)
        if what == "emergency":
            real.wait(now)  # asking for credit that is not given lets no time pass in the real one
            return real.take_emergency(now), naive.take_emergency(now)
        if what == "power":
            real.cut_power()
            real.restore_power(now)
            self.naive.power_cycle(now)
        elif what == "wait":
            real.wait(now)
            naive.settle(now)
        else:
            real.tamper(TamperKind(what), now)
            naive.tamper(what, now)
        return None, None

    # ------------------------------------------------------------------ digits

    def _cipher(self, key: DecoderKey | None = None) -> TokenCipher:
        """Return the encryption under a key, by default the one the meter has now."""
        ea = self.setting.key.ea
        return TokenCipher(key or DecoderKey(self.naive.key, ea), SAMPLE_TABLES)

    def _digits(self, entry: Entry) -> str:
        """Write the digits that an entry stands for."""
        if isinstance(entry, Text):
            return entry.text
        if isinstance(entry, Replay):
            return self.entered[-1 - entry.back % len(self.entered)] if self.entered else ""
        if isinstance(entry, Strange):
            return self._strange(entry)
        if isinstance(entry, Section):
            return self._section(entry)
        if isinstance(entry, Raw):
            return written(entry.kind, dict(entry.fields), self._cipher())
        fields = dict(entry.fields) | {"tid": self._tid(entry.tid)}
        text = written(entry.kind, fields, self._cipher(entry.under))
        if entry.typo is None:
            return text
        place, change = entry.typo % 20, 1 + entry.typo // 20 % 9
        return text[:place] + str((int(text[place]) + change) % 10) + text[place + 1 :]

    def _tid(self, choice: TIDChoice) -> int:
        tids = self.naive.tids
        anchor = (self.naive.ken + 1) * 65536 if choice.at_expiry else tids[choice.place % len(tids)]
        return min(max(0, anchor + choice.offset), 0xFFFFFF)

    def _section(self, entry: Section) -> str:
        target = self.targets[entry.target % len(self.targets)]
        key = target.key
        if target.same and len(key.key) == len(self.naive.key):
            key = replace(key, key=self.naive.key)
        sections = key_change_sections(key, roll_over=target.roll_over, carry_sgc=target.carry_sgc)
        section = sections[entry.place % len(sections)]
        if target.spoiled and isinstance(section, Set4thSectionDecoderKey):
            section = Set4thSectionDecoderKey(sgcho=0xFFF, nkmo1=section.nkmo1)
        # Not by encode, which refuses a section for keys of the other length.
        return insert_class(self._cipher().block.encrypt(pack(section)), 2).digits

    def _strange(self, entry: Strange) -> str:
        bits = codec.binary(entry.subclass, 4) + codec.binary(entry.body, 44)
        checksum = crc16(int(codec.binary(entry.token_class, 8) + bits, 2).to_bytes(7, "big"))
        block = int(bits + codec.binary(checksum, 16), 2)
        if entry.token_class in (0, 2):
            block = self._cipher().block.encrypt(block)
        return codec.digits(codec.insert_class(block, entry.token_class))


def written(kind: str, fields: dict[str, int], cipher: TokenCipher) -> str:
    """Write a token by the codec, or by the naive one where the codec refuses what no standard allows."""
    try:
        return encode(MAKERS[kind](**fields), cipher).digits
    except FieldError:
        token_class, block = codec.BODIES[kind][0], codec.block(kind, fields)
        sent = block if token_class == 1 else cipher.block.encrypt(block)
        return codec.digits(codec.insert_class(sent, token_class))


def seen(answer: Answer) -> dict[str, object]:
    """Return what the naive meter tells, too."""
    tests = tuple(shown.number for shown in answer.tests)
    return {
        "result": str(answer.result),
        "credited": answer.credited,
        "tests": tests,
        "missing": answer.missing,
        "lockout_s": answer.lockout_s,
    }
