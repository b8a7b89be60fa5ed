"""Containers whose copies share what is old: no course of use may tell them from plain ones."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.session import layers
from bideval.session.layers import LayeredDict, LayeredList, LayeredSet, shared

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = range(12)
WHAT = ["set", "set", "set", "pop", "take", "move", "fork", "fork", "drop", "look", "clear"]
STEPS = st.lists(
    st.tuples(st.sampled_from(WHAT), st.integers(0, 7), st.sampled_from(KEYS)),
    min_size=25,
    max_size=120,
)
GROWTHS = st.sampled_from([0, 1, layers.GROWTH])
"""With 0 layers are never put together, with 1 seldom: small containers have deep ones too."""

Steps = list[tuple[str, int, int]]
Do = dict[str, "Callable[[Any, int, int], object]"]
"""What a step does to a container with a key and its own number, by name."""


@pytest.fixture(autouse=True)
def _small_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "PLAIN", 0)


def live(start: Any, do: Do, steps: Steps, growth: int, look: Callable[[Any], object]) -> None:
    """Let copies of one container and of its copies live, each beside a plain one copied deep."""
    pairs = [(start, start.copy())]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "GROWTH", growth)
        for number, (what, which, key) in enumerate(steps):
            at = which % len(pairs)
            layered, plain = pairs[at]
            if what == "fork":
                mine, twin = shared(layered)
                pairs[at] = (mine, plain)
                pairs.append((twin, plain.copy()))
            elif what == "drop":
                pairs = [*pairs[:at], *pairs[at + 1 :]] or pairs
            else:
                told = [outcome(do[what], one, key, number) for one in (layered, plain)]
                assert told[0] == told[1], (number, what)
            for one, control in pairs if key % 3 == 0 else ():
                assert one == control
                assert control == one
                assert (len(one), bool(one)) == (len(control), bool(control))
                assert look(one) == look(control)


def outcome(do: Callable[[Any, int, int], object], container: Any, key: int, number: int) -> object:
    """Return what a step gives, or which error it ends with."""
    try:
        return do(container, key, number)
    except (KeyError, IndexError) as error:
        return type(error)


DICT: Do = {
    "set": lambda it, key, number: it.update({key: number}),
    "pop": lambda it, key, _: it.pop(key, None),
    "take": lambda it, key, _: it.pop(key),
    "move": lambda it, key, number: it.update({key: it.pop(key, number)}),
    "look": lambda it, key, number: (it.setdefault(key, number), it.keys() | {99}, it[11 - key]),
    "clear": lambda it, key, _: it.clear() if key < 2 else None,
}


@settings(max_examples=150)
@given(STEPS, GROWTHS)
def test_copies_of_a_dict_are_as_deep_copies(steps: Steps, growth: int) -> None:
    def look(it: Any) -> object:
        found = [(key in it, it.get(key), it.get(key, -1)) for key in KEYS]
        return (found, list(it), list(it.items()), list(it.values()), repr(it), dict(it), {**it})

    live(dict.fromkeys(KEYS, -1), DICT, steps, growth, look)


SET: Do = {
    "set": lambda it, key, _: it.add(key),
    "pop": lambda it, key, _: it.discard(key),
    "take": lambda it, key, _: it.remove(key),
    "move": lambda it, key, _: it.__ior__({key, key + 1}) and None,
    "look": lambda it, key, _: ({key} <= it, it - {key}, {1, 2} & it, it | {99}, it ^ {key}),
    "clear": lambda it, key, _: it.clear() if key < 2 else None,
}


@settings(max_examples=100)
@given(STEPS, GROWTHS)
def test_copies_of_a_set_are_as_deep_copies(steps: Steps, growth: int) -> None:
    live(set(KEYS), SET, steps, growth, lambda it: ([key in it for key in KEYS], sorted(it)))


LIST: Do = {
    "set": lambda it, _, number: it.append(number),
    "pop": lambda it, _, __: it.pop(),
    "take": lambda it, key, _: it.pop(key),
    "move": lambda it, key, number: it.__setitem__(key - 4, number),
    "look": lambda it, key, number: it.extend([key, number]),
    "clear": lambda it, key, number: it.insert(key, number),
}


@settings(max_examples=100)
@given(STEPS, GROWTHS)
def test_copies_of_a_list_are_as_deep_copies(steps: Steps, growth: int) -> None:
    def look(it: Any) -> object:
        every = range(-len(it), len(it))
        return ([it[at] for at in every], it[-3:], it[2:5], it[::-2], list(it), repr(it), 7 in it)

    live([*KEYS], LIST, steps, growth, look)


def test_a_list_is_left_at_both_ends_as_a_plain_one() -> None:
    mine, twin = shared([1, 2, 3])
    twin.append(4)

    for items, last in ((mine, 3), (twin, 4)):
        assert [items[index] for index in range(-last, last)] == [*range(1, last + 1)] * 2
        for wrong in (last, -last - 1):
            with pytest.raises(IndexError):
                items[wrong]


def test_what_is_small_or_no_container_is_copied_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "PLAIN", 2)
    for value in ({1: 2}, [1, 2], {3}):
        mine, twin = shared(value)
        assert mine is value
        assert twin == value
        assert type(twin) is type(value)
        assert twin is not value
    frozen = (1, 2, 3)
    assert shared(frozen) == (frozen, frozen)
    kinds = [type(shared(value)[1]) for value in ({1: 2, 2: 3, 3: 4}, [1, 2, 3], {1, 2, 3})]
    assert kinds == [LayeredDict, LayeredList, LayeredSet]


def test_other_kinds_are_never_equal() -> None:
    _, mapping = shared({1: 2})
    _, items = shared([1])
    assert mapping != [1]
    assert items != (1,)
    assert repr(shared({1})[1]) == "{1}"


GROWN = 30
"""Items between two copies, fewer than a layer takes apart at the sizes below."""


def allocated(container: Any, grow: Callable[[Any, int], object], copies: int) -> int:
    """Return the bytes that a copy of a container allocates, on average over many of them.

    `tracemalloc` counts them; nothing is timed.
    """
    total = 0
    for number in range(copies):
        for index in range(GROWN):
            grow(container, -1 - number * GROWN - index)
        tracemalloc.start()
        container, twin = shared(container)
        total += tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len(twin) == len(container)
    return total // copies


@pytest.mark.parametrize(
    ("make", "grow"),
    [
        (lambda size: {one: one for one in range(size)}, lambda it, key: it.update({key: key})),
        (lambda size: [*range(size)], lambda it, key: it.append(key)),
        (lambda size: set(range(size)), lambda it, key: it.add(key)),
    ],
    ids=["dict", "list", "set"],
)
def test_a_copy_costs_what_is_new(
    make: Callable[[int], Any], grow: Callable[[Any, int], object]
) -> None:
    """A copy allocates no more of a record thirty times as long, and far less than all of it."""
    sizes = {}
    for size in (4_000, 120_000):
        container, _ = shared(make(size))  # the first copy of a plain set goes through it once
        sizes[size] = allocated(container, grow, 20)
    whole = size_of(make(120_000))

    assert sizes[120_000] <= sizes[4_000] * 1.1 + 500
    assert sizes[120_000] * 40 < whole


def size_of(container: Any) -> int:
    """Return the bytes of a plain copy."""
    tracemalloc.start()
    copied = container.copy()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert copied == container
    return size


def test_many_copies_of_a_growing_dict_keep_few_layers() -> None:
    """Look-ups stay cheap: four times as many items are one layer more, not four times as many."""
    mapping: Any = {0: 0}
    for number in range(1, 3_000):
        mapping, _ = shared(mapping)
        for index in range(5):
            mapping[number, index] = index
        assert len(mapping._layers) <= 8
    assert len(mapping) == 1 + 2_999 * 5
