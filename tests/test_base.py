"""What the base does with samples: which are trained on, held out, scaled, completed or refused."""

import inspect
import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, RobustScaler, StandardScaler

import skforecast_lstm
from skforecast_lstm import LSTMRegressor, WindowTransformer, _programs, make_supervised


def make(**params):
    return LSTMRegressor(**{"units": 3, "epochs": 1, "random_state": 0, **params})


@pytest.fixture
def trained_on(monkeypatch):
    """What reaches training: first rows of the windows, targets and weights, of both parts."""
    seen = []
    train = _programs.train

    def spy(network, compilation, state, samples, validation, *rest):
        seen.append((samples, validation))
        return train(network, compilation, state, samples, validation, *rest)

    monkeypatch.setattr(_programs, "train", spy)
    return seen


def table(n_rows, n_steps_out=1):
    """A table whose value is its row number, framed: the window and target of a row are known."""
    return make_supervised(np.arange(float(n_rows)), n_steps_out=n_steps_out)


# --- which samples are trained on ---------------------------------------------------------------


def test_incomplete_windows_and_targets_are_left_out_with_their_weights(trained_on):
    X, y = table(30)
    windows = WindowTransformer(4).fit_transform(X)
    y = y.copy()
    y[[10, 20]] = np.nan
    weight = np.arange(29.0)
    weight[15] = 0.0
    make(target_scaler=None).fit(windows, y, sample_weight=weight)
    ((samples, _),) = trained_on
    kept = [row for row in range(3, 29) if row not in (10, 15, 20)]
    np.testing.assert_array_equal(samples.y.ravel(), np.add(kept, 1.0))
    np.testing.assert_array_equal(samples.table[samples.starts + 3].ravel(), kept)
    np.testing.assert_array_equal(samples.weight, kept)


@pytest.mark.parametrize("n_steps_out", [1, 3])
def test_the_last_part_is_held_out_and_what_straddles_the_border_is_in_neither(
    n_steps_out, trained_on
):
    X, y = table(60, n_steps_out)
    windows = WindowTransformer(4, purge=False).fit_transform(X)
    params = {"early_stopping": True, "validation_fraction": 0.25, "target_scaler": None}
    make(**params).fit(windows, y)
    ((samples, held_out),) = trained_on
    assert len(held_out.y) == np.ceil(0.25 * (len(X) - 3))
    assert held_out.y.max() == 59
    # The last target trained on is known before the first one held out, and nothing is wasted.
    assert samples.y.max() == held_out.y.min() - 1
    assert held_out.table is samples.table


def test_the_target_scale_has_not_seen_what_is_held_out():
    X, y = table(60)
    windows = WindowTransformer(4).fit_transform(X)
    whole = make().fit(windows, y)
    part = make(early_stopping=True, validation_fraction=0.5).fit(windows, y)
    assert whole.target_scaler_.mean_[0] == np.mean(y[3:])
    assert part.target_scaler_.mean_[0] == np.mean(y[3 : 3 + 28])


def test_validation_samples_of_ones_own(trained_on):
    X, y = table(40)
    windows = WindowTransformer(4).fit_transform(X)
    model = make(target_scaler=None)
    model.fit(windows[:20], y[:20], X_val=windows[20:], y_val=y[20:])
    ((samples, held_out),) = trained_on
    assert samples.y.max() == 20
    assert held_out.y.min() == 21
    assert set(model.history_) == {"loss", "val_loss"}


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda X, y: (X * np.nan, y), r"No complete sample: of 12 rows, 12 have NaN in their"),
        (lambda X, y: (X, y * np.nan), r"and 12 in y"),
        (lambda X, y: (X[:5], y), r"inconsistent numbers of samples"),
        (lambda X, y: (X[None], y), r"X must be 3-D .* got shape \(1, 12, 4, 2\)"),
        (lambda X, y: (X, y[:, None, None, None]), r"y must be 1-D .* got shape \(12, 1, 1, 1\)"),
        (lambda X, y: (np.where(X > 1, np.inf, X), y), r"Input X contains infinity"),
        (lambda X, y: (X, None), r"requires y to be passed"),
    ],
)
def test_samples_that_cannot_be_trained_on(change, match):
    rng = np.random.default_rng(0)
    X, y = change(rng.normal(size=(12, 4, 2)), rng.normal(size=12))
    with pytest.raises(ValueError, match=match):
        make().fit(X, y)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"sample_weight": -np.ones(12)}, r"sample_weight must not be negative"),
        ({"sample_weight": np.zeros(12)}, r"(?i)sample.weight"),  # scikit-learn's own words
        ({"X_val": np.ones((3, 4, 2))}, r"X_val and y_val must be given together"),
        ({"X_val": np.ones((3, 4, 1)), "y_val": np.ones(3)}, r"expecting 4 steps with 2 features"),
        ({"X_val": np.ones((3, 4, 2)), "y_val": np.ones((3, 2))}, r"was fitted with 1 of 1"),
        ({"X_val": np.full((3, 4, 2), np.nan), "y_val": np.ones(3)}, r"\(X_val\) and 0 in y_val"),
    ],
)
def test_arguments_of_fit_that_do_not_fit(params, match):
    X = np.random.default_rng(0).normal(size=(12, 4, 2))
    with pytest.raises(ValueError, match=match):
        make().fit(X, X[:, 0, 0], **params)


