"""Conformance: published and home-made test vectors, run against ``voltoken.sts``.

Pure: takes parsed JSON and gives a report. The command line reads the files and shows the result.
"""

from voltoken.conformance.report import Check, GroupResult, Report
from voltoken.conformance.runner import SCHEMA, run_documents

__all__ = ["Check", "GroupResult", "Report", "SCHEMA", "run_documents"]
