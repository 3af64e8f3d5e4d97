"""Which page of the documentation explains what a message advises."""

from __future__ import annotations

__all__ = ["PAGES", "see"]

# By topic, so that a page that moves is renamed here alone.
PAGES = {
    "accuracy": "guide/accuracy",
    "architectures": "guide/architectures",
    "backtesting": "guide/backtesting",
    "categories": "guide/categories",
    "classification": "guide/classification",
    "covariates": "guide/covariates",
    "horizon": "guide/horizon",
    "install": "install",
    "intervals": "guide/intervals",
    "many series": "guide/many_series",
    "missing values": "guide/missing",
    "own network": "guide/own_network",
    "pitfalls": "pitfalls",
    "saving": "guide/saving",
    "serving": "guide/serving",
    "speed": "guide/speed",
    "start": "start",
    "training": "guide/training",
    "tuning": "guide/tuning",
    "units": "guide/units",
    "windows": "guide/windows",
}


def see(*topics: str) -> str:
    """The sentence that ends a message which gives advice.

    Parameters
    ----------
    *topics : str
        Keys of ``PAGES``.
    """
    return f"See {' and '.join(PAGES[topic] for topic in topics)} in the docs."