def test_too_few_samples_to_hold_some_out():
    X, y = table(12, n_steps_out=4)
    windows = WindowTransformer(4).fit_transform(X)
    with pytest.raises(ValueError, match=r"validation_fraction=0\.5 leaves no sample to train on"):
        make(early_stopping=True, validation_fraction=0.5).fit(windows, y)


def test_a_failed_fit_leaves_the_estimator_as_it_was():
    X = np.random.default_rng(0).normal(size=(12, 4, 2))
    model = make().fit(X, X[:, 0, 0])
    before = model.predict(X)
    with pytest.raises(ValueError, match="No complete sample"):
        model.fit(np.full((9, 7, 3), np.nan), np.ones((9, 2)))
    assert (model.n_steps_in_, model.n_features_in_, model.n_steps_out_) == (4, 2, 1)
    np.testing.assert_array_equal(model.predict(X), before)


def test_nothing_given_is_changed():
    X = np.random.default_rng(0).normal(size=(12, 4, 2))
    y, weight = X[:, 0, 0].copy(), np.ones(12)
    copies = X.copy(), y.copy(), weight.copy()
    X[0, 0] = copies[0][0, 0] = np.nan
    make(early_stopping=True).fit(X, y, sample_weight=weight).predict(X)
    for given, copy in zip((X, y, weight), copies, strict=True):
        np.testing.assert_array_equal(given, copy)


# --- predictions --------------------------------------------------------------------------------


def test_windows_that_only_lack_their_oldest_steps_are_completed():
    X = np.random.default_rng(0).normal(size=(12, 4, 2))
    model = make().fit(X, X[:, 0, 0])
    gaps = X[:6].copy()
    gaps[0, :2] = np.nan  # lacks its two oldest steps
    gaps[1, 0, 1] = np.nan  # and one feature of its oldest
    gaps[2, 1] = np.nan  # in the middle
    gaps[3, 3] = np.nan  # the newest
    gaps[4] = np.nan  # all
    completed = X[:6].copy()
    completed[0, :2] = completed[0, 2]
    completed[1, 0] = completed[1, 1]
    found = model.predict(gaps)
    expected = model.predict(completed)
    np.testing.assert_array_equal(np.isnan(found), [False, False, True, True, True, False])
    np.testing.assert_allclose(found[[0, 1, 5]], expected[[0, 1, 5]], atol=1e-6)


def test_predict_after_3d_takes_windows_of_one_series_in_2d():
    X = np.random.default_rng(0).normal(size=(12, 4, 1))
    model = make().fit(X, X[:, 0, 0])
    np.testing.assert_array_equal(model.predict(X[:, :, 0]), model.predict(X))
    with pytest.raises(ValueError, match=r"windows of 3 steps with 1 features.*expecting 4 steps"):
        model.predict(X[:, :3, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_predictions_have_the_precision_of_y(dtype):
    X = np.random.default_rng(0).normal(size=(12, 4, 1))
    y = (10 * X[:, 0, 0]).astype(dtype)
    expected = np.float32 if dtype is np.float32 else np.float64
    assert make().fit(X, y).predict(X).dtype == expected


# --- targets ------------------------------------------------------------------------------------


def scales(model):
    return model.target_scaler_.scale_.shape[0]


def test_targets_are_counted_from_names_layout_or_parameter():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 4, 1))
    names = ["a(t+1)", "b(t+1)", "a(t+2)", "b(t+2)"]
    y = pd.DataFrame(rng.normal(size=(12, 4)), columns=names)
    assert scales(make().fit(X, y)) == 2
    assert scales(make().fit(X, y.to_numpy())) == 4  # nothing says what the columns are
    assert scales(make(n_targets=2).fit(X, y.to_numpy())) == 2
    assert scales(make().fit(X, y.to_numpy().reshape(12, 2, 2))) == 2
    assert scales(make().fit(X, y[["a(t+1)", "a(t+2)", "b(t+1)", "b(t+2)"]])) == 4  # not in order
    assert scales(make().fit(X, y.set_axis(list("abcd"), axis=1))) == 4
    assert scales(make(n_targets=1).fit(X, y.to_numpy())) == 1
    model = make().fit(X, y.to_numpy())
    assert (model.n_steps_out_, model.n_targets_) == (4, 1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_a_small_column_beside_a_large_one_is_learned_as_if_it_were_alone(seed, container):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 4, 2))
    small = X[:, -1, 1] - X[:, -2, 1]
    y = np.c_[1e6 * X[:, -2:, 0].sum(axis=1), small]
    model = make(units=16, epochs=40, learning_rate=0.02, random_state=seed)
    both = clone(model).fit(X[:150], container(y[:150])).predict(X[150:])
    targets = clone(model).fit(X[:150], y[:150, np.newaxis]).predict(X[150:])
    np.testing.assert_array_equal(both, targets[:, 0])
    alone = model.fit(X[:150], small[:150]).predict(X[150:])
    errors = [np.abs(found - small[150:]).mean() for found in (both[:, 1], alone)]
    assert max(errors) < 0.15


