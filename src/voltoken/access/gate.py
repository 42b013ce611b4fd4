"""The gate: the one place that says whether somebody may do something.

Whoever does an act asks ``permit`` first. A right is asked for at that moment, from the directory as it is
then, so that a role that was taken away is gone at once. Everything that is not allowed is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from voltoken.access.values import Actor, Directory, Grant, Person, check_action, check_moment
from voltoken.errors import AccessDenied


def permit(directory: Directory, actor: Actor, action: str, facts: Mapping[str, Any], now: datetime) -> None:
    """Return when an actor may do an act, raise when not.

    action: what is to be done, ``vend.purchase``. facts: what it is done to and how much of it: whole
    numbers, texts and tuples of texts by name, as limits name them. now: in UTC.
    Raises AccessDenied: ``unknown``, ``inactive``, ``no_right``, ``limit`` (its detail ``fact`` says which),
    ``second_factor``. Raises FieldError for an action that is none.
    """
    refusal = _refusal(directory, actor, action, facts, now)
    if refusal is not None:
        raise refusal


def may(
    directory: Directory, actor: Actor, action: str, facts: Mapping[str, Any] | None, now: datetime
) -> bool:
    """Whether ``permit`` would let an act pass, for faces that hide what somebody may not do.

    facts: None when they are not known yet: then whether there is any such act that is allowed.
    It permits nothing: whoever does the act still asks ``permit``. Raises FieldError.
    """
    return _refusal(directory, actor, action, facts, now) is None


def _refusal(
    directory: Directory, actor: Actor, action: str, facts: Mapping[str, Any] | None, now: datetime
) -> AccessDenied | None:
    """Return why an act is refused, None when it is allowed: the rule that ``permit`` and ``may`` share."""
    check_action("action", action)
    check_moment("now", now)
    who = actor.person_id
    person = directory.person(who)
    if person is None or person.person_id != who:
        return AccessDenied("unknown", f"Nobody is known as {who}.", by=who, action=action)
    if not person.is_active(now):
        return AccessDenied("inactive", f"{who} is not active.", by=who, action=action)
    grants = [grant for grant in _grants(directory, person, actor) if grant.covers(action)]
    if not grants:
        advice = "Ask whoever gives out roles, or somebody who has this right."
        return AccessDenied("no_right", f"{who} has no right to {action}. {advice}", by=who, action=action)
    within = [grant for grant in grants if facts is None or grant.exceeded(facts) is None]
    if not within:
        fact = grants[0].exceeded(facts or {})
        return AccessDenied(
            "limit",
            f"{who} may do {action} only within limits, and this is beyond them, or does not say: {fact}. "
            "Somebody with a wider right has to do it.",
            by=who,
            action=action,
            fact=fact,
        )
    if not actor.has_second_factor and all(grant.second_factor for grant in within):
        return AccessDenied(
            "second_factor",
            f"{action} needs a fresh second factor. Give a code first.",
            by=who,
            action=action,
        )
    return None


def _grants(directory: Directory, person: Person, actor: Actor) -> Iterator[Grant]:
    """Yield the rights of the roles that the actor uses and the person still has."""
    for name in sorted(person.roles & actor.roles):
        role = directory.role(name)
        if role is not None:
            yield from role.grants
