"""Many series in one table: each on its own scale, and no time on both sides of a split."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils import estimator_html_repr

from skforecast_lstm import WindowTransformer, make_supervised
from skforecast_lstm.groups import (
    GroupScaler,
    GroupTimeSeriesSplit,
    GroupTransformedTargetRegressor,
)

SHOPS = {"kiosk": 1.0, "market": 1000.0, "mall": 50.0}


def table_of(shops=("kiosk", "market"), n_days: int = 40, seed: int = 0) -> pd.DataFrame:
    """Daily sales and visits of shops of different sizes, interleaved."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=n_days, name="day")
    wave = 3 + np.sin(np.arange(n_days) * 2 * np.pi / 7)
    parts = [
        pd.DataFrame(
            {
                "sold": SHOPS[shop] * (wave + 0.1 * rng.normal(size=n_days)),
                "shop": shop,
                "visits": SHOPS[shop] + rng.normal(size=n_days),
            },
            index=days,
        )
        for shop in shops
    ]
    return pd.concat(parts).sort_index(kind="stable")


TABLE = table_of()
COLUMNS = ["sold", "visits"]


def in_all_forms(table: pd.DataFrame) -> dict:
    """The same table with its labels as column, index level, and column of an array."""
    numbered = table.assign(shop=(table["shop"] == "market").astype(float))
    return {
        "name": (table, "shop"),
        "position": (table, 1),
        "position from the end": (table, -2),
        "index level": (table.set_index("shop", append=True), "shop"),
        "categories": (table.astype({"shop": "category"}), "shop"),
        "array of objects": (table.to_numpy(dtype=object), 1),
        "array of numbers": (numbered.to_numpy(), 1),
        "list": (table.to_numpy(dtype=object).tolist(), 1),
    }


FORMS = in_all_forms(TABLE)
each_form = pytest.mark.parametrize(("X", "group"), FORMS.values(), ids=list(FORMS))


def values_of(X) -> np.ndarray:
    """Sales and visits, whatever form the table has."""
    if isinstance(X, pd.DataFrame):
        return X[COLUMNS].to_numpy()
    return np.asarray(X, dtype=object)[:, [0, 2]].astype(float)


def scaled_alone(table: pd.DataFrame, scaler) -> np.ndarray:
    """Each series cut out, scaled alone, and put back."""
    scaled = np.full((len(table), 2), np.nan)
    for shop in table["shop"].unique():
        rows = np.flatnonzero(table["shop"] == shop)
        scaled[rows] = clone(scaler).fit_transform(table[COLUMNS].to_numpy()[rows])
    return scaled


# --- GroupScaler --------------------------------------------------------------------------------


def test_scaling_by_hand():
    table = pd.DataFrame({"sold": [1.0, 100, 3, 300], "shop": list("abab")})
    scaled = GroupScaler(MinMaxScaler(), group="shop").fit_transform(table)
    assert scaled["sold"].tolist() == [0, 0, 1, 1]
    assert GroupScaler(group="shop").fit_transform(table)["sold"].tolist() == [-1, -1, 1, 1]


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler((-1, 1)), RobustScaler()])
@each_form
def test_each_series_is_scaled_as_if_alone(X, group, scaler):
    scaled = GroupScaler(scaler, group=group).fit_transform(X)
    np.testing.assert_allclose(values_of(scaled), scaled_alone(TABLE, scaler), atol=1e-12)


@each_form
def test_the_inverse_brings_the_units_back(X, group):
    scaler = GroupScaler(group=group).fit(X)
    back = scaler.inverse_transform(scaler.transform(X))
    np.testing.assert_allclose(values_of(back), TABLE[COLUMNS], rtol=1e-12)


@pytest.mark.parametrize("form", ["name", "position", "index level", "categories"])
def test_a_frame_stays_a_frame_with_its_labels_in_their_place(form):
    X, group = FORMS[form]
    scaler = GroupScaler(group=group).fit(X)
    for table in (scaler.transform(X), scaler.inverse_transform(X)):
        pd.testing.assert_index_equal(table.index, X.index)
        pd.testing.assert_index_equal(table.columns, X.columns)
        if "shop" in X:
            pd.testing.assert_series_equal(table["shop"], X["shop"])


def test_an_array_stays_an_array_with_its_labels_in_their_place():
    X, group = FORMS["array of objects"]
    scaled = GroupScaler(group=group).fit_transform(X)
    assert type(scaled) is np.ndarray
    assert scaled[:, 1].tolist() == X[:, 1].tolist()
    X, group = FORMS["array of numbers"]
    scaled = GroupScaler(group=group).fit_transform(X)
    assert scaled.dtype == np.float64
    assert scaled[:, 1].tolist() == X[:, 1].tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_keep_their_precision(dtype):
    table = TABLE.astype(dict.fromkeys(COLUMNS, dtype))
    scaled = GroupScaler(group="shop").fit_transform(table)
    assert set(scaled[COLUMNS].dtypes) == {np.dtype(dtype)}
    X = FORMS["array of numbers"][0].astype(dtype)
    assert GroupScaler(group=1).fit_transform(X).dtype == dtype


