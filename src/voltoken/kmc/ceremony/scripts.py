"""The scripts that a centre can hold a ceremony by: a table, with the words that are read aloud.

They follow what shops with hardware modules do: split knowledge, two people for everything, check values,
numbered envelopes, and somebody who only watches.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from voltoken.kmc.ceremony.script import Action, Evidence, Form, Part, Script, ScriptStep

_PRESENT: Final = ScriptStep(
    Part.OFFICER,
    Action.NOTE,
    "Close the door. Say who is here and in which part, and what this ceremony is for. Telephones stay out.",
    (
        Evidence("place", Form.TEXT, "place"),
        Evidence("present", Form.COUNT, "people in the room"),
    ),
)
_MACHINE: Final = ScriptStep(
    Part.AUDITOR,
    Action.CHECK,
    "Look at the machine: it is the one of the centre, no cable or radio leads out of it, no camera sees its "
    "screen, its clock is right, and the log verifies.",
    (
        Evidence("machine", Form.TEXT, "machine, or number of its seal"),
        Evidence("offline", Form.CONFIRMED, "nothing leads out of it"),
    ),
)
_REMARKS: Final = ScriptStep(
    Part.OFFICER,
    Action.NOTE,
    "Ask everybody whether something was not as it should be, and put on record what they say, or: none.",
    (Evidence("remarks", Form.TEXT, "what was said"),),
)
_SEALS: Final = ScriptStep(
    Part.WITNESS,
    Action.CHECK,
    "Look at every envelope: it is whole, and signed across its flap by its custodian.",
    (
        Evidence("envelopes", Form.COUNT, "envelopes seen"),
        Evidence("whole", Form.CONFIRMED, "all are whole and signed"),
    ),
)
_NUMBER: Final = Evidence("envelope", Form.ENVELOPE, "number of the envelope")

_ENVELOPE: Final = ScriptStep(
    Part.CUSTODIAN,
    Action.ENVELOPE,
    "Put your paper into a numbered envelope, seal it, and sign across the flap.",
    (_NUMBER,),
)
_RECOVER: Final = ScriptStep(
    Part.OFFICER,
    Action.RECOVER,
    "Let the shares be put together: they must give the root key. Then they are forgotten.",
)
COMPONENTS: Final = Script(
    "vending-key-components",
    "A vending key from components",
    "Every custodian enters one component, which nobody else sees. Together they are the key: XOR, which "
    "says nothing about the key while one component is missing.",
    (
        _PRESENT,
        _MACHINE,
        ScriptStep(
            Part.CUSTODIAN,
            Action.COMPONENT,
            "Alone at the screen: enter your component from your paper. Compare the check value with the one "
            "on the paper. Nobody else may see either the paper or the screen.",
            (Evidence("check_value", Form.CHECK_VALUE, "check value on the paper"),),
        ),
        _ENVELOPE,
        _SEALS,
        ScriptStep(
            Part.AUDITOR,
            Action.CHECK,
            "Read the check values of all components aloud. Every custodian confirms one.",
            (
                Evidence("components", Form.COUNT, "components confirmed"),
                Evidence("agree", Form.CONFIRMED, "all agree"),
            ),
        ),
        ScriptStep(
            Part.OFFICER,
            Action.COMBINE,
            "Combine the components. The key is kept sealed, and the components are destroyed.",
        ),
        ScriptStep(
            Part.AUDITOR,
            Action.CHECK,
            "Read the check value of the key aloud, and compare it with what whoever made the components "
            "sent on another way, if they did.",
            (
                Evidence(
                    "check_value", Form.CHECK_VALUE, "check value of the whole key, as the screen shows it"
                ),
            ),
        ),
        _REMARKS,
    ),
    key=True,
)
ROOT: Final = Script(
    "centre-root",
    "The shares of the centre's root key are proved",
    "The root key of the centre was split when the centre was made. Every custodian reads the share back "
    "from paper; together they must give the root key.",
    (
        _PRESENT,
        _MACHINE,
        ScriptStep(
            Part.CUSTODIAN,
            Action.SHARE,
            "Alone at the screen: enter your share from your paper, and compare its check value.",
            (Evidence("check_value", Form.CHECK_VALUE, "check value of the share, as the screen shows it"),),
        ),
        _ENVELOPE,
        _SEALS,
        _RECOVER,
        _REMARKS,
    ),
    quorum=True,
)
BACKUP: Final = Script(
    "backup-shares",
    "The centre's root key is backed up in shares",
    "The root key is split anew. Every custodian writes down one share, and reads it back from paper; any "
    "quorum of them can bring the centre back, and fewer know nothing about it.",
    (
        _PRESENT,
        _MACHINE,
        ScriptStep(Part.OFFICER, Action.SPLIT, "Split the root key into one share for every custodian."),
        ScriptStep(
            Part.CUSTODIAN,
            Action.HAND_OUT,
            "Alone at the screen: write down your share and its check value. It is shown once.",
        ),
        ScriptStep(
            Part.CUSTODIAN,
            Action.SHARE,
            "Still alone: enter the share from your paper, so that it is certain that it can be read.",
            (Evidence("check_value", Form.CHECK_VALUE, "check value on the paper"),),
        ),
        _ENVELOPE,
        _SEALS,
        _RECOVER,
        _REMARKS,
    ),
    quorum=True,
)
DESTROY: Final = Script(
    "destroy-key",
    "A vending key is destroyed",
    "The key is destroyed in the centre by a request of its own, with its approvals. Here the papers of its "
    "components are destroyed, and what was done is put on record.",
    (
        _PRESENT,
        _MACHINE,
        ScriptStep(
            Part.CUSTODIAN,
            Action.NOTE,
            "Show your envelope unopened, or say that you have none of this key. Then open it and destroy "
            "the paper before all.",
            (
                Evidence("envelope", Form.TEXT, "number of the envelope, or none"),
                Evidence("destroyed", Form.CONFIRMED, "nothing readable of the component is left"),
            ),
        ),
        ScriptStep(
            Part.OFFICER,
            Action.DESTROYED,
            "Let the key be destroyed in the centre, and in all modules that held it.",
            (Evidence("modules", Form.COUNT, "modules that confirmed that they hold it no longer"),),
        ),
        ScriptStep(
            Part.AUDITOR,
            Action.CHECK,
            "Look into the register: the key is destroyed, and no module is listed as holding it.",
            (Evidence("seen", Form.CONFIRMED, "the key is destroyed, and no module holds it"),),
        ),
        _REMARKS,
    ),
    key=True,
)

SCRIPTS: Final[Mapping[str, Script]] = MappingProxyType(
    {script.name: script for script in (COMPONENTS, ROOT, BACKUP, DESTROY)}
)
"""Every script, by its name."""