@pytest.mark.parametrize(
    "scaler", ["standard", "minmax", StandardScaler(with_mean=False), RobustScaler(), None]
)
def test_columns_that_nothing_is_known_about_come_back_in_their_units(scaler):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4, 1)), rng.normal(size=(30, 3)) * [1e6, 1.0, 1e-3]
    weight = np.arange(1.0, 31.0)
    model = make(target_scaler=scaler).fit(X, y, sample_weight=weight)
    if scaler is not None:
        assert model.target_scaler_.n_features_in_ == 3
        expected = model.target_scaler_.inverse_transform(model.model_.predict(X, verbose=0))
        np.testing.assert_allclose(model.predict(X), expected, rtol=1e-4, atol=1e-6)
    if scaler == "standard":
        np.testing.assert_allclose(model.target_scaler_.mean_, np.average(y, 0, weight))
    model = quantile_regressor(epochs=1, target_scaler=scaler).fit(X, y)
    assert model.predict(X, quantiles=model.quantiles).shape == (30, 3, 3)


def test_with_window_norm_all_steps_of_a_target_share_a_scale():
    X, y = table(40, n_steps_out=3)
    windows = WindowTransformer(4).fit_transform(X)
    assert scales(make(window_norm="last").fit(windows, y)) == 1
    model = make(warm_start=True).fit(windows, y)
    with pytest.raises(ValueError, match="window_norm='last' needs one scale for all steps"):
        model.set_params(window_norm="last").fit(windows, y)


@pytest.mark.parametrize(
    "scaler",
    ["standard", "minmax", StandardScaler(with_mean=False), MinMaxScaler((-1, 1)), None],
)
@pytest.mark.parametrize("layout", [(30, 4), (30, 2, 2)])
def test_each_target_has_a_scale_of_its_own_and_comes_back_in_its_units(scaler, layout, trained_on):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4, 1))
    y = rng.normal(size=(30, 2, 2)) * [1.0, 1000.0] + [0.0, 5000.0]
    model = make(target_scaler=scaler, n_targets=2).fit(X, y.reshape(layout))
    ((samples, _),) = trained_on
    flat = y.reshape(-1, 2)
    if scaler == "standard":
        np.testing.assert_allclose(samples.y.mean(axis=(0, 1)), 0, atol=1e-9)
        np.testing.assert_allclose(samples.y.std(axis=(0, 1)), 1)
    elif scaler == "minmax":
        np.testing.assert_allclose(samples.y.min(axis=(0, 1)), 0, atol=1e-9)
        np.testing.assert_allclose(samples.y.max(axis=(0, 1)), 1)
    elif scaler is None:
        np.testing.assert_array_equal(samples.y.reshape(-1, 2), flat)
        return
    assert not hasattr(scaler, "scale_")  # the user's own is not fitted
    outputs = model.model_.predict(X, verbose=0).reshape(-1, 2)
    expected = model.target_scaler_.inverse_transform(outputs)
    np.testing.assert_allclose(model.predict(X).reshape(-1, 2), expected, rtol=1e-4, atol=1e-3)


def test_a_transformer_of_ones_own_scales_the_target():
    X = np.random.default_rng(0).normal(size=(30, 4, 1))
    y = np.exp(X[:, -1, 0])
    scaler = FunctionTransformer(np.log, np.exp, check_inverse=False)
    model = make(target_scaler=scaler, epochs=100, learning_rate=0.02).fit(X, y)
    assert (model.predict(X - 10) > 0).all()
    assert model.score(X, y) > 0.9


def test_score_takes_three_dimensional_targets():
    X = np.random.default_rng(0).normal(size=(30, 4, 2))
    y = X[:, :2]
    model = make(epochs=60, learning_rate=0.03, units=8).fit(X, y)
    flat = make(epochs=60, learning_rate=0.03, units=8, n_targets=2).fit(X, y.reshape(30, 4))
    assert model.score(X, y) == pytest.approx(flat.score(X, y.reshape(30, 4)))
    assert model.score(X, y) > 0.5


