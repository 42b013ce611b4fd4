"""When a token is issued: the options that give its TID."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import click

from voltoken.cli.commands import SectionOption
from voltoken.cli.parameters import Decorator, convert, gather, moment, offset, tid
from voltoken.sts import TID, BaseDate, TIDClock


@dataclass(frozen=True, slots=True)
class When:
    """The time of issue as it was given.

    time: None for now; without a zone it is read at utc_offset. tid: given directly instead.
    special: take the reserved TID of the day. utc_offset: of a site that does not count in UTC.
    """

    time: datetime | None = None
    utc_offset: timedelta = timedelta()
    tid: TID | None = None
    special: bool = False

    def clock(self, base_date: BaseDate) -> TIDClock:
        """Return the clock that counts TIDs from base_date."""
        return TIDClock(base_date, self.utc_offset)

    def moment(self) -> datetime:
        """Return the time of issue with its zone."""
        if self.time is None:
            return datetime.now(UTC)
        if self.time.tzinfo is None:
            return self.time.replace(tzinfo=timezone(self.utc_offset))
        return self.time

    def pick_tid(self, base_date: BaseDate) -> TID:
        """Return the TID. Raises UsageError when it is given twice, KeyRefused beyond the base date."""
        clock = self.clock(base_date)
        if self.tid is not None:
            if self.time is not None or self.special:
                raise click.UsageError("--tid is the TID itself: leave out --time and --special.")
            return self.tid
        return clock.special_tid_on(self.moment()) if self.special else clock.tid_at(self.moment())


_SECTION: Final = "Time of issue"

OFFSET_OPTION: Final[Decorator] = click.option(
    "--utc-offset",
    cls=SectionOption,
    section=_SECTION,
    metavar="+HH:MM",
    default="+00:00",
    callback=convert(offset),
    help="For a legacy site that counts TIDs in local standard time; otherwise UTC.",
)
TIME_OPTION: Final[Decorator] = click.option(
    "--time",
    cls=SectionOption,
    section=_SECTION,
    metavar="ISO",
    callback=convert(moment),
    help="Time of issue, such as 2026-03-01T13:00; without a zone at --utc-offset.  [default: now]",
)

when_options = gather(
    "when",
    When,
    (
        TIME_OPTION,
        click.option(
            "--tid",
            cls=SectionOption,
            section=_SECTION,
            metavar="N",
            callback=convert(tid),
            help="Take this TID instead of a time.",
        ),
        click.option(
            "--special",
            cls=SectionOption,
            section=_SECTION,
            is_flag=True,
            help="Take the reserved TID (00:01) of the day.",
        ),
        OFFSET_OPTION,
    ),
)
"""The options for a token that carries a TID."""
