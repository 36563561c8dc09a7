"""What the snapshot of a component would freeze, and what is done about it when an instance starts.

- A generator of random numbers that was made without a seed would give every instance the same numbers. It is seeded anew.
- The environment of the running component is not that of the build: componentize-py replaces it. Variables that the program sets at its top level are set again.

`is_building` tells the SDK that there is no host yet.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

_state = "native"  # then "building" and "running", in a component

_unseeded: WeakSet[random.Random] = WeakSet()
_seed = random.Random.seed

on_environment_read: Callable[[], None] | None = None
"""Called when the top level reads a variable that it has not set. `spin-http build` sets it."""

_assigned: dict[str, str] = {}
_defaults: dict[str, str] = {}


def is_building() -> bool:
    """Whether the top level of the program runs while the component is built."""
    return _state == "building"


def is_unseeded(generator: random.Random) -> bool:
    """Whether a generator was made without a seed while the component was built."""
    return generator in _unseeded


def observe() -> bool:
    """Begins to observe what the program does at its top level. False if it has begun already, or if this is not a component."""
    global _state
    if sys.platform != "wasi" or _state != "native":
        return False
    _state = "building"
    random.Random.seed = _observed_seed
    os.environ.__class__ = _ObservedEnvironment
    return True


def end_observation() -> None:
    """Called when the whole program is loaded, or else when an instance starts."""
    random.Random.seed = _seed  # type: ignore[method-assign]
    os.environ.__class__ = os._Environ


@contextmanager
def rehearsal() -> Iterator[None]:
    """Lets code of the SDK run as in an instance."""
    global _state
    before, _state = _state, "running"
    try:
        yield
    finally:
        _state = before


def start_instance() -> None:
    """Renews what the snapshot has frozen. Called before each request; calls after the first of an instance do nothing."""
    global _state
    if _state != "building":
        return
    _state = "running"
    if os.environ.__class__ is _ObservedEnvironment:
        end_observation()
    for generator in _unseeded:
        generator.seed()
    for name, value in _defaults.items():
        os.environ.setdefault(name, value)
    os.environ.update(_assigned)


def _observed_seed(self: random.Random, a: Any = None, version: int = 2) -> None:
    _seed(self, a, version)
    if a is None:
        _unseeded.add(self)
    else:
        _unseeded.discard(self)


class _ObservedEnvironment(os._Environ[str]):
    """Keeps what the program assigns, because componentize-py empties the environment after the build."""

    def __getitem__(self, key: str) -> str:
        if key not in _assigned and key not in _defaults:
            _environment_is_read()
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[str]:
        _environment_is_read()
        return super().__iter__()

    def __setitem__(self, key: str, value: str) -> None:
        super().__setitem__(key, value)
        if _has_caller():
            _assigned[key] = value
            _defaults.pop(key, None)

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        if _has_caller():
            _assigned.pop(key, None)
            _defaults.pop(key, None)

    def _has(self, key: str) -> bool:
        try:
            super().__getitem__(key)
        except KeyError:
            return False
        return True

    def setdefault(self, key: str, value: str) -> str:
        if not self._has(key):
            super().__setitem__(key, value)
            _defaults[key] = value
        return super().__getitem__(key)


def _environment_is_read() -> None:
    if is_building() and on_environment_read is not None:
        on_environment_read()


def _has_caller() -> bool:
    """Whether Python called the method that calls this. Otherwise, the runtime of componentize-py did."""
    try:
        sys._getframe(2)
    except ValueError:
        return False
    return True