def test_rows_without_truth_or_forecast_are_left_out_of_the_score():
    X = np.random.default_rng(0).normal(size=(30, 4, 1))
    y = X[:, :2, 0].copy()
    model = make().fit(X, y)
    y[3, 1] = X[7, 2] = np.nan  # a truth, and a step in the middle of a window
    rows = np.delete(np.arange(30), [3, 7])
    weight = np.arange(30) + 1.0
    assert model.score(X, y) == pytest.approx(model.score(X[rows], y[rows]))
    assert model.score(X, y, weight) == pytest.approx(model.score(X[rows], y[rows], weight[rows]))
    with pytest.raises(ValueError, match="No complete sample: of 1 rows, 0 have NaN in X and 1"):
        model.score(X[3:4], y[3:4])


def test_partial_fit_refuses_another_layout_of_targets():
    X = np.random.default_rng(0).normal(size=(12, 4, 1))
    model = make().fit(X, X[:, :2, 0])
    with pytest.raises(ValueError, match=r"y has 3 steps of 1 targets.*fitted with 2 of 1"):
        model.partial_fit(X, X[:, :3, 0])


# --- quantiles -----------------------------------------------------------------------------------


def noisy(n_rows=600, seed=0):
    """Windows that say how wide the noise of the two targets is."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(0.5, 2, size=(n_rows, 3, 1))
    y = np.c_[X[:, -1, 0] * rng.normal(size=n_rows), 100 + rng.normal(size=n_rows)]
    return X, y


def quantile_regressor(**params):
    params = {"quantiles": (0.1, 0.5, 0.9), "random_state": 0, "verbose": 0, **params}
    return LSTMRegressor(8, loss="quantile", **params)


@pytest.mark.parametrize("seed", range(3))
def test_quantiles_hold_their_share_of_the_truth(seed):
    X, y = noisy(2000, seed)
    model = quantile_regressor(
        epochs=30, learning_rate=0.01, n_targets=2, random_state=seed, batch_size=64
    )
    model.fit(X[:1000], y[:1000])
    quantiles = model.predict(X[1000:], quantiles=(0.1, 0.5, 0.9))
    assert quantiles.shape == (1000, 2, 3)
    shares = (y[1000:, :, np.newaxis] <= quantiles).mean(axis=0)
    np.testing.assert_allclose(shares, [[0.1, 0.5, 0.9]] * 2, atol=0.06)


def test_quantiles_never_cross_and_predict_is_the_median():
    X, y = noisy(40)
    model = quantile_regressor(epochs=1).fit(X, y.reshape(-1, 2, 1))
    far = np.linspace(-50, 50, 300).reshape(-1, 3, 1)
    quantiles = model.predict(far, quantiles=(0.1, 0.5, 0.9))
    assert (np.diff(quantiles, axis=3) >= 0).all()
    np.testing.assert_array_equal(model.predict(far), quantiles[..., 1])
    raw = model._predict_all(far)
    assert (np.diff(raw, axis=3) < 0).any()  # sorting had something to do


@pytest.mark.parametrize("layout", [(), (4,), (2, 2)])
def test_intervals_have_the_layout_of_y(layout):
    X = np.random.default_rng(0).normal(size=(20, 3, 1))
    y = np.random.default_rng(1).normal(size=(20, *layout))
    model = quantile_regressor(epochs=1, quantiles=(0.05, 0.25, 0.5, 0.75, 0.95)).fit(X, y)
    lower, upper = model.predict_interval(X, coverage=0.5)
    assert lower.shape == upper.shape == y.shape == model.predict(X).shape
    quantiles = model.predict(X, quantiles=[0.75, 0.05, 0.25])  # in any order
    assert quantiles.shape == (*y.shape, 3)
    np.testing.assert_array_equal(lower, quantiles[..., 2])
    np.testing.assert_array_equal(upper, quantiles[..., 0])
    widest = model.predict_interval(X)
    np.testing.assert_array_equal(widest[0], quantiles[..., 1])
    for missing in ([0.1], []):
        with pytest.raises(
            ValueError, match=r"quantiles=\[.*\] were asked for, but the network pr"
        ):
            model.predict(X, quantiles=missing)
    with pytest.raises(ValueError, match=r"coverage=0.8 needs the quantiles 0.1 and 0.9, but"):
        model.predict_interval(X, coverage=0.8)


@pytest.mark.parametrize("quantiles", [(0.9, 0.5, 0.1), (0.1, 0.9), (0, 0.5), (0.5, 0.5), (50,)])
def test_quantiles_that_are_none(quantiles):
    X, y = noisy(10)
    with pytest.raises(ValueError, match="quantiles must be increasing numbers"):
        quantile_regressor(quantiles=quantiles).fit(X, y)


def test_only_a_quantile_loss_has_quantiles():
    X, y = noisy(10)
    model = LSTMRegressor(4, epochs=1).fit(X, y)
    assert not hasattr(model, "predict_interval")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_quantile_network_is_saved_with_its_loss(tmp_path):
    X, y = noisy(10)
    model = quantile_regressor(epochs=1).fit(X, y)
    model.model_.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.model_.predict(X, verbose=0))
    assert loaded.loss.quantiles == (0.1, 0.5, 0.9)


# --- steps to skip -------------------------------------------------------------------------------


def test_masked_steps_are_as_if_they_were_not_there():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 6, 2)), rng.normal(size=30)
    model = LSTMRegressor(4, epochs=3, missing="mask", random_state=0).fit(X, y)
    masked = X[:5].copy()
    masked[:, [1, 4], 0] = np.nan  # one value of a step is enough
    short = X[:5][:, [0, 2, 3, 5]].astype(np.float32)
    recurrent, dense = model.model_.layers[1:]
    expected = model._through_scaler("inverse_transform", dense(recurrent(short)).numpy()[:, None])
    np.testing.assert_allclose(model.predict(masked), expected.ravel(), rtol=1e-5)


def test_sequences_of_varying_length_train_and_predict_as_they_are():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6, 1))
    lengths = rng.integers(1, 7, 200)
    y = np.array([x[6 - n :].sum() for x, n in zip(X, lengths, strict=True)])
    for x, n in zip(X, lengths, strict=True):
        x[: 6 - n] = np.nan
    before = X.copy()
    params = {"epochs": 60, "learning_rate": 0.01, "random_state": 0}
    errors = {}
    for missing in ("mask", "drop"):
        model = LSTMRegressor(16, missing=missing, **params).fit(X[:150], y[:150])
        errors[missing] = np.abs(model.predict(X[150:]) - y[150:]).mean()
    np.testing.assert_array_equal(X, before)
    assert errors["mask"] < 0.25 < errors["drop"]


def test_masking_trains_as_keras_does():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 5, 2)), rng.normal(size=20)
    X[::2, :2] = np.nan
    model = LSTMRegressor(4, missing="mask", epochs=3, shuffle=False, target_scaler=None)
    model.set_params(random_state=0).fit(X, y)
    twin = LSTMRegressor(4, target_scaler=None, random_state=0).initialize(np.nan_to_num(X), y)
    inputs = keras.Input((5, 2))
    recurrent, dense = twin.model_.layers[1:]
    reference = keras.Model(inputs, dense(recurrent(keras.layers.Masking(-9.0)(inputs))))
    reference.compile("adam", "mse")
    history = reference.fit(
        np.nan_to_num(X, nan=-9.0), y, epochs=3, batch_size=32, shuffle=False, verbose=0
    ).history
    np.testing.assert_allclose(model.history_["loss"], history["loss"], rtol=1e-4)


def test_the_window_step_marks_what_is_skipped():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(60, 2))
    table[[10, 31], 0] = np.nan
    y = np.r_[table[1:, 1], 0.0]
    model = LSTMRegressor(4, epochs=2, random_state=0)
    dropped = make_pipeline(WindowTransformer(5, missing="drop"), clone(model))
    with pytest.warns(UserWarning, match="leaves 10 of 56 windows out of training: each .* 2 rows"):
        dropped.fit(table, y)
    masked = make_pipeline(WindowTransformer(5, missing="mask"), clone(model)).fit(table, y)
    # The fifth window after a gap only lacks its oldest step, and is completed.
    unknown = [*range(10, 14), *range(31, 35)]
    assert np.flatnonzero(np.isnan(dropped.predict(table))).tolist() == unknown
    assert np.isfinite(masked.predict(table)).all()


@pytest.mark.parametrize("name", ["CNNLSTM", "ConvLSTM", "OneToManyLSTM"])
def test_layers_that_cannot_skip_say_so(name):
    X = np.random.default_rng(0).normal(size=(12, 6, 1))
    X[0, :2] = np.nan
    model = getattr(skforecast_lstm, f"{name}Regressor")(epochs=1, missing="mask")
    with pytest.raises(
        ValueError, match=r"cannot skip masked steps.*missing='drop'.*(Reshape|Flatten)"
    ):
        model.fit(X, X[:, -1])


@pytest.mark.parametrize("missing", ["drop", "mask"])
def test_infinity_is_refused(missing):
    X = np.zeros((5, 3, 2))
    X[0, 0] = np.inf
    with pytest.raises(ValueError, match="infinity or a value too large"):
        LSTMRegressor(4, missing=missing).fit(X, X[:, -1])


def test_a_window_of_which_every_step_is_masked_has_no_forecast():
    X = np.random.default_rng(0).normal(size=(12, 6, 1))
    X[3] = np.nan
    model = make(missing="mask").fit(X, np.arange(12.0))
    assert np.flatnonzero(np.isnan(model.predict(X))).tolist() == [3]


def test_quantiles_cannot_change_under_a_warm_start():
    X, y = noisy(10)
    model = quantile_regressor(epochs=1, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="are not those of the network there is"):
        model.set_params(quantiles=(0.2, 0.5, 0.8)).fit(X, y)


# --- ensembles -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def noise():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 5, 2))
    return X, 100 + 7 * X[:, :2, 0] + rng.normal(size=(50, 2))


def seeds_of(n_members, random_state=0):
    """Seeds that give, alone, the second and further members of an ensemble."""
    first = np.random.RandomState(random_state).randint(2**31 - 1)
    return np.random.RandomState(first).randint(2**31 - 1, size=n_members - 1).tolist()


def alone(n_members, X, y, **params):
    """The members of an ensemble, each fitted by itself."""
    return [make(**{**params, "random_state": s}).fit(X, y) for s in (0, *seeds_of(n_members))]


@pytest.mark.parametrize("params", [{}, {"dropout": 0.3}, {"shuffle": False}])
def test_each_member_is_the_network_of_its_seed_bit_for_bit(params, noise):
    X, y = noise
    ensemble = make(n_members=3, epochs=3, **params).fit(X, y)
    singles = alone(3, X, y, epochs=3, **params)
    for state, single in zip(ensemble._states, singles, strict=True):
        for ours, theirs in zip(state.weights, single._states[0].weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    _, outputs = ensemble._outputs(X)
    for number, single in enumerate(singles):
        np.testing.assert_allclose(outputs[:, number], single._outputs(X)[1][:, 0], atol=1e-6)
    assert len({single.predict(X).tobytes() for single in singles}) == 3


@pytest.mark.parametrize("n_members", [2, 3, 4])
def test_forecasts_of_members_are_averaged_and_their_spread_is_known(n_members, noise):
    X, y = noise
    apart = np.array([single.predict(X) for single in alone(n_members, X, y)])
    model = make(n_members=n_members).fit(X, y)
    np.testing.assert_allclose(model.predict(X), apart.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(
        model.predict(X, return_std=True)[1], apart.std(axis=0), rtol=1e-3, atol=1e-4
    )
    assert model.predict(X, return_std=True)[1].shape == y.shape
    gaps = X[:3].copy()
    gaps[1, 2] = np.nan
    np.testing.assert_array_equal(
        np.isnan(model.predict(gaps, return_std=True)[1])[:, 0], [False, True, False]
    )
    assert np.isnan(model.predict(gaps[1:2], return_std=True)[1]).all()


def test_only_an_ensemble_has_a_spread(noise):
    X, y = noise
    with pytest.raises(NotFittedError):
        make(n_members=2).predict(X, return_std=True)
    with pytest.raises(ValueError, match="deviation between members, but LSTM"):
        make().fit(X, y).predict(X, return_std=True)


def test_quantiles_are_predicted_through_a_pipeline():
    X, y = noisy(40)
    model = make_pipeline(quantile_regressor(epochs=2, n_targets=2)).fit(X, y)
    every = model[-1].predict(X, quantiles=(0.1, 0.5, 0.9))
    assert every.shape == (*y.shape, 3)
    found = model.predict(X, quantiles=[0.9, 0.1])
    np.testing.assert_array_equal(found, every[..., [2, 0]])
    np.testing.assert_array_equal(model.predict(X, quantiles=[0.5])[..., 0], model.predict(X))
    with pytest.raises(ValueError, match=r"quantiles=\[0.7\] were asked for, .* \(0.1, 0.5, 0.9\)"):
        model.predict(X, quantiles=[0.7])
    with pytest.raises(ValueError, match="ask for one after the other"):
        model.predict(X, quantiles=[0.9], return_std=True)
    with pytest.raises(ValueError, match=r"has loss='mse'\. Fit it with loss='quantile'"):
        make().fit(X, y).predict(X, quantiles=[0.9])


def test_widths_of_several_layers_are_given_to_any_regressor():
    X = np.random.default_rng(0).normal(size=(20, 4, 2))
    model = LSTMRegressor([4, np.int64(3)], epochs=1).fit(X, X[:, -1])
    units = [layer.units for layer in model.model_.layers if hasattr(layer, "units")]
    assert units == [4, 3, 2]


def test_parameters_are_seen_by_whoever_asks():
    signature = inspect.signature(LSTMRegressor)
    assert next(iter(signature.parameters)) == "units"
    assert signature.parameters["epochs"].kind is inspect.Parameter.KEYWORD_ONLY
    assert set(LSTMRegressor().get_params()) == set(signature.parameters)
    assert set(LSTMRegressor._parameter_constraints) == set(signature.parameters)
    with pytest.raises(TypeError, match="unexpected keyword argument 'epoch'"):
        LSTMRegressor(epoch=3)
    with pytest.raises(TypeError, match="positional"):
        LSTMRegressor(3, "relu")


class Wide(LSTMRegressor):
    """With a parameter of its own, in scikit-learn's way."""

    _parameter_constraints = {**LSTMRegressor._parameter_constraints, "factor": [int]}

    def __init__(self, units=2, *, factor=3, epochs=1):
        super().__init__(units, epochs=epochs)
        self.factor = factor


