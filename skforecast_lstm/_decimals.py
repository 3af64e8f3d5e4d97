"""Text that means numbers, and how to read it as such."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

__all__ = ["number_advice"]

_GROUPED = r"\d{{1,3}}(?:{thousands}\d{{3}})+"
# What read_csv is to be given, by how numbers are written.
_COMMA = re.compile(rf"[+-]?(?:\d+|{_GROUPED.format(thousands='[.]')})(?:,\d+)?")
_POINT = re.compile(rf"[+-]?(?:\d+|{_GROUPED.format(thousands=',')})(?:[.]\d+)?")


def number_advice(columns: dict[Any, Any]) -> str:
    """Say how columns of text become numbers; nothing if their text means none.

    Parameters
    ----------
    columns : dict of Series
        The columns, by the name that a reader knows.
    """
    for name, column in columns.items():
        texts = [value.strip() for value in _sample(column) if isinstance(value, str)]
        if not texts:
            continue
        is_of = {kind: [bool(kind.fullmatch(text)) for text in texts] for kind in (_POINT, _COMMA)}
        shares = {kind: sum(found) / len(texts) for kind, found in is_of.items()}
        kind = max(shares, key=lambda kind: shares[kind])
        if shares[kind] <= 0.5:
            continue
        decimal, thousands = (",", ".") if kind is _COMMA else (".", ",")
        used = {mark for text in texts for mark in ",." if mark in text}
        options = f"decimal={decimal!r}, " * (decimal == "," and "," in used)
        options += f"thousands={thousands!r}, " * (thousands in used)
        shown = max(texts, key=lambda text: sum(mark in text for mark in ",."))
        begin = f"The text of {name!r} means numbers, such as {shown!r}. "
        if not options:
            other = next((text for text in texts if not kind.fullmatch(text)), None)
            but = "" if other is None else f"; {other!r} is none"
            return f"{begin}Make them with pd.to_numeric(df[{name!r}], errors='coerce'){but}."
        return f"{begin}Read them with pd.read_csv(..., {options.removesuffix(', ')})."
    return ""


def _sample(column: Any) -> Any:
    column = pd.Series(column).dropna()
    return column.iloc[:: len(column) // 200 + 1]
