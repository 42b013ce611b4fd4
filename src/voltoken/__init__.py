"""Voltoken: an open platform for prepayment metering tokens after IEC 62055-41 (STS).

This package file holds the version and nothing else, so that importing one room loads that room
only. The standard itself is in `voltoken.sts`; the command line is in `voltoken.cli`.
"""

__version__ = "0.1.0"