def test_a_subclass_can_have_parameters_of_its_own():
    model = clone(Wide(factor=2))
    assert model.get_params() == {"units": 2, "factor": 2, "epochs": 1}
    X = np.random.default_rng(0).normal(size=(20, 4, 2))
    assert model.fit(X, X[:, -1]).predict(X).shape == (20, 2)
    with pytest.raises(ValueError, match="'factor' parameter of Wide"):
        Wide(factor="much").fit(X, X[:, -1])


def test_the_history_of_an_ensemble_is_the_mean_of_its_members(noise):
    X, y = noise
    params = {"epochs": 4, "metrics": ["mae"]}
    model = make(n_members=3, **params).fit(X, y, X_val=X[:9], y_val=y[:9])
    singles = [
        make(**{**params, "random_state": seed}).fit(X, y, X_val=X[:9], y_val=y[:9])
        for seed in (0, *seeds_of(3))
    ]
    assert model.n_iter_ == 4
    assert list(model.history_) == list(singles[0].history_)
    for name, values in model.history_.items():
        mean = np.mean([single.history_[name] for single in singles], axis=0)
        np.testing.assert_allclose(values, mean, rtol=1e-6)


def test_members_that_stop_early_at_different_epochs(noise):
    X, y = noise
    params = {
        "early_stopping": True,
        "epochs": 80,
        "n_iter_no_change": 2,
        "learning_rate": 0.03,
        "units": 6,
    }
    model = make(n_members=3, **params).fit(X, y)
    singles = alone(3, X, y, **params)
    lengths = [single.n_iter_ for single in singles]
    assert len(set(lengths)) > 1
    assert model.n_iter_ == max(lengths) == len(model.history_["val_loss"])
    for epoch, loss in enumerate(model.history_["val_loss"]):
        left = [s.history_["val_loss"][epoch] for s in singles if epoch < s.n_iter_]
        assert loss == pytest.approx(np.mean(left), rel=1e-6)
    # Each has gone back to the weights of its own best epoch.
    expected = np.mean([single.predict(X) for single in singles], axis=0)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-5)


