"""Containers whose copies share what is old, so that a copy costs what is new.

Decided here: how a dict, list or set is copied without copying what it holds. What two copies share
is a layer, and no layer is ever changed; each copy writes on a top of its own and is, for whoever
uses it, the plain container: the same items in the same order. A container that was never copied,
or is small, stays plain.
Not decided here: what is kept in them; it must be frozen, because copies share it.

Layers are put together as they come, so that each is several times as large as the next: a look-up
asks few of them, and an item is copied seldom, however many copies are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping, MutableSequence, MutableSet
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar, cast

from typing_extensions import override

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")

PLAIN = 64
"""Items up to which a container is copied as a whole: that costs less than a layer."""

GROWTH = 4
"""How many times as large as the next a layer is at least."""

_ABSENT: Any = object()


class _Layer(NamedTuple):
    """What was written between two copies: items, and keys of older layers that went."""

    items: dict[Any, Any]
    gone: set[Any]


class LayeredDict(MutableMapping[K, V], Generic[K, V]):
    """A dict over layers that it shares with its copies."""

    __hash__ = None  # type: ignore[assignment]  # as a dict

    __slots__ = ("_gone", "_layers", "_merged", "_top")

    def __init__(self, layers: tuple[_Layer, ...]) -> None:
        self._layers = layers
        """The newest first."""
        self._top: dict[K, V] = {}
        self._gone: set[K] = set()
        self._merged: tuple[tuple[_Layer, ...], dict[K, V]] | None = None

    def fork(self) -> LayeredDict[K, V]:
        """Return a copy; what both hold now is theirs together, and what each writes its own."""
        merged = self._merged
        layers = self._layers
        if merged is not None and merged[0] is layers:
            layers = (_Layer(merged[1], set()),)
        if self._top or self._gone:
            layers = _stacked(_Layer(self._top, self._gone), layers)
            self._top, self._gone = {}, set()
        self._layers = layers
        return LayeredDict(layers)

    @override
    def __getitem__(self, key: K) -> V:
        found = self.get(key, _ABSENT)
        if found is _ABSENT:
            raise KeyError(key)
        return cast("V", found)

    @override
    def get(self, key: K, default: D | None = None) -> V | D | None:  # type: ignore[override]  # one signature for both of typeshed's
        if key in self._top:
            return self._top[key]
        if key in self._gone:
            return default
        for items, gone in self._layers:
            if key in items:
                return cast("V", items[key])
            if key in gone:
                return default
        return default

    @override
    def __contains__(self, key: object) -> bool:
        if key in self._top:
            return True
        if key in self._gone:
            return False
        for items, gone in self._layers:
            if key in items:
                return True
            if key in gone:
                return False
        return False

    @override
    def __setitem__(self, key: K, value: V) -> None:
        self._top[key] = value

    @override
    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self._top.pop(key, None)
        self._gone.add(key)

    @override
    def __iter__(self) -> Iterator[K]:
        return iter(self._whole())

    @override
    def __len__(self) -> int:
        return len(self._whole())

    @override
    def clear(self) -> None:
        self._layers, self._top, self._gone = (), {}, set()

    @override
    def __eq__(self, other: object) -> bool:
        if isinstance(other, LayeredDict):
            return self._whole() == other._whole()
        return self._whole() == other if isinstance(other, dict) else NotImplemented

    @override
    def __repr__(self) -> str:
        return repr(self._whole())

    def _whole(self) -> dict[K, V]:
        """Return all items in their order; not to be changed.

        What the layers come to is kept: whoever asks changes nothing by that, on any thread.
        """
        layers, merged = self._layers, self._merged
        if merged is None or merged[0] is not layers:
            items = layers[0].items if len(layers) == 1 else _put_together(layers).items
            merged = self._merged = (layers, items)
        if not self._top and not self._gone:
            return merged[1]
        return _put_together((_Layer(self._top, self._gone), _Layer(merged[1], set()))).items


class LayeredSet(MutableSet[K], Generic[K]):
    """A set over layers that it shares with its copies."""

    __slots__ = ("_keys",)

    def __init__(self, keys: LayeredDict[K, None]) -> None:
        self._keys = keys

    def fork(self) -> LayeredSet[K]:
        """Return a copy, as of a `LayeredDict`."""
        return LayeredSet(self._keys.fork())

    @classmethod
    @override
    def _from_iterable(cls, it: Iterable[Any]) -> set[Any]:  # of what `|` gives
        return set(it)

    @override
    def __contains__(self, key: object) -> bool:
        return key in self._keys

    @override
    def __iter__(self) -> Iterator[K]:
        return iter(self._keys)

    @override
    def __len__(self) -> int:
        return len(self._keys)

    @override
    def add(self, value: K) -> None:
        self._keys[value] = None

    @override
    def discard(self, value: K) -> None:
        self._keys.pop(value, None)

    @override
    def __repr__(self) -> str:
        return repr(set(self._keys))


class LayeredList(MutableSequence[V], Generic[V]):
    """A list over layers that it shares with its copies; it is meant to grow at its end."""

    __hash__ = None  # type: ignore[assignment]  # as a list

    __slots__ = ("_below", "_layers", "_top")

    def __init__(self, layers: tuple[list[V], ...]) -> None:
        self._layers = layers
        self._below = sum(map(len, layers))
        self._top: list[V] = []

    def fork(self) -> LayeredList[V]:
        """Return a copy, as of a `LayeredDict`."""
        if self._top:
            layers = (*self._layers, self._top)
            while len(layers) > 1 and len(layers[-1]) * GROWTH >= len(layers[-2]):
                layers = (*layers[:-2], layers[-2] + layers[-1])
            self._below += len(self._top)
            self._layers, self._top = layers, []
        return LayeredList(self._layers)

    @override
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        at = index if index >= 0 else index + len(self)
        if at >= self._below:
            return self._top[at - self._below]
        if at < 0:
            raise IndexError(index)
        start = self._below
        for layer in reversed(self._layers):
            start -= len(layer)
            if at >= start:
                break
        return layer[at - start]

    @override
    def __setitem__(self, index: Any, value: Any) -> None:
        self._own()[index] = value

    @override
    def __delitem__(self, index: int | slice) -> None:
        del self._own()[index]

    @override
    def insert(self, index: int, value: V) -> None:
        self._own().insert(index, value)

    @override
    def append(self, value: V) -> None:
        self._top.append(value)

    @override
    def __iter__(self) -> Iterator[V]:
        return chain(chain.from_iterable(self._layers), self._top)

    @override
    def __len__(self) -> int:
        return self._below + len(self._top)

    @override
    def __eq__(self, other: object) -> bool:
        alike = isinstance(other, LayeredList | list)
        return list(self) == list(cast("Iterable[V]", other)) if alike else NotImplemented

    @override
    def __repr__(self) -> str:
        return repr(list(self))

    def _own(self) -> list[V]:
        """Take all items to the top, which may be changed anywhere."""
        if self._layers:
            self._top = list(self)
            self._layers, self._below = (), 0
        return self._top


def shared(value: Any) -> tuple[Any, Any]:  # noqa: ANN401  # whatever a part holds
    """Return what takes a value's place, and a copy of it; both go their own way from here.

    The value itself is not to be changed any more where another takes its place. What is no
    container is frozen, and is its own copy.
    """
    kind = type(value)
    if kind in _LAYERED:
        return value, value.fork()
    if kind not in _SHARED:
        return value, value
    if len(value) <= PLAIN:
        return value, value.copy()
    mine = _SHARED[kind](value)
    return mine, mine.fork()


def _dict(value: dict[K, V]) -> LayeredDict[K, V]:
    return LayeredDict((_Layer(value, set()),))


def _set(value: set[K]) -> LayeredSet[K]:
    return LayeredSet(_dict(dict.fromkeys(value)))


def _list(value: list[V]) -> LayeredList[V]:
    return LayeredList((value,))


_LAYERED = frozenset({LayeredDict, LayeredSet, LayeredList})
_SHARED: dict[type, Any] = {dict: _dict, set: _set, list: _list}


def _stacked(newest: _Layer, layers: tuple[_Layer, ...]) -> tuple[_Layer, ...]:
    """Return the layers with a new one, put together with those that it is not small beside."""
    layers = (newest, *layers)
    while len(layers) > 1 and _size(layers[0]) * GROWTH >= _size(layers[1]):
        layers = (_put_together(layers[:2], bottom=len(layers) == _PAIR), *layers[2:])
    return layers


_PAIR = 2


def _size(layer: _Layer) -> int:
    return len(layer.items) + len(layer.gone)


def _put_together(layers: tuple[_Layer, ...], *, bottom: bool = True) -> _Layer:
    """Return one layer that says what these say; at the bottom there is nothing that could go."""
    items: dict[Any, Any] = {}
    gone: set[Any] = set()
    for layer in reversed(layers):
        for key in layer.gone:
            items.pop(key, None)
        items.update(layer.items)
        if not bottom:
            gone |= layer.gone
    return _Layer(items, gone)
