"""Keys of snapshots survive being written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.snapshot import HTTP, Client, SnapshotKey, State
from auditor.model.words import Answer

words = st.text(max_size=20)


@given(st.sampled_from(["none", "reject", "accept"]), st.booleans(), words, words, words)
def test_state_round_trip(consent: str, gpc: bool, market: str, login: str, theme: str) -> None:
    state = State(consent, gpc, market, login, theme)
    assert State.parse(str(state)) == state


@pytest.mark.parametrize("client", [Client(), Client("chromium", "phone"), Client("firefox", "desktop")])
def test_client_round_trip(client: Client) -> None:
    assert Client.parse(str(client)) == client


def test_as_people_read_them() -> None:
    assert str(Client()) == HTTP
    assert str(State()) == "consent=none"
    assert str(State("reject", gpc=True, market="DE")) == "consent=reject,gpc,market=DE"
    key = SnapshotKey("https://shop.example/", Client("chromium", "phone"), State(), "cart", 2)
    assert str(key) == "https://shop.example/ chromium/phone consent=none cart 2"
    assert State.parse("") == State()
    assert not Client().is_browser


def test_what_the_visitor_said_is_one_of_the_answers() -> None:
    states = [State(), State("reject"), State("accept"), State(gpc=True), State("accept", gpc=True)]
    assert [one.answer for one in states] == list(Answer)
