"""What the base does with samples: which are trained on, held out, scaled, completed or refused."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from skforecast_lstm import LSTMRegressor, WindowTransformer, make_supervised, training


def make(**params):
    return LSTMRegressor(**{"units": 3, "epochs": 1, "random_state": 0, **params})


@pytest.fixture
def trained_on(monkeypatch):
    """What reaches training: first rows of the windows, targets and weights, of both parts."""
    seen = []
    train = training.train

    def spy(network, compilation, state, samples, validation, *rest):
        seen.append((samples, validation))
        return train(network, compilation, state, samples, validation, *rest)

    monkeypatch.setattr(training, "train", spy)
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
    assert scales(make().fit(X, y.to_numpy())) == 1
    assert scales(make(n_targets=2).fit(X, y.to_numpy())) == 2
    assert scales(make().fit(X, y.to_numpy().reshape(12, 2, 2))) == 2
    assert scales(make().fit(X, y[["a(t+1)", "a(t+2)", "b(t+1)", "b(t+2)"]])) == 1  # not in order
    assert scales(make().fit(X, y.set_axis(list("abcd"), axis=1))) == 1


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


def test_partial_fit_refuses_another_layout_of_targets():
    X = np.random.default_rng(0).normal(size=(12, 4, 1))
    model = make().fit(X, X[:, :2, 0])
    with pytest.raises(ValueError, match=r"y has 3 steps of 1 targets.*fitted with 2 of 1"):
        model.partial_fit(X, X[:, :3, 0])
