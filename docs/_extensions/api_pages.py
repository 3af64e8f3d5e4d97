"""What the pages of the API show: all methods of a class, and parameters under headings."""

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

# The first parameter below each heading, in the order of the signatures of the networks.
HEADINGS = {
    "units": "Network",
    "loss": "Training",
    "early_stopping": "Early stopping",
    "feature_scaler": "Data",
    "callbacks": "Running",
    "quantiles": "Levels, seasons and quantiles",
}
LAST_SHARED = ("target_scaler", "class_weight")
PARAMETER = re.compile(r"^(\s+)\*\*(\w+)\*\*")


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


def add_headings(app, what, name, obj, options, lines) -> None:
    """Put the parameters of the networks under headings, below which they are found sooner."""
    if what != "class" or not any(line.strip().startswith("**early_stopping**") for line in lines):
        return
    headed, previous = [], None
    for line in lines:
        found = PARAMETER.match(line)
        if found:
            parameter = found[2]
            heading = HEADINGS.get(parameter)
            if previous == "verbose" and heading is None:
                heading = "Labels"
            if previous in LAST_SHARED and parameter in inspect.signature(obj).parameters:
                heading = "This architecture"
            if heading:
                headed += [f"{found[1]}.. rubric:: {heading}", ""]
            previous = parameter
        headed.append(line)
    lines[:] = headed


def setup(app):
    """Take part after numpydoc, whose lines it reads."""
    app.connect("autodoc-process-docstring", add_headings, priority=900)
    return {"parallel_read_safe": True}
