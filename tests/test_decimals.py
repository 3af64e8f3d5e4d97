"""Text that means numbers: how it is to be read."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from skforecast_lstm import Forecaster, make_lstm_pipeline, make_supervised
from skforecast_lstm._decimals import number_advice

NUMBERS = np.arange(40) * 61.5


@pytest.mark.parametrize(
    ("texts", "advice"),
    [
        (["1.234,5", "2,5", "3"], "pd.read_csv(..., decimal=',', thousands='.')"),
        (["1,5", "22,75"], "pd.read_csv(..., decimal=',')"),
        (["1,234.5", "2.5"], "pd.read_csv(..., thousands=',')"),
        (["1.234.567", "2.000.000"], "pd.read_csv(..., thousands='.')"),
        (["1.5", "2", "3", "unknown"], "errors='coerce'); 'unknown' is none."),
        (["a", "b", "1"], ""),
        (["2024-01-01", "2024-01-02"], ""),
        ([None, np.nan], ""),
    ],
)
def test_the_way_in_is_named(texts, advice):
    found = number_advice({"x": pd.Series(texts, dtype=object)})
    assert advice in found
    assert bool(found) == bool(advice)


def german() -> pd.DataFrame:
    texts = [f"{number:,.1f}".translate(str.maketrans(",.", ".,")) for number in NUMBERS]
    days = pd.date_range("2024-01-01", periods=40, name="day")
    return pd.DataFrame({"sold": texts, "price": np.arange(40.0) % 7}, index=days)


WAY = (
    r"means numbers, such as '[12]\.\d+,\d'. "
    r"Read them with pd.read_csv\(..., decimal=',', thousands='.'"
)


@pytest.mark.parametrize(
    "fit",
    [
        lambda df, model: Forecaster(model, target="sold").fit(df),
        lambda df, model: Forecaster(model, target="price").fit(df),
        lambda df, model: model.fit(df, df["price"]),
        lambda df, model: model.fit(*make_supervised(df, target="sold", features="price")),
    ],
    ids=["target", "feature", "feature of a pipeline", "target of a pipeline"],
)
def test_decimal_commas_are_no_labels(fit):
    model = make_lstm_pipeline(Ridge(), n_steps_in=3)
    with pytest.raises(ValueError, match=rf"The text of 'sold' {WAY}") as caught:
        fit(german(), model)
    assert "lassifier" not in str(caught.value)
    file = io.StringIO(german().to_csv(sep=";"))  # as it says
    table = pd.read_csv(file, sep=";", index_col=0, parse_dates=True, decimal=",", thousands=".")
    fit(table, model)
