"""Errors of virtual meters. A refused token is none of them: it is one of ``registry.TOKEN_RESULTS``."""

from __future__ import annotations

from typing import ClassVar

from voltoken.errors.base import VoltokenError


class MeterError(VoltokenError):
    """A virtual meter cannot do what was asked of it. A refused token is no such error."""

    code: ClassVar[str] = "meter.error"


class MeterOff(MeterError):
    """The meter has no power: no key, no display, no load does anything."""

    code: ClassVar[str] = "meter.off"


class MeterFileError(MeterError):
    """What was given as a meter's state is damaged, of another version, or something else."""

    code: ClassVar[str] = "meter.file"


class ScenarioError(MeterError):
    """What was given as a scenario is none: a step that does not exist, a field that is wrong."""

    code: ClassVar[str] = "meter.scenario"
