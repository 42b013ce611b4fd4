"""Key change sets for whole columns: which part of a key travels where is said in ``sts.keychange`` alone."""

from __future__ import annotations

from typing import Final

import numpy as np

from voltoken.errors import FieldError, RuleError
from voltoken.sts.batch.columns import index_array, number_array
from voltoken.sts.batch.faults import Fault
from voltoken.sts.batch.kernels import tokens as kernel
from voltoken.sts.batch.kernels.digits import DIGITS
from voltoken.sts.batch.kernels.groups import count, groups, without
from voltoken.sts.batch.kernels.types import I64, U8, Text
from voltoken.sts.batch.keys import DecoderKeys, KeyColumns
from voltoken.sts.batch.loop import TOKENS_MAX
from voltoken.sts.ciphers.sta_tables import STATables
from voltoken.sts.fields import TI
from voltoken.sts.keychange import SECTIONS, key_change_set, section_fields
from voltoken.sts.keys import DecoderKey

_32: Final = np.uint64(32)
_WORD: Final = np.uint64(0xFFFFFFFF)


def encode(
    current: DecoderKeys, new: DecoderKeys, roll_over: I64, carry_sgc: I64, tables: STATables | None
) -> tuple[Text, U8, U8]:
    """Return the tokens of each set in four columns, how many they are, and the fault of each row."""
    rows = len(roll_over)
    here, there = current.columns(), new.columns()
    faults = np.where(here.faults == 0, there.faults, here.faults)
    _find_faults(faults, current, new, roll_over, carry_sgc)
    texts, counts = np.zeros((rows, TOKENS_MAX), f"S{DIGITS}"), np.zeros(rows, np.uint8)
    whiches = _places(new, faults)
    # Rows of one template and one form of set have everything in common but the key and tariff index.
    for kind, alike in groups(whiches * 2 + (carry_sgc == 1)):
        template, carry = new.templates[kind >> 1], kind & 1
        chosen = without(alike, faults)
        if not count(chosen) or template.sgc is None or template.krn is None:
            continue
        words = _words(there.chosen(chosen), template)
        sections = section_fields(
            words,
            sgc=int(template.sgc),
            krn=int(template.krn),
            ti=index_array(new.tis, rows)[chosen],
            kt=int(template.kt),
            ken=int(template.ken),
            roll_over=roll_over[chosen],
            carry_sgc=carry,
        )
        keys = here.chosen(chosen)
        for place, kind_of_section in enumerate(SECTIONS[len(words), len(sections)]):
            row = kind_of_section.rows[0]
            length = len(keys.faults)
            code = number_array(row.token_class << 4 | row.subclass, length)
            values = {name: number_array(value, length) for name, value in sections[place].items()}
            texts[chosen, place], _ = kernel.encode(code, values, keys, tables)
        counts[chosen] = len(sections)
    return texts, counts, faults


def _places(keys: DecoderKeys, faults: U8) -> I64:
    """Return of each row the place of its template, 0 where it has a fault."""
    return np.where(faults == 0, number_array(keys.which, len(faults)), 0)


def _words(keys: KeyColumns, template: DecoderKey) -> list[I64]:
    """Return the 32-bit words of keys, first to last."""
    halves = [keys.low] if keys.high is None or len(template.key) == 8 else [keys.high, keys.low]
    return [word.view(np.int64) for half in halves for word in (half >> _32, half & _WORD)]


def _find_faults(faults: U8, current: DecoderKeys, new: DecoderKeys, roll_over: I64, carry_sgc: I64) -> None:
    """Add to faults what the rules forbid. The rules see one example of each combination there is."""
    flags = ((roll_over | carry_sgc) & ~np.int64(1)) != 0
    faults[flags & (faults == 0)] = Fault.FIELD
    here, there = current.columns(), new.columns()
    same = (here.low == there.low) & (here.wide == there.wide)
    if here.high is not None and there.high is not None:
        same &= here.high == there.high
    faults[same & (roll_over == 1) & (faults == 0)] = Fault.RULE
    pairs = _places(current, faults) * len(new.templates) + _places(new, faults)
    for kind, chosen in groups(pairs * 2 + (roll_over == 1)):
        before, after = divmod(kind >> 1, len(new.templates))
        fault = _fault(current.templates[before], new.templates[after], roll_over=bool(kind & 1))
        if fault:
            faults[chosen] = np.where(faults[chosen] == 0, np.uint8(fault), faults[chosen])


def _fault(before: DecoderKey, after: DecoderKey, *, roll_over: bool) -> Fault:
    """Return what forbids a change between keys that differ and have these attributes."""
    index = TI("00")
    other = after.for_meter(b"\1" * len(after.key), index)
    try:
        key_change_set(before, other, roll_over=roll_over)
    except RuleError:
        return Fault.RULE
    except FieldError:
        return Fault.FIELD
    return Fault.NONE
