"""The licence audit catches each bad case, also where metadata and licence text disagree."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tools.licences import (
    EXCEPTIONS,
    EXTRAS,
    ROOT,
    Evidence,
    audit,
    closure,
    installed,
    judge,
    table,
    wheel,
)

MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy"
BUSL = "Business Source License 1.1\n\nLicensor: Somebody Ltd."
GPL = "                GNU GENERAL PUBLIC LICENSE\n                   Version 2, June 1991"
LGPL = "                   GNU LESSER GENERAL PUBLIC LICENSE\n      Version 3, 29 June 2007"
AGPL = "                    GNU AFFERO GENERAL PUBLIC LICENSE\n      Version 3"
SSPL = "Server Side Public License\nVERSION 1, OCTOBER 16, 2018"
MPL = (
    "Mozilla Public License Version 2.0\n"
    '"Secondary License" means either the GNU General Public License, Version 2.0, the GNU Lesser\n'
    "General Public License, Version 2.1, or any later versions of those licenses."
)


def make(folder: Path, headers: str, text: str | None) -> str:
    """Write the metadata of an installed package called `sample` and return that name."""
    info = folder / "sample-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: sample\nVersion: 1.0\n{headers}\nBody: MIT\n"
    )
    record = "sample-1.0.dist-info/METADATA,,\n"
    if text is not None:
        (info / "licenses").mkdir()
        (info / "licenses" / "LICENSE").write_text(text)
        record += "sample-1.0.dist-info/licenses/LICENSE,,\n"
    (info / "RECORD").write_text(record)
    return "sample"


BAD = [
    ("License-Expression: MIT\n", BUSL, "BUSL"),
    ("License: MIT\n", GPL, "GPL"),
    ("License: MIT\n", LGPL, "LGPL"),
    ("License-Expression: GPL-2.0-only\n", None, "GPL"),
    ("License-Expression: AGPL-3.0-or-later\n", AGPL, "AGPL"),
    ("License: LGPLv3+\n", None, "LGPL"),
    ("License-Expression: BUSL-1.1\n", MIT, "BUSL"),
    ("License: BSL 1.1\n", None, "BUSL"),
    ("License: SSPL-1.0\n", SSPL, "SSPL"),
    ("License: MIT\n", SSPL, "SSPL"),
    (
        "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)\n",
        None,
        "GPL",
    ),
    ("Classifier: License :: OSI Approved\n", None, "no licence found"),
    ("License: UNKNOWN\n", None, "no licence found"),
    ("", None, "no licence found"),
    ("", "All rights reserved.", "no licence found"),
    ("License-Expression: MIT\n", "under the terms of the GNU General Public License", "GPL"),
]

GOOD = [
    ("License-Expression: MIT\n", MIT),
    ("License-Expression: Apache-2.0 OR BSD-3-Clause\n", None),
    ("License-Expression: BSL-1.0\n", "Boost Software License - Version 1.0"),
    ("Classifier: License :: OSI Approved :: BSD License\n", None),
    ("", MIT),
    ("License-Expression: MPL-2.0\n", MPL),
]


@pytest.mark.parametrize(("headers", "text", "fault"), BAD)
def test_bad_licences_are_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, headers: str, text: str | None, fault: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    verdict = judge(installed(make(tmp_path, headers, text)))
    assert any(fault in line for line in verdict.faults)
    assert "FAILED" in table([verdict])


@pytest.mark.parametrize(("headers", "text"), GOOD)
def test_permissive_licences_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, headers: str, text: str | None
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    verdict = judge(installed(make(tmp_path, headers, text)))
    assert verdict.faults == ()
    assert verdict.licence


def test_a_wheel_is_judged_without_being_installed(tmp_path: Path) -> None:
    path = tmp_path / "sample-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sample-1.0.dist-info/METADATA", "Name: sample\nVersion: 1.0\nLicense: MIT\n\n")
        archive.writestr("sample-1.0.dist-info/licenses/src/inner/LICENSE", BUSL)
    assert judge(wheel(path)).faults == ("a licence file holds BUSL text",)


def test_an_exception_is_shown_with_its_reason() -> None:
    evidence = Evidence("Sample.Tool", "1.0", ("GPL-3.0-only",), ())
    assert judge(evidence).faults
    verdict = judge(evidence, {"sample-tool": "runs in a process of its own"})
    assert verdict.faults == ()
    assert "runs in a process of its own" in verdict.licence


def test_what_is_bundled_is_excused_by_name_and_only_for_what_is_named() -> None:
    evidence = Evidence("ReportLab", "1.0", ("BSD",), (GPL,))
    verdict = judge(evidence)
    assert verdict.faults == ()
    assert "bundled GPL: one font" in verdict.licence
    assert judge(Evidence("Other", "1.0", ("BSD",), (GPL,))).faults
    assert judge(Evidence("ReportLab", "1.0", ("BSD",), (GPL, BUSL))).faults == (
        "a licence file holds BUSL text",
    )
    assert judge(Evidence("ReportLab", "1.0", ("GPL-3.0-only",), ())).faults


def test_the_closure_follows_dependencies_of_dependencies() -> None:
    names = closure("voltoken")
    assert {"voltoken", "click", "cryptography", "rich", "markdown-it-py", "mdurl"} <= set(names)
    assert "pytest" not in names
    assert "reportlab" not in names


def test_the_closure_takes_in_extras() -> None:
    assert set(closure("voltoken", *EXTRAS)) >= {*closure("voltoken"), "reportlab", "pillow"}


def test_what_we_ship_and_vendor_is_free_of_faults() -> None:
    verdicts = list(audit(closure("voltoken", *EXTRAS), sorted((ROOT / "vendor").glob("*.whl"))))
    assert "pip" in {verdict.name for verdict in verdicts}
    assert [verdict for verdict in verdicts if verdict.faults] == []
    assert all(EXCEPTIONS.values())
