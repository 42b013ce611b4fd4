"""Ceremonies: scripts as data, whose turn it is, components and shares, and the minutes.

script, scripts     what is done, in which order, by which part, and what each step has to show
record, rules       a ceremony in the register, and what it refuses
components, shares  what is done with secrets; none of them is ever put on record
minutes, page       the signed document, and how it is printed
jobs                how a centre that holds secrets carries a step out
"""

from voltoken.kmc.ceremony.components import back_up, practice_component, read_component
from voltoken.kmc.ceremony.jobs import JOBS, leftovers
from voltoken.kmc.ceremony.minutes import (
    MINUTES_DOMAIN,
    check_minutes,
    minutes,
    minutes_digest,
    minutes_message,
    signed_by,
)
from voltoken.kmc.ceremony.page import minutes_page
from voltoken.kmc.ceremony.record import is_dry, lay_out, next_turn
from voltoken.kmc.ceremony.rules import check_composes
from voltoken.kmc.ceremony.script import (
    FORMS,
    RECORDED_BY,
    Action,
    Evidence,
    Form,
    Part,
    Script,
    ScriptStep,
    Turn,
)
from voltoken.kmc.ceremony.scripts import SCRIPTS
from voltoken.kmc.ceremony.shares import PRACTICE_ROOT, practice_shares, share_check_value

__all__ = [
    "Action",
    "Evidence",
    "FORMS",
    "Form",
    "JOBS",
    "MINUTES_DOMAIN",
    "PRACTICE_ROOT",
    "Part",
    "RECORDED_BY",
    "SCRIPTS",
    "Script",
    "ScriptStep",
    "Turn",
    "back_up",
    "check_composes",
    "check_minutes",
    "is_dry",
    "lay_out",
    "leftovers",
    "minutes",
    "minutes_digest",
    "minutes_message",
    "minutes_page",
    "next_turn",
    "practice_component",
    "practice_shares",
    "read_component",
    "share_check_value",
    "signed_by",
]
