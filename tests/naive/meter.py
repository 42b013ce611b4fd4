"""A meter written a second time, slowly and simply, to judge the real one (reference section 15).

Plain lists, dicts and whole numbers; every rule in the order in which a reader would check it by hand.
Nothing is taken from the real meter but the settings of its profile. Results are the words of the token
result table as text. Digits are read in ``reading``, credit and relay live in ``supply``. A power cycle
is whole here: a cut in the middle of a change is tested elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.naive import codec, reading, sta
from tests.naive.supply import NaiveSupply
from voltoken.sts import DecoderKey, MeterPAN

NUMBER_OF_SECTION = {
    "1st section": 1,
    "2nd section": 2,
    "3rd section": 3,
    "3rd section with supply group": 3,
    "4th section": 4,
}
RESULT_OF_SECTION = {1: "1stKCT", 2: "2ndKCT", 3: "3rdKCT", 4: "4thKCT"}

FUNCTION_NAMES = {
    "power limit": "SetMaximumPowerLimit",
    "clear credit": "ClearCredit",
    "tariff rate": "SetTariffRate",
    "clear tamper": "ClearTamperCondition",
    "phase unbalance": "SetMaximumPhasePowerUnbalanceLimit",
    "water factor": "SetWaterMeterFactor",
    "set flag": "ExtendedTokenSet.SetFlag",
}
"""Tokens of class 2 with a TID, by the names that a profile lists."""

CHANGES = {0: (0, 1, 2, 3), 1: (1, 2, 3), 2: (1, 2), 3: (1, 3)}
"""Key type in the meter -> key types it may be given (section 10)."""


class Refused(Exception):
    """A token is not executed; the text is the result."""


class NaiveMeter:
    """One meter: what it remembers, and what each event does to it. per_unit: flat price in 10**-5."""

    def __init__(
        self,
        pan: MeterPAN,
        key: DecoderKey,
        profile: Any,
        *,
        filled_with: int,
        tables: sta.Tables | None = None,
        per_unit: int = 0,
    ) -> None:
        self.profile, self.tables = profile, tables
        self.supply = NaiveSupply(profile, per_unit)
        self.maker = str(pan.mfr_code)
        self.key, self.kt, self.ken = key.key, int(key.kt), int(key.ken)
        self.krn: int | None = key.krn
        self.ti: str | None = key.ti
        self.sgc: str | None = key.sgc
        self.tids = [filled_with] * profile.memory_size
        self.sections: dict[int, reading.Fields] = {}
        self.section_time: datetime | None = None
        self.failures: dict[str, tuple[int, datetime]] = {}

    def power_cycle(self, now: datetime) -> None:
        """Lose power and get it back: what is not kept in memory is gone."""
        if not self.profile.pending_survives_power:
            self.sections = {}
        if self.profile.lockout is not None and self.profile.lockout.ends_with_power:
            self.failures = {}
        self.supply.power_cycle(now)

    # ------------------------------------------------------------------ entering a token (15.2)

    def enter(self, text: str, now: datetime, path: str = "keypad") -> dict[str, Any]:
        """Enter digits; the answer has the keys result, credited, tests, missing, lockout_s."""
        self.supply.settle(now)
        number = reading.number_of(text)
        answer: dict[str, Any] = {
            "result": "Accept",
            "credited": 0,
            "tests": (),
            "missing": (),
            "lockout_s": 0,
        }
        try:
            if number is not None and codec.extract_class(number)[0] == 1:
                answer["tests"] = self._test(codec.extract_class(number)[1])
                return answer
        except Refused as refusal:
            return answer | {"result": str(refusal)}
        if (locked := self.locked_for(path, now)) > 0:
            return answer | {"result": "lockout", "lockout_s": locked}
        try:
            if number is None:
                raise Refused("FormatError")
            answer |= self._specific(*codec.extract_class(number), now)
        except Refused as refusal:
            answer["result"] = str(refusal)
            if answer["result"] != "OverflowError":
                count, _ = self.failures.get(path, (0, now))
                self.failures[path] = count + 1, now
            answer["lockout_s"] = self.locked_for(path, now)
        else:
            self.failures.pop(path, None)
        self.supply.settle(now)
        return answer

    def locked_for(self, path: str, now: datetime) -> int:
        """Return for how many seconds, a started one included, a path takes no tokens (15.5)."""
        rule = self.profile.lockout
        count, since = self.failures.get(path, (0, now))
        if rule is None or count < rule.after:
            return 0
        seconds: int = min(rule.max_s, rule.first_s * 2 ** (count - rule.after))
        elapsed = max(timedelta(0), now - since)
        return max(0, -((elapsed - timedelta(seconds=seconds)) // timedelta(seconds=1)))

    def _test(self, block: int) -> tuple[int, ...]:
        """Return the tests that a class 1 token shows (4.2)."""
        if not reading.checksum_fits(1, block):
            raise Refused("CRCError")
        read = reading.fields_of(1, block, 64)
        if read is None:
            raise Refused("FunctionError")
        kind, fields = read
        own = int(self.maker) if kind == f"test {len(self.maker)}-digit" else 0
        if fields["mfr_code"] not in (0, own):
            raise Refused("MfrCodeError")
        width = 36 if kind == "test 2-digit" else 28
        asked = [place + 1 for place in range(width) if fields["control"] >> place & 1]
        supported = sorted(int(test) for test in self.profile.tests if int(test) != 0)
        shown = [test for test in supported if test in asked]
        if len(asked) in (0, width):
            shown = supported
        if not shown:
            raise Refused("FunctionError")
        return tuple(shown)

    def _specific(self, token_class: int, sent: int, now: datetime) -> dict[str, Any]:
        """Read and execute a token that is made for this meter, or refuse it."""
        if token_class == 3:
            raise Refused("FunctionError")
        block = reading.decrypt(self.key, self.tables, sent)
        if not reading.checksum_fits(token_class, block):
            raise Refused("CRCError")
        read = reading.fields_of(token_class, block, 8 * len(self.key))
        if read is None:
            raise Refused("FunctionError")
        kind, fields = read
        if not reading.is_in_range(fields):
            raise Refused("RangeError")
        if kind in NUMBER_OF_SECTION:
            result = self._section(NUMBER_OF_SECTION[kind], fields, now)
            return {"result": result, "missing": self.missing() if result != "Accept" else ()}
        self._check_tid(token_class, fields["tid"])
        credited = self._credit(kind, fields) if token_class == 0 else 0
        if token_class == 2:
            self._manage(kind, fields)
        self.tids = sorted([*self.tids[1:], fields["tid"]])
        if self.profile.pending_dropped_by_tokens:
            self.sections = {}
        return {"credited": credited}

    def _check_tid(self, token_class: int, tid: int) -> None:
        if tid < min(self.tids):
            raise Refused("OldError")
        if tid in self.tids:
            raise Refused("UsedError")
        if self.profile.key_expiry and tid // 65536 > self.ken:
            raise Refused("KeyExpiredError")
        if token_class == 0 and self.kt == 1:
            raise Refused("DDTKError")

    def _credit(self, kind: str, fields: reading.Fields) -> int:
        """Add credit of the meter's own service; return what was added, in counts or 10**-5."""
        supply, service = self.supply, codec.BODIES[kind][1]
        if service != supply.service:
            raise Refused("FunctionError")
        if service >= 4:
            added = reading.currency_steps(fields["se"], fields["amount"])
        else:
            added = reading.unit_steps(fields["amount"]) * supply.counts_per_unit // 10
        if added < 0 and not self.profile.negative_tokens:
            raise Refused("RangeError")
        after, most = supply.credit + added, self.profile.credit_max
        if (added > 0 and after > most) or (added < 0 and after < -most):
            raise Refused("OverflowError")
        supply.credit += added
        return added

    def _manage(self, kind: str, fields: reading.Fields) -> None:
        """Execute a management token with a TID (4.3)."""
        supply = self.supply
        if FUNCTION_NAMES[kind] not in self.profile.functions:
            raise Refused("FunctionError")
        if kind in ("power limit", "phase unbalance"):
            if supply.service % 4 != 0 or (kind == "phase unbalance" and self.profile.phases != 3):
                raise Refused("FunctionError")
            watts = reading.unit_steps(fields["mpl" if kind == "power limit" else "mppul"])
            low, high = self.profile.power_limit_range_w
            if not low <= watts <= high:
                raise Refused("RangeError")
            supply.limits[kind] = watts
        elif kind == "clear credit":
            if fields["register"] not in (0xFFFF, supply.service):
                raise Refused("RangeError")
            supply.clear_credit()
        elif kind == "clear tamper":
            supply.tampered = False
        elif kind == "set flag":
            bits = codec.binary(fields["value"], 16)
            index, flag, state = int(bits[:6], 2), int(bits[6:15], 2), bits[15]
            if index != 63 or flag not in self.profile.flags:
                raise Refused("FunctionError")
            supply.flags[flag] = state == "1"
        else:
            supply.limits[kind] = fields["rate" if kind == "tariff rate" else "factor"]

    # ------------------------------------------------------------------ key change (15.4)

    def _section(self, number: int, fields: reading.Fields, now: datetime) -> str:
        """Store a section; load the key with the one that completes the set."""
        long_key = len(self.key) == 16
        if number == 3 and not long_key and self.profile.sections == 2:
            raise Refused("FunctionError")
        timeout = timedelta(seconds=self.profile.pending_timeout_s)
        if self.section_time is not None and now - self.section_time > timeout:
            self.sections = {}
        self.sections, self.section_time = {**self.sections, number: fields}, now
        if self.missing():
            return RESULT_OF_SECTION[number]
        held, self.sections = self.sections, {}
        self._load(held)
        return "Accept"

    def missing(self) -> tuple[int, ...]:
        """Return the numbers of the sections that a complete set still needs."""
        needed = [1, 2]
        if len(self.key) == 16:
            needed = [1, 2, 3, 4]
        elif self.profile.sections > 2 and self.sections.get(1, {}).get("bit_3kct") == 1:
            needed = [1, 2, 3]
        return tuple(number for number in needed if number not in self.sections)

    def _load(self, held: Mapping[int, reading.Fields]) -> None:
        first, second = held[1], held[2]
        parts, sgc = [first["nkho"], second["nklo"]], None
        if len(self.key) == 16:
            parts = [first["nkho"], held[3]["nkmo2"], held[4]["nkmo1"], second["nklo"]]
            sgc = held[4]["sgcho"] * 4096 + held[3]["sgclo"]
        elif self.profile.sections > 2 and first["bit_3kct"] == 1:
            sgc = held[3]["sgc"]
        new = b"".join(part.to_bytes(4, "big") for part in parts)
        if sgc is not None and sgc > 999_999:
            raise Refused("RangeError")
        if first["kt"] not in CHANGES[self.kt] or (first["kt"] == 3 and self.profile.tct != "01"):
            raise Refused("KeyTypeError")
        if first["ro"] == 1 and new == self.key and self.profile.refuses_same_key_roll_over:
            raise Refused("KeyTypeError")
        self.key, self.kt, self.krn, self.ti = new, first["kt"], first["krn"], f"{second['ti']:02}"
        if self.profile.key_expiry:
            self.ken = first["kenho"] * 16 + second["kenlo"]
        if sgc is not None:
            self.sgc = f"{sgc:06}"
        if first["ro"] == 1:
            self.tids = [0] * self.profile.memory_size
