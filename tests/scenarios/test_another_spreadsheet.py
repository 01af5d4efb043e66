"""A title that comes to mean another spreadsheet: the ledger says what it remembers, and follows when it is told to."""

from tests.scenarios.world import World


def replaced(world: World) -> str:
    """The spreadsheet is deleted and another one of the same title is shared; the id of the first."""
    world.synced()
    old = world.sandbox.spreadsheet.id
    google = world.sandbox.google
    google.drive.files[old].shared.clear()
    google.drive.files[old].trashed = True
    world.sandbox.spreadsheet = google.create("Shop orders", world.sandbox.email)
    return old


def test_what_is_remembered_is_said_and_force_follows_the_title(world: World) -> None:
    old = replaced(world)
    ran = world.sync(as_json=False)
    told = " ".join(ran.text.split())
    assert ran.code == 4 and ran.writes == 0 and old in told and "--force looks the title up anew" in told
    assert world.sync(force=True).code == 0
    assert set(world.lines()) <= set(world.rows()), "all orders stand in the new one"
    ran = world.synced()
    assert ran.writes == 0, "and it is followed from now on"


def test_force_stays_with_the_spreadsheet_that_is_there(world: World) -> None:
    world.synced()
    other = world.sandbox.google.create("Shop orders", world.sandbox.email)
    ran = world.sync(force=True)
    assert ran.code == 0 and ran.writes == 0 and other.titled("Orders") is None
