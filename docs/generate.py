"""Write the reference pages that follow from the code: token types, code points, rules, records, API.

`./dev docs` runs this before it builds the site. The pages go to `docs/reference/generated/`, which git
ignores: bit diagrams are drawn from `voltoken.sts.layouts`, tables come from `registry`, `rules` and
`idrecord`, so that they cannot disagree with the program. The root documents (changelog, security,
contributing, style) are taken into the site with their links turned round. Nothing is downloaded.
"""

from __future__ import annotations

import inspect
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

import voltoken.access
import voltoken.drivers.centre
import voltoken.drivers.pool
import voltoken.drivers.prism
import voltoken.kmc
import voltoken.ledger
import voltoken.meter
import voltoken.security
import voltoken.security.keyload
import voltoken.sts
import voltoken.sts.batch
import voltoken.tariff
import voltoken.tariff.batch
import voltoken.testing
from docs.format_pages import format_page
from docs.markdown import page, status, table
from docs.meter_pages import code_page, profile_page
from docs.module_pages import refusal_page, settings_page
from docs.scenario_pages import field_page, list_page
from voltoken.sts import decode_amount, registry, rules
from voltoken.sts.codec import TOKEN_TYPES
from voltoken.sts.crc import token_crc_c
from voltoken.sts.fields import KeyType
from voltoken.sts.idrecord import ID_RECORD_FIELDS
from voltoken.sts.layouts import CRC_BITS, SUBCLASS_SHIFT, Layout
from voltoken.sts.registry import CodePoint
from voltoken.sts.tokens import Token

DOCS: Final = Path(__file__).resolve().parent
ROOT: Final = DOCS.parent
TARGET: Final = DOCS / "reference" / "generated"


# ---------------------------------------------------------------- bit diagrams


class Segment(NamedTuple):
    """A run of bits of the 64-bit block: name, highest and lowest bit, whether part of a key."""

    name: str
    high: int
    low: int
    kind: str


class Cell(NamedTuple):
    """The part of a segment that lies in one row of a diagram."""

    segment: Segment
    high: int
    low: int

    @property
    def bits(self) -> int:
        """How many bits wide it is."""
        return self.high - self.low + 1

    @property
    def label(self) -> str:
        """The segment's name, with the bits of the value where the segment is cut in pieces."""
        segment = self.segment
        if (self.high, self.low) == (segment.high, segment.low):
            return segment.name
        return f"{segment.name} [{self.high - segment.low}:{self.low - segment.low}]"


COLUMNS: Final = 16
UNIT: Final = 22
HEIGHT: Final = 46


def segments(row: Layout) -> tuple[Segment, ...]:
    """Return the segments of a layout row from bit 63 down: subclass, fields, checksum."""
    fields = (
        Segment(f.name, f.shift + f.width - 1, f.shift, "secret" if f.secret else "field") for f in row.fields
    )
    crc = "crc_c" if row.checksum is token_crc_c else "crc"
    return (
        Segment("subclass", 63, SUBCLASS_SHIFT, "frame"),
        *fields,
        Segment(crc, CRC_BITS - 1, 0, "frame"),
    )


