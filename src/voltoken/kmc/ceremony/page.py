"""Minutes as a page to be printed on A4: what was done, what was shown for it, and who signed.

One file of HTML that needs nothing else and runs nothing. Every signature is verified as the page is drawn;
one that is wrong is called so. Beside each there is room for a pen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from voltoken.access import fingerprint
from voltoken.kmc.ceremony.minutes import minutes_digest, signed_by

_STYLE: Final = """
@page { size: A4; margin: 18mm 16mm 20mm 18mm;
  @bottom-left { content: "FOOT"; font: 8pt system-ui, sans-serif; color: #555 }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif;
    color: #555 } }
* { box-sizing: border-box }
html { background: #eceef0 }
body { font: 10pt/1.45 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: #15181c;
  background: #fff; max-width: 210mm; margin: 8mm auto; padding: 16mm; font-variant-numeric: tabular-nums;
  print-color-adjust: exact; -webkit-print-color-adjust: exact }
@media print { html, body { background: none } body { margin: 0; padding: 0; max-width: none } }
.kind { margin: 0; color: #555; font-size: 9pt; letter-spacing: .02em }
h1 { font-size: 19pt; line-height: 1.2; margin: 1mm 0 2mm }
h2 { font-size: 11.5pt; margin: 8mm 0 2mm; break-after: avoid }
.mark { border: 1.2pt solid #15181c; padding: 2mm 3mm; margin: 4mm 0; font-weight: 600 }
table { border-collapse: collapse; width: 100% }
thead { display: table-header-group }
tr { break-inside: avoid }
th, td { text-align: left; vertical-align: top; padding: 1.6mm 3mm 1.6mm 0;
  border-bottom: .4pt solid #c9ced4 }
th { font-size: 8.5pt; font-weight: 600; color: #555; border-bottom: .8pt solid #15181c }
td:last-child, th:last-child { padding-right: 0 }
.facts th { width: 48mm; border-bottom: .4pt solid #c9ced4; font-size: 10pt; font-weight: 400 }
.no { width: 8mm } .who { width: 34mm } .when { width: 24mm; white-space: nowrap }
.shown { margin: 1mm 0 0; padding: 0; list-style: none }
.shown li { color: #333; font-size: 9pt }
code, .code { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 8.8pt }
.value { font-size: 17pt; letter-spacing: .08em; font-weight: 600 }
.small { font-size: 8.5pt; color: #444 }
.name { width: 38mm } .pen { width: 42mm } .pen div { border-bottom: .6pt solid #15181c; height: 11mm }
.signature { display: block; font-size: 6.2pt; line-height: 1.35; overflow-wrap: anywhere; color: #444 }
.wrong { font-weight: 600 }
footer { margin-top: 8mm; break-inside: avoid }
""".strip()

_NO: Final = "–"


def minutes_page(document: Mapping[str, Any], signatures: Mapping[str, str]) -> str:
    """Return the page of minutes. signatures: 128 hexadecimal digits by person, those that are there."""
    title = f"{document['title']}: {document['ceremony']}"
    foot = _css(f"{document['centre']} · {document['ceremony']} · {minutes_digest(document)[:16]}")
    parts = (
        _head(document),
        _facts(document),
        _table("Who took part", ("Part", "Name", "Key at the beginning"), _people(document)),
        _steps(document),
        _signatures(document, signatures),
        _foot(document),
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE.replace('FOOT', foot)}\n</style>\n"
        "</head>\n<body>\n" + "\n".join(part for part in parts if part) + "\n</body>\n</html>\n"
    )


def _head(document: Mapping[str, Any]) -> str:
    marks = []
    if document["dry_run"]:
        marks.append("Dry run. All keys in it are made up and known to everybody; none of it counts.")
    if document["reason"] is not None:
        marks.append(f"Aborted: {document['reason']}. Nothing of it may be used.")
    elif document["closed_at"] is None:
        marks.append("Not closed: what follows may still grow.")
    return (
        f'<p class="kind">Minutes of a key ceremony · centre {escape(document["centre"])}</p>\n'
        f"<h1>{escape(document['title'])}</h1>\n"
        + "".join(f'<p class="mark">{escape(mark)}</p>\n' for mark in marks)
    )


def _facts(document: Mapping[str, Any]) -> str:
    planned = document["planned"]
    approved = ", ".join(planned["approved_by"]) or "nobody"
    rows = [
        ("Ceremony", _code(document["ceremony"])),
        ("Purpose", escape(document["purpose"])),
        ("Vending key", _code(document["vending_key"])),
        ("Length", f"{document['bits']} bits" if document["bits"] else None),
        ("Shares that suffice", escape(str(document["threshold"])) if document["threshold"] else None),
        ("Planned by", f"{escape(planned['by'])}, approved by {escape(approved)}"),
        ("Begun (UTC)", _moment(document["begun_at"])),
        ("Closed (UTC)", _moment(document["closed_at"])),
        ("Check value expected", _code(document["expected"])),
        ("Check value of the key", _result(document)),
    ]
    lines = "".join(
        f'<tr><th scope="row">{name}</th><td>{value}</td></tr>\n' for name, value in rows if value
    )
    return f'<table class="facts">\n{lines}</table>'


def _result(document: Mapping[str, Any]) -> str | None:
    value = document["check_value"]
    if value is None:
        return None
    formulas = {row["found"].get("check_algorithm") for row in document["record"]} - {None}
    said = "".join(f'<br><span class="small">{escape(formula)}</span>' for formula in sorted(formulas))
    return f'<span class="code value">{escape(value)}</span>{said}'


def _people(document: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    for one in document["people"]:
        key = fingerprint(bytes.fromhex(one["public_key"]))
        yield (
            escape(_part(one)),
            f"{escape(one['name'])} <span class='small'>{escape(one['person'])}</span>",
            _code(key) or "",
        )


def _steps(document: Mapping[str, Any]) -> str:
    done = {row["number"]: row for row in document["record"]}
    lines = []
    for step in document["steps"]:
        row = done.get(step["number"])
        lines.append(
            f'<tr><td class="no">{step["number"]}</td><td>{escape(step["text"])}{_shown(step, row)}</td>'
            f'<td class="who">{escape(step["person"])}<br>'
            f'<span class="small">{escape(_part(step))}</span></td>'
            f'<td class="when">{_moment(row["at"]) if row else "not done"}</td></tr>\n'
        )
    return (
        '<h2>What was done</h2>\n<table>\n<thead><tr><th class="no"></th><th>Step, and what was shown</th>'
        '<th class="who">By</th><th class="when">At (UTC)</th></tr></thead>\n'
        f"<tbody>\n{''.join(lines)}</tbody>\n</table>"
    )


def _shown(step: Mapping[str, Any], row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    said = [f"{escape(one['text'])}: {_value(row['evidence'][one['name']])}" for one in step["evidence"]]
    said += [
        f"recorded by the centre: {escape(name.replace('_', ' '))} {_value(value)}"
        for name, value in row["found"].items()
        if name != "check_algorithm"
    ]
    return f'<ul class="shown">{"".join(f"<li>{line}</li>" for line in said)}</ul>' if said else ""


def _signatures(document: Mapping[str, Any], signatures: Mapping[str, str]) -> str:
    right = signed_by(document, signatures)
    lines = []
    for one in document["people"]:
        person = one["person"]
        state = '<span class="wrong">not signed</span>'
        if person in right:
            state = "signed, and verified"
        elif person in signatures:
            state = '<span class="wrong">the signature is wrong</span>'
        digits = escape(signatures.get(person, ""))
        lines.append(
            f"<tr><td class='name'>{escape(one['name'])}<br>"
            f"<span class='small'>{escape(_part(one))}</span></td>"
            f"<td>{state} <code>{fingerprint(bytes.fromhex(one['public_key']))}</code>"
            f'<code class="signature">{digits}</code></td><td class="pen"><div></div></td></tr>\n'
        )
    return (
        '<h2>Signatures</h2>\n<p class="small">Ed25519, each with the key of the person, over the hash at '
        "the end of these minutes.</p>\n<table>\n<thead><tr><th>Name</th><th>Electronic signature</th>"
        f'<th class="pen">By hand</th></tr></thead>\n<tbody>\n{"".join(lines)}</tbody>\n</table>'
    )


def _foot(document: Mapping[str, Any]) -> str:
    digest = minutes_digest(document)
    groups = " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))
    return (
        f"<footer>\n<p class='small'>SHA-256 of these minutes in their one form "
        f"({escape(document['format'])}):<br><code>{groups}</code></p>\n"
        f"<p class='small'>{escape(document['notice'])}</p>\n</footer>"
    )


def _table(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    body = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}</tbody>"
    return f"<h2>{escape(title)}</h2>\n<table>\n{body}\n</table>"


def _part(one: Mapping[str, Any]) -> str:
    return f"{one['part']} {one['custodian']}" if one["custodian"] else str(one["part"])


def _code(value: str | None) -> str | None:
    return None if value is None else f"<code>{escape(value)}</code>"


def _value(value: object) -> str:
    return "yes" if value is True else escape(str(value))


def _moment(text: str | None) -> str:
    """Return a moment of a document as people write it, in UTC, to the second."""
    if text is None:
        return _NO
    return f"{escape(text[:10])} {escape(text[11:19])}"


def _css(text: str) -> str:
    """Return text as it stands in a string of CSS inside a page; only plain characters go in."""
    return "".join(each if each.isalnum() or each in " ·.-_," else "?" for each in text)
