"""A security module of this process: its folder, its thread, its doors for clients and keepers.

``make_home`` makes a module in a new folder, ``open_home`` opens it, and ``Home.open_module`` starts it,
sealed. The journal, the root key, hardware tokens and TLS are rooms of their own beside this one.
"""

from voltoken.drivers.clock import Chance, Clock, utc_now
from voltoken.drivers.local.admin import AdminDoor, ask
from voltoken.drivers.local.home import (
    JOURNAL_FILE,
    SETTINGS_FILE,
    SOCKET_FILE,
    TLS_FOLDER,
    Home,
    check_private,
    open_home,
    read_tables,
)
from voltoken.drivers.local.keeper import KeeperDoor
from voltoken.drivers.local.making import (
    ClientDraft,
    Made,
    add_client,
    draft_settings,
    make_home,
    renew_client,
)
from voltoken.drivers.local.module import ClientDoor, LocalModule
from voltoken.drivers.local.passwords import check_password, hash_password
from voltoken.drivers.local.settings import HomeSettings, TokenSettings, parse_settings

__all__ = [
    "AdminDoor",
    "Chance",
    "ClientDoor",
    "ClientDraft",
    "Clock",
    "Home",
    "HomeSettings",
    "JOURNAL_FILE",
    "KeeperDoor",
    "LocalModule",
    "Made",
    "SETTINGS_FILE",
    "SOCKET_FILE",
    "TLS_FOLDER",
    "TokenSettings",
    "add_client",
    "ask",
    "check_password",
    "check_private",
    "draft_settings",
    "hash_password",
    "make_home",
    "open_home",
    "parse_settings",
    "read_tables",
    "renew_client",
    "utc_now",
]
