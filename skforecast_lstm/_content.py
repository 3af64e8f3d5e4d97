"""What is equal for values that do the same: a digest of what they hold, and of their code."""

from __future__ import annotations

import dis
import enum
import functools
import hashlib
import re
import sys
import types
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

import numpy as np

__all__ = ["Content", "content"]

_OURS = __name__.partition(".")[0]
_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented))
# Of a code object: all but where it was written.
_CODE = [f"co_{name}" for name in ("name", "code", "consts", "names", "varnames", "freevars")]
_CODE += ["co_cellvars", "co_flags", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount"]
_LOADS = re.compile("LOAD_.*(GLOBAL|NAME)")
# Of a class: all but where it was written, and what Python adds.
_ABOUT_CLASSES = {"__module__", "__doc__", "__dict__", "__weakref__", "__firstlineno__"}
_ABOUT_CLASSES |= {"__static_attributes__", "__annotations__", "_abc_impl", "__abstractmethods__"}
# Of a Keras object: what using it leaves behind.
_STATE = {"_tracker", "_variables", "_metrics", "_built", "_build_input_shape", "_lock", "built"}


class Content:
    """What values hold, as a digest: equal for values that do the same.

    An object that cannot be read is equal to itself only, and kept alive with its content: no
    other object can then take its identity.
    """

    def __init__(self, values: tuple) -> None:
        reader = _Reader()
        try:
            self.digest = reader.digest(values)
        except RecursionError:
            reader = _Reader()
            self.digest = reader.digest(tuple(map(_Same, values)))
        self._kept = reader.kept

    @property
    def is_of_this_process(self) -> bool:
        """Whether it tells objects by their identity, which means nothing in another process."""
        return bool(self._kept)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Content) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


def content(*values: Any) -> Content:
    """What is equal for values that compile to the same graph, and can be looked up.

    Functions and classes are told apart by their code, defaults, closures and the globals that they
    refer to, and not by their identity: one of a notebook is another object in every task of a
    worker process. Those of libraries are told apart by their names. The variables of a metric or
    an optimizer do not count, for a fit changes them.
    """
    return Content(values)


class _Same:
    """A part that only its identity tells apart."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Bag(tuple):
    """Parts whose order does not count."""

    __slots__ = ()


class _Reader:
    """Digests of values and of all that they refer to, once each."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        # With the values, or the identity of one that is made on the way could come back.
        self._known: dict[int, tuple[Any, bytes]] = {}
        self._path: dict[int, int] = {}

    def digest(self, value: Any) -> bytes:
        """Digest of a value."""
        if type(value) in _PLAIN:
            return _hash([type(value).__name__.encode(), repr(value).encode()])
        if id(value) in self._path:  # it contains itself: so many levels up
            return b"up %d" % (len(self._path) - self._path[id(value)])
        if id(value) not in self._known:
            self._path[id(value)] = len(self._path)
            self._known[id(value)] = value, self._read(value)
            del self._path[id(value)]
        return self._known[id(value)][1]

    def _read(self, value: Any) -> bytes:
        if isinstance(value, _Same):
            self.kept.append(value.value)
            return b"same %d" % id(value.value)
        if isinstance(value, _Bag):
            return _hash(sorted(map(self.digest, value)))
        parts = value if type(value) is tuple else _parts(value)
        return _hash([type(parts).__name__.encode(), *map(self.digest, parts)])


