"""A study as one page of HTML that needs nothing else: the chart, and the tables behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from voltoken.cli.tariff.repricing.report import REASONS
from voltoken.cli.tariff.repricing.scene import COLOURS, FONT
from voltoken.cli.tariff.repricing.study import Outcome, Study, name_of
from voltoken.cli.tariff.repricing.words import Words, counted, percent, span

_STYLE: Final = (
    "body{{margin:0 auto;max-width:800px;padding:0 0 48px;font:15px/1.5 {font};"
    "font-variant-numeric:tabular-nums}}"
    "svg{{max-width:100%;height:auto;display:block}}main{{padding:0 24px}}"
    "h2{{font-size:18px;margin:32px 0 8px}}"
    "div{{overflow-x:auto}}table{{border-collapse:collapse;width:100%;font-size:14px}}"
    "th,td{{padding:5px 0 5px 16px;text-align:right;white-space:nowrap}}"
    "th:first-child,td:first-child{{text-align:left;padding-left:0}}"
    "tr:last-child.all td{{font-weight:600}}"
)


def page(study: Study, words: Words, drawing: str) -> str:
    """Return the page. drawing: the chart as SVG."""
    labels = ", ".join(outcome.draft.label for outcome in study.outcomes)
    body = "".join(_tables(study, outcome, words) for outcome in study.outcomes)
    style = _STYLE.format(font=FONT) + "".join(_colours(number) for number in (0, 1))
    rows = counted(len(study.given.purchases), "purchase")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>What {escape(labels)} would change</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{drawing}<main>\n<p>{rows}, {escape(span(study))}.</p>\n{body}</main>\n</body>\n</html>\n"
    )


def _colours(number: int) -> str:
    """Return the colours of the page on a light ground, or on a dark one."""
    ground, text, grid = (COLOURS[role][number] for role in ("ground", "text", "grid"))
    rules = f"body{{background:{ground};color:{text}}}td,th{{border-bottom:1px solid {grid}}}"
    return f"@media (prefers-color-scheme:dark){{{rules}}}" if number else rules


def _tables(study: Study, outcome: Outcome, words: Words) -> str:
    rows = [
        (
            name_of(component, outcome.draft, study.current),
            "" if before is None else words.coins(before),
            "" if after is None else words.coins(after),
            "" if before is None or after is None else percent(after - before, before),
        )
        for component, before, after in outcome.components
    ]
    if words.changes_money:
        change = percent(outcome.after - outcome.before, outcome.before)
        rows.append(("All", words.coins(outcome.before), words.coins(outcome.after), change))
    now = "paid" if study.current.tariff is None else "now"
    labels = ("part", now, "draft", "change")
    parts = _table(labels, rows, is_sum=words.changes_money)
    headings, bands = words.bands(outcome)
    left_out = "".join(
        f"<p>{counted(count, 'purchase')} left out: {escape(REASONS[reason])}.</p>\n"
        for reason, count in outcome.refused.items()
    )
    return (
        f"<h2>{escape(outcome.draft.label)}: {words.currency.code} by part of the price</h2>\n"
        f"{parts}<h2>{escape(outcome.draft.label)}: customers by consumption</h2>\n"
        f"{_table(headings, bands)}{left_out}"
    )


def _table(headings: Sequence[str], rows: Sequence[Iterable[str]], *, is_sum: bool = False) -> str:
    """Return a table. is_sum: whether its last row is the sum of the others."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in headings)
    body = ""
    for number, row in enumerate(rows, 1):
        kind = ' class="all"' if is_sum and number == len(rows) else ""
        body += f"<tr{kind}>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n"
    return f"<div><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n"
