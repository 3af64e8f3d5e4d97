"""Which program serves which fit: each is lent to one user at a time, and kept for the next."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from skforecast_lstm._pages import see

__all__ = ["borrow", "clear_cache", "recall"]

# Idle programs kept, the least recently used dropped first. One that trains takes 6 MB, and about a
# second to be made again.
MAX_IDLE_PROGRAMS = 64
# Fresh weights kept: the folds of a search all begin with those of the same few seeds.
MAX_FRESH_WEIGHTS = 16

_cache: OrderedDict[Hashable, list[Any]] = OrderedDict()
_fresh_weights: OrderedDict[Hashable, tuple] = OrderedDict()
_cache_lock = threading.Lock()
# The process that has run a program: its threads are not in a fork of it.
_runtime_pid: int | None = None


def clear_cache() -> None:
    """Free the memory of compiled programs that are not in use; later fits compile again.

    Examples
    --------
    >>> from skforecast_lstm import clear_cache
    >>> clear_cache()
    """
    with _cache_lock:
        _cache.clear()
        _fresh_weights.clear()


@contextlib.contextmanager
def borrow(key: Hashable, make: Callable[[], Any]) -> Iterator[Any]:
    """Lend the program of a key to one user; a second one at the same time gets another."""
    _refuse_fork()
    with _cache_lock:
        idle = _cache.get(key)
        program = idle.pop() if idle else None
    if program is None:
        program = make()
    yield program
    # Not reached after an error: what a failed run leaves behind is never lent again.
    with _cache_lock:
        _cache.setdefault(key, []).append(program)
        _cache.move_to_end(key)
        while sum(map(len, _cache.values())) > MAX_IDLE_PROGRAMS:
            oldest, programs = next(iter(_cache.items()))
            if programs:
                programs.pop()
            if not programs:
                del _cache[oldest]


def recall(key: Hashable, make: Callable[[], tuple]) -> tuple:
    """Return the fresh weights of a key, from its last use if that is not long ago."""
    with _cache_lock:
        weights = _fresh_weights.get(key)
    if weights is None:
        weights = make()
    with _cache_lock:
        _fresh_weights[key] = weights
        _fresh_weights.move_to_end(key)
        if len(_fresh_weights) > MAX_FRESH_WEIGHTS:
            _fresh_weights.popitem(last=False)
    return weights


def _refuse_fork() -> None:
    """Stop where TensorFlow would wait forever for threads that a fork has not taken along."""
    global _runtime_pid
    _runtime_pid = _runtime_pid or os.getpid()
    if _runtime_pid != os.getpid():
        raise RuntimeError(
            "TensorFlow is running in the process that this one was forked from, and would hang "
            "here. Use n_jobs with joblib's own backends ('loky', the default, or 'threading'), or "
            f"start processes with multiprocessing.get_context('spawn'). {see('speed')}"
        )
