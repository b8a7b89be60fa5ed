"""A whole session over HTTP, from founding to the archive: one venue, then three."""

from __future__ import annotations

import time

import pytest

from bideval.cli.verify import verify_file
from bideval.terms.instants import instant_text
from tests.integration.server.people import Person, pool_csv, running_venues, tender

SESSION = "fh-2026-0117"
PRICES = {"bid-a": "880000.00", "bid-b": "800000.00", "bid-c": "850000.00"}


def hold(venues, *, per_venue, spoilt=False):
    """Hold a session at the first of these venues and return everybody.

    `spoilt`: the supervisor and an expert first deal shares that nobody can open.
    """
    officers, supervisor = begin(venues, per_venue=per_venue)
    bidders = bid_and_open(venues, officers)
    draw(officers[0], supervisor, venues, per_venue, spoilt=spoilt)
    experts = check_in(venues)
    evaluate(officers[0], supervisor, experts, spoilt=spoilt)
    return officers, supervisor, bidders, experts


def begin(venues, *, per_venue):
    """Found a session at the first of these venues, with officers, a supervisor and a tender."""
    names = list(venues)
    main = venues[names[0]]
    officers = [Person(f"officer-{letter}", "officer", main) for letter in "abc"]
    supervisor = Person("supervisor-a", "supervisor", main)
    for person in (*officers, supervisor):
        person.enrol()
    chief = officers[0]
    founding = {"id": SESSION, "title": "Two generators", "rulebook": "rehearsal/1"}
    chief.ok(chief.http.post("/api/sessions", json={**founding, "branches": names[1:]}))
    for person in (*officers, supervisor):
        person.join(SESSION)
    publish(chief, officers, supervisor, names, per_venue)
    return officers, supervisor


def bid_and_open(venues, officers):
    """Seal three bids and open them after the deadline."""
    main = next(iter(venues.values()))
    bidders = [Person(f"bidder-{letter}", "bidder", main) for letter in "abc"]
    for bidder, (bid, price) in zip(bidders, PRICES.items(), strict=True):
        bidder.enrol()
        bidder.join(SESSION)
        bidder.bid(SESSION, bid, price, content=f"%PDF-1.4 {bid}".encode())
    open_bids(main, officers[0], officers)
    return bidders


def publish(chief, officers, supervisor, names, per_venue):
    deadline = instant_text(chief.at.clock.now_ms() + 3_600_000)
    document = tender(
        deadline,
        officers=[officer.name for officer in officers],
        supervisor=supervisor.name,
        venues=names,
        seats=dict.fromkeys(names, per_venue),
    )
    chief.say(SESSION, "tender.published", {"tender": document})


def open_bids(main, chief, officers):
    main.clock.ahead_ms += 3_700_000
    for officer in officers[:2]:
        officer.await_view(SESSION, lambda view: shares_due(view) == 3, "shares of three bids")
        assert officer.release_shares(SESSION) == 3
    chief.await_view(SESSION, lambda view: len(view["bids"]) == 3, "three opened bids")
    chief.order(SESSION, "prepared", "opened")
    chief.await_phase(SESSION, "opened")


def shares_due(view):
    return sum(task["task"] == "release_share" for task in view["tasks"])


def draw(chief, supervisor, venues, per_venue, *, spoilt=False):
    table = pool_csv(list(venues), 4 * per_venue)
    sealed = chief.ok(chief.http.post(f"/api/sessions/{SESSION}/pool", content=table))
    assert sealed["count"] == 4 * per_venue * len(venues)
    if spoilt:
        supervisor.commit_nonce(SESSION, spoilt=True)
        supervisor.await_view(SESSION, lambda view: not committed(view, supervisor), "a lost nonce")
    supervisor.commit_nonce(SESSION)
    supervisor.await_view(SESSION, shares_due, "nonce shares")
    supervisor.release_shares(SESSION)
    if len(venues) == 1:
        chief.release_shares(SESSION)
    chief.await_view(SESSION, lambda view: view["draw"]["seed"], "the draw")
    chief.order(SESSION, "opened", "drawn")
    chief.await_phase(SESSION, "drawn")


def committed(view, person):
    return person.name in view["draw"]["committed"]


def check_in(venues):
    experts = []
    for name, place in venues.items():
        operator = Person(f"operator-{name}", "operator", place)
        operator.enrol()
        view = f"/api/sessions/{SESSION}/checkin"
        operator.await_phase(SESSION, "drawn")
        expected = operator.ok(operator.http.get(view))["experts"]
        for number, one in enumerate(expected, start=1):
            assert one["identity"]["name"].startswith(f"Expert {name} ")
            body = {"blinded": one["blinded"], "seat": f"{name}-{number:02d}"}
            given = operator.ok(operator.http.post(view, json=body))
            expert = Person(given["person"], "expert", place, session=SESSION)
            expert.enrol(given["code"], SESSION)
            experts.append(expert)
    return experts


