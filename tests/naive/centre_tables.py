"""What an auditor of a centre brings along on paper: who must not act alone, and which lives entries lead.

Written down by hand from issue 7, from section 5 of the reference on key management, and from the
description of the registers. Nothing is read from the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SECOND: Mapping[str, int] = {
    # Section 5: state changes of vending keys, and raised limits.
    "vending_key.generate": 1,
    "vending_key.compose": 1,
    "vending_key.limit": 1,
    "vending_key.resume": 1,
    "vending_key.deactivate": 1,
    "vending_key.extend": 1,
    "vending_key.extend_compromised": 1,
    "vending_key.compromise": 1,
    "vending_key.destroy": 1,
    "vending_key.destroy_compromised": 1,
    "vending_key.found_compromised": 1,
    # Section 5: registration of security modules, release of key load files.
    "module.register": 1,
    "module.restore": 1,
    "module.compromise": 1,
    "key_file.add": 1,
    "transfer.send": 1,
    "transfer.receive": 1,
    "transfer.take_over": 1,
    # Issue 7: who may act and approve, who signs and is trusted, and what the registration services give out.
    "person.add": 1,
    "person.change": 1,
    "person.restore": 1,
    "role.add": 1,
    "role.change": 1,
    "role.withdraw": 1,
    "centre.add": 1,
    "centre.renew": 1,
    "centre.resume": 1,
    "centre.lose": 1,
    "centre.compromise": 1,
    "centre_key.add": 1,
    "centre_key.retire": 1,
    "centre_key.compromise": 1,
    "trust_list.add": 1,
    "ceremony.add": 1,
    "organisation.accept": 1,
    "organisation.change": 1,
    "organisation.restore": 1,
    "supply_group.allocate": 1,
    "supply_group.hand_over": 1,
    "supply_group.retire": 1,
    "mfr_code.add": 1,
    "serial_range.add": 1,
    "laboratory.add": 1,
    "certification.certify": 1,
    "revision.start": 1,
    "revision.finish": 1,
    "incident.close": 1,
}
"""So many others must have approved an act at least."""

ALONE: Mapping[str, str] = {
    "vending_key.add": "there is no key yet",
    "vending_key.withdraw": "there is no key yet",
    "vending_key.activate": "its key, its dates and its limits were approved when it was made",
    "vending_key.suspend": "it stops something at once, and others let it go on",
    "module.suspend": "it stops something at once, and others let it go on",
    "module.add": "nothing is sent to it yet",
    "module.challenge": "nothing is sent to it yet",
    "module.update": "it notes what stands in the module",
    "authorisation.add": "the owner of the supply group has signed it, who is the other person",
    "authorisation.withdraw": "it stops something at once, and the owner signs it anew",
    "authorisation.expire": "its time is over",
    "key_file.confirm": "the module has signed the receipt",
    "key_file.lose": "it takes no key from the module, and gives it none",
}
"""Acts on keys, modules, authorisations and key files that one person does alone, and why that is borne."""

GLASS = frozenset({"vending_key.compromise", "centre.lose", "centre.compromise", "centre_key.compromise"})
"""Acts that may be done without approvals in an emergency: they only stop something."""

LIVES: Mapping[str, Mapping[str, str]] = {
    "person": {"": "active", "active": "suspended left", "suspended": "active left", "left": ""},
    "role": {"": "active", "active": "withdrawn", "withdrawn": ""},
    "organisation": {
        "": "applied",
        "applied": "member refused",
        "member": "suspended left",
        "suspended": "member left",
        "refused": "",
        "left": "",
    },
    "country": {"": "listed", "listed": "closed", "closed": ""},
    "supply_group": {
        "": "applied",
        "applied": "active refused",
        "active": "retired",
        "refused": "",
        "retired": "",
    },
    "mfr_code": {"": "allocated", "allocated": "withdrawn", "withdrawn": ""},
    "serial_range": {"": "allocated", "allocated": "exhausted", "exhausted": ""},
    "vending_key": {
        "": "requested",
        "requested": "withdrawn pre_active",
        "withdrawn": "",
        "pre_active": "active deactivated compromised destroyed",
        "active": "suspended deactivated compromised",
        "suspended": "active deactivated compromised",
        "deactivated": "compromised destroyed",
        "compromised": "destroyed_compromised",
        "destroyed": "destroyed_compromised",
        "destroyed_compromised": "",
    },
    "authorisation": {"": "granted", "granted": "withdrawn expired", "withdrawn": "", "expired": ""},
    "key_file": {
        "": "released",
        "released": "loaded superseded lost",
        "superseded": "loaded",
        "lost": "loaded",
        "loaded": "",
    },
    "module": {
        "": "applied",
        "applied": "challenged refused compromised",
        "challenged": "registered refused compromised",
        "registered": "suspended retired compromised",
        "suspended": "registered retired compromised",
        "retired": "compromised",
        "refused": "",
        "compromised": "",
    },
    "centre": {
        "": "trusted",
        "trusted": "suspended lost retired compromised",
        "suspended": "trusted lost retired compromised",
        "lost": "compromised",
        "retired": "compromised",
        "compromised": "",
    },
    "centre_key": {
        "": "active",
        "active": "retired compromised",
        "retired": "compromised",
        "compromised": "",
    },
    "trust_list": {"": "current", "current": "superseded", "superseded": ""},
    "transfer": {
        "": "planned",
        "planned": "sent received taken_over abandoned",
        "sent": "",
        "received": "",
        "taken_over": "",
        "abandoned": "",
    },
    "ceremony": {
        "": "planned",
        "planned": "running aborted",
        "running": "closed aborted",
        "closed": "done aborted",
        "done": "",
        "aborted": "",
    },
}
"""Where an entry may go from each state; the state "" is that of an entry that is not there yet."""

LASTING = ("sgc", "krn", "kt", "base_date", "ken", "bits", "dkga", "eas", "act", "clu", "test", "origin")
"""What never changes in a vending key."""

FIELDS: Mapping[str, str] = {
    "person": "name organisation email phone roles public_key",
    "role": "text actions most only",
    "organisation": "name country kinds owner_key address contact_name contact_email contact_phone",
    "country": "name regulator currency numbering",
    "supply_group": "name kind owner country cluster centre notes old_signature new_signature",
    "trust_list": "digest fingerprint",
    "transfer": "direction sgc centre krns moves_home agreed_on signature file seq file_id digest kid"
    " issued_at not_after request_id keys names note",
    "vending_key": "sgc krn kt base_date ken bits dkga eas act iut exp refresh_days ulm clm services clu test"
    " origin ceremony transfer check_value check_algorithm meters_left meters_list note",
    "authorisation": "sgc krns module use begin end ulm clm services refresh_days signature note",
    "module": "organisation role kind product firmware exchange_key signing_key identity notes challenge"
    " proof",
    "key_file": "recipient wanted load_request valid_days seq file_id digest kid issued_at not_after"
    " request_id keys revoked receipt note",
    "centre": "name identity fingerprint until note",
    "centre_key": "begin end kid public_key note",
}
"""All fields of the registers on which keys depend."""

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "vending_key": {
        "ken": 255,
        "refresh_days": 90,
        "ulm": 0,
        "clm": 0,
        "clu": 0,
        "origin": "generate",
    },
    "authorisation": {"ulm": 0, "clm": 0, "refresh_days": 90},
    "key_file": {"valid_days": 30},
    "supply_group": {"cluster": 0},
    "transfer": {"moves_home": True},
}
"""What stands in a field that nobody gave, where that is something."""

EMPTY: tuple[Any, ...] = (None, [], {}, False)
"""What may stand in every other field that nobody gave."""

NEWS = frozenset(FIELDS["vending_key"].split()) - {*LASTING, "check_value"}
"""What another centre may say anew of a key that is here already: never which key it is."""

FOLLOWS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "certification.certify": {"product": frozenset()},
    "certification.withdraw": {"product": frozenset()},
    "certification.expire": {"product": frozenset()},
    "key_file.confirm": {"key_file": frozenset()},
    "trust_list.add": {"trust_list": frozenset()},
    "transfer.send": {"supply_group": frozenset({"centre"})},
    "transfer.take_over": {"supply_group": frozenset({"centre"}), "vending_key": NEWS},
    "transfer.receive": {"supply_group": frozenset({"centre"}), "vending_key": NEWS},
}
"""Registers of which entries change together with an act, and the fields of them that may."""

GIVEN: Mapping[str, str] = {
    "vending_key.generate": "check_value check_algorithm",
    "vending_key.compose": "check_value check_algorithm",
    "key_file.add": "seq file_id digest kid issued_at not_after request_id keys revoked",
    "transfer.send": "seq file_id digest kid issued_at not_after request_id keys",
    "transfer.receive": "seq file_id digest kid issued_at not_after request_id keys",
    "centre_key.add": "kid public_key",
    "trust_list.add": "digest fingerprint",
    "module.challenge": "challenge",
    "module.register": "role exchange_key signing_key identity firmware",
    "ceremony.begin": "steps people planned begun_at",
    "ceremony.step": "record evidence",
    "ceremony.component": "record evidence",
    "ceremony.combine": "record evidence check_value",
    "ceremony.split": "record evidence",
    "ceremony.hand_out": "record evidence",
    "ceremony.share": "record evidence",
    "ceremony.recover": "record evidence",
    "ceremony.close": "closed_at minutes",
    "ceremony.sign": "signatures",
}
"""What the centre itself fills in, and nothing else; acts that are not here are what their request says."""

KEEPS: Mapping[str, str] = {
    "vending_key.generate": "vending_key/",
    "transfer.receive": "vending_key/",
    "centre_key.add": "signing_key/",
    "module.challenge": "challenge/",
    "ceremony.component": "component/",
    "ceremony.combine": "vending_key/",
    "ceremony.split": "share/",
    "ceremony.share": "offered/",
}
"""Secrets that an act puts away: how their names begin."""

DROPS: Mapping[str, tuple[str, ...]] = {
    "vending_key.withdraw": ("vending_key/",),
    "vending_key.destroy": ("vending_key/",),
    "vending_key.destroy_compromised": ("vending_key/",),
    "centre_key.retire": ("signing_key/",),
    "centre_key.compromise": ("signing_key/",),
    "module.register": ("challenge/",),
    "ceremony.combine": ("component/",),
    "ceremony.hand_out": ("share/",),
    "ceremony.recover": ("offered/",),
    "ceremony.abort": ("component/", "share/", "offered/"),
}
"""Secrets that an act destroys: how their names begin."""

WITH_KEY = frozenset({"pre_active", "active", "suspended", "deactivated", "compromised"})
"""States of a vending key in which the centre has its bytes."""

TABLES: Mapping[str, tuple[str, ...]] = {
    "meta": ("name", "value"),
    "log": ("seq", "body", "hash"),
    "heads": ("seq", "at", "hash", "signature"),
    "secrets": ("name", "sealed"),
    "papers": ("name", "request", "content"),
}
"""The tables of the file, and their columns."""
