"""Whether keys may be used for tokens, for many rows at once: ``voltoken.sts.rules.check_key_use``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from voltoken.errors import KeyRefused
from voltoken.sts import rules
from voltoken.sts.batch.columns import number_array, number_list, whole, whole_list
from voltoken.sts.batch.faults import Fault
from voltoken.sts.batch.keys import DecoderKeys
from voltoken.sts.codec import READERS
from voltoken.sts.keys import DecoderKey

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers, Result

_CARRIES_TID: Final = tuple(
    any(reader is not None and any(spec.name == "tid" for spec in reader[0].fields) for reader in pair)
    for pair in zip(READERS[64], READERS[128], strict=True)
)
"""By 16 * class + subclass, whether tokens of this type have a TID, and so can come too late for a key."""


def check_key_use(code: Numbers, tid: Numbers, keys: DecoderKeys) -> Result:
    """Return ``Fault.REFUSED`` for each row whose key may not make its token, else 0.

    code: 16 * class + subclass. tid: the token's, not looked at for types that carry none.
    keys: one for each row; their key type and KEN decide.
    Raises FieldError when the columns differ in length.
    """
    rows = len(keys)
    if not keys.arrays:
        times = map(whole, number_list(tid, rows))
        columns = whole_list(code, rows), times, keys.places(), keys.fault_list()
        return [
            Fault.NONE if fault else _fault(one, at, keys.templates[place])
            for one, at, place, fault in zip(*columns, strict=True)
        ]
    import numpy as np

    codes, tids = number_array(code, rows), number_array(tid, rows)
    which = np.where(keys.faults == 0, number_array(keys.which, rows), 0)
    barred = np.array([not rules.may_encrypt(one.kt, 0) for one in keys.templates])
    last = np.array([int(one.ken) for one in keys.templates])
    known = (codes >= 0) & (codes < len(_CARRIES_TID))
    timed = np.array(_CARRIES_TID).take(np.where(known, codes, 0)) & known
    refused = (codes >> 4 == 0) & barred.take(which) | timed & (tids >> 16 > last.take(which))
    return np.where(refused & (keys.faults == 0), np.uint8(Fault.REFUSED), np.uint8(Fault.NONE))


def _fault(code: int, tid: int, template: DecoderKey) -> Fault:
    """Return what the scalar rule says about one row."""
    timed = 0 <= code < len(_CARRIES_TID) and _CARRIES_TID[code]
    try:
        rules.check_key_use(template.kt, code >> 4, template.ken, tid if timed else None)
    except KeyRefused:
        return Fault.REFUSED
    return Fault.NONE
