"""The same answers everywhere: without numpy, and on processors that lack what this one has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.unit.sts.batch import story
from tests.unit.sts.batch.routes import every_route, forced

pytestmark = pytest.mark.slow

STORY = Path(story.__file__)


def told(*arguments: str, **environment: str) -> str:
    """Return what another process prints, which must have nothing to complain of."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


@pytest.fixture(scope="module")
def expected() -> str:
    """The story as the scalar loop tells it."""
    with forced("loop"):
        return story.digest()


@every_route
def test_the_story_is_the_same_on_every_route(route: str, expected: str) -> None:
    with forced(route):
        assert story.digest() == expected


def test_everything_works_without_numpy(expected: str) -> None:
    assert told(str(STORY), "--without-numpy") == expected


@pytest.mark.parametrize("module", ["voltoken.sts", "voltoken.sts.batch"])
def test_importing_the_engine_does_not_load_numpy(module: str) -> None:
    program = f"import {module}, sys; print('numpy' in sys.modules)"
    assert told("-c", program).strip() == "False"


def test_lists_of_a_few_rows_do_not_even_ask_for_numpy() -> None:
    program = (
        "from voltoken.sts import batch, DecoderKey, EA; import sys;"
        "keys = batch.DecoderKeys.of([DecoderKey(bytes(16), EA.MISTY1)]);"
        "sold = batch.encode(0, {'rnd': 1, 'tid': 1, 'amount': 1}, keys);"
        "print(batch.decode(sold.tokens, keys).field('tid'), 'numpy' in sys.modules)"
    )
    assert told("-c", program).strip() == "[1] False"


def dispatched(*prefixes: str) -> list[str]:
    """Return the features that numpy looks for at run time and finds here, those with a prefix."""
    core = np._core._multiarray_umath  # type: ignore[attr-defined] # where numpy says it, and nowhere else
    found: list[str] = [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]
    return [name for name in found if name.startswith(prefixes)]


@pytest.mark.parametrize(
    "prefixes", [("AVX512", "X86_V4"), ("",)], ids=["without AVX-512", "without anything that is optional"]
)
def test_the_vector_instructions_do_not_matter(prefixes: tuple[str, ...], expected: str) -> None:
    features = dispatched(*prefixes)
    print("disabled:", ", ".join(features) or "nothing, for this processor has none of it")  # noqa: T201 - with -s
    program = (
        "import runpy, sys, numpy as np;"
        "features = np._core._multiarray_umath.__cpu_features__;"
        f"assert not any(features[name] for name in {features!r}), features;"
        f"runpy.run_path({str(STORY)!r}, run_name='__main__')"
    )
    assert told("-c", program, NPY_DISABLE_CPU_FEATURES=",".join(features)) == expected
