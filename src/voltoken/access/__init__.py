"""People and approvals: who somebody is, what they may do, and what must be approved by others. Pure; no I/O.

``permit`` is the one place that enforces rights. ``judge`` says whether a request has the approvals it needs:
they are signatures of people over the hash of the exact request, so that a row in a database alone approves
nothing. ``Entrance`` is how people and programs come in. What is being approved never enters here: an act is
a name with dots, and some facts.
"""

from voltoken.access.api_keys import ApiKey, api_key_text, read_api_key, use_api_key
from voltoken.access.approvals import check_approval, check_request, judge
from voltoken.access.credentials import (
    UNKNOWN,
    Credentials,
    Outcome,
    count_try,
    settle_try,
    sign_in,
    step_up,
)
from voltoken.access.documents import Sign
from voltoken.access.emergencies import (
    BreakGlass,
    Review,
    break_glass,
    judge_glass,
    judge_review,
    review_glass,
)
from voltoken.access.entrance import Entrance
from voltoken.access.events import AuditEvent, refusal_event
from voltoken.access.gate import may, permit
from voltoken.access.passwords import (
    COST,
    SALT_BYTES,
    Cost,
    check_new_password,
    check_password,
    hash_password,
    needs_rehash,
)
from voltoken.access.ports import ApiKeyStore, PeopleStore, SessionStore
from voltoken.access.reasons import APPROVAL_REASONS, DENIAL_REASONS, SIGN_IN_REASONS
from voltoken.access.requests import (
    APPROVAL_BYTES_MAX,
    NEEDS_MAX,
    REQUEST_BYTES_MAX,
    REQUEST_SPAN_MAX,
    Approval,
    Request,
    Verdict,
    approve_request,
    sign_request,
)
from voltoken.access.sessions import (
    TOKEN_BYTES,
    Session,
    SessionSettings,
    begin_session,
    raise_session,
    session_mark,
    use_session,
)
from voltoken.access.signing import fingerprint, public_key_of, sign, verify
from voltoken.access.totp import Seed, code_of, counter_at, otpauth_uri, recovery_codes, recovery_mark
from voltoken.access.values import Actor, Directory, Grant, Person, Role, Via, check_ident

__all__ = [
    "APPROVAL_BYTES_MAX",
    "APPROVAL_REASONS",
    "Actor",
    "ApiKey",
    "ApiKeyStore",
    "Approval",
    "AuditEvent",
    "BreakGlass",
    "COST",
    "Cost",
    "Credentials",
    "DENIAL_REASONS",
    "Directory",
    "Entrance",
    "Grant",
    "NEEDS_MAX",
    "Outcome",
    "PeopleStore",
    "Person",
    "REQUEST_BYTES_MAX",
    "REQUEST_SPAN_MAX",
    "Request",
    "Review",
    "Role",
    "SALT_BYTES",
    "SIGN_IN_REASONS",
    "Seed",
    "Session",
    "SessionSettings",
    "SessionStore",
    "Sign",
    "TOKEN_BYTES",
    "UNKNOWN",
    "Verdict",
    "Via",
    "api_key_text",
    "approve_request",
    "begin_session",
    "break_glass",
    "check_approval",
    "check_ident",
    "check_new_password",
    "check_password",
    "check_request",
    "code_of",
    "count_try",
    "counter_at",
    "fingerprint",
    "hash_password",
    "judge",
    "judge_glass",
    "judge_review",
    "may",
    "needs_rehash",
    "otpauth_uri",
    "permit",
    "public_key_of",
    "raise_session",
    "read_api_key",
    "recovery_codes",
    "recovery_mark",
    "refusal_event",
    "review_glass",
    "session_mark",
    "settle_try",
    "sign",
    "sign_in",
    "sign_request",
    "step_up",
    "use_api_key",
    "use_session",
    "verify",
]
