"""Formats of key files side by side: which one a file has, and what it says without its keys.

``voltoken-klf`` is ours. Edition 1 files are described. Whoever has the licence for another format writes a
codec as a plug-in of the entry-point group ``voltoken.keyfile_codecs``; there is none for STS 600-4-2 here.
The group is looked up by whoever may, outside this room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from voltoken.canonical import write_moment
from voltoken.errors import KeyFileError
from voltoken.security.keyload.container import KEY_FILE_FORMAT, KeyFile, WrappedKey, parse
from voltoken.security.keyload.edition1 import EDITION1_FORMAT, EDITION1_NOTICE, looks_like, rows_of
from voltoken.security.keyload.layout import SUITES
from voltoken.security.keyload.reasons import reject
from voltoken.security.keyload.values import FILE_MAX

CODEC_GROUP: Final = "voltoken.keyfile_codecs"
"""The entry-point group of plug-ins. Each entry is a codec, or makes one when it is called."""

Row = Mapping[str, str | int | bool | None]
"""Names and values for people, in order."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a key file says, without any key, wrapped or not.

    codec: which format. notice: what to know about it. heading: about the whole file. records: one row for
    each key. revoked: names of keys to be deleted.
    """

    codec: str
    notice: str
    heading: Row
    records: tuple[Row, ...]
    revoked: tuple[str, ...] = ()


@runtime_checkable
class KeyFileCodec(Protocol):
    """A format of key files.

    id: its name. can_import: whether a module of ours takes keys from it; the built-in one of Edition 1
    does not.
    """

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def can_import(self) -> bool:
        """Whether a module of ours can load it."""
        ...

    def probe(self, data: bytes) -> int:
        """Return how sure it is that data has this format, 0 to 100. Raises nothing."""
        ...

    def describe(self, data: bytes) -> Description:
        """Return what data says. Raises KeyFileError."""
        ...


@dataclass(frozen=True, slots=True)
class VoltokenCodec:
    """The format of this project."""

    id: str = KEY_FILE_FORMAT
    can_import: bool = True

    def probe(self, data: bytes) -> int:
        """Return 100 for a file that can be read, 60 for one that is a damaged one of ours, else 0."""
        if b'"voltoken-klf"' not in data[:FILE_MAX]:
            return 0
        try:
            parse(data)
        except KeyFileError:
            return 60
        return 100

    def describe(self, data: bytes) -> Description:
        """Return what a file says; its signature is not verified. Raises KeyFileError."""
        file = parse(data)
        return Description(
            self.id,
            f"{file.header.notice}; nothing here is verified",
            _heading(file),
            tuple(_row(key) for key in file.keys),
            tuple(str(ref) for ref in file.revoked),
        )


@dataclass(frozen=True, slots=True)
class Edition1Codec:
    """Key load files of Edition 1: shown, and never opened."""

    id: str = EDITION1_FORMAT
    can_import: bool = False

    def probe(self, data: bytes) -> int:
        """Return 90 when the first line is a record 9500 or 9520, else 0."""
        return 90 if looks_like(data) else 0

    def describe(self, data: bytes) -> Description:
        """Return the columns that are publicly known. Raises KeyFileError."""
        heading, records = rows_of(data)
        return Description(self.id, EDITION1_NOTICE, heading, records)


BUILT_IN: Final[tuple[KeyFileCodec, ...]] = (VoltokenCodec(), Edition1Codec())
"""The codecs that come along."""


def codecs_from(found: Iterable[tuple[str, object]]) -> tuple[KeyFileCodec, ...]:
    """Return the built-in codecs and those of plug-ins.

    found: name and loaded object of each entry point of ``CODEC_GROUP``; a class or function is called.
    Raises KeyFileError (``codec``) for an object that is none, and for an id that is taken.
    """
    codecs = list(BUILT_IN)
    for name, plugin in found:
        codec = plugin() if callable(plugin) else plugin
        if not isinstance(codec, KeyFileCodec):
            raise reject("codec", f"{name!a} has not id, can_import, probe and describe.", plugin=name)
        if codec.id in {one.id for one in codecs}:
            raise reject("codec", f"{name!a} takes the id {codec.id!a}, which is taken.", plugin=name)
        codecs.append(codec)
    return tuple(codecs)


def codec_of(data: bytes, codecs: Sequence[KeyFileCodec] = BUILT_IN) -> KeyFileCodec:
    """Return the codec that is surest of data. Raises KeyFileError: ``size``, or ``format`` when none is."""
    if len(data) > FILE_MAX:
        raise reject("size", f"It has {len(data)} bytes, and {FILE_MAX} are the most.", bytes=len(data))
    sure = [codec.probe(data) for codec in codecs]
    most = max(sure, default=0)
    if most <= 0:
        raise reject("format", f"Known are: {', '.join(codec.id for codec in codecs)}.")
    return codecs[sure.index(most)]


def describe(data: bytes, codecs: Sequence[KeyFileCodec] = BUILT_IN) -> Description:
    """Return what a key file of any known format says. Raises KeyFileError."""
    return codec_of(data, codecs).describe(data)


def _heading(file: KeyFile) -> Row:
    header = file.header
    return {
        "file": header.file_id,
        "digest": file.digest,
        "centre": header.kmc_id,
        "signed_by": file.kid,
        "recipient": header.sm_id,
        "recipient_key": header.sm_key_fp,
        "role": header.role.value,
        "request": header.request_id,
        "number": header.seq,
        "issued_at": write_moment(header.issued_at),
        "not_after": write_moment(header.not_after),
        "suite": f"{header.kex}: {SUITES[header.kex]}",
    }


def _row(key: WrappedKey) -> Row:
    register = key.register
    return {
        "key": str(register.ref),
        "kt": register.kt.name,
        "dkga": None if register.dkga is None else register.dkga.value,
        "eas": ", ".join(sorted(ea.value for ea in register.eas)),
        "base_date": register.base_date.value,
        "ken": int(register.ken),
        "key_bits": register.key_bits,
        "check_value": register.check_value.value,
        "check_algorithm": register.check_value.algorithm,
        "act": write_moment(register.act),
        "iut": write_moment(register.iut),
        "ulm": register.ulm,
        "clm": register.clm,
        "services": ", ".join(service.name for service in sorted(register.services)),
        "clu": register.clu,
        "key_change_only": register.key_change_only,
        "test": register.test,
        "owner_auth": key.owner_auth,
    }