def test_an_ensemble_goes_on_training(noise):
    X, y = noise
    params = {"n_members": 3}
    whole = make(epochs=4, **params).fit(X, y)
    model = make(epochs=2, **params).fit(X, y).partial_fit(X, y).partial_fit(X, y)
    np.testing.assert_array_equal(model.predict(X), whole.predict(X))
    assert model.history_ == whole.history_
    warm = make(epochs=2, warm_start=True, **params).fit(X, y).fit(X, y)
    np.testing.assert_array_equal(warm.predict(X), whole.predict(X))
    begun = make(**params).initialize(X, y)
    for _ in range(4):
        begun.partial_fit(X, y)
    np.testing.assert_array_equal(begun.predict(X), whole.predict(X))
    refitted = whole.fit(X, y)
    np.testing.assert_array_equal(refitted.predict(X), model.predict(X))


def test_members_cannot_change_under_a_warm_start(noise):
    X, y = noise
    model = make(n_members=2, warm_start=True).fit(X, y)
    before = model.predict(X)
    for n_members in (1, 3):
        with pytest.raises(ValueError, match="parameters of LSTMRegressor that shape it"):
            model.set_params(n_members=n_members).fit(X, y)
        with pytest.raises(ValueError, match="parameters of LSTMRegressor that shape it"):
            model.partial_fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before)