def test_attributes_and_names():
    scaler = GroupScaler(group="shop").fit(TABLE)
    assert list(scaler.scalers_) == ["kiosk", "market"]
    kiosk = TABLE.loc[TABLE["shop"] == "kiosk", COLUMNS]
    np.testing.assert_allclose(scaler.scalers_["kiosk"].mean_, kiosk.mean())
    np.testing.assert_allclose(scaler.pooled_scaler_.mean_, TABLE[COLUMNS].mean())
    assert (scaler.n_features_in_, list(scaler.feature_names_in_)) == (3, list(TABLE.columns))
    assert list(scaler.get_feature_names_out()) == list(TABLE.columns)
    assert list(GroupScaler(group=1).fit(TABLE.to_numpy()).get_feature_names_out()) == [
        "x0",
        "x1",
        "x2",
    ]


def test_a_series_not_seen_in_fit_goes_through_the_pooled_scaler():
    scaler = GroupScaler(group="shop").fit(TABLE)
    new = table_of(["mall", "kiosk"])
    scaled, is_new = scaler.transform(new), (new["shop"] == "mall").to_numpy()
    pooled = StandardScaler().fit(TABLE[COLUMNS].to_numpy())
    np.testing.assert_allclose(
        scaled.loc[is_new, COLUMNS], pooled.transform(new.loc[is_new, COLUMNS].to_numpy())
    )
    # It changes nothing for the one beside it.
    pd.testing.assert_frame_equal(scaled[~is_new], scaler.transform(new[~is_new]))


def test_what_is_missing_stays_missing():
    table = TABLE.copy()
    table.iloc[[4, 7], [0, 2]] = np.nan
    scaled = GroupScaler(group="shop").fit_transform(table)
    np.testing.assert_array_equal(scaled.isna(), table.isna())
    np.testing.assert_allclose(scaled[COLUMNS], scaled_alone(table, StandardScaler()), atol=1e-12)


def test_a_series_that_misses_a_column_altogether_goes_through_the_pooled_scaler():
    table = TABLE.copy()
    table.loc[table["shop"] == "kiosk", "visits"] = np.nan
    scaler = GroupScaler(group="shop").fit(table)
    assert list(scaler.scalers_) == ["market"]
    assert np.isfinite(scaler.transform(TABLE)[COLUMNS]).all(axis=None)


@pytest.mark.parametrize("value", [0.0, 7.0, 1e12])
def test_one_row_or_a_constant_is_moved_to_zero(value):
    table = pd.DataFrame({"sold": [value, value, value, 1.0, 2.0], "shop": list("aaabc")})
    scaled = GroupScaler(group="shop").fit_transform(table)
    assert scaled["sold"].tolist() == [0, 0, 0, 0, 0]


def test_other_series_change_nothing():
    other = TABLE.copy()
    other.loc[other["shop"] == "market", COLUMNS] += 5
    before, after = (GroupScaler(group="shop").fit_transform(t) for t in (TABLE, other))
    is_kiosk = TABLE["shop"] == "kiosk"
    pd.testing.assert_frame_equal(before[is_kiosk], after[is_kiosk])


def test_the_table_is_not_changed():
    table = TABLE.copy()
    scaler = GroupScaler(group="shop").fit(table)
    scaler.transform(table)
    scaler.inverse_transform(table)
    pd.testing.assert_frame_equal(table, TABLE)


@pytest.mark.parametrize("how", ["default", "pandas"])
def test_set_output(how):
    X = FORMS["array of numbers"][0]
    for scaler in (GroupScaler(group=1), clone(GroupScaler(group=1).set_output(transform=how))):
        scaler.set_output(transform=how)
        expected = pd.DataFrame if how == "pandas" else np.ndarray
        assert type(scaler.fit_transform(X)) is expected
        # What the steps after it need is not taken away.
        assert type(scaler.set_params(group="shop").fit_transform(TABLE)) is pd.DataFrame


def test_the_global_setting_of_containers_reaches_no_inner_scaler():
    expected = GroupScaler(group="shop").fit_transform(TABLE)
    with sklearn.config_context(transform_output="pandas"):
        pd.testing.assert_frame_equal(GroupScaler(group="shop").fit_transform(TABLE), expected)


def test_only_scalers_that_can_invert_do():
    assert not hasattr(GroupScaler(OnlyForward(), group="shop"), "inverse_transform")
    assert hasattr(GroupScaler(group="shop"), "inverse_transform")


