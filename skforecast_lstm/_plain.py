"""Fitted state as plain data: what pandas holds, as numbers and text that any format can keep."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["PlainState", "restored", "to_plain"]

# The key that tells what a dict of plain data stands for.
_KIND = "kind of value"


class PlainState:
    """Classes whose copies and files hold plain data only.

    What is cached is left out, and found again.
    """

    def __getstate__(self) -> dict[str, Any]:
        above = getattr(super(), "__getstate__", None)  # object has it from Python 3.11 on
        state = vars(self) if above is None else above() or {}
        cached = {
            name
            for cls in type(self).__mro__
            for name, value in vars(cls).items()
            if isinstance(value, functools.cached_property)
        }
        return {name: to_plain(v) for name, v in state.items() if name not in cached}

    def __setstate__(self, state: dict[str, Any]) -> None:
        found = {name: restored(value) for name, value in state.items()}
        above = getattr(super(), "__setstate__", None)
        if above is None:
            vars(self).update(found)
        else:
            above(found)


def to_plain(value: Any) -> Any:
    """Replace what pandas holds, and dicts of any keys, by dicts, lists, text and numbers.

    What has no plain form is handed on as it is: pickle may take it, and skops says that it does
    not.
    """
    if value is None or type(value) in (bool, int, float, str, bytes):
        return value
    if value is pd.NaT or value is pd.NA:
        return {_KIND: "missing", "name": str(value)}
    if isinstance(value, dict):
        values = [to_plain(v) for v in value.values()]
        return {_KIND: "dict", "keys": [to_plain(key) for key in value], "values": values}
    if type(value) is list:
        return [to_plain(v) for v in value]
    if type(value) is range:
        return {_KIND: "numbers", "limits": [value.start, value.stop, value.step]}
    if type(value) is tuple:
        return {_KIND: "tuple", "values": [to_plain(v) for v in value]}
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "O":
            return value
        values = [to_plain(v) for v in value.ravel()]
        return {_KIND: "objects", "values": values, "shape": list(value.shape)}
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    return value


def restored(value: Any) -> Any:
    """What :func:`to_plain` was given."""
    if type(value) is list:
        return [restored(v) for v in value]
    if not isinstance(value, dict) or _KIND not in value:
        return value
    return _READERS[value[_KIND]](value)


# --- labels ---------------------------------------------------------------------------------------


def _timestamp(value: pd.Timestamp) -> dict[str, Any]:
    zone = None if value.tz is None else str(value.tz)
    count = int(value.to_datetime64().astype(np.int64))  # in UTC
    return {_KIND: "date", "value": count, "unit": value.unit, "zone": zone}


def _read_timestamp(state: dict[str, Any]) -> pd.Timestamp:
    date = pd.Timestamp(np.datetime64(state["value"], state["unit"]))
    return date if state["zone"] is None else date.tz_localize("UTC").tz_convert(state["zone"])


def _timedelta(value: pd.Timedelta) -> dict[str, Any]:
    count = int(value.to_timedelta64().astype(np.int64))
    return {_KIND: "timedelta", "value": count, "unit": value.unit}


def _period(value: pd.Period) -> dict[str, Any]:
    return {_KIND: "period", "value": int(value.ordinal), "freq": value.freqstr}


def _offset(value: pd.offsets.BaseOffset) -> Any:
    if type(value) is pd.DateOffset:
        return {_KIND: "step", "n": value.n, "parts": dict(value.kwds)}
    text = value.freqstr
    # One that holds more than its name says, a calendar of holidays, has no plain form.
    is_told = pd.tseries.frequencies.to_offset(text) == value
    return {_KIND: "offset", "text": text} if is_told else value


# --- indices and tables ---------------------------------------------------------------------------


def _index(index: pd.Index) -> dict[str, Any]:
    state: dict[str, Any] = {"names": to_plain(list(index.names))}
    if isinstance(index, pd.MultiIndex):
        levels = [_index(level) for level in index.levels]
        codes = [np.asarray(codes) for codes in index.codes]
        return {_KIND: "levels", **state, "levels": levels, "codes": codes}
    if isinstance(index, pd.RangeIndex):
        numbers = [index.start, index.stop, index.step]
        return {_KIND: "range", **state, "numbers": numbers}
    if isinstance(index, pd.PeriodIndex):
        return {_KIND: "periods", **state, "values": index.asi8, "freq": index.freqstr}
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        zone = getattr(index, "tz", None)
        state |= {"values": index.asi8, "unit": index.unit, "freq": to_plain(index.freq)}
        if isinstance(index, pd.TimedeltaIndex):
            return {_KIND: "timedeltas", **state}
        return {_KIND: "dates", **state, "zone": None if zone is None else str(zone)}
    return {_KIND: "index", **state, "values": _column(index)}


def _read_index(state: dict[str, Any]) -> pd.Index:
    names, kind = restored(state["names"]), state[_KIND]
    index: Any
    if kind == "levels":
        levels: Any = [_read_index(level) for level in state["levels"]]
        index = pd.MultiIndex(levels, state["codes"])
    elif kind == "range":
        index = pd.RangeIndex(*state["numbers"])
    elif kind == "periods":
        dtype: Any = pd.PeriodDtype(state["freq"])
        index = pd.PeriodIndex(pd.arrays.PeriodArray(state["values"], dtype=dtype))
    elif kind == "timedeltas":
        values = state["values"].astype(f"m8[{state['unit']}]")
        index = pd.TimedeltaIndex(values, freq=restored(state["freq"]))
    elif kind == "dates":
        index = pd.DatetimeIndex(state["values"].astype(f"M8[{state['unit']}]"))
        if state["zone"] is not None:
            index = index.tz_localize("UTC").tz_convert(state["zone"])
        index.freq = restored(state["freq"])
    else:
        index = pd.Index(restored(state["values"]))
    return index.set_names(names)


def _column(values: Any) -> dict[str, Any]:
    """The values of a column, or an index of no times, with their type."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = np.asarray(pd.Categorical(values).codes)
        state = {"codes": codes, "is_ordered": bool(dtype.ordered)}
        state["categories"] = _index(dtype.categories)
        return {_KIND: "categories", **state}
    if isinstance(dtype, (pd.DatetimeTZDtype, pd.PeriodDtype)):
        return {_KIND: "times", "index": _index(pd.Index(values))}
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return {_KIND: "array", "values": np.asarray(values), "dtype": None}
    state = {"values": to_plain(np.asarray(values, dtype=object)), "dtype": str(dtype)}
    return {_KIND: "array", **state}


