"""What the pages of the API show: all methods of a class, and the name to import it by."""

import importlib
import inspect
import re

import skforecast_lstm

# Routing of metadata, which scikit-learn's own pages explain, and what only SciKeras calls.
LEFT_OUT = re.compile(
    r"set_\w+_request|get_metadata_routing|set_callbacks|initialize|build_network"
)
# Packages whose methods are documented elsewhere: they are not what a class is used by here.
FOREIGN = ("keras.", "scikeras.", "tensorflow.")


def find(fullname: str) -> object:
    """Return the object of a dotted name."""
    module, _, name = fullname.rpartition(".")
    return getattr(importlib.import_module(module), name)


def public_name(fullname: str) -> str:
    """Return the name that users import an object by, which examples are indexed by."""
    name = fullname.rpartition(".")[2]
    return f"skforecast_lstm.{name}" if name in skforecast_lstm.__all__ else fullname


def documented_methods(fullname: str) -> list[str]:
    """Return the public methods of a class, inherited ones among them, `fit` first."""
    cls = find(fullname)
    if issubclass(cls, Warning):
        return []
    owners = {name: base for base in reversed(cls.__mro__) for name in vars(base)}
    methods = [
        name
        for name, owner in owners.items()
        if not name.startswith("_")
        and not LEFT_OUT.fullmatch(name)
        and not owner.__module__.startswith(FOREIGN)
        and inspect.isroutine(getattr(cls, name, None))
    ]
    return sorted(methods, key=lambda name: (name != "fit", name))
