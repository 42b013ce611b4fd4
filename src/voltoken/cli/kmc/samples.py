"""Examples of the commands that are made from tables: values that could stand there, to copy and change."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from voltoken.kmc import Register, Step

IDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "person": "carol",
        "role": "clerk",
        "organisation": "lakeside",
        "country": "KE",
        "supply_group": "123456",
        "mfr_code": "0001",
        "serial_range": "0001-00100000",
        "product": "m1",
        "certification": "m1-2026",
        "laboratory": "lab",
        "module": "pilot",
        "installation": "main-office",
        "practice": "cop-1",
        "assessment": "lakeside-2026",
        "vending_key": "123456/1",
        "authorisation": "pilot-1",
        "key_file": "centre.pilot.1",
        "centre": "north",
        "centre_key": "first",
        "trust_list": "1",
        "transfer": "north-1",
        "ceremony": "key-2026",
        "revision": "rollover-2026",
        "incident": "drill-1",
    }
)
"""An id for each register."""

VALUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "name": "Lakeside",
        "person.name": "Carol Chebet",
        "country.name": "Kenya",
        "centre.name": "Centre North",
        "public_key": "file:carol.pub",
        "roles": "custodian",
        "actions": "organisation.add,organisation.change",
        "country": "KE",
        "kinds": "utility",
        "owner": "lakeside",
        "new_signature": "file:new.sig",
        "old_signature": "file:old.sig",
        "supply_group.kind": "unique",
        "product.kind": "meter",
        "incident.kind": "key",
        "manufacturer": "meterco",
        "mfr_code": "0001",
        "first": "00100000",
        "last": "00199999",
        "organisation": "lakeside",
        "model": "M1",
        "edition": "2",
        "firmware": "1.0",
        "eas": "07,11",
        "product": "m1",
        "laboratory": "lab",
        "report": "0" * 64,
        "report_number": "2026-17",
        "result": "pass",
        "certificate": "C-2026-17",
        "valid_until": "2029-11-21",
        "scope": "meter",
        "editions": "1,2",
        "accreditation": "ISO/IEC 17025 no. 5",
        "body": "KENAS",
        "expires": "2029-11-21",
        "role": "vending",
        "module.proof": "file:pilot.proof.json",
        "version": "1.0",
        "contact_name": "Fay Fundi",
        "contact_phone": "+254 20 123456",
        "practice.number": "COP-1",
        "title": "Handling of keys",
        "incident.title": "A drill",
        "checklist": "file:checklist.json",
        "practice": "cop-1",
        "assessment.evidence": "file:evidence.json",
        "sgc": "123456",
        "krn": "1",
        "kt": "2",
        "base_date": "14",
        "bits": "160",
        "dkga": "04",
        "act": "2026-12-01T00:00Z",
        "iut": "2031-12-01T00:00Z",
        "ceremony": "key-2026",
        "module": "pilot",
        "use": "full",
        "begin": "2026-12-01T00:00Z",
        "end": "2027-12-01T00:00Z",
        "signature": "file:pilot-1.json.sig",
        "names": "file:north-1.json",
        "transfer.signature": "file:north-1.json.sig",
        "recipient": "pilot",
        "load_request": "file:pilot.request.json",
        "receipt": "file:pilot.receipt.json",
        "identity": "file:north.centre.json",
        "fingerprint": "1234 5678 9abc def0 1234 5678 9abc def0",
        "direction": "out",
        "centre": "north",
        "agreed_on": "2026-12-01",
        "script": "vending-key-components",
        "purpose": "The first key of Lakeside",
        "vending_key": "123456/1",
        "ceremony.bits": "160",
        "officer": "alice",
        "custodians": "carol,dan,eve",
        "auditor": "fay",
        "from_key": "123456/1",
        "to_key": "123456/2",
        "revision.reason": "rotation",
        "subject": "123456/1",
        "found_at": "2026-12-01T08:00Z",
    }
)
"""A value for every field that an example names; one of a register by both names."""

_ALSO: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "person.add": ("roles",),
        "module.register": ("proof",),
        "vending_key.compose": ("ceremony",),
        "vending_key.extend": ("iut",),
        "key_file.add": ("load_request",),
        "key_file.confirm": ("receipt",),
        "supply_group.hand_over": ("owner", "old_signature", "new_signature"),
        "certification.test": ("laboratory",),
        "certification.report": ("report", "report_number", "result"),
        "certification.certify": ("certificate", "valid_until"),
        "assessment.show": ("evidence",),
        "ceremony.add": ("vending_key", "bits"),
    }
)
"""What an example names beside what is required."""


def shown_fields(register: Register, step: Step) -> list[str]:
    """Return the fields that the example of a step names."""
    needed = [one.name for one in register.fields if one.required] if step.name == "add" else []
    also = _ALSO.get(f"{register.name}.{step.name}", ())
    return [name for name in step.fields if name in needed or name in also]


def example(register: Register, step: Step, more: str = "--as alice --key alice.key") -> str:
    """Return a command for a step, as it could be typed. more: what stands at its end."""
    words = ["voltoken", "kmc", register.name.replace("_", "-"), step.name.replace("_", "-"), "centre"]
    words.append(IDS.get(register.name, "ID"))
    for name in shown_fields(register, step):
        value = VALUES.get(f"{register.name}.{name}", VALUES.get(name, name.upper()))
        words += [f"--{name.replace('_', '-')}", value]
    if step.job == "take_in":
        words += ["--paper", "north.centre.1.klf.json"]
    return f"{shlex.join(words)} {more}"
