"""The built wheel, unpacked alone: it has what it needs and works away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as a release would and unpack it into a folder of its own."""
    built = tmp_path_factory.mktemp("built")
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)], ROOT)
    (wheel,) = built.glob("*.whl")
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(command: list[str], folder: Path, **environment: str) -> str:
    """Run a command and return what it prints; its complaint fails the test."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_holds_the_code_the_vectors_and_the_licence(unpacked: Path) -> None:
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert {"voltoken/py.typed", "voltoken/vectors/README.md"} <= names
    for folder in ("vectors", "scenarios"):
        shipped = {path.name for path in (unpacked / "voltoken" / folder).glob("*.json")}
        assert shipped == {path.name for path in (ROOT / folder).glob("*.json")} != set()
    shipped = {path.name for path in (unpacked / "voltoken/examples/tariffs").glob("*.toml")}
    assert shipped == {path.name for path in (ROOT / "examples/tariffs").glob("*.toml")} != set()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "bench/", "docs/")) for name in names)


def test_its_own_vectors_pass_away_from_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    where = run(
        [sys.executable, "-c", "import voltoken; print(voltoken.__file__)"],
        tmp_path,
        PYTHONPATH=str(unpacked),
    )
    assert Path(where.strip()).is_relative_to(unpacked)
    answer = run(
        [sys.executable, "-m", "voltoken", "conformance", "vectors", "--json"],
        tmp_path,
        PYTHONPATH=str(unpacked),
    )
    report = json.loads(answer)
    assert report["failed"] == 0
    assert report["passed"] > 400


def test_its_own_scenarios_pass_away_from_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "voltoken", "meter", "replay", "--json"]
    report = json.loads(run(command, tmp_path, PYTHONPATH=str(unpacked)))
    assert report["ok"]
    assert report["passed"] == len(list((ROOT / "scenarios").glob("*.json")))


def test_its_own_tariffs_price_away_from_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    words = ("za-citypower-prepaid-high-2024-25", "--money", "200", "--at", "2024-08-05T10:00", "--json")
    command = [sys.executable, "-m", "voltoken", "tariff", "price", *words]
    quote = json.loads(run(command, tmp_path, PYTHONPATH=str(unpacked)))
    assert (quote["tender"], quote["units"]) == ("200.00", "36.8")