def evaluate(chief, supervisor, experts, *, spoilt=False):
    for expert in experts:
        expert.await_phase(SESSION, "checked_in")
        expert.say(
            SESSION, "declaration.signed", {"discipline": True, "recusal": "none", "reason": ""}
        )
    for expert in experts:
        expert.await_phase(SESSION, "declared")
        expert.say(SESSION, "chair.voted", {"round": 1, "candidate": experts[0].name})
    chief.await_phase(SESSION, "chaired")
    chief.order(SESSION, "chaired", "responsiveness")
    for expert in experts:
        expert.await_phase(SESSION, "responsiveness")
        for bid in PRICES:
            vote = {"bid": bid, "verdict": "responsive", "requirement": None, "reason": ""}
            expert.say(SESSION, "responsiveness.voted", vote)
    chief.await_view(SESSION, lambda view: not view["next"]["missing"], "all verdicts")
    chief.order(SESSION, "responsiveness", "scoring")
    score(experts, spoilt=spoilt)
    supervisor.await_view(SESSION, lambda view: view["phase"] != "scoring", "the release of marks")
    if len({expert.at.id for expert in experts}) == 1:
        supervisor.release_shares(SESSION)
    view = experts[0].await_phase(SESSION, "consolidated")
    for expert in experts:
        expert.await_phase(SESSION, "consolidated")
        stance = {"digest": view["result"]["digest"], "stance": "agree", "reasons": ""}
        expert.say(SESSION, "result.confirmed", stance)
    chief.await_view(
        SESSION, lambda one: one["phase"] == "confirmed" and not one["next"]["missing"], "report"
    )
    chief.order(SESSION, "confirmed", "reported")
    chief.await_phase(SESSION, "reported")
    chief.order(SESSION, "reported", "archived")
    chief.await_phase(SESSION, "archived")


def score(experts, *, spoilt):
    for number, expert in enumerate(experts):
        expert.await_phase(SESSION, "scoring")
        if spoilt and number == 0:
            refusal = expert.spoil_seal(SESSION).json()["error"]
            assert (refusal["code"], refusal["field"]) == ("seal_refused", "body.recipient")
        expert.sign_sheet(SESSION, sheet(number))


def sheet(number):
    marks = {"bid-a": ("40", "10"), "bid-b": ("30", "20"), "bid-c": ("35", "15")}
    return {
        bid: {"T1": str(int(design) - number % 3), "B1": warranty}
        for bid, (design, warranty) in marks.items()
    }


@pytest.mark.timeout(120)
def test_session_of_one_venue_reaches_archive(tmp_path):
    with running_venues(tmp_path, ["fenghua"]) as venues:
        officers, *_ = hold(venues, per_venue=3)
        view = officers[0].view(SESSION)
        assert view["result"]["lots"]["1"]["candidates"] == ["bid-b", "bid-c", "bid-a"]


@pytest.mark.timeout(180)
def test_session_of_three_venues_reaches_archive_with_one_root(tmp_path):
    with running_venues(tmp_path, ["fenghua", "wencheng", "lishui"]) as venues:
        officers, *_ = hold(venues, spoilt=True, per_venue=1)
        head = officers[0].view(SESSION)["head"]
        await_calm(venues, head["size"])
        roots = {place.venue.book.head(SESSION).root for place in venues.values()}
        assert len(roots) == 1
        bundle = tmp_path / "session.bundle"
        bundle.write_bytes(fetched(officers[0], f"/api/sessions/{SESSION}/bundle"))
        verdict = verify_file(bundle)
        assert verdict.ok, verdict.document()
        report = fetched(officers[0], f"/api/sessions/{SESSION}/report.pdf")
        assert report.startswith(b"%PDF")
        receipt = fetched(
            officers[0], f"/api/sessions/{SESSION}/entries/{order(officers[0])}/receipt"
        )
        assert receipt.startswith(b"c2sp.org/tlog-proof@v1\n")
        assert b"bideval/venue/wencheng" in receipt


def order(officer):
    """Return the entry of the officer's last order."""
    with officer.at.venue.book.reading(SESSION) as fold:
        return list(fold.procedure.orders)[-1]


def await_calm(venues, size):
    """Wait until every copy has the same size, every venue has cosigned, and nothing more comes."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        sizes = {place.venue.book.head(SESSION).size for place in venues.values()}
        with venues["fenghua"].venue.devices.store.read() as reader:
            newest = reader.checkpoint(SESSION)
        signed = set(newest.cosignatures) == set(venues) - {"fenghua"}
        if sizes == {newest.size} and newest.size >= size and signed:
            return
        time.sleep(0.1)
    raise AssertionError((sizes, newest.size, newest.cosignatures.keys()))


def fetched(person, path):
    response = person.http.get(path)
    assert response.status_code == 200, response.text
    return response.content
