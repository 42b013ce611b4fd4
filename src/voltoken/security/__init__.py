"""Security modules: what makes tokens, and what it takes before one is made. Pure; no I/O.

``SecurityModule`` and ``Custody`` are the ports that every module stands behind, software or hardware.
``Engine`` is the behaviour of a software module as a function: from what the module remembers, what it is
asked, the time and a little chance, to what must be on the disk and then to the answer. Everything that
touches the world is in ``voltoken.drivers``.

A software module is for tests and pilots; it is not an STS-certified module, and says so.
"""

from voltoken.security.answers import pack, unpack
from voltoken.security.changes import CHANGE_RULES
from voltoken.security.custody import approve, delete_key, join, load_key
from voltoken.security.loading import (
    NOBODY,
    Desk,
    FileDecision,
    ask_for_keys,
    load_file,
    open_requests,
    receipt_again,
    set_trust,
    trust_of,
)
from voltoken.security.policy import RULES
from voltoken.security.port import AuditReport, Custody, LogEntry, SecurityModule, Unsealed
from voltoken.security.published import is_published
from voltoken.security.questions import Reply, fetch, verify
from voltoken.security.records import (
    REQUESTS_OPEN_MAX,
    ApprovalGranted,
    ApprovalUsed,
    Event,
    FiledKey,
    Issued,
    KeyDeleted,
    KeyFileLoaded,
    KeyLoaded,
    KeyMove,
    KeyRefreshed,
    KeyRevoked,
    LoadRequested,
    Record,
    TrustSet,
    UnknownTried,
)
from voltoken.security.refusals import REFUSALS, Refusal, refuse
from voltoken.security.register_documents import REGISTER_MEMBERS, read_register, register_document
from voltoken.security.requests import (
    KINDS,
    MANAGEMENT_SUBCLASSES,
    REQUEST_ID_MAX,
    CreditRequest,
    InitialKeyChangeRequest,
    IssueRequest,
    KeyChangeRequest,
    ManagementRequest,
    MeterTestRequest,
    VerifyRequest,
    check_request_id,
    digest,
    request_hash,
)
from voltoken.security.settings import ANY_SUPPLY_GROUP, Act, Client, ModuleSettings
from voltoken.security.settling import Decision
from voltoken.security.shamir import Share, combine, randomness_bytes, split
from voltoken.security.single import ByTheBatch
from voltoken.security.software import Engine
from voltoken.security.state import LastFile, Overlay, Result, Revoked, State
from voltoken.security.values import (
    NOT_CERTIFIED,
    Answer,
    IssuedToken,
    KeyChangeSet,
    KeyRef,
    KeyRegister,
    MeterId,
    MeterTestToken,
    ModuleInfo,
    ModuleKind,
    ModuleRole,
    ModuleStatus,
    Usage,
    Verified,
)
from voltoken.security.vault import MemoryVault, Vault, Wanted, made_of

__all__ = [
    "ANY_SUPPLY_GROUP",
    "Act",
    "Answer",
    "ApprovalGranted",
    "ApprovalUsed",
    "AuditReport",
    "ByTheBatch",
    "CHANGE_RULES",
    "Client",
    "CreditRequest",
    "Custody",
    "Decision",
    "Desk",
    "Engine",
    "Event",
    "FileDecision",
    "FiledKey",
    "InitialKeyChangeRequest",
    "IssueRequest",
    "Issued",
    "IssuedToken",
    "KINDS",
    "KeyChangeRequest",
    "KeyChangeSet",
    "KeyDeleted",
    "KeyFileLoaded",
    "KeyLoaded",
    "KeyMove",
    "KeyRef",
    "KeyRefreshed",
    "KeyRegister",
    "KeyRevoked",
    "LastFile",
    "LoadRequested",
    "LogEntry",
    "MANAGEMENT_SUBCLASSES",
    "ManagementRequest",
    "MemoryVault",
    "MeterId",
    "MeterTestRequest",
    "MeterTestToken",
    "ModuleInfo",
    "ModuleKind",
    "ModuleRole",
    "ModuleSettings",
    "ModuleStatus",
    "NOBODY",
    "NOT_CERTIFIED",
    "Overlay",
    "REFUSALS",
    "REGISTER_MEMBERS",
    "REQUESTS_OPEN_MAX",
    "REQUEST_ID_MAX",
    "RULES",
    "Record",
    "Refusal",
    "Reply",
    "Result",
    "Revoked",
    "SecurityModule",
    "Share",
    "State",
    "TrustSet",
    "UnknownTried",
    "Unsealed",
    "Usage",
    "Vault",
    "Verified",
    "VerifyRequest",
    "Wanted",
    "approve",
    "ask_for_keys",
    "check_request_id",
    "combine",
    "delete_key",
    "digest",
    "fetch",
    "is_published",
    "join",
    "load_file",
    "load_key",
    "made_of",
    "open_requests",
    "pack",
    "randomness_bytes",
    "read_register",
    "receipt_again",
    "refuse",
    "register_document",
    "request_hash",
    "set_trust",
    "split",
    "trust_of",
    "unpack",
    "verify",
]
