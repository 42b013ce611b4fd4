"""Audit the licences of everything a user of Voltoken installs, and of what this checkout vendors.

Metadata is not proof: a package may say MIT in its metadata and ship a Business Source License. So
each package is judged by its metadata *and* by the text of its licence files, and either can fail
it. Walks the base dependencies of the installed `voltoken` distribution on this platform, those of
the extras in EXTRAS, then the wheels in vendor/. It reads; it gives no legal advice. Other extras are
not walked, because the development environment does not install them.
"""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parent.parent

EXCEPTIONS: Final[Mapping[str, str]] = {}
"""Packages allowed in spite of a fault, by canonical name, each with the reason. None so far."""

EXTRAS: Final = ("batch", "pkcs11", "prism", "print")
"""Extras that are audited like the base dependencies."""

BUNDLED: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "numpy": (
        frozenset({"GPL", "LGPL"}),
        "gfortran's library (under the GCC exception) and libquadmath beside OpenBLAS, which no kernel uses",
    ),
    "pillow": (
        frozenset({"GPL", "LGPL"}),
        "offered or mentioned by libraries: FreeType is taken under its own, xz's tools are not built in",
    ),
    "reportlab": (
        frozenset({"GPL"}),
        "one font that lies beside the code; nothing of ours loads or embeds it",
    ),
}
"""Licences that may occur in the licence files of a package, not in its metadata, and why: something
that stands beside the code, or a choice we do not take. The reason is shown in the table."""

FORBIDDEN: Final = {
    "AGPL": r"\bAGPL|\bAffero\b",
    "LGPL": r"\bLGPL|\bLesser General Public\b|\bLibrary General Public\b",
    "GPL": r"\bGPL|\bGNU General Public\b",
    "BUSL": r"\bBUSL|\bBSL[ -]?1\.1\b|\bBusiness Source\b",
    "SSPL": r"\bSSPL|\bServer Side Public\b",
}
"""Words that condemn a licence named in metadata. BSL-1.0 is Boost's licence and is fine."""

FORBIDDEN_TEXT: Final = {
    "AGPL": r"GNU AFFERO GENERAL PUBLIC LICENSE\s+version|terms of the GNU Affero General",
    "LGPL": r"GNU (LESSER|LIBRARY) GENERAL PUBLIC LICENSE\s+version"
    r"|terms of the GNU (Lesser|Library) General",
    "GPL": r"GNU GENERAL PUBLIC LICENSE\s+version|terms of the GNU General",
    "BUSL": r"Business Source License",
    "SSPL": r"Server Side Public License",
}
"""Titles and grants that condemn a licence text. Permissive texts may mention the GPL in passing,
as the Mozilla and Python licences do, so a bare name is not enough here."""

KNOWN_TEXT: Final = {
    "Apache-2.0": r"Apache License\s+Version 2\.0",
    "MPL-2.0": r"Mozilla Public License,? Version 2\.0",
    "PSF": r"PYTHON SOFTWARE FOUNDATION LICENSE",
    "ISC": r"Permission to use, copy, modify, and(/or)? distribute this software",
    "MIT": r"Permission is hereby granted, free of charge",
    "BSD": r"Redistribution and use in source and binary forms",
}
"""How to recognise a licence whose text is there but which the metadata does not name."""

LICENCE_FILE: Final = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a package says about its licence: the names in its metadata, the texts it ships."""

    name: str
    version: str
    named: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one package: the licence shown to people, and the faults, if any."""

    name: str
    version: str
    licence: str
    faults: tuple[str, ...]


def named_licences(meta: Message) -> tuple[str, ...]:
    """Collect the licence names of a package's metadata: expression, free field, classifiers."""
    names = [meta.get("License-Expression", ""), meta.get("License", "")]
    for classifier in meta.get_all("Classifier", []):
        if classifier.startswith("License ::"):
            # "License :: OSI Approved" alone names no licence.
            names.append(classifier.split("::")[-1].strip().replace("OSI Approved", ""))
    words = (" ".join(name.split()) for name in names)
    return tuple(dict.fromkeys(word for word in words if word and word.upper() != "UNKNOWN"))