def _hash(parts: Iterable[bytes]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.digest()


def _hash_of_array(array: np.ndarray) -> bytes:
    """Of its bytes, of which none is copied where they lie one after the other."""
    has_bytes = array.size and array.itemsize
    parts: Any = np.ascontiguousarray(array).view(np.uint8) if has_bytes else b""
    return hashlib.blake2b(parts, digest_size=16).digest()


# --- what a value consists of ------------------------------------------------------------------


@functools.singledispatch
def _parts(value: Any) -> tuple:
    """Simpler values that say all of this one; its identity where there are none."""
    if _is_variable(value):  # a graph refers to it, whatever is in it
        return (_Same(value),)
    if any(cls.__module__.startswith("keras.") for cls in type(value).__mro__):
        return _keras_parts(value)
    try:
        reduced = value.__reduce_ex__(4)  # as pickle takes it apart
    except Exception:  # whatever the object raises
        return (_Same(value),)
    if isinstance(reduced, str):
        return (_Same(value),)
    make, arguments, state, items, pairs = (*reduced, *[None] * 5)[:5]
    return "object", make, arguments, state, list(items or ()), list(pairs or ())


@_parts.register
def _(value: list) -> tuple:
    return "list", *value


@_parts.register
def _(value: tuple) -> tuple:
    return "tuple", type(value), *value


@_parts.register
def _(value: dict) -> tuple:
    return "dict", _Bag(value.items())


@_parts.register(set)
@_parts.register(frozenset)
def _(value: Any) -> tuple:
    return "set", _Bag(value)


@_parts.register
def _(value: np.ndarray) -> tuple:
    if value.dtype.hasobject:
        return "array", value.shape, value.tolist()
    return "array", value.dtype.str, value.shape, _hash_of_array(value)


@_parts.register
def _(value: np.generic) -> tuple:
    return "number", value.dtype.str, value.tobytes()


@_parts.register
def _(value: enum.Enum) -> tuple:
    return "enum", type(value), value.name


@_parts.register
def _(value: types.ModuleType) -> tuple:
    return "module", value.__name__


@_parts.register
def _(value: types.CodeType) -> tuple:
    return "code", *(getattr(value, name) for name in _CODE)


@_parts.register
def _(value: types.CellType) -> tuple:
    try:
        return "cell", value.cell_contents
    except ValueError:  # nothing is in it yet
        return ("cell",)


@_parts.register
def _(value: types.MethodType) -> tuple:
    return "method", value.__func__, value.__self__


@_parts.register(staticmethod)
@_parts.register(classmethod)
def _(value: Any) -> tuple:
    return type(value).__name__, value.__func__


@_parts.register
def _(value: property) -> tuple:
    return "property", value.fget, value.fset


@_parts.register
def _(value: functools.partial) -> tuple:
    return "partial", type(value), value.func, value.args, value.keywords


@_parts.register
def _(value: types.FunctionType) -> tuple:
    if _is_of_a_library(value):
        return _name(value)
    defaults = value.__defaults__, value.__kwdefaults__
    attributes = _attributes(value.__code__)
    used = {
        name: _seen_from(value.__module__, value.__globals__[name], attributes)
        for name in _names(value.__code__)
        if name in value.__globals__
    }
    return "function", value.__code__, defaults, value.__closure__, used, vars(value)


@_parts.register
def _(value: type) -> tuple:
    if _is_of_a_library(value):
        return _name(value)
    body = {name: part for name, part in vars(value).items() if name not in _ABOUT_CLASSES}
    slots = {name for name, part in body.items() if isinstance(part, types.MemberDescriptorType)}
    body = {name: part for name, part in body.items() if name not in slots}
    return "class", value.__qualname__, value.__bases__, slots, body


def _with_inner(code: types.CodeType) -> Iterator[types.CodeType]:
    """Code, and that of the functions in it."""
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _with_inner(const)


def _names(code: types.CodeType) -> set[str]:
    """The globals that code looks up."""
    every = (i for part in _with_inner(code) for i in dis.get_instructions(part))
    return {i.argval for i in every if _LOADS.match(i.opname)}


def _attributes(code: types.CodeType) -> set[str]:
    """The names that code looks up anywhere."""
    return {name for part in _with_inner(code) for name in part.co_names}


def _seen_from(module: str | None, value: Any, attributes: set[str]) -> Any:
    """A global as part of a function: what another module defines is known by its name.

    What else is looked up in a module that is the user's own counts by what it is.
    """
    if isinstance(value, types.ModuleType) and not _is_installed(value.__name__.split(".")[0]):
        held = {name: part for name, part in vars(value).items() if name in attributes}
        seen = {n: _seen_from(module, part, attributes - {n}) for n, part in held.items()}
        return "module", value.__name__, seen
    is_definition = isinstance(value, (types.FunctionType, type))
    if not is_definition or value.__module__ in (module, "__main__") or not _is_named(value):
        return value
    return _name(value)


def _is_of_a_library(value: Any) -> bool:
    """Tell whether a function or class is one that users do not change while they work."""
    return _is_installed((value.__module__ or "").partition(".")[0]) and _is_named(value)


@functools.cache
def _is_installed(package: str) -> bool:
    if package == _OURS or package in sys.stdlib_module_names:
        return True
    parts = PurePath(getattr(sys.modules.get(package), "__file__", None) or "").parts
    return "site-packages" in parts or "dist-packages" in parts


def _is_named(value: Any) -> bool:
    """Tell whether a function or class is found under its name."""
    found: Any = sys.modules.get(value.__module__ or "")
    for name in value.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is value


def _name(value: Any) -> tuple:
    return "name", value.__module__, value.__qualname__


# --- Keras -------------------------------------------------------------------------------------


def _keras_parts(value: Any) -> tuple:
    """What a Keras object was made with, without what its use leaves behind."""
    bases = {cls.__name__ for cls in type(value).__mro__ if cls.__module__.startswith("keras.")}
    if bases & {"BaseOptimizer", "Layer"}:  # whose attributes change in use
        return _configured_parts(value)
    dropped = set(_STATE)
    if "Loss" in bases:
        dropped.add("name")
    if "RandomInitializer" in bases:  # what it was given is another attribute
        dropped.add("seed")
    parts = {name: part for name, part in vars(value).items() if name not in dropped}
    if "Metric" in bases:  # its variables are its own
        parts = {name: part for name, part in parts.items() if not _is_variable(part)}
    return "keras", type(value), parts


def _configured_parts(value: Any) -> tuple:
    if getattr(value, "weights", None):  # a layer that a graph refers to
        return (_Same(value),)
    try:
        config = value.get_config()
    except NotImplementedError:  # it says nothing of itself
        return (_Same(value),)
    return "keras", type(value), {name: part for name, part in config.items() if name != "name"}


def _is_variable(value: Any) -> bool:
    return hasattr(value, "assign") and hasattr(value, "trainable")
