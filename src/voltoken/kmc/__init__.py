"""The key management centre: registers, who may change them and how, and what its log means. Pure; no I/O.

A centre keeps registers of people, organisations, supply groups, modules and vending keys. Nothing in them
changes but by a step that somebody asked for and signed, and that others approved by signatures of their
own: ``request_of``, ``file``, ``approve``, ``carry_out``. They return the lines of the log, and ``State``
takes them in. ``REGISTERS`` are tables; what follows from them is in ``lives``.

It is not a centre of the STS Association (``NOTICE``). Secrets, files and the clock are in
``voltoken.drivers.centre``.
"""

from voltoken.kmc.authorisations import (
    OWNER_DOMAINS,
    Authorisation,
    authorisation_document,
    owner_message,
    transfer_document,
)
from voltoken.kmc.engine import (
    REQUEST_DAYS,
    approve,
    carry_out,
    check_approved,
    check_signed,
    file,
    following,
    open_request,
    ready,
    refused,
    request_of,
    review,
)
from voltoken.kmc.founding import FOUNDING, Founder, built_in_roles, founders_digest, founding_events
from voltoken.kmc.jobs import JOBS
from voltoken.kmc.keyless import (
    CARRIED,
    REPLACED,
    carried_event,
    carried_without_keys,
    may_destroy,
    may_keep,
)
from voltoken.kmc.keys import VendingKey, living, ref_of, secret_name
from voltoken.kmc.kinds import Kind
from voltoken.kmc.lives import Arrow, arrows, faults, reached
from voltoken.kmc.names import NAMES, known_names, next_id
from voltoken.kmc.papers import (
    approval_facts,
    read_approval,
    read_glass,
    read_request,
    read_review,
    request_facts,
    said_facts,
)
from voltoken.kmc.plans import (
    CLEAR,
    Plan,
    domain_of,
    drafted,
    facts_in,
    facts_of,
    look_at,
    plain,
    plan_of,
    planned,
    table_of,
)
from voltoken.kmc.reasons import REASONS
from voltoken.kmc.register import ADD, Field, Look, Register, Step
from voltoken.kmc.registers import REGISTERS
from voltoken.kmc.registers.codes import range_of
from voltoken.kmc.registers.groups import handover_document
from voltoken.kmc.registers.modules import installations_of, uncertified_modules
from voltoken.kmc.registers.people import OFFICER
from voltoken.kmc.registers.products import Certified, certified_on
from voltoken.kmc.release import file_entry_id, plan_release
from voltoken.kmc.replay import Replay
from voltoken.kmc.signing_keys import identity_file, own_identity, signing_keys, signing_secret
from voltoken.kmc.state import CREATED, Filed, State
from voltoken.kmc.values import (
    APPROVAL,
    CLOSED,
    DESTROYED,
    ENTRY,
    GLASS,
    NOTICE,
    REFUSED,
    REQUEST,
    REVIEWED,
    SECRET,
    Entry,
    Event,
    Values,
    entry_event,
)
from voltoken.kmc.work import Job, Tools, Work

__all__ = [
    "ADD",
    "APPROVAL",
    "Arrow",
    "Authorisation",
    "CARRIED",
    "CLEAR",
    "CLOSED",
    "CREATED",
    "Certified",
    "DESTROYED",
    "ENTRY",
    "Entry",
    "Event",
    "FOUNDING",
    "Field",
    "Filed",
    "Founder",
    "GLASS",
    "JOBS",
    "Job",
    "Kind",
    "Look",
    "NAMES",
    "NOTICE",
    "OFFICER",
    "OWNER_DOMAINS",
    "Plan",
    "REASONS",
    "REFUSED",
    "REGISTERS",
    "REPLACED",
    "REQUEST",
    "REQUEST_DAYS",
    "REVIEWED",
    "Register",
    "Replay",
    "SECRET",
    "State",
    "Step",
    "Tools",
    "Values",
    "VendingKey",
    "Work",
    "approval_facts",
    "approve",
    "arrows",
    "authorisation_document",
    "built_in_roles",
    "carried_event",
    "carried_without_keys",
    "carry_out",
    "certified_on",
    "check_approved",
    "check_signed",
    "domain_of",
    "drafted",
    "entry_event",
    "facts_in",
    "facts_of",
    "faults",
    "file",
    "file_entry_id",
    "following",
    "founders_digest",
    "founding_events",
    "handover_document",
    "identity_file",
    "installations_of",
    "known_names",
    "living",
    "look_at",
    "may_destroy",
    "may_keep",
    "next_id",
    "open_request",
    "own_identity",
    "owner_message",
    "plain",
    "plan_of",
    "plan_release",
    "planned",
    "range_of",
    "reached",
    "read_approval",
    "read_glass",
    "read_request",
    "read_review",
    "ready",
    "ref_of",
    "refused",
    "request_facts",
    "request_of",
    "review",
    "said_facts",
    "secret_name",
    "signing_keys",
    "signing_secret",
    "table_of",
    "transfer_document",
    "uncertified_modules",
]