def test_an_ensemble_is_cloned_and_pickled(noise):
    X, y = noise
    model = make(n_members=3).fit(X, y)
    twin = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    np.testing.assert_array_equal(
        twin.predict(X, return_std=True)[1], model.predict(X, return_std=True)[1]
    )
    np.testing.assert_array_equal(
        twin.partial_fit(X, y).predict(X), model.partial_fit(X, y).predict(X)
    )
    fresh = clone(model)
    assert fresh.n_members == 3
    assert not hasattr(fresh, "history_")
    np.testing.assert_array_equal(
        fresh.fit(X, y).predict(X), make(**fresh.get_params()).fit(X, y).predict(X)
    )


def test_quantiles_of_an_ensemble():
    X, y = noisy(40)
    model = quantile_regressor(epochs=2, n_members=3, n_targets=2).fit(X, y)
    singles = [
        quantile_regressor(epochs=2, n_targets=2, random_state=seed).fit(X, y)
        for seed in (0, *seeds_of(3))
    ]
    raw = np.mean([single._predict_all(X) for single in singles], axis=0)
    expected = np.sort(raw, axis=3).reshape(40, 2, 3)
    found = model.predict(X, quantiles=(0.1, 0.5, 0.9))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    medians = np.array([single.predict(X) for single in singles])
    np.testing.assert_allclose(
        model.predict(X, return_std=True)[1], medians.std(axis=0), rtol=1e-3, atol=1e-4
    )


