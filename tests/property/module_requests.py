"""Strategies for what tills ask of a security module: few names and numbers, so that requests meet.

Ids come again with the same and with other content, TIDs are asked for twice, limits are reached, and keys
lead in circles.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from tests.unit.security.desk import (
    METER,
    OTHER_PAN,
    Desk,
    change,
    client,
    credit,
    management,
    meter_test,
    money,
    register,
)
from voltoken.security import Act, IssueRequest, KeyRef
from voltoken.sts import TI

REFS = tuple(KeyRef.parse(f"123456/{krn}") for krn in (1, 2, 3))
LIMIT = 30
"""The unit limit of each key, in steps; money has a hundred times as much."""

ids = st.sampled_from([f"v{n}:1" for n in range(24)])
callers = st.sampled_from(["till", "till", "till", "other", "stranger"])
refs = st.sampled_from(REFS)
meters = st.sampled_from(
    [METER, METER, replace(METER, ti=TI("02")), replace(METER, pan=OTHER_PAN), replace(METER, test=False)]
)
minutes = st.integers(-2, 2)

units = st.builds(
    lambda one, after, meter, key, steps: credit(one, after, meter=meter, key=key, steps=steps),
    *(ids, minutes, meters, refs, st.sampled_from([0, 1, 10, 20, 30, 31])),
)
moneys = st.builds(
    lambda one, after, meter, key, steps: money(one, after, meter=meter, key=key, steps=steps),
    *(ids, minutes, meters, refs, st.sampled_from([-3000, -1, 0, 999, 2000, 3000, 3001])),
)
managements = st.builds(
    lambda one, after, meter, key: management(one, after, meter=meter, key=key), ids, minutes, meters, refs
)
changes = st.builds(
    lambda one, meter, key, new, ti, roll_over: change(
        one, meter=meter, key=key, new_key=new, new_ti=TI(ti), roll_over=roll_over
    ),
    *(ids, meters, refs, refs, st.sampled_from(["01", "02"]), st.booleans()),
)
recoveries = st.builds(
    lambda one, meter, key, new, sections: change(
        one, meter=meter, key=key, new_key=new, sections=tuple(sections)
    ),
    *(ids, meters, refs, refs, st.lists(ids, min_size=4, max_size=4)),
)
requests: st.SearchStrategy[IssueRequest] = st.one_of(
    units, units, units, moneys, managements, changes, changes, recoveries, ids.map(meter_test)
)


def small_desk() -> Desk:
    """Return a desk with three keys of low limits."""
    clients = [client(), client("other", acts=frozenset(Act) - {Act.KEY_CHANGE})]
    return Desk([register(ref, ulm=LIMIT, clm=100 * LIMIT) for ref in REFS], clients=clients)