def _read_array(state: dict[str, Any]) -> Any:
    values = restored(state["values"])
    return values if state["dtype"] is None else pd.array(values, dtype=state["dtype"])


def _read_categories(state: dict[str, Any]) -> pd.Categorical:
    categories = _read_index(state["categories"])
    return pd.Categorical.from_codes(
        state["codes"], categories=categories, ordered=state["is_ordered"]
    )


def _table(table: pd.DataFrame) -> dict[str, Any]:
    columns = [_column(table.iloc[:, number]) for number in range(table.shape[1])]
    return {
        _KIND: "table",
        "columns": columns,
        "names": _index(table.columns),
        "index": _index(table.index),
    }


def _read_table(state: dict[str, Any]) -> pd.DataFrame:
    columns = {number: restored(column) for number, column in enumerate(state["columns"])}
    table = pd.DataFrame(columns, index=_read_index(state["index"]))
    return table.set_axis(_read_index(state["names"]), axis=1)


def _read_objects(state: dict[str, Any]) -> np.ndarray:
    values = np.empty(len(state["values"]), dtype=object)
    values[:] = [restored(v) for v in state["values"]]
    return values.reshape(state["shape"])


_WRITERS: dict[Any, Any] = {
    pd.Timestamp: _timestamp,
    pd.Timedelta: _timedelta,
    pd.Period: _period,
    pd.offsets.BaseOffset: _offset,
    pd.Index: _index,
    pd.DataFrame: _table,
    pd.Series: lambda series: {_KIND: "series", "table": _table(series.to_frame())},
    # A Timestamp is a datetime, and that a date: the first one here is the one that it is.
    dt.datetime: lambda value: {_KIND: "moment", "text": value.isoformat()},
    dt.date: lambda value: {_KIND: "day", "text": value.isoformat()},
    np.generic: lambda value: {_KIND: "scalar", "value": np.asarray(value)},
}
_READERS: dict[str, Any] = {
    "missing": lambda state: {"NaT": pd.NaT, "<NA>": pd.NA}[state["name"]],
    "dict": lambda state: dict(
        zip(map(restored, state["keys"]), map(restored, state["values"]), strict=True)
    ),
    "tuple": lambda state: tuple(restored(v) for v in state["values"]),
    "numbers": lambda state: range(*state["limits"]),
    "objects": _read_objects,
    "scalar": lambda state: state["value"][()],
    "date": _read_timestamp,
    "moment": lambda state: dt.datetime.fromisoformat(state["text"]),
    "day": lambda state: dt.date.fromisoformat(state["text"]),
    "timedelta": lambda state: pd.Timedelta(np.timedelta64(state["value"], state["unit"])),
    "period": lambda state: pd.Period(ordinal=state["value"], freq=state["freq"]),
    "offset": lambda state: pd.tseries.frequencies.to_offset(state["text"]),
    "step": lambda state: pd.DateOffset(n=state["n"], **state["parts"]),
    **dict.fromkeys(("levels", "range", "periods", "timedeltas", "dates", "index"), _read_index),
    "array": _read_array,
    "categories": _read_categories,
    "times": lambda state: _read_index(state["index"]),
    "table": _read_table,
    "series": lambda state: _read_table(state["table"]).iloc[:, 0],
}
