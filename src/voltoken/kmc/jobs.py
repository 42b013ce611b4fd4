"""The jobs of keys, files, modules and centres: what is done with secrets when a request is carried out.

Each takes what the centre knows, the plan of the request and lent tools, and returns what is to be kept,
destroyed and written. None has input, output, clock or chance of its own.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Final

from voltoken import canonical
from voltoken.access import public_key_of, sign
from voltoken.errors import ActRefused
from voltoken.kmc.authorisations import agreement_id
from voltoken.kmc.ceremony import JOBS as CEREMONY_JOBS
from voltoken.kmc.file_papers import release_asked
from voltoken.kmc.keys import VendingKey, facts_of, fresh, secret_name
from voltoken.kmc.plans import Plan
from voltoken.kmc.release import TRANSFER
from voltoken.kmc.releases import ReleasePlan
from voltoken.kmc.signing_keys import CENTRE_KEY, signing_key, signing_secret, trust_of
from voltoken.kmc.state import State
from voltoken.kmc.transfers import last_received, plan_transfer, received_facts, trust_in
from voltoken.kmc.values import Entry
from voltoken.kmc.work import Job, Tools, Work
from voltoken.security.keyload import (
    FileRole,
    KeyRecord,
    build,
    check_proof,
    key_id,
    make_challenge,
    open_file,
    parse,
    read_module,
    write_trust,
)

CHALLENGE_DAYS: Final = 14
"""So long a module may take to answer a challenge."""


def generate(_state: State, plan: Plan, tools: Tools) -> Work:
    """Make a vending key from random bytes."""
    key = VendingKey.of(plan.after)
    secret = fresh(key.bits, tools.chance(key.bits // 8))
    return Work(facts_of(key, secret), {secret_name(key.entry_id): secret})


def compose(_state: State, plan: Plan, tools: Tools) -> Work:
    """Take over the vending key that a ceremony has made; its bytes are there already."""
    key = VendingKey.of(plan.after)
    return Work(facts_of(key, tools.secret(secret_name(key.entry_id))))


def destroy(state: State, plan: Plan, _tools: Tools) -> Work:
    """Destroy a vending key, or a signing key of this centre."""
    if plan.register.name == CENTRE_KEY:
        return Work(destroy=_there(state, signing_secret(plan.after.get("kid"))))
    return Work(destroy=_there(state, secret_name(plan.after.entry_id)))


def _there(state: State, name: str) -> tuple[str, ...]:
    """Return a name if a secret is kept under it: a retired signing key is destroyed already."""
    return (name,) if name in state.secrets else ()


def release(state: State, plan: Plan, tools: Tools) -> Work:
    """Make a key load file: for a module, or for another centre."""
    if plan.register.name == TRANSFER:
        asked = plan_transfer(state, plan.after, tools.now)
    else:
        asked = release_asked(state, plan.after, tools.now)
    file_id = uuid_of(tools.chance(16))
    data = _file(asked, file_id, tools)
    digest = hashlib.sha256(data).hexdigest()
    name = f"{asked.centre_id}.{asked.recipient_id}.{asked.seq}.klf.json"
    return Work({**asked.facts, "file_id": file_id, "digest": digest}, files={name: data})


def _file(asked: ReleasePlan, file_id: str, tools: Tools) -> bytes:
    seed = tools.secret(signing_secret(asked.kid))
    records = [
        KeyRecord(key.register, key.owner_auth, tools.secret(secret_name(key.entry_id))) for key in asked.keys
    ]
    return build(
        asked.header(file_id),
        records,
        asked.revoked,
        recipient_key=asked.recipient_key,
        ephemeral=tools.chance(32),
        sign=partial(sign, seed),
        public=public_key_of(seed),
    )


def take_in(state: State, plan: Plan, tools: Tools) -> Work:
    """Open the file of another centre and take in its keys, all or none."""
    data = tools.papers.get(str(plan.after.get("file")))
    if data is None:
        raise ActRefused("other_file", f"No file with SHA-256 {plan.after.get('file')} was handed in.")
    file = parse(data)
    opened = open_file(
        file,
        recipient_id=state.centre_id,
        exchange=tools.secret("exchange"),
        role=FileRole.KMC,
        trust=trust_in(state, plan.after, tools.now),
        last_seq=last_received(state, str(plan.after.get("centre"))),
        now=tools.now,
    )
    registers = [record.register for record in opened.records]
    documents = received_facts(plan.after, registers)
    header = opened.header
    if header.request_id != agreement_id(state, plan.after):
        raise ActRefused("other_file", "The file was made for another agreement than this one.")
    facts = {
        "seq": header.seq,
        "file_id": header.file_id,
        "digest": opened.digest,
        "kid": file.kid,
        "issued_at": canonical.write_moment(header.issued_at),
        "not_after": canonical.write_moment(header.not_after),
        "keys": documents,
        "request_id": header.request_id,
    }
    keep = {
        secret_name(entry_id): record.secret
        for entry_id, record in zip(documents, opened.records, strict=True)
    }
    here = {name for name in keep if name in state.secrets}
    for name in sorted(here):  # a check value has three bytes: that is no proof of the same key
        if not hmac.compare_digest(tools.secret(name), keep[name]):
            raise ActRefused("brought", f"The file brings another {name} than the one that is here.")
    return Work(facts, {name: secret for name, secret in keep.items() if name not in here})


def new_signing_key(_state: State, _plan: Plan, tools: Tools) -> Work:
    """Make a signing key of this centre."""
    seed = tools.chance(32)
    public = public_key_of(seed)
    kid = key_id(public)
    return Work({"kid": kid, "public_key": public.hex()}, {signing_secret(kid): seed})


def trust(state: State, plan: Plan, tools: Tools) -> Work:
    """Write the list of centres that modules are to trust."""
    version = int(plan.after.entry_id)
    found = trust_of(state, tools.now, version)
    data = write_trust(found)
    facts = {"digest": hashlib.sha256(data).hexdigest(), "fingerprint": found.fingerprint}
    return Work(facts, files={f"{state.centre_id}.trust.{version}.json": data})


def challenge(state: State, plan: Plan, tools: Tools) -> Work:
    """Make a challenge that only the holder of a module's keys can answer."""
    module_id, until = plan.after.entry_id, tools.now + timedelta(days=CHALLENGE_DAYS)
    signer = signing_key(state, tools.now, until)
    ephemeral = tools.chance(32)
    data = make_challenge(
        state.centre_id,
        module_id,
        nonce=tools.chance(16),
        ephemeral=ephemeral,
        issued_at=tools.now,
        until=min(until, signer.end),
        sign=partial(sign, tools.secret(signing_secret(signer.kid))),
        public=signer.public,
    )
    facts = {"challenge": canonical.read(data, len(data))}
    return Work(facts, {challenge_secret(module_id): ephemeral}, files={f"{module_id}.challenge.json": data})