def test_the_model_of_an_ensemble_is_its_average(noise):
    X, y = noise
    model = make(n_members=3).fit(X, y)
    outputs = model.target_scaler_.inverse_transform(model.model_(X).numpy().reshape(-1, 2))
    np.testing.assert_allclose(model.predict(X), outputs, rtol=1e-5)


@pytest.mark.parametrize("seed", range(2))
def test_a_random_state_of_ones_own_seeds_every_member(seed, noise):
    X, y = noise
    found = make(n_members=2, random_state=np.random.RandomState(seed)).fit(X, y)
    expected = make(n_members=2, random_state=seed).fit(X, y)
    np.testing.assert_array_equal(found.predict(X), expected.predict(X))


def test_a_loss_of_keras_by_its_name_takes_routed_parameters():
    X = np.random.default_rng(0).normal(size=(30, 4, 1))
    params = {"epochs": 2, "random_state": 0}
    by_name = (
        LSTMRegressor(3, loss="Huber", **params).set_params(loss__delta=0.1).fit(X, X[:, 0, 0])
    )
    by_class = LSTMRegressor(3, loss=keras.losses.Huber(0.1), **params).fit(X, X[:, 0, 0])
    np.testing.assert_array_equal(by_name.predict(X), by_class.predict(X))
    plain = LSTMRegressor(3, loss="Huber", **params).fit(X, X[:, 0, 0])
    assert np.abs(plain.predict(X) - by_name.predict(X)).max() > 1e-4


def _absolute(true, predicted):
    return keras.ops.mean(keras.ops.abs(true - predicted), axis=-1)


@pytest.mark.parametrize(
    ("params", "routed", "message"),
    [
        ({"loss": _absolute}, {"loss__delta": 0.5}, r"set_params\(loss__delta=None\)"),
        ({"loss": "huber"}, {"loss__delta": 0.5}, r"Name the class, loss='Huber', or take"),
        ({"loss": "mse"}, {"loss__delta": 0.5}, r"loss='MeanSquaredError', or take"),
        ({"loss": keras.losses.Huber()}, {"loss__delta": 0.5}, r"Give keras\.losses\.Huber itself"),
        ({"loss": "MeanSquaredError"}, {"loss__delta": 0.5}, r"argument 'delta'\. Take .*=None"),
        ({"loss": "quantile"}, {"loss__delta": 0.5}, r"loss='quantile' takes no loss__delta=0\.5"),
        ({"loss": "hubber"}, {}, r"Did you mean 'huber'\?"),
        ({"optimizer": "Adm"}, {}, r"Did you mean 'Adam'\?"),
        ({"optimizer": keras.optimizers.Adam()}, {"optimizer__beta_1": 0.5}, r"optimizers\.Adam"),
        ({"metrics": [_absolute]}, {"metrics__name": "m"}, r"set_params\(metrics__name=None\)"),
        (
            {"callbacks": keras.callbacks.EarlyStopping()},
            {"callbacks__patience": 3},
            r"Give keras\.callbacks\.EarlyStopping itself",
        ),
        ({}, {"callbacks__patience": 3}, r"class takes parameters\. Take .*patience=None\)"),
    ],
)
def test_parameters_of_what_takes_none_are_refused_with_a_way_out(params, routed, message):
    X = np.random.default_rng(0).normal(size=(30, 4, 1))
    model = LSTMRegressor(2, epochs=1, **params).set_params(**routed)
    with pytest.raises(ValueError, match=message):
        model.fit(X, X[:, 0, 0])


def test_a_routed_parameter_of_none_is_taken_back():
    X = np.random.default_rng(0).normal(size=(30, 4, 1))
    model = LSTMRegressor(2, epochs=1, random_state=0, loss="Huber", optimizer="sgd")
    model.set_params(loss__delta=0.5, optimizer__momentum=0.9, optimizer__learning_rate=0.1)
    model.set_params(loss=_absolute, loss__delta=None, optimizer__momentum=None)
    model.set_params(optimizer__learning_rate=None, learning_rate=0.2)
    expected = LSTMRegressor(
        2, epochs=1, random_state=0, loss=_absolute, optimizer="sgd", learning_rate=0.2
    )
    expected.fit(X, X[:, 0, 0])
    np.testing.assert_array_equal(clone(model).fit(X, X[:, 0, 0]).predict(X), expected.predict(X))


@pytest.mark.parametrize("metrics", ["mae", ["mae"], "MeanAbsoluteError"])
def test_a_metric_of_keras_by_its_name_takes_routed_parameters(metrics):
    X = np.random.default_rng(0).normal(size=(30, 4, 1))
    model = LSTMRegressor(2, epochs=1, metrics=metrics).set_params(metrics__name="apart")
    assert sorted(model.fit(X, X[:, 0, 0]).history_) == ["apart", "loss"]
