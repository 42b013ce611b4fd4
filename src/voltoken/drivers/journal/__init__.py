"""The journal of a security module: one SQLite file with sealed keys, counters, answers and a chained log.

``Journal`` is what a module writes before any answer leaves, and reads when it decides. ``verify_journal``
and ``export`` read the log without any key, while the module runs or on a copy. Checkpoints go to witnesses.
"""

from voltoken.drivers.journal.checkpoints import Checkpoint
from voltoken.drivers.journal.identity import Identity
from voltoken.drivers.journal.log import export
from voltoken.drivers.journal.registers import read_register, register_document
from voltoken.drivers.journal.store import Journal
from voltoken.drivers.journal.transactions import Probe, no_probe
from voltoken.drivers.journal.verify import verify_journal
from voltoken.drivers.journal.witness import FileWitness, UrlWitness, Witness, give

__all__ = [
    "Checkpoint",
    "FileWitness",
    "Identity",
    "Journal",
    "Probe",
    "UrlWitness",
    "Witness",
    "export",
    "give",
    "no_probe",
    "read_register",
    "register_document",
    "verify_journal",
]
