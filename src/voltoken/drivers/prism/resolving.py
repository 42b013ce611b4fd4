"""What becomes of a request whose answer was lost.

``fetchTokenResult`` gives the answer, or proves that there is none. After the proof the request is made once
more, under a second id and with the same TID. Should the first one have been carried out late, the meter
still takes only one of the two, and a module of ours refuses the second, whereupon the first is there to be
fetched. Whatever stays open is told as open, ``ModuleOutcomeUnknown``; ``fetch`` under the same id settles it
later.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from voltoken.drivers.prism.codes import CACHE_MISS, error_of, is_unsure
from voltoken.drivers.prism.ids import message_id, second_id
from voltoken.drivers.prism.link import Link, new_message_id
from voltoken.drivers.prism.messages import Fault
from voltoken.errors import ModuleOutcomeUnknown, ModuleUnavailable, PeerError, VoltokenError
from voltoken.security import IssueRequest, digest, refuse

REMEMBERED: Final = 100_000
"""How many requests a client knows to have sent."""


class Sent:
    """The requests that went out and may have been carried out, with their content. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._digests: OrderedDict[str, bytes] = OrderedDict()
        self._under_way: set[str] = set()

    @contextlib.contextmanager
    def turn(self, request_id: str) -> Iterator[None]:
        """Let one caller at a time make a request: of two, the second finds what the first one got."""
        with self._lock:
            self._lock.wait_for(lambda: request_id not in self._under_way)
            self._under_way.add(request_id)
        try:
            yield
        finally:
            with self._lock:
                self._under_way.discard(request_id)
                self._lock.notify_all()

    def note(self, request: IssueRequest) -> bool:
        """Note a request and return whether it went out before.

        Raises ModuleRefused (``request.conflict``) for an id that stands for another request.
        """
        mark = digest("", request)
        with self._lock:
            known = self._digests.setdefault(request.request_id, mark)
            fresh = known is mark
            while len(self._digests) > REMEMBERED:
                self._digests.popitem(last=False)
        if known != mark:
            raise refuse("request.conflict", request.request_id, used=request.request_id).error()
        return not fresh

    def forget(self, request_id: str) -> None:
        """Forget a request that was certainly not carried out."""
        with self._lock:
            self._digests.pop(request_id, None)


class Resolver:
    """Makes requests and finds out what became of them. link: to the server."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._sent = Sent()

    def make(self, name: str, request: IssueRequest, arguments: Mapping[str, Any]) -> Any:
        """Make a request's call and return its result, however many steps that takes.

        Raises what ``error_of`` makes of a refusal; ModuleUnavailable when nothing was done;
        ModuleOutcomeUnknown when that cannot be found out.
        """
        message_id(request.request_id)  # an id that cannot be sent is refused before anything is noted
        with self._sent.turn(request.request_id):
            return self._make(name, request, arguments)

    def fetch(self, request_id: str) -> Any:
        """Return the tokens of a request, made under its first or its second id; None when there are none.

        Raises as ``Link.ask`` does.
        """
        for one in (message_id(request_id), second_id(request_id)):
            answer = self._link.call("fetchTokenResult", new_message_id(), reqMessageId=one)
            if not isinstance(answer, Fault):
                return answer
            if answer.code != CACHE_MISS:
                raise error_of(answer)
        return None

    def _make(self, name: str, request: IssueRequest, arguments: Mapping[str, Any]) -> Any:
        request_id = request.request_id
        if self._sent.note(request):
            return self._recover(name, request_id, arguments)
        try:
            answer = self._link.call(name, message_id(request_id), **arguments)
        except (ModuleOutcomeUnknown, PeerError):
            return self._recover(name, request_id, arguments)
        except VoltokenError:
            self._sent.forget(request_id)
            raise
        if isinstance(answer, Fault):
            if is_unsure(answer):
                found = self._kept(request_id)
                if found is not None:
                    return found
            self._sent.forget(request_id)
            raise error_of(answer)
        return answer

    def _recover(self, name: str, request_id: str, arguments: Mapping[str, Any]) -> Any:
        """Find out what became of a request, and make it once more if it certainly was not carried out."""
        found = self._kept(request_id)
        if found is not None:
            return found
        problem: VoltokenError
        try:
            answer = self._link.call(name, second_id(request_id), **arguments)
        except (ModuleOutcomeUnknown, ModuleUnavailable, PeerError) as error:
            problem = error
        else:
            if not isinstance(answer, Fault):
                return answer
            problem = error_of(answer)
        # A refusal proves nothing here: the first call may have been carried out late, and have claimed the
        # TID or used up the limit, or may still be waiting in a server that was only slow.
        found = self._kept(request_id)
        if found is not None:
            return found
        raise _open_still(request_id, problem) from problem

    def _kept(self, request_id: str) -> Any:
        """Return the tokens of a lost request, None after the proof that there are none.

        Raises ModuleOutcomeUnknown when the server cannot say.
        """
        try:
            return self.fetch(request_id)
        except VoltokenError as error:
            raise _open_still(request_id, error) from error


def _open_still(request_id: str, problem: VoltokenError) -> ModuleOutcomeUnknown:
    return ModuleOutcomeUnknown(
        f"It is not known whether the module made a token for {request_id}: the answer was lost, and after "
        f"that: {problem.message} Fetch the result under this id before anything else.",
        request_id=request_id,
    )