def prove(_state: State, plan: Plan, tools: Tools) -> Work:
    """Check the answer of a module, and find out what it is. Job ``check_proof``.

    That it is the module which was applied for is a rule of the register. Raises KeyFileError.
    """
    entry = plan.after
    proof, asked = (canonical.write(entry.get(name)).encode("ascii") for name in ("proof", "challenge"))
    name = challenge_secret(entry.entry_id)
    check_proof(proof, asked, ephemeral=tools.secret(name), now=tools.now)
    return Work(proved(entry), destroy=(name,))


def proved(entry: Entry) -> dict[str, str]:
    """Return what the proof of a module says that it is: the facts of job ``check_proof``.

    That the proof is genuine is not looked at again: that takes a secret, which is gone. But it stands in the
    request, so whoever asked and whoever approved signed it. Raises KeyFileError and LookupError.
    """
    document = entry.values["proof"]["identity"]
    found = read_module(canonical.write(document).encode("ascii"))
    return {
        "exchange_key": found.exchange_key.hex(),
        "signing_key": found.signing_key.hex(),
        "role": found.role.value,
        "firmware": found.firmware,
        "identity": canonical.digest(document),
    }


def challenge_secret(module_id: str) -> str:
    """Return under which name the ephemeral key of a challenge is kept."""
    return f"challenge/{module_id}"


def uuid_of(random: bytes) -> str:
    """Return a random UUID (RFC 9562, version 4). random: 16 bytes."""
    marked = bytes((*random[:6], random[6] & 0x0F | 0x40, random[7], random[8] & 0x3F | 0x80, *random[9:]))
    digits = marked.hex()
    parts: Sequence[tuple[int, int]] = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
    return "-".join(digits[begin:end] for begin, end in parts)


JOBS: Final[Mapping[str, Job]] = MappingProxyType(
    {
        "generate": generate,
        "compose": compose,
        "destroy": destroy,
        "release": release,
        "take_in": take_in,
        "new_signing_key": new_signing_key,
        "trust": trust,
        "challenge": challenge,
        "check_proof": prove,
        **CEREMONY_JOBS,
    }
)
"""All jobs by the names that steps give them, those of ceremonies with them."""