class OnlyForward(BaseEstimator):
    """A scaler without a way back."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X


def test_it_is_an_estimator_like_any_other():
    scaler = GroupScaler(MinMaxScaler((-1, 1)), group="shop")
    twin = clone(scaler)
    assert twin.scaler is not scaler.scaler
    assert repr(twin) == "GroupScaler(group='shop', scaler=MinMaxScaler(feature_range=(-1, 1)))"
    assert twin.get_params()["scaler__feature_range"] == (-1, 1)
    again = pickle.loads(pickle.dumps(scaler.fit(TABLE)))
    pd.testing.assert_frame_equal(again.transform(TABLE), scaler.transform(TABLE))
    assert not hasattr(scaler.scaler, "scale_")  # it was cloned
    assert "GroupScaler" in estimator_html_repr(scaler)


def test_the_windows_after_it_are_those_of_each_series_alone():
    pipeline = make_pipeline(GroupScaler(group="shop"), WindowTransformer(5, group="shop"))
    together = pipeline.fit_transform(TABLE)
    for shop in ("kiosk", "market"):
        rows = np.flatnonzero(TABLE["shop"] == shop)
        alone = make_pipeline(StandardScaler(), WindowTransformer(5))
        alone = alone.fit_transform(TABLE[COLUMNS].iloc[rows])
        np.testing.assert_allclose(together[rows], alone, atol=1e-12)


def test_the_window_after_it_knows_which_rows_continue():
    pipeline = make_pipeline(GroupScaler(group="shop"), WindowTransformer(5, group="shop"))
    pipeline.fit(TABLE[:40])
    assert not np.isnan(pipeline.transform(TABLE[40:])).any()
    assert np.isnan(pipeline.transform(TABLE[42:])).any()


@pytest.mark.parametrize(
    ("scaler", "X", "message"),
    [
        (GroupScaler(group="store"), TABLE, "group='store' is not a column of X"),
        (GroupScaler(group=3), TABLE.to_numpy(), "group=3 is not a column of X"),
        (GroupScaler(group=None), TABLE, "'group' parameter of GroupScaler must be"),
        (GroupScaler(3, group="shop"), TABLE, "'scaler' parameter of GroupScaler must be"),
        (
            GroupScaler(group="shop"),
            TABLE.assign(shop=[None, *TABLE["shop"][1:]]),
            "1 labels are missing, the first in row 0",
        ),
        (GroupScaler(group="shop"), TABLE.replace({"sold": TABLE["sold"].iloc[0]}, np.inf), "inf"),
        (GroupScaler(group=0), [1.0, 2.0], "Reshape your data"),
        (
            GroupScaler(group="shop"),
            TABLE[["shop"]],
            r"1 feature\(s\), and group='shop' leaves none",
        ),
    ],
)
def test_scaling_what_cannot_be_scaled(scaler, X, message):
    with pytest.raises(ValueError, match=message):
        scaler.fit(X)


def test_lists_of_numbers_become_arrays_of_numbers():
    scaler = GroupScaler(group=0).fit([[0, 1.0], [0, 3.0], [1, 7.0]])
    scaled = scaler.transform([[0, 1.0], [1, 7.0]])
    assert scaled.dtype == np.float64
    np.testing.assert_array_equal(scaled, [[0, -1], [1, 0]])
    rows = [["kiosk", 1.0], ["kiosk", 3.0]]
    assert GroupScaler(group=0).fit_transform(rows).tolist() == [["kiosk", -1.0], ["kiosk", 1.0]]


def test_a_scaler_that_changes_the_columns():
    with pytest.raises(ValueError, match=r"PCA does not keep the columns .* \(40, 1\) of \(40, 2"):
        GroupScaler(PCA(1), group="shop").fit_transform(TABLE)


def test_scaling_other_columns_or_before_fit():
    with pytest.raises(NotFittedError, match="GroupScaler"):
        GroupScaler(group="shop").transform(TABLE)
    with pytest.raises(ValueError, match="feature names should match"):
        GroupScaler(group="shop").fit(TABLE).transform(TABLE.rename(columns={"sold": "rent"}))


# --- GroupTransformedTargetRegressor ------------------------------------------------------------


class Recorder(RegressorMixin, BaseEstimator):
    """Remembers what it was given, and predicts it or another constant."""

    def __init__(self, constant=None):
        self.constant = constant

    def fit(self, X, y, sample_weight=None):
        self.X_, self.y_, self.sample_weight_ = X, y, sample_weight
        return self

    def predict(self, X, quantiles=None):
        if self.constant is None:
            return np.asarray(self.y_)
        y = np.full((len(X), *np.shape(self.y_)[1:]), self.constant)
        return y if quantiles is None else np.stack([y - 1, y, y + 1], axis=-1)

    def predict_interval(self, X, coverage=None):
        half = np.inf if coverage is None else coverage
        return self.predict(X) - half, self.predict(X) + half


def framed(n_steps_out: int = 1, target="sold", table: pd.DataFrame = TABLE):
    return make_supervised(table, target=target, group="shop", n_steps_out=n_steps_out)


def scaled_targets(y, transformer=None, X=None):
    """What the regressor inside is given."""
    X = framed()[0] if X is None else X
    model = GroupTransformedTargetRegressor(Recorder(), transformer=transformer, group="shop")
    return model.fit(X, y).regressor_.y_


def test_one_target_of_each_series_is_scaled_as_if_alone():
    X, y = framed()
    scaled = scaled_targets(y)
    assert (scaled.name, scaled.index.equals(y.index)) == ("sold(t+1)", True)
    for shop in ("kiosk", "market"):
        values = y[X["shop"] == shop]
        np.testing.assert_allclose(
            scaled[X["shop"] == shop], (values - values.mean()) / values.std(ddof=0)
        )


@pytest.mark.parametrize("layout", ["frame", "array of 2", "array of 3"])
def test_the_steps_of_a_target_share_a_scale_and_targets_do_not(layout):
    X, y = framed(3, ["sold", "visits"])
    values = y.to_numpy().reshape(len(y), 3, 2)
    given = {"frame": y, "array of 2": y.to_numpy(), "array of 3": values}[layout]
    model = GroupTransformedTargetRegressor(Recorder(), group="shop")
    model.set_params(n_targets=2 if layout == "array of 2" else None).fit(X, given)
    scaled = model.regressor_.y_
    assert type(scaled) is type(given)
    assert model.n_targets_ == 2
    if layout == "frame":
        pd.testing.assert_index_equal(scaled.columns, y.columns)
        pd.testing.assert_index_equal(scaled.index, y.index)
    scaled = np.reshape(scaled, values.shape)
    for rows in (X["shop"] == "kiosk", X["shop"] == "market"):
        for target in range(2):
            part = values[rows][:, :, target]
            np.testing.assert_allclose(
                scaled[rows][:, :, target], (part - part.mean()) / part.std(), atol=1e-12
            )
    np.testing.assert_allclose(model.predict(X), given, rtol=1e-10)
    assert model.predict(X).shape == np.shape(given)


@pytest.mark.parametrize("n_targets", [None, 1])
def test_each_column_of_a_plain_table_has_a_scale_unless_they_are_one_target(n_targets):
    X, y = framed(3)
    y = y.to_numpy() * [1.0, 1e6, 1e-3]
    model = GroupTransformedTargetRegressor(Recorder(), group="shop", n_targets=n_targets).fit(X, y)
    assert model.n_targets_ == 1
    axis = 0 if n_targets is None else None
    expected = np.atleast_1d(y[X["shop"] == "kiosk"].mean(axis=axis))
    np.testing.assert_allclose(model.transformers_["kiosk"].mean_, expected)
    np.testing.assert_allclose(model.predict(X), y)


@each_form
def test_predictions_come_back_in_the_units_of_the_series(X, group):
    y = TABLE["sold"].to_numpy()
    model = GroupTransformedTargetRegressor(Recorder(0.0), group=group).fit(X, y)
    means = TABLE.groupby("shop")["sold"].mean()
    np.testing.assert_allclose(model.predict(X), means[TABLE["shop"]], rtol=1e-12)
    # The regressor has seen the table as it is.
    assert model.regressor_.X_ is X


def test_a_classifier_has_no_targets_to_scale():
    X, y = framed()
    model = GroupTransformedTargetRegressor(LogisticRegression(), group="shop")
    with pytest.raises(ValueError, match=r"LogisticRegression is a classifier, whose labels"):
        model.fit(X, y > y.mean())


def test_predictions_for_a_series_not_seen_in_fit():
    X, y = framed()
    model = GroupTransformedTargetRegressor(Recorder(1.0), group="shop").fit(X, y)
    predicted = model.predict(X.assign(shop="mall"))
    np.testing.assert_allclose(predicted, y.mean() + y.std(ddof=0))


def test_any_scaler_of_the_target():
    X, y = framed()
    scaled = scaled_targets(y, MinMaxScaler())
    assert (scaled.groupby(X["shop"].to_numpy()).min() == 0).all()
    assert scaled.groupby(X["shop"].to_numpy()).max().tolist() == pytest.approx([1, 1])
    logs = FunctionTransformer(np.log1p, np.expm1)
    np.testing.assert_allclose(scaled_targets(y, logs), np.log1p(y))


def test_missing_targets_stay_missing():
    X, y = framed(2)
    y.iloc[[3, 10], 1] = np.nan
    scaled = scaled_targets(y, X=X)
    np.testing.assert_array_equal(scaled.isna(), y.isna())
    y[X["shop"] == "kiosk"] = np.nan  # a whole series
    model = GroupTransformedTargetRegressor(Recorder(0.0), group="shop").fit(X, y)
    assert list(model.transformers_) == ["market"]
    np.testing.assert_allclose(model.predict(X), np.nanmean(y))


def test_targets_that_are_purged_say_nothing_about_the_scale():
    # They lie in the rows after the training data, on which a fold is scored.
    X, y = framed(3)
    later = y.copy()
    later[X.index > X.index[-6]] += 100  # of the last two days
    window = WindowTransformer(4, n_steps_out=3, group="shop", flatten=True, padding="edge")
    for purge, differs in {True: False, False: True}.items():
        pipeline = make_pipeline(clone(window).set_params(purge=purge), Recorder())
        models = [
            GroupTransformedTargetRegressor(pipeline, group="shop").fit(X, targets)
            for targets in (y, later)
        ]
        for shop in ("kiosk", "market"):
            before, after = (model.transformers_[shop].mean_[0] for model in models)
            assert (before != after) == differs
        pooled = [model.pooled_transformer_.mean_[0] for model in models]
        assert (pooled[0] != pooled[1]) == differs


def test_a_series_that_is_purged_whole_has_no_scale():
    table = pd.concat([TABLE, table_of(["mall"], 5)]).sort_index(kind="stable")
    X, y = framed(3, table=table)
    window = WindowTransformer(2, n_steps_out=3, group="shop", flatten=True, padding="edge")
    model = GroupTransformedTargetRegressor(make_pipeline(window, Recorder(0.0)), group="shop")
    assert list(model.fit(X, y).transformers_) == ["kiosk", "market"]


def test_where_all_is_purged_the_regressor_says_so():
    X, y = framed(30)
    window = WindowTransformer(2, n_steps_out=30, group="shop", flatten=True, padding="edge")
    model = GroupTransformedTargetRegressor(make_pipeline(window, Ridge()), group="shop")
    with pytest.raises(ValueError, match="Ridge"):
        model.fit(X, y)


def test_infinite_bounds_and_missing_predictions():
    X, y = framed()
    model = GroupTransformedTargetRegressor(Recorder(np.nan), group="shop").fit(X, y)
    assert np.isnan(model.predict(X)).all()
    model.set_params(regressor__constant=0.0).fit(X, y)
    lower, upper = model.predict_interval(X)
    assert (lower == -np.inf).all()
    assert (upper == np.inf).all()


@pytest.mark.parametrize("layout", ["one step", "two steps", "two steps of two"])
def test_quantiles_and_intervals_in_the_units_of_the_series(layout):
    target = ["sold", "visits"] if layout == "two steps of two" else "sold"
    X, y = framed(1 if layout == "one step" else 2, target)
    model = GroupTransformedTargetRegressor(Recorder(0.0), group="shop").fit(X, y)
    scales = np.stack([model.transformers_[shop].scale_ for shop in X["shop"]])
    scales = np.tile(scales, 1 if layout == "one step" else 2)
    middle = model.predict(X).reshape(len(X), -1)
    expected = np.stack([middle - scales, middle, middle + scales], axis=2)
    quantiles = model.predict(X, quantiles=(0.1, 0.5, 0.9))
    assert quantiles.shape == (*y.shape, 3)
    np.testing.assert_allclose(quantiles.reshape(expected.shape), expected, rtol=1e-12)
    lower, upper = model.predict_interval(X, coverage=0.5)
    assert lower.shape == upper.shape == y.shape
    np.testing.assert_allclose((upper - lower).reshape(len(X), -1), scales, rtol=1e-12)


def test_quantiles_and_intervals_where_the_regressor_has_them():
    inner = make_pipeline(FunctionTransformer(), Recorder(0.0))
    assert hasattr(GroupTransformedTargetRegressor(inner, group="shop"), "predict_interval")
    plain = GroupTransformedTargetRegressor(Ridge(), group="shop")
    assert not hasattr(plain, "predict_interval")
    X, y = framed()
    model = GroupTransformedTargetRegressor(inner, group="shop").fit(X, y)
    assert model.predict(X, quantiles=(0.1, 0.5, 0.9)).shape == (len(X), 3)


def pooled_model(**options) -> GroupTransformedTargetRegressor:
    """A linear model of windows, which all series teach."""
    pipeline = Pipeline(
        [
            ("scale", GroupScaler(group="shop")),
            (
                "window",
                WindowTransformer(8, group="shop", flatten=True, padding="edge", purge=False),
            ),
            ("ridge", Ridge(0.1)),
        ]
    )
    return GroupTransformedTargetRegressor(pipeline, group="shop", **options)


def test_the_pooled_pipeline_equals_the_same_by_hand():
    X, y = framed(2)
    predicted = pooled_model().fit(X, y).predict(X)
    windows, targets, scales = [], [], []
    for shop in ("kiosk", "market"):
        rows = (X["shop"] == shop).to_numpy()
        features, values = X[COLUMNS].to_numpy()[rows], y.to_numpy()[rows]
        features = (features - features.mean(axis=0)) / features.std(axis=0)
        padded = np.concatenate([np.repeat(features[:1], 7, axis=0), features])
        windows.append(np.stack([padded[row : row + 8].ravel() for row in range(len(features))]))
        scales.append((values.mean(), values.std()))
        targets.append((values - values.mean()) / values.std())
    ridge = Ridge(0.1).fit(np.concatenate(windows), np.concatenate(targets))
    for shop, inputs, (mean, std) in zip(("kiosk", "market"), windows, scales, strict=True):
        rows = (X["shop"] == shop).to_numpy()
        np.testing.assert_allclose(predicted[rows], ridge.predict(inputs) * std + mean, rtol=1e-8)


def test_it_brings_small_series_the_model_of_all():
    # Without a scale of its own, the small series is noise beside the large one.
    X, y = framed(table=table_of(n_days=120))
    train, test = next(GroupTimeSeriesSplit(2, test_size=20).split(X))
    is_kiosk = (X["shop"] == "kiosk").to_numpy()[test]
    together, plain = pooled_model(), pooled_model().regressor
    errors = []
    for model in (together, plain):
        predicted = model.fit(X.iloc[train], y.iloc[train]).predict(X.iloc[test])
        errors.append(np.abs(predicted - y.iloc[test])[is_kiosk].mean())
    assert errors[0] < 0.2
    assert errors[1] > 10 * errors[0]


def test_predictions_after_the_fitted_rows_have_their_history():
    X, y = framed()
    model = pooled_model().fit(X[:60], y[:60])
    np.testing.assert_allclose(model.predict(X[60:]), model.predict(X)[60:])


def test_score_in_every_layout():
    X, y = framed(2, ["sold", "visits"])
    model = GroupTransformedTargetRegressor(DummyRegressor(), group="shop").fit(X, y)
    weight = np.arange(len(y))
    expected = r2_score(y, model.predict(X), sample_weight=weight)
    assert model.score(X, y, weight) == pytest.approx(expected)
    cube = y.to_numpy().reshape(len(y), 2, 2)
    model = GroupTransformedTargetRegressor(Recorder(0.0), group="shop").fit(X, cube)
    assert model.score(X, cube) == pytest.approx(r2_score(y, model.predict(X).reshape(len(y), -1)))


def test_what_fit_is_given_reaches_the_regressor():
    X, y = framed()
    weight = np.arange(len(y))
    model = GroupTransformedTargetRegressor(Recorder(), group="shop")
    assert model.fit(X, y, sample_weight=weight).regressor_.sample_weight_ is weight
    with sklearn.config_context(enable_metadata_routing=True):
        model = GroupTransformedTargetRegressor(
            Recorder().set_fit_request(sample_weight="importance"), group="shop"
        )
        assert model.fit(X, y, importance=weight).regressor_.sample_weight_ is weight
        with pytest.raises(TypeError, match="got unexpected argument"):
            model.fit(X, y, sample_weight=weight)
        params = {"importance": weight}
        cv = GroupTimeSeriesSplit(3)
        scores = cross_val_score(
            model.set_params(regressor__constant=0.0), X, y, cv=cv, params=params
        )
        assert len(scores) == 3


def test_it_is_a_regressor_like_any_other():
    model = pooled_model(transformer=MinMaxScaler())
    assert is_regressor(model)
    assert clone(model).get_params()["regressor__window__n_steps_in"] == 8
    assert repr(GroupTransformedTargetRegressor(Ridge(), group="shop")) == (
        "GroupTransformedTargetRegressor(group='shop', regressor=Ridge())"
    )
    X, y = framed()
    again = pickle.loads(pickle.dumps(model.fit(X, y)))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert (model.n_features_in_, list(model.feature_names_in_)) == (3, list(X.columns))
    assert not hasattr(model.transformer, "scale_")
    assert not hasattr(model.regressor[-1], "coef_")
    assert "Ridge" in estimator_html_repr(model)


def test_a_search_over_the_window_inside():
    X, y = framed()
    given = X.copy(), y.copy()
    search = GridSearchCV(
        pooled_model(),
        {"regressor__window__n_steps_in": [1, 8], "transformer": [None, MinMaxScaler()]},
        cv=GroupTimeSeriesSplit(3, test_size=4),
        scoring="neg_mean_absolute_error",
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_["regressor__window__n_steps_in"] == 8
    pd.testing.assert_frame_equal(X, given[0])
    pd.testing.assert_series_equal(y, given[1])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"n_targets": 2}, ValueError, r"n_targets=2 does not fit y of shape \(78, 3\)"),
        ({"n_targets": 0}, ValueError, "'n_targets' parameter of GroupTransformedTarget"),
        ({"group": "store"}, ValueError, "group='store' is not a column of X"),
        ({"group": None}, ValueError, "'group' parameter of GroupTransformedTarget"),
        ({"regressor": StandardScaler()}, ValueError, "'regressor' parameter of GroupTransformed"),
        ({"transformer": OnlyForward()}, ValueError, "'transformer' parameter of GroupTransformed"),
    ],
)
def test_parameters_that_fit_refuses(change, error, message):
    X, y = framed(3)
    X, y = X.iloc[:78], y.iloc[:78]
    model = GroupTransformedTargetRegressor(Ridge(), group="shop").set_params(**change)
    with pytest.raises(error, match=message.replace("78", str(len(y)))):
        model.fit(X, y)


def test_targets_that_fit_refuses():
    X, y = framed()
    model = GroupTransformedTargetRegressor(Recorder(), group="shop")
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        model.fit(X, None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, y[:-1])
    with pytest.raises(ValueError, match=r"n_targets=1 does not fit y of shape \(78, 3, 2\)"):
        model.set_params(n_targets=1).fit(X, np.zeros((len(X), 3, 2)))
    unknown = np.zeros((len(X), 2))
    unknown[:, 1] = np.nan
    with pytest.raises(ValueError, match=r"each of its 2 target\(s\), but all of target 1 is NaN"):
        model.set_params(n_targets=None).fit(X, unknown)
    with pytest.raises(NotFittedError, match="GroupTransformedTargetRegressor"):
        model.predict(X)


# --- GroupTimeSeriesSplit -----------------------------------------------------------------------

SIZES = {
    "n_splits": st.integers(2, 6),
    "test_size": st.none() | st.integers(1, 4),
    "max_train_size": st.none() | st.integers(1, 10),
    "gap": st.integers(0, 4),
}


def folds_of(splitter, *args, **kwargs) -> list | None:
    """The folds as lists; None if there are too many."""
    try:
        return [(a.tolist(), b.tolist()) for a, b in splitter.split(*args, **kwargs)]
    except ValueError:
        return None


@given(n_rows=st.integers(1, 40), **SIZES)
def test_with_one_row_per_time_it_is_time_series_split(n_rows, **sizes):
    X = pd.DataFrame(np.zeros((n_rows, 1)), index=pd.date_range("2024", periods=n_rows))
    assert folds_of(GroupTimeSeriesSplit(**sizes), X) == folds_of(TimeSeriesSplit(**sizes), X)


@given(counts=st.lists(st.integers(1, 4), min_size=1, max_size=25), **SIZES)
def test_times_are_never_cut_and_sizes_count_them(counts, **sizes):
    times = np.repeat(np.arange(len(counts)), counts)
    folds = folds_of(GroupTimeSeriesSplit(**sizes), pd.DataFrame(index=pd.Index(times)))
    expected = folds_of(TimeSeriesSplit(**sizes), np.arange(len(counts)))
    if expected is not None:
        expected = [
            tuple(np.flatnonzero(np.isin(times, part)).tolist() for part in fold)
            for fold in expected
        ]
    assert folds == expected


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2024", periods=8),
        pd.date_range("2024", periods=8, tz="Europe/Berlin"),
        pd.period_range("2024-01", periods=8, freq="M"),
        pd.timedelta_range("1h", periods=8),
        pd.RangeIndex(8),
    ],
    ids=lambda index: type(index).__name__,
)
def test_times_of_the_index_of_a_level_or_of_a_column(index):
    times = index.repeat(2)
    splitter = GroupTimeSeriesSplit(3, test_size=1, max_train_size=2)
    expected = [([6, 7, 8, 9], [10, 11]), ([8, 9, 10, 11], [12, 13]), ([10, 11, 12, 13], [14, 15])]
    X = pd.DataFrame({"x": range(16)}, index=times)
    assert folds_of(splitter, X) == expected
    named = GroupTimeSeriesSplit(3, test_size=1, max_train_size=2, time="when")
    levels = X.rename_axis("when").set_index("x", append=True)
    for table in (X.rename_axis("when"), levels, X.assign(when=times).reset_index(drop=True)):
        assert folds_of(named, table) == expected


def test_rows_out_of_order_are_on_the_side_of_their_time():
    X = TABLE.rename_axis("day").set_index("shop", append=True)
    splitter = GroupTimeSeriesSplit(time="day")
    order = np.random.default_rng(0).permutation(len(X))
    for (train, test), fold in zip(splitter.split(X), splitter.split(X.iloc[order]), strict=True):
        assert sorted(order[fold[0]]) == train.tolist()
        assert sorted(order[fold[1]]) == test.tolist()


def test_in_the_tools_of_scikit_learn():
    X, y = framed()
    assert len(cross_val_score(pooled_model(), X, y, cv=GroupTimeSeriesSplit(3))) == 3
    folds = list(GroupTimeSeriesSplit(3).split(X))
    search = GridSearchCV(DummyRegressor(), {"strategy": ["mean"]}, cv=folds)
    assert search.fit(X[["sold"]].to_numpy(), y).n_splits_ == 3


def test_it_is_a_splitter_like_any_other():
    splitter = GroupTimeSeriesSplit(3, test_size=2, max_train_size=9, gap=1)
    assert splitter.get_n_splits(TABLE) == splitter.get_n_splits() == 3
    assert " ".join(repr(splitter).split()) == (
        "GroupTimeSeriesSplit(gap=1, max_train_size=9, n_splits=3, test_size=2, time=None)"
    )
    again = pickle.loads(pickle.dumps(splitter))
    assert folds_of(again, TABLE) == folds_of(splitter, TABLE)


@pytest.mark.parametrize(
    ("X", "params", "message"),
    [
        (TABLE.to_numpy(), {}, r"when each row of X was.* got ndarray.*time='date'\)"),
        (TABLE.reset_index(drop=True), {}, "in the index, got RangeIndex"),
        (TABLE.set_index("shop"), {}, "dates, periods or numbers in the index, got"),
        (TABLE.set_index("shop", append=True), {}, "got MultiIndex"),
        (TABLE, {"time": "hour"}, "time='hour' is no column and no index level of X"),
        (TABLE.to_numpy(), {"time": "day"}, "time='day' is no column .* has ndarray"),
        (TABLE.set_axis([*TABLE.index[:-1], pd.NaT]), {}, "1 times are missing, the first in row"),
        (TABLE[:8], {}, "folds=6 .* counts distinct times as samples, and the 8 rows of X have 4"),
    ],
)
def test_splits_that_cannot_be(X, params, message):
    with pytest.raises(ValueError, match=message):
        list(GroupTimeSeriesSplit(**params).split(X))


def test_labels_of_groups_are_no_times():
    with pytest.raises(ValueError, match=r"takes no groups.*time='date'"):
        next(GroupTimeSeriesSplit().split(TABLE, groups=TABLE["shop"]))


# --- all series on one scale --------------------------------------------------------------------


def test_pooled_series_are_scaled_alike():
    table = table_of()
    scaled = GroupScaler(group="shop", pooled=True).fit_transform(table)
    expected = StandardScaler().fit_transform(table.drop(columns="shop"))
    np.testing.assert_allclose(scaled.drop(columns="shop"), expected)
    pd.testing.assert_series_equal(scaled["shop"], table["shop"])


def test_a_series_that_is_lost_beside_the_others_is_named():
    table = table_of()
    table.loc[table["shop"] == "market", "sold"] *= 1e6
    with pytest.warns(UserWarning, match=r"series 'kiosk' varies by less than .* window_norm=None"):
        GroupScaler(group="shop", pooled=True).fit(table)
    GroupScaler(group="shop").fit(table)


def test_a_static_feature_that_every_series_scales_away_is_named():
    shops = pd.DataFrame({"sold": [1.0, 5.0, 3.0, 9.0], "is_large": [0.0, 1.0] * 2})
    with pytest.warns(UserWarning, match=r"columns \['is_large'\] have one value for each series"):
        GroupScaler(group="shop").fit(shops.assign(shop=["kiosk", "market"] * 2))
    with pytest.warns(UserWarning, match=r"columns \[1\] have one value"):
        GroupScaler(group=2).fit(shops.assign(shop=[1.0, 2.0] * 2).to_numpy())


def test_a_static_feature_that_is_kept_or_the_same_for_all_is_no_matter():
    shops = pd.DataFrame({"sold": [1.0, 5.0, 3.0, 9.0], "size": [0.0, 1.0] * 2})
    shops["shop"] = list("abab")
    let_through = ColumnTransformer([("own", StandardScaler(), [0])], remainder="passthrough")
    scaled = GroupScaler(let_through, group="shop").fit_transform(shops)
    assert scaled["size"].tolist() == [0, 1, 0, 1]
    GroupScaler(group="shop").fit(shops.assign(size=1.0))
    GroupScaler(group="shop", pooled=True).fit(shops)
    GroupScaler(group="shop").fit(shops[:2])  # one row of each tells nothing