def cells(row: Layout) -> tuple[Cell, ...]:
    """Cut the segments of a layout row where a line of the diagram ends."""
    cut = []
    for segment in segments(row):
        high = segment.high
        while high >= segment.low:
            low = max(segment.low, high // COLUMNS * COLUMNS)
            cut.append(Cell(segment, high, low))
            high = low - 1
    return tuple(cut)


_HATCH: Final = (
    '<defs><pattern id="{label}-p" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path class="ground" d="M0 0H6V6H0Z"/><path class="hatch" d="M0 0V6"/>'
    "</pattern></defs>"
)


def diagram(row: Layout) -> str:
    """Draw the 64-bit block of a layout row as SVG, sixteen bits a line, for light and dark pages."""
    label = f"bits-{row.token_class}-{row.subclass}-{row.key_bits or 'any'}"
    spoken = "; ".join(
        f"bits {s.high} to {s.low} {s.name}" if s.high != s.low else f"bit {s.high} {s.name}"
        for s in segments(row)
    )
    width, height = COLUMNS * UNIT + 2, 4 * HEIGHT + 2
    return "\n".join(
        (
            (
                f'<svg class="bits" viewBox="-1 -1 {width} {height}" role="img" '
                f'aria-labelledby="{label}-t {label}-d" xmlns="http://www.w3.org/2000/svg">'
            ),
            f'<title id="{label}-t">The 64-bit block of {escape(row.name)}</title>',
            f'<desc id="{label}-d">{escape(spoken)}.</desc>',
            _HATCH.format(label=label),
            *(_draw(cell, f"{label}-p") for cell in cells(row)),
            "</svg>",
        )
    )


def _draw(cell: Cell, pattern: str) -> str:
    x = (COLUMNS - 1 - cell.high % COLUMNS) * UNIT
    y = (3 - cell.high // COLUMNS) * HEIGHT
    width = cell.bits * UNIT
    middle = x + width / 2
    narrow = len(cell.label) * 8 > width - 4
    turn = f' transform="rotate(-90 {middle:g} {y + 29})"' if narrow else ""
    size = ' class="small"' if narrow else ""
    # A narrow cell has room for one number and a short name, written upwards.
    name = cell.label.removeprefix("bit_").upper() if narrow else cell.label
    numbers = f'<text class="bit" x="{x + 3}" y="{y + 11}">{cell.high}</text>'
    if cell.bits > 1 and not narrow:
        numbers += f'<text class="bit end" x="{x + width - 3}" y="{y + 11}">{cell.low}</text>'
    fill = f' fill="url(#{pattern})"' if cell.segment.kind == "secret" else ""
    return (
        f'<rect class="{cell.segment.kind}"{fill} x="{x}" y="{y}" width="{width}" height="{HEIGHT}"/>'
        f"{numbers}"
        f'<text{size} x="{middle:g}" y="{y + 33}"{turn}>{escape(name)}</text>'
    )


# ---------------------------------------------------------------- Markdown


# ---------------------------------------------------------------- token types

CLASS_TEXT: Final = {
    0: "Credit. Encrypted under the meter's decoder key.",
    1: "Tests and displays for every meter. Never encrypted, and usable again and again.",
    2: "Management of one meter. Encrypted under the meter's decoder key.",
}


def token_types() -> str:
    """Write the page of token types: a diagram and a table of fields for each."""
    parts = [
        (
            "Every token is 66 bits: a class of 2 bits and a block of 64. The diagrams show the block before "
            "encryption, highest bit first, sixteen bits to a line. A number in brackets says which bits of "
            "the value lie in that cell. The class is put in at bits 28 and 27 after encryption, and the two "
            "bits it displaces move to the front; it is covered by the checksum all the same."
        ),
        (
            'Cells that carry part of a key are <span class="status secret">hatched</span>. They are never '
            "printed for a key that is not marked as a test key."
        ),
    ]
    for token_class, text in CLASS_TEXT.items():
        parts.append(f"## Class {token_class}\n\n{text}")
        parts += [_token_type(kind) for kind in TOKEN_TYPES if kind.token_class == token_class]
    parts.append("## Class 3\n\nReserved by the STS Association. There are no tokens of this class.")
    parts.append(f"## Amounts and limits\n\n{_amount_text()}\n\n{_amount_grid()}")
    return page("Token types", *parts)


def _token_type(kind: type[Token]) -> str:
    parts = [f"### {kind.__name__}", _first_sentence(kind)]
    drawn: list[object] = []
    for row in kind.rows:
        if row.fields in drawn:
            continue
        drawn.append(row.fields)
        same = [other for other in kind.rows if other.fields == row.fields]
        subs = table(
            ("Subclass", "Name in the standard", "Proof"),
            ((f"{r.subclass}{_key_note(r)}", f"`{r.name}`", status(r.status)) for r in same),
        )
        parts += [subs, diagram(row), _fields(row)]
    return "\n\n".join(parts)


def _key_note(row: Layout) -> str:
    return f" (keys of {row.key_bits} bits)" if row.key_bits else ""


def _first_sentence(thing: object) -> str:
    words = " ".join((inspect.getdoc(thing) or "").split("\n\n", maxsplit=1)[0].split())
    return re.split(r"(?<=[.)])(?= [a-z_0-9]+:)", words, maxsplit=1)[0]


def _fields(row: Layout) -> str:
    return table(
        ("Field", "Bits", "Values", "Meaning"),
        (
            (
                f"`{f.name}`",
                _span(f.shift + f.width - 1, f.shift),
                "part of a key" if f.secret else f"{f.lowest} to {f.limit}",
                f.meaning,
            )
            for f in row.fields
        ),
    )


def _amount_text() -> str:
    return (
        "Amounts and power limits are 16 bits: an exponent of 2 bits and a mantissa of 14. The step grows "
        "with the amount, and a request between two steps is rounded up, in favour of the customer. One "
        "step is 0.1 kWh, 0.1 m³ or 0.1 minute for credit, and 1 W for limits."
    )


def _amount_grid() -> str:
    rows = []
    for exponent in range(4):
        first, last = decode_amount(exponent << 14), decode_amount(exponent << 14 | 0x3FFF)
        step = 10**exponent
        rows.append(
            (exponent, _tenths(first), _tenths(last), _tenths(step), f"{first:,}", f"{last:,}", f"{step:,}")
        )
    head = ("Exponent", "kWh from>", "to>", "step>", "W from>", "to>", "step>")
    return table(head, rows)


def _tenths(steps: int) -> str:
    return f"{steps // 10:,}.{steps % 10}"


# ---------------------------------------------------------------- code points, rules, records

CODE_TABLES: Final[Mapping[str, tuple[str, tuple[CodePoint, ...]]]] = {
    "Issuer numbers (IIN)": ("How a meter number of 18 digits begins.", registry.IINS),
    "Encryption algorithms (EA)": (
        "What turns the 64-bit block into the block that travels.",
        registry.ENCRYPTION_ALGORITHMS,
    ),
    "Key generation (DKGA)": (
        "How a decoder key follows from a vending key and a meter.",
        registry.KEY_GENERATION_ALGORITHMS,
    ),
    "Key types (KT)": ("What a decoder key is for.", registry.KEY_TYPES),
    "Base dates (BDT)": (
        "The minute in which the TID is 0: 1 January of that year, 00:00.",
        registry.BASE_DATES,
    ),
    "Carriers (TCT)": ("How a token reaches its meter.", registry.CARRIER_TYPES),
    "Classes": ("What kind of token.", registry.CLASSES),
    "Subclasses of class 0": ("What credit buys.", registry.SUBCLASSES[0]),
    "Subclasses of class 1": ("Tokens for every meter.", registry.SUBCLASSES[1]),
    "Subclasses of class 2": ("Tokens that manage one meter.", registry.SUBCLASSES[2]),
    "Registers": ("What a ClearCredit token sets to zero.", registry.REGISTERS),
    "Meter tests": (
        "Test *n* is bit *n* − 1 of the control field; test 0 sets all bits. Several may be set.",
        registry.METER_TESTS,
    ),
    "Flags": (
        "What an ExtendedTokenSet token switches, with index 63. Names as far as they are public.",
        registry.FLAGS,
    ),
    "Token results": (
        (
            "What a meter answers. The codes are those of the token result register as one manufacturer "
            "prints them."
        ),
        registry.TOKEN_RESULTS,
    ),
}


def code_points() -> str:
    """Write the page of code points, one table for each set."""
    parts = [
        (
            "What each number that can appear in STS means. The last column says what proves a row: see "
            "[How sure we are](../../explanation/confidence.md)."
        ),
    ]
    for title, (text, rows) in CODE_TABLES.items():
        shown = table(
            ("Code", "Name", "Meaning", "Proof"),
            ((f"`{r.code}`" if r.code else "–", r.name, r.meaning, status(r.status)) for r in rows),
        )
        parts.append(f"## {title}\n\n{text}\n\n{shown}")
    return page("Code points", *parts)


def rule_tables() -> str:
    """Write the page of rules: which things go together."""
    derivations = table(
        ("DKGA", "Vending key", "Decoder keys for", "Caution"),
        (
            (
                f"`{d.dkga.value}`",
                f"{d.vending_key_bits} bits",
                ", ".join(f"EA{ea.value} ({ea.key_bits} bits)" for ea in d.eas),
                d.caution,
            )
            for d in rules.DERIVATIONS.values()
        ),
    )
    changes = table(
        ("Key in the meter", *(kt.name for kt in KeyType)),
        (
            (f"**{kt.name}**", *("yes" if new in allowed else "–" for new in KeyType))
            for kt, allowed in rules.KEY_TYPE_CHANGES.items()
        ),
    )
    credit = table(
        ("Key type", "Credit (class 0)", "Management (class 2)"),
        ((kt.name, "yes" if kt in rules.CREDIT_KEY_TYPES else "–", "yes") for kt in KeyType),
    )
    ranges = table(("First DRN", "Last DRN"), ((f"`{a}`", f"`{b}`") for a, b in rules.DKGA01_RANGES))
    groups = ", ".join(f"`{sgc}`" for sgc in sorted(rules.DKGA01_COMMON_SGCS))
    ea_cautions = " ".join(rules.EA_CAUTIONS.values())
    return page(
        "Rules",
        "Which things go together. The codec applies none of these rules: a laboratory must be able to "
        "make what a meter has to refuse. Whoever issues for customers calls the `check_` functions of "
        "`voltoken.sts.rules`; the command line calls them unless it is told `--unchecked`.",
        f"## Key generation, vending key and algorithm\n\n{derivations}\n\n{ea_cautions}",
        f"## Which key may follow which\n\nA key change leads from the key in the meter to:\n\n{changes}\n\n"
        "A common key (DCTK) goes with erasable magnetic cards (TCT 01) only.",
        f"## What a key may encrypt\n\n{credit}",
        f"## What no token can do\n\n{rules.ALGORITHM_CHANGE}\n\n{rules.TARIFF_INDEX_CHANGE}",
        "## Meters of DKGA01\n\nA meter registered as DKGA01 really uses it only with EA07, IIN 600727, "
        f"KRN 1 and a DRN in one of these ranges, or with a common key of the supply groups {groups}. All "
        f"others use DKGA02. Not confirmed by any published vector.\n\n{ranges}",
    )


def _span(first: int, last: int) -> str:
    return f"`{first}–{last}`" if first != last else f"`{first}`"


def id_record() -> str:
    """Write the page of the identification record."""
    rows, start = [], 1
    for row in ID_RECORD_FIELDS:
        rows.append((f"`{row.name}`", _span(start, start + row.digits - 1), row.digits, row.meaning))
        start += row.digits
    return page(
        "Identification record",
        "The record on a meter card, on a receipt, or beside the token on a magnetic card. That it exists, "
        "what it is used for and the form of the expiry date come from public sources; the **order of the "
        "fields is not confirmed**. Compare with a card of your own before you rely on it.",
        table(("Field", "Digits", "Count>", "Meaning"), rows),
        "`IDRecord.parse` reads a record and puts up with what cards and readers add: blanks, STX and ETX, "
        "track sentinels. `IDRecord.digits` writes the digits alone.",
    )


# ---------------------------------------------------------------- API


def api(door: ModuleType, *whole: str) -> str:
    """Write the page that lists every name a room exports, by the file it is defined in.

    whole: exported modules, documented as such behind the names.
    """
    room = door.__name__
    imports = re.compile(rf"^from {re.escape(room)}\.([\w.]+) import (\([^)]*\)|.+)$", re.MULTILINE)
    places = {
        name: file
        for file, block in imports.findall(inspect.getsource(door))
        for name in re.findall(r"\w+", block)
    }
    parts = [
        (
            f"Everything here is imported from `{room}`; nothing else is a stable interface. The "
            "headings name the file in which a thing is defined. Errors have their [own page](../errors.md)."
        ),
    ]
    for place in dict.fromkeys(places.values()):
        text = _first_sentence(sys.modules[f"{room}.{place}"])
        names = (name for name in door.__all__ if places.get(name) == place)
        parts.append("\n\n".join((f"## {place}", text, *(f"::: {room}.{name}" for name in names))))
    parts += [f"## {name}, as a module\n\n::: {room}.{name}" for name in whole]
    return page(f"Python API: {room}", *parts)


# ---------------------------------------------------------------- documents of the root

ROOT_PAGES: Final = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "STYLE.md")


def taken_in(name: str, text: str) -> str:
    """Return a root document as a page of the site: links to docs/ and to each other turned round."""
    text = re.sub(r"\]\(docs/", "](../../", text)
    for other in ROOT_PAGES:
        text = text.replace(f"]({other}", f"]({other.lower()}")
    # What is not part of the site is named, not linked.
    text = re.sub(r"\[([^\]]+)\]\((?!https?:|\.\./|#|[a-z]+\.md)[^)]*\)", r"\1", text)
    return f"<!-- Taken in by docs/generate.py from {name}. -->\n\n{text}"


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "token-types.md": token_types,
    "code-points.md": code_points,
    "rules.md": rule_tables,
    "id-record.md": id_record,
    "meter-profiles.md": profile_page,
    "short-codes.md": code_page,
    "scenario-fields.md": field_page,
    "scenario-list.md": list_page,
    "refusals.md": refusal_page,
    "module-settings.md": settings_page,
    "tariff-format.md": format_page,
    "api.md": partial(api, voltoken.sts, "layouts", "registry", "rules"),
    "api-batch.md": partial(api, voltoken.sts.batch),
    "api-meter.md": partial(api, voltoken.meter),
    "api-security.md": partial(api, voltoken.security),
    "api-keyload.md": partial(api, voltoken.security.keyload),
    "api-tariff.md": partial(api, voltoken.tariff),
    "api-tariff-batch.md": partial(api, voltoken.tariff.batch),
    "api-ledger.md": partial(api, voltoken.ledger),
    "api-access.md": partial(api, voltoken.access),
    "api-kmc.md": partial(api, voltoken.kmc),
    "api-centre.md": partial(api, voltoken.drivers.centre),
    "api-prism.md": partial(api, voltoken.drivers.prism),
    "api-pool.md": partial(api, voltoken.drivers.pool),
    "api-testing.md": partial(api, voltoken.testing),
}


def pages() -> dict[str, str]:
    """Return every generated page by file name."""
    written = {name: make() for name, make in PAGES.items()}
    for name in ROOT_PAGES:
        written[name.lower()] = taken_in(name, (ROOT / name).read_text(encoding="utf-8"))
    return written


def write(target: Path = TARGET) -> list[Path]:
    """Write all pages into a fresh folder and return their paths."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    paths = []
    for name, text in pages().items():
        path = target / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


if __name__ == "__main__":
    for written_page in write():
        print(f"wrote {written_page.relative_to(ROOT)}")
