"""The suites are no test files; their assertions are to be explained all the same."""

import pytest

pytest.register_assert_rewrite("tests.contract.issuing", "tests.contract.custody")
