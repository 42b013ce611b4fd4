"""A module in rehearsal: its clock shows another day, it says so, and nothing that counts comes near it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.sites import KEY, NOON, PASSWORD, Clock, Post, new_id, new_meter, settings_text
from tests.unit.security.desk import register, secret_of
from tests.unit.security.office import Office
from voltoken.drivers.clock import shifted
from voltoken.drivers.custody.roots import SharesProvider
from voltoken.drivers.journal import export
from voltoken.drivers.local.home import JOURNAL_FILE, SETTINGS_FILE, open_home
from voltoken.drivers.local.making import make_home
from voltoken.drivers.prism import Identity, PrismModule, PrismSettings, Trust
from voltoken.drivers.prism.serving import Serving
from voltoken.errors import KeyFileError, ModuleRefused
from voltoken.security import NOT_CERTIFIED, CreditRequest
from voltoken.security.keyload import read_module
from voltoken.sts import TID, BaseDate, Service

DAYS = -780
MORE = f"rehearsal_days = {DAYS}"
SHIFT = timedelta(days=DAYS)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    """A module in rehearsal with one key."""
    made = Post(tmp_path / "stage", keys=(register(KEY),), more=MORE)
    yield made
    made.close()


def at(days: int) -> CreditRequest:
    """Return a request at noon of a day, so many days from ours."""
    minutes = (NOON + timedelta(days=days) - BaseDate.BD2014.instant) // timedelta(minutes=1)
    return CreditRequest(new_id(), new_meter(), KEY, Service.ELECTRICITY, 10, TID(minutes))


def test_a_clock_is_shifted_by_whole_days_and_runs_on() -> None:
    clock = Clock()
    moved = shifted(clock, DAYS)
    assert moved() == NOON + SHIFT
    clock.now += timedelta(seconds=1)
    assert moved() == NOON + SHIFT + timedelta(seconds=1)
    assert shifted(clock, 0) is clock


def test_it_sells_on_its_own_day_and_on_no_other(post: Post) -> None:
    till = post.client("till")
    assert till.issue_credit(at(DAYS)).tid == at(DAYS).tid
    with pytest.raises(ModuleRefused) as caught:
        till.issue_credit(at(0))
    assert caught.value.refusal == "tid.ahead"


def test_it_says_so_wherever_it_says_anything(post: Post) -> None:
    till = post.client("till")
    assert till.info().notice == f"{NOT_CERTIFIED}; in rehearsal: its clock is shifted by -780 days"
    assert till.status().now == NOON + SHIFT
    assert "in rehearsal" in till.status().alerts[0]
    assert read_module(post.keeper.identity()).notice == till.info().notice


def test_its_whole_log_is_of_its_own_days(post: Post) -> None:
    post.client("till").issue_credit(at(DAYS))
    moments = [one.at for one in export(post.folder / JOURNAL_FILE)]
    assert set(moments) == {NOON + SHIFT}


def test_it_takes_test_keys_only_even_when_live_ones_are_accepted(tmp_path: Path) -> None:
    made = Post(tmp_path / "stage", keys=(), more=f"{MORE}\naccept_non_sts_compliant_module = true")
    try:
        live = register("123456/2", test=False)
        with pytest.raises(ModuleRefused) as caught:
            made.keeper.load_key(live, [secret_of(live.ref)], by="ann")
        assert caught.value.refusal == "custody.rehearsal"
        office = Office(NOON + SHIFT)
        made.keeper.set_trust(office.document, by="ann")
        data = office.file(read_module(made.keeper.identity()), [register(KEY), live])
        with pytest.raises(ModuleRefused) as caught:
            made.keeper.load_key_file(data, by="ann")
        assert caught.value.refusal == "custody.rehearsal"
        assert made.keeper.list_keys() == ()
    finally:
        made.close()


def test_files_of_the_real_day_are_not_for_it(post: Post) -> None:
    post.keeper.set_trust(Office(NOON).document, by="ann")
    data = Office(NOON).file(read_module(post.keeper.identity()), [register("123456/2")])
    with pytest.raises(KeyFileError):
        post.keeper.load_key_file(data, by="ann")


def test_it_serves_no_customers(tmp_path: Path) -> None:
    accepted = "production = true\naccept_non_sts_compliant_module = true"
    text = settings_text("stage", more=f"{MORE}\n{accepted}")
    home = open_home(make_home(tmp_path / "stage", text, lambda _: SharesProvider(2, 3), now=NOON).folder)
    with pytest.raises(ModuleRefused, match="in rehearsal") as caught:
        home.open_module(Clock())
    assert caught.value.refusal == "module.rehearsal"


def test_the_clock_of_a_module_with_live_keys_is_not_shifted(tmp_path: Path) -> None:
    live = register(KEY, test=False)
    post = Post(tmp_path / "real", keys=(live,), more="accept_non_sts_compliant_module = true")
    post.close()
    file = post.folder / SETTINGS_FILE
    file.write_text(file.read_text().replace("accept_", f"{MORE}\naccept_"))
    for _ in range(2):  # and it is not left half open
        with pytest.raises(ModuleRefused) as caught:
            open_home(post.folder).open_module(Clock())
        assert caught.value.refusal == "custody.rehearsal"


def test_it_is_reached_over_tls_on_the_real_day_and_sells_on_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Post(tmp_path / "stage", keys=(register(KEY),), more=MORE)
    made.close()
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    home = open_home(Path("stage"))
    with Serving(home, port=0, clock=made.clock) as serving:
        for offer in made.offers:
            serving.module.keeper.unseal(offer, by="ann")
        tls = home.folder / "tls"
        one = Identity(tls / "till.pem", tls / "till.pem")
        trust = Trust(authority=tls / "ca.pem")
        settings = PrismSettings(serving.address, trust, "till", PASSWORD, one)
        client = PrismModule(settings, [replace(register(KEY))], shifted(made.clock, DAYS))
        try:
            assert client.issue_credit(at(DAYS)).tid == at(DAYS).tid
            status = client.status()
            assert not any("clock is" in alert and "s off" in alert for alert in status.alerts)
        finally:
            client.close()
