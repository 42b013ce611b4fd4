"""Several modules behind one port: they serve the same supply groups, and any of them may fail.

Requests go in turn to the modules that are up and have the keys, first to whichever has the least to do. A
module that fails is left alone for a while. A request goes on to another module only when it is certain
that nothing was done; ``placement`` decides all of that.

What the pool knows of past requests is in its memory. After a restart, ask ``fetch_result`` before sending
an old request again: it asks every module, and says that there is no result only if all of them say so. Or
tell the pool with ``remember``. The modules do not know of each other: limits, rates and caps are counted
in each by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from voltoken.drivers.pool.combined import combine_infos, combine_keys, combine_statuses
from voltoken.drivers.pool.placement import Breaker, Outcome, outcome_of
from voltoken.drivers.pool.roster import Member, Roster
from voltoken.drivers.pool.seating import Seating, keys_of
from voltoken.drivers.pool.splitting import ELSEWHERE, Batch, in_doubt
from voltoken.errors import (
    FieldError,
    ModuleOutcomeUnknown,
    ModuleUnavailable,
    ResultMissing,
    SecurityModuleError,
)
from voltoken.security import (
    Answer,
    CreditRequest,
    InitialKeyChangeRequest,
    IssuedToken,
    IssueRequest,
    KeyChangeRequest,
    KeyChangeSet,
    KeyRef,
    KeyRegister,
    ManagementRequest,
    MeterTestRequest,
    MeterTestToken,
    ModuleInfo,
    ModuleRole,
    ModuleStatus,
    Refusal,
    SecurityModule,
    Verified,
    VerifyRequest,
    refuse,
)

T = TypeVar("T")

REMEMBERED: Final = 200_000
"""How many request ids and TIDs a pool remembers; those in doubt count apart, and as many may be."""


class ModulePool:
    """Several security modules behind one port: implements ``voltoken.security.SecurityModule``.

    name: the pool's own. modules: by the names that errors and alerts call them; every one acts for the same
    client. clock: aware. role: modules with another one get no requests. refresh: how often the modules are
    asked which keys they have. breaker: when a module is left alone. memory: how much is remembered.
    Nothing is asked of any module before it is needed. Raises FieldError when there is no module.
    """

    def __init__(
        self,
        name: str,
        modules: Mapping[str, SecurityModule],
        clock: Callable[[], datetime],
        *,
        role: ModuleRole = ModuleRole.VENDING,
        refresh: timedelta = timedelta(minutes=1),
        breaker: Breaker | None = None,
        memory: int = REMEMBERED,
    ) -> None:
        self.name = name
        self._roster = Roster(modules, clock, role=role, breaker=breaker or Breaker(), refresh=refresh)
        self._seating = Seating(self._roster, memory)

    def info(self) -> ModuleInfo:
        """Return what the pool is, made of what its modules said of themselves."""
        roster = self._roster
        roster.learn()
        with roster.lock:
            infos = {one.name: one.known.info for one in roster.members if one.known is not None}
        return combine_infos(self.name, roster.role, infos)

    def status(self) -> ModuleStatus:
        """Return how the pool is: as well as its best module. Modules that rest are not asked."""
        roster = self._roster
        roster.learn()
        found: dict[str, ModuleStatus | str] = {}
        for member in roster.members:
            if not member.health.is_up:
                found[member.name] = (
                    f"it failed {member.health.failures} times and is left alone for a while."
                )
                continue
            try:
                found[member.name] = roster.ask(member, lambda module: module.status())
            except SecurityModuleError as error:
                found[member.name] = error.message
        alerts = [*roster.alerts(), *self._seating.alerts()]
        return combine_statuses(self.name, roster.clock(), found, alerts)

    def list_keys(self) -> tuple[KeyRegister, ...]:
        """Return the keys of all modules; their limits are those of all modules together."""
        roster = self._roster
        roster.learn()
        with roster.lock:
            return combine_keys([one.known for one in roster.members if one.known is not None])

    def key(self, ref: KeyRef) -> KeyRegister:
        """Return one key of ``list_keys``. Raises ModuleRefused (``key.unknown``) and ModuleUnavailable."""
        self._roster.learn((ref,))
        for register in self.list_keys():
            if register.ref == ref:
                return register
        with self._roster.lock:
            serving = self._roster.serving((ref,))
        raise (serving if isinstance(serving, Refusal) else refuse("key.unknown", key=str(ref))).error()

    def remember(self, request_id: str, module: str) -> None:
        """Tell the pool which module has had a request, as its caller has on record from earlier times.

        Also the way to send a request to one module and no other, such as the one with an approval for it.
        Raises FieldError for a module that is not in the pool.
        """
        member = self._roster.by_name.get(module)
        if member is None:
            raise FieldError("module", module, f"one of {', '.join(self._roster.by_name)}")
        self._seating.remember(request_id, member)

    def issue_credit(self, request: CreditRequest) -> IssuedToken:
        """Make credit."""
        return self._issue(request, lambda module: module.issue_credit(request))

    def issue_management(self, request: ManagementRequest) -> IssuedToken:
        """Make a management token."""
        return self._issue(request, lambda module: module.issue_management(request))

    def issue_key_change(self, request: KeyChangeRequest) -> KeyChangeSet:
        """Make the tokens of a key change."""
        return self._issue(request, lambda module: module.issue_key_change(request))

    def issue_initial_key_change(self, request: InitialKeyChangeRequest) -> KeyChangeSet:
        """Make the tokens that bring a meter away from its first key."""
        return self._issue(request, lambda module: module.issue_initial_key_change(request))

    def meter_test_token(self, request: MeterTestRequest) -> MeterTestToken:
        """Make a token of class 1, in any module."""
        return self._issue(request, lambda module: module.meter_test_token(request))

    def issue_many(self, requests: Sequence[IssueRequest]) -> list[Answer | Refusal]:
        """Make many, in all modules at the same time. One answer for each request, in order.

        Raises ModuleOutcomeUnknown, with the module in detail, when some answers of a module were lost: all
        the rest has been brought to its end. Sent again under the same ids, what has an answer gets the same
        one, and what is in doubt goes to the module that it went to before.
        """
        return Batch(self._roster, self._seating, requests).run()

    def verify(self, request: VerifyRequest) -> Verified:
        """Say what is known about a token: by the module that has it on record, else by the first that knows.

        Raises what the first module says against it; ModuleUnavailable when a module that could have it on
        record does not answer and the others do not know the token.
        """
        roster = self._roster
        roster.learn((request.key,))
        with roster.lock:
            serving = roster.serving((request.key,))
        if isinstance(serving, Refusal):
            raise serving.error()
        decrypted: Verified | None = None
        refused: SecurityModuleError | None = None
        away: list[str] = []
        for member in serving:
            try:
                found = self._question(member, lambda module: module.verify(request))
            except (ModuleUnavailable, ModuleOutcomeUnknown):
                away.append(member.name)
                continue
            except SecurityModuleError as error:
                if error.detail.get("refusal") == "verify.not_ours":
                    raise  # the same key says so everywhere: asking on would only give guessers more tries
                refused = refused or error
                continue
            if found.on_record:
                return found
            decrypted = decrypted or found
        if decrypted is not None:
            return decrypted
        if away or refused is None:
            raise _away(f"{', '.join(away)} may know the token, and cannot be asked.")
        raise refused

    def fetch_result(self, request_id: str) -> Answer:
        """Return again what a request was answered with.

        Asks the module that had it, even one that is left alone at present; when that is not known, all of
        them. Raises ResultMissing only when every module that could have a result has none;
        ModuleUnavailable when one of these cannot be asked.
        """
        home = self._seating.home(request_id)
        missing: ResultMissing | None = None
        failure: SecurityModuleError | None = None
        for member in self._roster.members if home is None else (home,):
            try:
                answer = self._roster.ask(member, lambda module: module.fetch_result(request_id))
            except ResultMissing as error:
                missing = error
            except (ModuleUnavailable, ModuleOutcomeUnknown) as error:
                failure = failure or _away(f"{member.name} cannot say what came of it: {error.message}")
            except SecurityModuleError as error:
                failure = failure or error
            else:
                self._seating.remember(request_id, member)
                self._seating.clear_up(request_id)
                return answer
        if failure is not None or missing is None:
            raise failure or _away("no module could be asked.")
        self._seating.clear_up(request_id)
        raise missing

    def _question(self, member: Member, question: Callable[[SecurityModule], T]) -> T:
        """Ask a module what has no consequences, if it is up."""
        if not member.health.is_up:
            raise _away(f"{member.name} is left alone for a while.")
        return self._roster.ask(member, question)

    def _issue(self, request: IssueRequest, call: Callable[[SecurityModule], T]) -> T:
        """Have one module make something; others only after those that certainly did nothing."""
        tried: set[str] = set()
        last: ModuleUnavailable | None = None
        self._roster.learn(keys_of(request))
        while True:
            seat = self._seating.enter(request, tried)
            if isinstance(seat, Refusal):
                raise last or seat.error()
            outcome = Outcome.UNKNOWN
            try:
                answer = call(seat.member.module)
            except SecurityModuleError as error:
                outcome = outcome_of(error)
                if error.detail.get("refusal") == "key.unknown":
                    self._roster.contradicted(seat.member)
                if outcome not in ELSEWHERE or not isinstance(error, ModuleUnavailable):
                    raise in_doubt(error, seat.member.name)  # noqa: B904 - it has its cause already
                tried.add(seat.member.name)
                last = error
            else:
                outcome = Outcome.ANSWERED
                return answer
            finally:
                self._seating.leave(seat.member, [(seat, outcome)])


def _away(why: str) -> SecurityModuleError:
    """Return the error for a question that a module could not be asked."""
    return refuse("module.failed", why=why).error()
