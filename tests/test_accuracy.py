"""The benchmark of skill: its protocol is honest, and what ships with the package takes part."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks import intervals, results
from benchmarks.accuracy import (
    METHODS,
    PANEL_METHODS,
    Method,
    evaluate,
    evaluate_panel,
    looks_ahead,
    run,
    split,
    summarize,
)
from benchmarks.panels import PANELS, Frame, Panel
from benchmarks.series import SERIES, available

OURS = ["naive", "seasonal naive", "ridge"]
AIR = SERIES["air_passengers"]


def cheat(train, series, seed):
    """Forecasts that are the truth."""
    steps = np.arange(1, series.horizon + 1)
    return lambda values, origins: values[origins[:, np.newaxis] + steps]


def test_no_series_is_used_both_to_choose_and_to_report():
    roles = {
        role: {s.name for s in SERIES.values() if s.role == role} for role in ("choose", "report")
    }
    assert len(roles["report"]) >= 12
    assert not roles["choose"] & roles["report"]
    frequencies = {s.frequency for s in SERIES.values() if s.role == "report"}
    assert {"monthly", "quarterly", "yearly", "weekly", "daily", "hourly"} <= frequencies


def test_the_series_of_the_package_are_available_complete_and_long_enough():
    ours = [series for series in available() if series.package == "skforecast_lstm"]
    assert {"air_passengers", "bike_rentals"} <= {series.name for series in ours}
    for series in ours:
        values = series.load()
        assert np.isfinite(values).all()
        n_train, origins = split(len(values), series.horizon)
        assert len(values) <= series.max_rows
        assert n_train >= series.n_steps_in + series.horizon
        assert len(origins)


def test_every_target_of_every_origin_lies_in_the_test_part():
    n_train, origins = split(100, horizon=4)
    assert n_train == 80
    np.testing.assert_array_equal(origins, np.arange(79, 96))


def test_the_score_of_the_seasonal_naive_forecast_by_hand():
    y = AIR.load().to_numpy()
    errors = [
        abs(y[origin + step] - y[origin + step - 12])
        for origin in range(114, 132)
        for step in range(1, 13)
    ]
    scale = np.abs(y[12:115] - y[:103]).mean()
    found = evaluate(METHODS["seasonal naive"], AIR)
    assert found["mase"] == pytest.approx(np.mean(errors) / scale)


@pytest.mark.parametrize("name", [*OURS, "make_lstm_pipeline"])
def test_no_method_of_ours_looks_ahead(name):
    assert not looks_ahead(METHODS[name], AIR)


def test_a_method_that_looks_ahead_is_found_out():
    method = Method(cheat, "numpy")
    assert looks_ahead(method, AIR)
    assert evaluate(method, AIR)["mase"] == 0


def test_the_recommended_pipeline_beats_what_it_is_compared_with():
    mase = {
        name: np.mean([evaluate(METHODS[name], AIR, seed)["mase"] for seed in range(2)])
        for name in (*OURS, "make_lstm_pipeline", "season found")
    }
    assert mase["make_lstm_pipeline"] < 0.5 * mase["seasonal naive"]
    assert mase["make_lstm_pipeline"] < mase["ridge"]
    assert mase["season found"] < 0.5 * mase["seasonal naive"]


def test_results_are_kept_and_read_again(tmp_path, capsys):
    path = tmp_path / "results.jsonl"
    records = run([AIR], OURS, n_seeds=1, path=path)
    assert [record for _, record in results.read(path)] == records
    assert run([AIR], OURS, n_seeds=1, path=path) == records
    assert len(results.read(path)) == len(OURS)
    scores, summary = summarize(records)
    assert scores.columns.tolist() == OURS
    assert summary.loc["ratio to seasonal naive", "seasonal naive"] == 1
    assert summary.loc["largest ratio to the better naive", "naive"] == pytest.approx(
        scores.loc["air_passengers", "naive"] / scores.loc["air_passengers", "seasonal naive"]
    )


# --- panels -------------------------------------------------------------------------------------


def toy_table():
    """Two series of quarters, one below the other, with a column known ahead."""
    rng = np.random.default_rng(0)
    dates = pd.date_range("2000-01-01", periods=48, freq="QS")
    parts = [
        pd.DataFrame(
            {"series": label, "y": size * (3 + rng.normal(size=48)), "known": rng.normal(size=48)},
            index=dates,
        )
        for label, size in (("a", 1.0), ("b", 100.0))
    ]
    return pd.concat(parts)


TOY = Panel("toy", toy_table, 4, 8, 4, n_test=8, every=2, known=("known",))


def test_the_score_of_a_panel_by_hand():
    table, series = toy_table(), []
    for label in "ab":
        y = table.loc[table["series"] == label, "y"].to_numpy()
        unit = np.abs(y[4:40] - y[:36]).mean()
        origins = [39, 41, 43]
        errors = [abs(y[o + step] - y[o + step - 4]) for o in origins for step in range(1, 5)]
        series.append(np.mean(errors) / unit)
    found = evaluate_panel(PANEL_METHODS["seasonal naive"], TOY)
    assert found["mase"] == pytest.approx(np.mean(series))
    assert found["median"] == pytest.approx(np.median(series))


@pytest.mark.parametrize("name", ["naive", "ridge", "without its network", "make_lstm_pipeline"])
def test_methods_of_panels_forecast_every_origin_and_learn_from_no_test_row(name):
    frame = TOY.frame()
    assert not frame.is_train[frame.origins[-1]]
    forecasts = PANEL_METHODS[name].fit(TOY, frame, 0)
    assert np.isfinite(forecasts).all()
    later = frame.table["y"].where(frame.is_train, frame.table["y"] * 2)
    other = Frame(frame.table.assign(y=later), frame.is_train, frame.origins)
    changed = PANEL_METHODS[name].fit(TOY, other, 0)
    is_first = frame.is_train[frame.origins]  # these are made from training rows alone
    assert is_first.sum() == 2
    np.testing.assert_allclose(changed[is_first], forecasts[is_first], rtol=1e-4)
    assert not np.allclose(changed[~is_first], forecasts[~is_first])


@pytest.mark.parametrize("name", [p.name for p in PANELS.values() if p.is_available()])
def test_panels_are_complete(name):
    panel, frame = PANELS[name], PANELS[name].frame()
    assert np.isfinite(frame.truth(panel.horizon)).all()
    assert not frame.is_train[frame.origins[-1] + 1]


# --- intervals ------------------------------------------------------------------------------------


def quantiles_of(offsets):
    """Forecasts whose quantiles lie so far around the truth."""

    def fit(train, series, seed):
        steps = np.arange(1, series.horizon + 1)
        return lambda values, origins: values[origins[:, np.newaxis] + steps][..., None] + offsets

    return fit


def test_the_losses_of_intervals_by_hand():
    values = AIR.load().to_numpy()[: int(0.8 * 144)]
    unit = np.abs(values[12:] - values[:-12]).mean()
    found = intervals.evaluate(quantiles_of(np.array([-10.0, -5, 0, 5, 10])), AIR)
    assert found["coverage"] == 1
    assert found["interval score"] == pytest.approx(20 / unit)
    assert found["pinball"] == pytest.approx((2 * 0.05 * 10 + 2 * 0.25 * 5) / 5 / unit)
    found = intervals.evaluate(quantiles_of(np.array([1.0, 2, 3, 4, 5])), AIR)
    assert found["coverage"] == 0
    assert found["interval score"] == pytest.approx((4 + 2 / 0.1 * 1) / unit)


def test_the_pipeline_gives_intervals_that_cover():
    found = intervals.evaluate(intervals.METHODS["without its network"], AIR)
    assert 0.8 < found["coverage"] <= 1
    records = [{"series": "air", "method": "ours", **found}] * 2
    summary = intervals.summarize(records)
    assert summary.loc["ours", "pinball"] == pytest.approx(found["pinball"])