def installed(name: str) -> Evidence:
    """Read the evidence of an installed distribution. Raises PackageNotFoundError."""
    dist = metadata.distribution(name)
    texts = []
    for file in dist.files or ():
        if file.suffix != ".py" and LICENCE_FILE.search("/".join(file.parts[-2:])):
            place = Path(str(file.locate()))
            if place.is_file():
                texts.append(place.read_text(encoding="utf-8", errors="replace"))
    meta = HeaderParser().parsestr(dist.read_text("METADATA") or "")
    return Evidence(dist.metadata["Name"], dist.version, named_licences(meta), tuple(texts))


def wheel(path: Path) -> Evidence:
    """Read the evidence of a wheel that is not installed."""
    with zipfile.ZipFile(path) as archive:
        inside = archive.namelist()
        main = next(name for name in inside if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        meta = HeaderParser().parsestr(archive.read(main).decode("utf-8"))
        texts = [
            archive.read(name).decode("utf-8", errors="replace")
            for name in inside
            if not name.endswith((".py", "/")) and LICENCE_FILE.search(name)
        ]
    return Evidence(meta["Name"], meta["Version"], named_licences(meta), tuple(texts))


def matching(patterns: Mapping[str, str], text: str) -> list[str]:
    """Name the licences whose pattern occurs in `text`."""
    return [name for name, pattern in patterns.items() if re.search(pattern, text, re.IGNORECASE)]


def judge(evidence: Evidence, exceptions: Mapping[str, str] = EXCEPTIONS) -> Verdict:
    """Judge one package by its metadata and by its licence texts."""
    faults = [
        f"metadata names {licence}: {name[:60]!r}"
        for name in evidence.named
        for licence in matching(FORBIDDEN, name)
    ]
    bundled, why = BUNDLED.get(canonicalize_name(evidence.name), (frozenset(), ""))
    found = dict.fromkeys(x for t in evidence.texts for x in matching(FORBIDDEN_TEXT, t))
    faults += [f"a licence file holds {licence} text" for licence in found if licence not in bundled]
    known = dict.fromkeys(x for t in evidence.texts for x in matching(KNOWN_TEXT, t))
    shown = min(evidence.named, key=len, default="") or ", ".join(known)
    if not shown:
        faults.append("no licence found")
    reason = exceptions.get(canonicalize_name(evidence.name))
    if faults and reason:
        return Verdict(evidence.name, evidence.version, f"{shown} (allowed: {reason})", ())
    shown = shown[:60]
    if bundled & set(found):
        shown = f"{shown} (bundled {', '.join(sorted(bundled & set(found)))}: {why})"
    return Verdict(evidence.name, evidence.version, shown, tuple(faults))


def closure(name: str, *extras: str) -> list[str]:
    """List `name` and all it needs on this platform, with these extras, in alphabetical order."""
    found: dict[str, None] = {}
    waiting = [(canonicalize_name(name), frozenset({"", *extras}))]
    seen = set(waiting)
    while waiting:
        current, chosen = waiting.pop()
        found[current] = None
        for text in metadata.distribution(current).requires or ():
            need = Requirement(text)
            if need.marker and not any(need.marker.evaluate({"extra": e}) for e in chosen):
                continue
            item = (canonicalize_name(need.name), frozenset({"", *need.extras}))
            if item not in seen:
                seen.add(item)
                waiting.append(item)
    return sorted(found)


def audit(names: Iterable[str], wheels: Iterable[Path]) -> Iterator[Verdict]:
    """Judge installed distributions by name, then wheels by path."""
    for name in names:
        yield judge(installed(name))
    for path in wheels:
        yield judge(wheel(path))


def table(verdicts: Sequence[Verdict]) -> str:
    """Lay the verdicts out as a table, faults below the package they belong to."""
    width = max(len(f"{verdict.name} {verdict.version}") for verdict in verdicts)
    rows = []
    for verdict in verdicts:
        package = f"{verdict.name} {verdict.version}"
        rows.append(f"{'FAILED' if verdict.faults else 'ok':<8}{package:<{width}}  {verdict.licence}")
        rows += [f"{'':8}{fault}" for fault in verdict.faults]
    return "\n".join(rows)


def main() -> int:
    """Audit, print the table, return 1 if anything failed."""
    verdicts = list(audit(closure("voltoken", *EXTRAS), sorted((ROOT / "vendor").glob("*.whl"))))
    print(table(verdicts))
    return 1 if any(verdict.faults for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
