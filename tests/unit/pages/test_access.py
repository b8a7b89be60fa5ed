"""The table of access: no route without a rule, no rule without a route."""

from __future__ import annotations

import inspect

from fastapi.routing import APIRoute

from bideval.pages import api_entries, api_files, api_findings, api_people, api_sessions, live
from bideval.pages.access import TABLE, allow, signed_in

MODULES = (api_people, api_sessions, api_entries, api_files, api_findings)
GUARDS = {allow("venue").__qualname__, signed_in("me").__qualname__}


def guards_of(route):
    """Return the guards among a route's dependencies."""
    if not isinstance(route, APIRoute):
        return []
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return [call for call in calls if getattr(call, "__qualname__", "") in GUARDS]


def rule_of(guard):
    """Return the rule that a guard was made for."""
    return inspect.getclosurevars(guard).nonlocals["route"]


def routes():
    found = [route for module in MODULES for route in module.router.routes]
    return [*api_entries.PLAIN_ROUTES, *found]


IN_THEIR_THREAD = {
    "/api/entries": ("entries", api_entries._hand_in),
    "/api/entries/several": ("entries", api_entries._hand_in_several),
}
"""Routes that ask the table themselves, in the thread where they do their work: path to rule."""


def test_every_route_has_exactly_one_guard():
    unguarded = [route.path for route in routes() if len(guards_of(route)) != 1]
    assert unguarded == list(IN_THEIR_THREAD)


def test_route_in_its_thread_asks_before_anything_else():
    for rule, work in IN_THEIR_THREAD.values():
        first = inspect.getsource(work).splitlines()[1].strip()
        assert first == f'visitor = signed_in_here(request, "{rule}")'


def test_every_rule_belongs_to_one_route():
    used = [rule_of(guard) for route in routes() for guard in guards_of(route)]
    used += sorted({rule for rule, _ in IN_THEIR_THREAD.values()})
    assert sorted(used) == sorted(TABLE.keys() - {"live", "healthz"})


def test_live_socket_asks_the_table_itself():
    assert 'allow("live")' in inspect.getsource(live.live)
