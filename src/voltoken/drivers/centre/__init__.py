"""A key management centre on a disk: one SQLite file with a chained log, sealed secrets and signed heads.

``create_centre`` makes one, ``Centre`` is an open one, ``verify_centre`` judges one without any key.
``make_backup``, ``read_backup``, ``restore`` and ``rehearse`` are for the day on which the disk is gone.
``PersonKey`` is what a person signs with.

It is not a centre of the STS Association; see ``voltoken.kmc.NOTICE``.
"""

from voltoken.drivers.centre.acts import Outcome
from voltoken.drivers.centre.backups import BACKUP_MAX, Backup, make_backup, read_backup
from voltoken.drivers.centre.centre import Centre
from voltoken.drivers.centre.founding import Made, create_centre
from voltoken.drivers.centre.heads import last_head
from voltoken.drivers.centre.identity import write_identity
from voltoken.drivers.centre.log import LogLine, read_log
from voltoken.drivers.centre.people import (
    PersonKey,
    make_person_key,
    person_key_needs_passphrase,
    read_person_key,
)
from voltoken.drivers.centre.rerooting import replace_root
from voltoken.drivers.centre.restoring import Rehearsal, check_secrets, rehearse, restore
from voltoken.drivers.centre.upgrading import upgrade
from voltoken.drivers.centre.verify import Report, verify_centre
from voltoken.drivers.centre.world import WORLD, World

__all__ = [
    "BACKUP_MAX",
    "Backup",
    "Centre",
    "LogLine",
    "Made",
    "Outcome",
    "PersonKey",
    "Rehearsal",
    "Report",
    "WORLD",
    "World",
    "check_secrets",
    "create_centre",
    "last_head",
    "make_backup",
    "make_person_key",
    "person_key_needs_passphrase",
    "read_backup",
    "read_log",
    "read_person_key",
    "rehearse",
    "replace_root",
    "restore",
    "upgrade",
    "verify_centre",
    "write_identity",
]
