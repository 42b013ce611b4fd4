"""A made-up centre with one supply group, two keys, modules and meters, for the tests of the planner."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.access import public_key_of, sign
from voltoken.kmc.authorisations import AUTHORISED, authorisation_document, owner_message
from voltoken.kmc.planning import Meter, MeterList, read_meters
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.sts import MeterPAN

NOW: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY: Final = date(2026, 11, 21)
SGC: Final = "123456"
OWNER: Final = bytes(range(32))
"""The owner's signing key."""


def pan(number: int) -> str:
    """Return a meter number."""
    return str(MeterPAN.build("07", f"{number:08d}"))


def row(number: int, **cells: str) -> str:
    """Return a row of a list of meters, on the old key unless told otherwise."""
    found = {
        "pan": pan(number),
        "sgc": SGC,
        "krn": "1",
        "ti": "01",
        "ea": "07",
        "base_date": "93",
        "ken": "255",
        "tct": "02",
        "module": "m-1",
        "last_purchase": "2026-11-20",
        "purchases": "9",
    }
    return ",".join((found | cells).values())


HEADER: Final = "pan,sgc,krn,ti,ea,base_date,ken,tct,module,last_purchase,purchases"


def meters(*rows: str) -> MeterList:
    """Return a list of meters."""
    return read_meters(f"{line}\n" for line in (HEADER, *rows))


def one_meter(**cells: str) -> Meter:
    """Return one meter."""
    return meters(row(1, **cells)).meters[0]


def put(state: State, register: str, entry_id: str, stands: str, **values: Any) -> Entry:
    """Put an entry into a centre as if its steps had been taken, and return it."""
    entry = Entry(register, entry_id, 1, stands, values, NOW, "alice")
    state.entries.setdefault(register, {})[entry_id] = entry
    return entry


def key(state: State, entry_id: str, stands: str, **values: Any) -> Entry:
    """Put a vending key into a centre: of the group in its id, base date 1993, good for years."""
    name = entry_id.partition(".")[0]
    usual: dict[str, Any] = {
        "sgc": name[:6],
        "krn": int(name[7]),
        "kt": 2,
        "base_date": "93",
        "ken": 255,
        "bits": 64,
        "dkga": "02",
        "eas": ["07"],
        "act": "2024-01-01T00:00:00.000000Z",
        "iut": "2030-01-01T00:00:00.000000Z",
        "check_value": None if stands in ("requested", "withdrawn") else "ABCDEF",
        "check_algorithm": "made up",
        "origin": "generate",
    }
    return put(state, "vending_key", entry_id, stands, **usual | values)


def file(state: State, module: str, seq: int, stands: str, *ids: str, **told: Any) -> Entry:
    """Put a key file for a module into a centre. told: ``revoked``, and what it says of its keys."""
    revoked = told.pop("revoked", [])
    facts = {"iut": "2027-01-01T00:00:00.000000Z", "key_change_only": False} | told
    return put(
        state,
        "key_file",
        f"kmc-a.{module}.{seq}",
        stands,
        recipient=module,
        seq=seq,
        keys=dict.fromkeys(ids, facts),
        revoked=list(revoked),
    )


def authorise(state: State, entry_id: str, module: str, **values: Any) -> Entry:
    """Put an authorisation into a centre, signed by the owner of the group."""
    usual: dict[str, Any] = {
        "sgc": SGC,
        "krns": [],
        "module": module,
        "use": "full",
        "begin": "2024-01-01T00:00:00.000000Z",
        "end": "2030-01-01T00:00:00.000000Z",
        "ulm": 1000,
        "clm": 0,
        "services": ["electricity"],
        "refresh_days": 90,
    }
    entry = put(state, "authorisation", entry_id, "granted", **usual | values)
    assert set(AUTHORISED) == set(entry.values)
    signature = sign(OWNER, owner_message(authorisation_document(state, entry)))
    return put(state, "authorisation", entry_id, "granted", **{**entry.values, "signature": signature.hex()})


def town() -> State:
    """Return a centre: one group, the old key active in modules m-1 and m-2, which one installation runs."""
    state = State(centre_id="kmc-a")
    put(state, "organisation", "acme", "member", owner_key=public_key_of(OWNER).hex())
    put(state, "supply_group", SGC, "active", owner="acme", kind="unique", cluster=0, centre=None)
    for module in ("m-1", "m-2"):
        put(state, "module", module, "registered", role="vending", product=None)
        file(state, module, 1, "loaded", f"{SGC}/1")
        authorise(state, f"auth-{module}", module, krns=[1])
    put(
        state,
        "installation",
        "shop",
        "running",
        modules=["m-1", "m-2"],
        groups=[SGC],
        base_dates=["93"],
        contact_name="Jane",
        contact_phone="+254 700 000000",
    )
    key(state, f"{SGC}/1", "active")
    return state


def moment(text: str) -> str:
    """Return a day as the moment in which it begins."""
    return canonical.write_moment(datetime.fromisoformat(text).replace(tzinfo=UTC))
