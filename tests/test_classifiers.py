"""Classifiers: scikit-learn's conventions for labels, and what their networks learn."""

from __future__ import annotations

import copy
import pickle
import re
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

import skforecast_lstm
from skforecast_lstm import (
    BaseLSTMClassifier,
    BaseLSTMRegressor,
    LSTMClassifier,
    SequenceLSTMClassifier,
    WindowTransformer,
    load,
    save,
)
from skforecast_lstm.layers import ClassProbabilities

CLASSIFIERS = [name for name in skforecast_lstm.__all__ if name.endswith("LSTMClassifier")]
CLASSIFIERS.remove("BaseLSTMClassifier")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 6, 2))
SUM = X.sum(axis=(1, 2))
UP = SUM > 0
SIGN = np.where(UP, "up", "down")
SIZE = np.digitize(SUM, [-2.0, 2.0]) * 10
BOTH = np.column_stack([UP, X[:, 0, 0] > 0, X[:, 1, 1] > 0]).astype(int)
MIXED = np.column_stack([SIGN, np.array(["s", "m", "l"])[SIZE // 10]])
LAYOUTS = {"text": SIGN, "numbers": SIZE, "booleans": UP, "indicators": BOTH, "columns": MIXED}

each_layout = pytest.mark.parametrize("y", LAYOUTS.values(), ids=LAYOUTS)


def small(**params):
    return LSTMClassifier(8, **{"epochs": 3, "random_state": 0, **params})


def learned(y, **params):
    return small(**{"epochs": 60, "learning_rate": 0.01, **params}).fit(X, y)


# --- layouts ------------------------------------------------------------------------------------


# The layouts differ behind the network: one of them for each architecture, and all for one.
PAIRS = [("LSTMClassifier", layout) for layout in LAYOUTS]
PAIRS += [(name, "columns") for name in CLASSIFIERS if name != "LSTMClassifier"]


@pytest.mark.parametrize(("name", "layout"), PAIRS)
def test_every_architecture_and_every_layout(name, layout):
    y = LAYOUTS[layout]
    first = {"ConvLSTMClassifier": {"filters": 3}, "StackedLSTMClassifier": {"units": (3, 2)}}
    params = {"epochs": 1, "random_state": 0, **first.get(name, {"units": 3})}
    model = getattr(skforecast_lstm, name)(**params).fit(X, y)
    predicted, proba = model.predict(X[:5]), model.predict_proba(X[:5])
    assert is_classifier(model)
    assert predicted.shape == (5, *y.shape[1:])
    assert predicted.dtype == y.dtype
    assert set(predicted.ravel()) <= set(y.ravel())
    if y.ndim == 1:
        assert proba.shape == (5, len(np.unique(y)))
        np.testing.assert_array_equal(model.classes_, np.unique(y))
        np.testing.assert_array_equal(predicted, model.classes_[proba.argmax(axis=1)])
        assert model.n_classes_ == len(model.classes_)
    elif y is BOTH:  # as scikit-learn has it for indicators
        assert proba.shape == (5, 3)
        np.testing.assert_array_equal(predicted, proba > 0.5)
        assert [part.tolist() for part in model.classes_] == [[0, 1]] * 3
    else:
        assert [part.shape for part in proba] == [(5, 2), (5, 3)]
        for column, (classes, part) in enumerate(zip(model.classes_, proba, strict=True)):
            np.testing.assert_array_equal(predicted[:, column], classes[part.argmax(axis=1)])
            np.testing.assert_allclose(part.sum(axis=1), 1, rtol=1e-12)


@each_layout
def test_labels_are_learned(y):
    model = learned(y)
    assert model.score(X, y) > (0.7 if y is BOTH else 0.85)  # of indicators all three are right
    predicted = model.predict(X)
    assert model.score(X, y) == (predicted == y).reshape(len(y), -1).all(axis=1).mean()
    log_proba = model.predict_log_proba(X)
    np.testing.assert_allclose(np.exp(log_proba[0]), model.predict_proba(X)[0])


def test_steps_of_one_target_share_their_labels():
    y = np.stack([SIGN, np.where(UP, "down", "down")], axis=1)
    names = pd.DataFrame(y, columns=["state(t+1)", "state(t+2)"])
    model = small().fit(X, names)
    assert [part.tolist() for part in model.classes_] == [["down", "up"]] * 2
    with pytest.raises(ValueError, match=r"one class only in column 1, 'down'"):
        small().fit(X, y)  # nothing says that the columns are of one target
    assert small(n_targets=1).fit(X, y).n_steps_out_ == 2


def test_a_column_of_labels_is_one_label():
    column, flat = small(epochs=1).fit(X, SIGN[:, np.newaxis]), small(epochs=1).fit(X, SIGN)
    np.testing.assert_array_equal(column.predict(X)[:, 0], flat.predict(X))
    np.testing.assert_array_equal(column.predict_proba(X), flat.predict_proba(X))
    np.testing.assert_array_equal(column.classes_, flat.classes_)
    found = cross_validate(small(epochs=1), X, UP[:, np.newaxis], scoring="roc_auc", cv=2)
    plain = cross_validate(small(epochs=1), X, UP, scoring="roc_auc", cv=2)
    np.testing.assert_array_equal(found["test_score"], plain["test_score"])


def test_labels_in_three_dimensions_come_back_so():
    y = np.stack([BOTH, BOTH[:, ::-1]], axis=2)
    model = small(epochs=1).fit(X, y)
    assert model.predict(X[:4]).shape == model.predict_proba(X[:4]).shape == (4, 3, 2)
    assert (model.n_steps_out_, model.n_targets_) == (3, 2)


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(SIGN, dtype="category"),
        pd.Series(SIGN, dtype="string"),
        pd.Series(UP, dtype="boolean"),
        UP.tolist(),
        SIGN.astype(object),
        pd.Series(SIZE, dtype="Int64"),
    ],
    ids=["category", "string", "boolean", "list", "objects", "Int64"],
)
def test_labels_of_any_container(y):
    model = small(epochs=1).fit(X, y)
    plain = UP if len(model.classes_) == 2 and model.classes_.dtype == bool else np.asarray(y)
    np.testing.assert_array_equal(model.classes_, np.unique(plain))
    again = small(epochs=1).fit(X, np.asarray(y).tolist())
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))


# --- what training minimises --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "class_weight"),
    # Those of several columns are products in scikit-learn; here each label has its own.
    [*((layout, None) for layout in LAYOUTS), ("text", "balanced"), ("numbers", "balanced")],
)
def test_the_loss_is_the_log_loss_of_the_probabilities(layout, class_weight):
    y = LAYOUTS[layout]
    params = {"batch_size": 200, "learning_rate": 1e-12, "epochs": 1}
    model = small(class_weight=class_weight, **params).fit(X, y)
    weight = compute_sample_weight(class_weight, y) if class_weight else np.ones(len(y))
    columns = y.reshape(len(y), -1).T
    proba = model.predict_proba(X)
    if y is BOTH:
        proba = [np.stack([1 - p, p], axis=1) for p in proba.T]
    parts = proba if y.ndim > 1 else [proba]
    expected = np.mean(
        [log_loss(c, p, sample_weight=weight) for c, p in zip(columns, parts, strict=True)]
    )
    np.testing.assert_allclose(model.history_["loss"], [expected], rtol=1e-5)
    np.testing.assert_allclose(
        model._losses(
            model._as_outputs(model._labels.numbers(y.reshape(len(y), -1, 1))),
            model.model_.predict(X, verbose=0),
        ).mean(),
        np.mean([log_loss(c, p) for c, p in zip(columns, parts, strict=True)]),
        rtol=1e-5,
    )


def test_a_network_that_is_wrong_for_certain_still_learns():
    # A sigmoid that is cut off would give it no gradient.
    model = small(epochs=1).fit(X, UP)
    weights = [np.zeros_like(w) for w in model._states[0].weights]
    weights[-1][:] = 60.0
    model._states[0].weights = model._members[0].state.weights = weights
    wrong = np.zeros(len(X), dtype=bool)
    before = model.set_params(warm_start=True, learning_rate=1.0).fit(X, wrong).history_["loss"]
    assert before[0] > 50
    assert model._states[0].weights[-1][0] < 59


@pytest.mark.parametrize("given", ["balanced", {"up": 5.0}, {"up": 2.0, "down": 0.5}])
def test_class_weights_are_sample_weights_by_label(given):
    rare = np.where(SUM > 3, "up", "down")
    weight = compute_sample_weight(given, rare)
    ours = small(class_weight=given).fit(X, rare).predict_proba(X)
    theirs = small().fit(X, rare, weight).predict_proba(X)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert np.abs(ours - small().fit(X, rare).predict_proba(X)).max() > 1e-3


def test_class_weights_and_sample_weights_multiply():
    weight = RNG.uniform(0.5, 2, len(X))
    both = small(class_weight={"up": 3.0}).fit(X, SIGN, weight).predict_proba(X)
    product = small().fit(X, SIGN, weight * np.where(UP, 3.0, 1.0)).predict_proba(X)
    np.testing.assert_allclose(both, product, rtol=1e-6)


def test_class_weights_of_columns_count_each_label_by_itself():
    given = [{"up": 4.0}, {"l": 0.0, "m": 0.0, "s": 0.0}]
    model = small(class_weight=given, epochs=30, learning_rate=0.01).fit(X, MIXED)
    fresh = small(epochs=1, learning_rate=1e-12).fit(X, MIXED)
    own, other = model.predict_proba(X), fresh.predict_proba(X)
    assert np.abs(own[0] - other[0]).max() > 0.2
    # Of the second column nothing is learned: its bias has stayed where it began.
    bias = model._states[0].weights[-1].reshape(2, 3)
    np.testing.assert_array_equal(bias[1], 0)
    one_dict = small(class_weight={0: 1.0, 1: 3.0}).fit(X, BOTH)
    a_list = small(class_weight=[{0: 1.0, 1: 3.0}] * 3).fit(X, BOTH)
    np.testing.assert_array_equal(one_dict.predict_proba(X), a_list.predict_proba(X))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sideways": 2.0}, r"class_weight names labels.*\['down', 'up'\]: \['sideways'\]"),
        ([{"up": 1.0}] * 2, r"class_weight must be one dict, or a list with one for each of the 1"),
        ("rare", "'class_weight' parameter of LSTMClassifier"),
        ({"up": -1.0}, r"not negative, got \{'up': -1.0\}"),
        ({"up": np.nan}, r"finite weights"),
    ],
)
def test_class_weights_that_fit_no_label_or_are_no_weights_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        small(class_weight=given).fit(X, SIGN)


@pytest.mark.parametrize(
    ("loss", "routed"),
    [
        ("log_loss", {"loss__label_smoothing": 0.2}),
        ("hinge", {}),
        ("binary_focal_crossentropy", {}),
        (keras.losses.BinaryFocalCrossentropy(gamma=3.0), {}),
    ],
)
def test_other_losses_of_keras_see_zeros_ones_and_probabilities(loss, routed):
    model = small(loss=loss, epochs=40, learning_rate=0.01, metrics=["accuracy", "auc"])
    model.set_params(**routed).fit(X, SIGN)
    plain = learned(SIGN, epochs=40)
    assert np.abs(model.predict_proba(X) - plain.predict_proba(X)).max() > 1e-3
    assert model.score(X, SIGN) > 0.85
    assert model.history_["accuracy"][-1] > 0.85


@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        "SparseCategoricalCrossentropy",
        keras.losses.sparse_categorical_crossentropy,
        keras.losses.SparseCategoricalCrossentropy(),
    ],
    ids=["name", "class", "function", "object"],
)
def test_losses_of_numbers_of_labels_are_refused(loss):
    with pytest.raises(ValueError, match=r"takes numbers of labels.*loss='log_loss'"):
        small(loss=loss).fit(X, SIZE)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "CategoricalFocalCrossentropy"])
def test_losses_of_more_classes_are_refused_where_there_are_two(loss):
    with pytest.raises(ValueError, match=r"labels of two classes have one.*loss='log_loss'"):
        small(loss=loss).fit(X, SIGN)
    assert small(loss=loss, epochs=1).fit(X, SIZE).n_iter_ == 1


def test_labels_are_not_smoothed_over_classes_that_a_target_does_not_have():
    fresh = {"epochs": 1, "learning_rate": 1e-12, "batch_size": 200}
    smooth = small(**fresh).set_params(loss__label_smoothing=0.3)
    with pytest.raises(ValueError, match=r"label_smoothing=0.3.*targets have \[2, 3\] classes"):
        smooth.fit(X, MIXED)
    log_proba = smooth.fit(X, SIZE).predict_log_proba(X)
    targets = 0.7 * (SIZE[:, np.newaxis] == smooth.classes_) + 0.1
    expected = -(targets * log_proba).sum(axis=1).mean()
    np.testing.assert_allclose(smooth.history_["loss"], [expected], rtol=1e-5)


def test_accuracy_of_keras_is_that_of_the_labels():
    for y in (SIGN, SIZE, BOTH, MIXED):
        model = small(metrics=["accuracy"], learning_rate=1e-12, batch_size=200, epochs=1)
        model.fit(X, y)
        assert model.history_["accuracy"][0] == pytest.approx((model.predict(X) == y).mean())


def test_the_model_of_keras_gives_the_probabilities():
    for y, output in ((SIGN, (1,)), (SIZE, (3,)), (BOTH, (3, 1)), (MIXED, (2, 3))):
        model = small(n_members=2, epochs=1).fit(X, y)
        assert model.model_.output_shape == (None, *output)
        own = model.model_.predict(X, verbose=0)
        proba = model.predict_proba(X)
        if y is SIGN:
            np.testing.assert_allclose(own[:, 0], proba[:, 1], rtol=1e-5)
        elif y is SIZE:
            np.testing.assert_allclose(own, proba, rtol=1e-5)
        elif y is BOTH:
            np.testing.assert_allclose(own[..., 0], proba, rtol=1e-5)
        else:
            np.testing.assert_allclose(own[:, 1], proba[1], rtol=1e-5)
            np.testing.assert_array_equal(own[:, 0, 2], 0)


def test_members_are_averaged_in_probability():
    two = small(n_members=2).fit(X, SIZE)
    alone = []
    for member in two._members:
        one = copy.deepcopy(two).set_params(n_members=1)
        one._members, one._states = [member], [member.state]
        alone.append(one.predict_proba(X))
    np.testing.assert_allclose(two.predict_proba(X), np.mean(alone, axis=0), rtol=1e-6)
    assert np.abs(alone[0] - alone[1]).max() > 1e-3


# --- missing things -----------------------------------------------------------------------------


def test_rows_without_a_label_are_left_out():
    holes = SIGN.astype(object)
    holes[::7] = None
    keep = np.arange(len(X)) % 7 > 0
    model = small().fit(X, holes)
    expected = small().fit(X[keep], SIGN[keep])
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
    assert model.score(X, holes) == expected.score(X[keep], SIGN[keep])


@each_layout
def test_a_row_with_a_hole_in_its_window_has_no_label(y):
    model = small(epochs=1).fit(X, y)
    holed, rest = X[:6].copy(), [0, 1, 3, 4, 5]
    holed[2, 3, 1] = np.nan
    predicted, proba = model.predict(holed), model.predict_proba(holed)
    assert np.all(pd.isna(predicted[2]))
    np.testing.assert_array_equal(predicted[rest], model.predict(X[rest]))
    for part in proba if isinstance(proba, list) else [proba]:
        assert np.isnan(part[2]).all()
        assert np.isfinite(part[rest]).all()
    assert model.score(holed, y[:6]) == model.score(X[rest], y[rest])


def test_sequences_of_varying_length_are_read_as_long_as_they_are():
    lengths = RNG.integers(2, 7, len(X))
    padded = X.copy()
    for row, length in zip(padded, lengths, strict=True):
        row[: 6 - length] = np.nan
    y = np.nansum(padded, axis=(1, 2)) > 0
    model = small(missing="mask", epochs=80, learning_rate=0.01).fit(padded, y)
    assert model.score(padded, y) > 0.85
    wider = np.concatenate([np.full((len(X), 3, 2), np.nan), padded], axis=1)
    long = small(missing="mask", epochs=80, learning_rate=0.01).fit(wider, y)
    np.testing.assert_allclose(long.predict_proba(wider), model.predict_proba(padded), rtol=1e-3)


@pytest.mark.parametrize("columns", [1, 2])
def test_labels_of_skipped_steps_are_not_learned_from(columns):
    padded = X.copy()
    padded[:40, :2] = np.nan
    sums = np.digitize(np.cumsum(np.nan_to_num(padded), axis=1), [-1.0, 1.0])
    y = sums[:, :, :columns]
    other = y.copy()
    other[:40, :2] = 2 - other[:40, :2]
    params = {"epochs": 1, "learning_rate": 1e-12, "batch_size": 200, "missing": "mask"}
    model = SequenceLSTMClassifier(4, random_state=0, **params).fit(padded, y)
    again = SequenceLSTMClassifier(4, random_state=0, **params).fit(padded, other)
    assert again.history_ == model.history_
    proba = np.stack(model.predict_proba(padded), axis=1).reshape(80, 6, columns, 3)
    losses = -np.log(np.take_along_axis(proba, y[..., np.newaxis], axis=3))
    is_there = np.isfinite(padded[:, :, 0])
    np.testing.assert_allclose(model.history_["loss"], [losses[is_there].mean()], rtol=1e-5)


# --- labels that are not right ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (SUM, "Unknown label type: continuous"),
        (np.full(len(X), "up"), r"one class only, 'up'.*partial_fit\(classes=\.\.\.\)"),
        (np.full(len(X), np.nan), "No complete sample"),
        (SIGN[:-1], "inconsistent numbers of samples"),
        (None, "requires y to be passed"),
        (np.array([1, "a"] * 40, dtype=object), "labels of one type"),
    ],
    ids=["numbers", "one class", "all missing", "fewer", "none", "mixed"],
)
def test_what_are_no_labels_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        small().fit(X, y)


def test_booleans_know_both_classes_where_one_does_not_occur():
    model = learned(np.zeros(len(X), dtype=bool))
    assert model.classes_.tolist() == [False, True]
    assert (model.predict_proba(X)[:, 1] < 0.5).all()


def test_rows_sorted_by_label_are_not_stopped_early_on_one_class():
    order = np.argsort(SIZE, kind="stable")
    params = {"early_stopping": True, "epochs": 2}
    with pytest.warns(UserWarning, match=r"last 8 samples.*all of class \[20\].*shuffle"):
        small(**params).fit(X[order], SIZE[order])
    with pytest.raises(ValueError, match=r"every one of class \[20\].*shuffle.*X_val and y_val"):
        small(validation_fraction=0.5, **params).fit(X[order], SIZE[order])
    few = np.flatnonzero(SIZE[order] == 20)[5:]
    rows = np.delete(order, few)
    with pytest.raises(ValueError, match=r"epochs='auto' tries on.*epochs as a number"):
        small(epochs="auto").fit(X[rows], SIZE[rows])
    small(**params).fit(X, SIZE)
    small(epochs="auto").fit(X, SIZE)


# --- going on -----------------------------------------------------------------------------------


def test_partial_fit_needs_all_classes_at_first():
    model = small(learning_rate=0.01)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(X, SIZE)
    model.partial_fit(X[:3], SIZE[:3], classes=[0, 10, 20, 30])
    assert model.classes_.tolist() == [0, 10, 20, 30]
    for _ in range(40):
        model.partial_fit(X, SIZE)
    assert model.n_iter_ == 41
    assert model.predict_proba(X).shape == (80, 4)
    assert (model.predict_proba(X)[:, 3] < 0.1).all()
    with pytest.raises(ValueError, match=r"not among the classes \[0, 10, 20, 30\]: \[40\]"):
        model.partial_fit(X, SIZE + 20)
    with pytest.raises(ValueError, match=r"classes=\[\[0, 10\]\] are not those of the network"):
        model.partial_fit(X, SIZE, classes=[0, 10])
    assert model.n_iter_ == 41


def test_partial_fit_of_several_columns():
    by_column = [["down", "up"], ["l", "m", "s", "xl"]]
    model = small().partial_fit(X, MIXED, classes=by_column)
    assert [part.tolist() for part in model.classes_] == by_column
    alike = small().partial_fit(X, BOTH, classes=[0, 1])
    assert [part.tolist() for part in alike.classes_] == [[0, 1]] * 3
    with pytest.raises(ValueError, match=r"those of each in a list of 2, got 1"):
        small().partial_fit(X, MIXED, classes=[["down", "up"]])


def test_warm_start_goes_on_with_the_labels_there_are():
    warm = small(warm_start=True, shuffle=False).fit(X, SIGN).fit(X, SIGN)
    np.testing.assert_allclose(
        warm.predict_proba(X),
        small(epochs=6, shuffle=False).fit(X, SIGN).predict_proba(X),
        rtol=1e-5,
    )
    with pytest.raises(ValueError, match=r"not among the classes \['down', 'up'\]: \['side'\]"):
        warm.fit(X, np.where(UP, "up", "side"))
    np.testing.assert_array_equal(warm.classes_, ["down", "up"])


def test_a_refit_knows_nothing_of_the_labels_before():
    model = small().fit(X, MIXED).fit(X, SIZE)
    expected = small().fit(X, SIZE)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
    np.testing.assert_array_equal(model.classes_, expected.classes_)


def test_early_stopping_returns_to_the_best_epoch():
    stopped = small(
        early_stopping=True,
        n_iter_no_change=3,
        epochs=200,
        learning_rate=0.02,
        validation_fraction=0.2,
    ).fit(X, SIGN)
    losses = stopped.history_["val_loss"]
    assert stopped.n_iter_ < 200
    assert stopped.n_iter_ == np.argmin(losses) + 1 + 3
    held_out = slice(64, None)
    proba = stopped.predict_proba(X[held_out])
    assert log_loss(SIGN[held_out], proba) == pytest.approx(min(losses), rel=1e-4)


def test_callbacks_see_the_losses_of_labels(tmp_path):
    seen = []
    report = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs))
    model = small(callbacks=[report], metrics=["accuracy"]).fit(X, SIGN)
    assert [logs["loss"] for logs in seen] == model.history_["loss"]
    each_batch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    by_keras = small(callbacks=[each_batch], class_weight="balanced").fit(X, MIXED)
    ours = small(class_weight="balanced").fit(X, MIXED)
    np.testing.assert_allclose(by_keras.predict_proba(X)[1], ours.predict_proba(X)[1], rtol=1e-4)


# --- scikit-learn around them -------------------------------------------------------------------


def noise_and_rule(n_rows=240, seed=0):
    """A table whose next row exceeds its mean where the mean of three rows does."""
    table = np.random.default_rng(seed).normal(size=(n_rows, 1))
    mean = np.convolve(table[:, 0], np.ones(3) / 3)[:n_rows]
    return table, np.where(mean > 0, "rise", "fall")


def in_pipeline(**params):
    return make_pipeline(StandardScaler(), WindowTransformer(3), small(**params))


@pytest.mark.parametrize(
    "scoring",
    ["roc_auc", "average_precision", "neg_log_loss", "balanced_accuracy", "neg_brier_score"],
)
def test_scorers_take_a_pipeline(scoring):
    X, y = noise_and_rule()
    y = y if scoring == "neg_log_loss" else y == "rise"
    model = in_pipeline(epochs=20, learning_rate=0.02)
    options = {"cv": TimeSeriesSplit(2), "scoring": scoring, "error_score": "raise"}
    found = GridSearchCV(model, {"lstmclassifier__units": [4, 8]}, **options).fit(X, y)
    assert found.best_score_ > {"neg_log_loss": -0.5, "neg_brier_score": -0.15}.get(scoring, 0.85)
    assert found.predict_proba(X).shape == (240, 2)
    np.testing.assert_array_equal(found.classes_, np.unique(y))


def test_scorers_take_several_classes_and_indicators():
    options = {"cv": 2, "error_score": "raise"}
    model = small(epochs=30, learning_rate=0.02)
    found = cross_validate(model, X, SIZE, scoring=["roc_auc_ovr", "f1_macro"], **options)
    assert (found["test_roc_auc_ovr"] > 0.7).all()
    found = cross_validate(model, X, BOTH, scoring=["roc_auc", "average_precision"], **options)
    assert (found["test_roc_auc"] > 0.6).all()


def test_meta_estimators_of_scikit_learn():
    X, y = noise_and_rule()
    model = in_pipeline(epochs=20, learning_rate=0.02)
    split = TimeSeriesSplit(2)
    around = {
        "calibrated": CalibratedClassifierCV(model, cv=split),
        "threshold": TunedThresholdClassifierCV(model, cv=[(np.arange(150), np.arange(150, 200))]),
        "voting": VotingClassifier([("a", model), ("b", clone(model))], voting="soft"),
        "one against rest": OneVsRestClassifier(model),
    }
    for name, estimator in around.items():
        estimator.fit(X[:200], y[:200])
        assert estimator.score(X, y) > 0.85, name
        assert estimator.predict_proba(X).shape == (240, 2), name
    windows = np.lib.stride_tricks.sliding_window_view(X[:, 0], 3)[..., np.newaxis]
    stack = StackingClassifier(
        [("lstm", small(epochs=20, learning_rate=0.02))], LogisticRegression(), cv=3
    ).fit(windows, y[2:])
    assert stack.score(windows, y[2:]) > 0.85
    proba = cross_val_predict(model, X, y, cv=3, method="predict_proba")
    assert roc_auc_score(y, proba[:, 1]) > 0.85
    fitted = clone(model).fit(X, y)
    importance = permutation_importance(fitted, X, y, n_repeats=2, random_state=0)
    assert importance.importances_mean[0] > 0.2


def test_noise_is_not_told_from_noise():
    rng = np.random.default_rng(5)
    scores, losses = [], []
    for seed in range(3):
        X, y = rng.normal(size=(400, 6, 2)), rng.integers(0, 2, 400)
        model = small(epochs=10, random_state=seed).fit(X[:300], y[:300])
        scores.append(accuracy_score(y[300:], model.predict(X[300:])))
        losses.append(log_loss(y[300:], model.predict_proba(X[300:])))
    assert np.mean(scores) < 0.57  # three deviations of 300 coins
    assert min(losses) > 0.67


def test_windows_of_a_fold_are_the_true_ones():
    table, y = noise_and_rule(80)
    pipeline = make_pipeline(WindowTransformer(4), small())
    for train, test in TimeSeriesSplit(3).split(table):
        model = clone(pipeline).fit(table[train], y[train])
        windows = np.stack([table[row - 3 : row + 1] for row in test])
        own = model[-1].predict_proba(windows)
        np.testing.assert_allclose(model.predict_proba(table[test]), own, rtol=1e-6)


# --- what is one's own, and what is kept --------------------------------------------------------


def build_dense(input_shape, n_steps_out, n_targets, *, units):
    layers = [keras.layers.Flatten(), keras.layers.Dense(units, activation="relu")]
    last = keras.layers.Dense(n_steps_out * n_targets)
    return keras.Sequential([keras.Input(input_shape), *layers, last])


def test_one_builder_serves_both_kinds():
    class DenseRegressor(BaseLSTMRegressor):
        build_network = staticmethod(build_dense)

    class DenseClassifier(BaseLSTMClassifier):
        build_network = staticmethod(build_dense)

    params = {"epochs": 60, "learning_rate": 0.01, "random_state": 0}
    assert DenseRegressor(16, **params).fit(X, SUM).score(X, SUM) > 0.9
    for y in (SIGN, SIZE, BOTH, MIXED):
        assert DenseClassifier(16, **params).fit(X, y).score(X, y) > 0.9


def test_a_leftover_return_sequences_is_refused():
    def build(input_shape, n_steps_out, n_targets):
        layers = [keras.layers.LSTM(3, return_sequences=True), keras.layers.Dense(n_targets)]
        return keras.Sequential([keras.Input(input_shape), *layers])

    class Leftover(BaseLSTMClassifier):
        build_network = staticmethod(build)

    with pytest.raises(ValueError, match=r"output shape \(None, 6, 1\).*return_sequences=True"):
        Leftover(epochs=1).fit(X, SIGN)


@each_layout
def test_files_and_copies_predict_the_same(y, tmp_path):
    model = small(epochs=1).fit(X, y)
    expected = model.predict(X)
    save(model, tmp_path / "model.skops")
    for twin in (
        load(tmp_path / "model.skops"),
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
    ):
        found = twin.predict(X)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


@pytest.mark.parametrize(
    "given", [{"up": 3.0}, [{"up": 3.0}, {"l": 2.0}], "balanced"], ids=["dict", "list", "balanced"]
)
def test_files_keep_class_weights(given, tmp_path):
    y = MIXED if isinstance(given, list) else SIGN
    model = small(epochs=1, class_weight=given).fit(X, y)
    save(model, tmp_path / "model.skops")
    twin = load(tmp_path / "model.skops")
    assert twin.class_weight == given
    assert twin.partial_fit(X, y).history_ == model.partial_fit(X, y).history_


def test_the_layer_of_probabilities_can_be_made_again():
    layer = ClassProbabilities([2, 3])
    twin = ClassProbabilities.from_config(layer.get_config())
    logits = RNG.normal(size=(4, 6))
    proba = np.asarray(twin(logits))
    np.testing.assert_array_equal(np.asarray(layer(logits)), proba)
    np.testing.assert_allclose(proba.sum(axis=2), 1, rtol=1e-6)
    np.testing.assert_array_equal(proba[:, 0, 2], 0)


def test_nothing_that_was_given_is_changed():
    given, labels, weight = X.copy(), BOTH.copy(), np.ones(len(X))
    class_weight = {0: 1.0, 1: 2.0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(class_weight=class_weight).fit(given, labels, weight).predict_proba(given)
    np.testing.assert_array_equal(given, X)
    np.testing.assert_array_equal(labels, BOTH)
    assert class_weight == {0: 1.0, 1: 2.0}
    assert (weight == 1).all()


def test_a_label_for_each_step_of_a_sequence():
    y = np.where(np.cumsum(X[:, :, 0], axis=1) > 0, "above", "below")
    model = SequenceLSTMClassifier(8, epochs=60, learning_rate=0.02, random_state=0, n_targets=1)
    model.fit(X, y)
    assert (model.predict(X) == y).mean() > 0.9
    early, late = X[:5].copy(), X[:5].copy()
    late[:, 4:] += 10  # a step knows nothing of later ones
    first = [model.predict_proba(part)[:4] for part in (early, late)]
    np.testing.assert_allclose(first[0], first[1], rtol=1e-5)


def test_a_linear_map_past_the_network_begins_at_nothing():
    fresh = {"linear_skip": True, "learning_rate": 1e-12, "epochs": 1}
    np.testing.assert_allclose(small(**fresh).fit(X, SIZE).predict_proba(X), 1 / 3, rtol=1e-6)
    for y in (SIGN, SIZE, BOTH, MIXED):
        assert learned(y, linear_skip=True).score(X, y) > 0.95
    alone = small(linear_skip=True).fit(X, SIGN)
    assert np.abs(alone.predict_proba(X) - small().fit(X, SIGN).predict_proba(X)).max() > 1e-3


@pytest.mark.parametrize(
    ("y", "columns"),
    [(SIGN, "[0]"), (pd.Series(SIGN, name="state"), r"['state']"), (MIXED, "[0, 1]")],
)
def test_a_regressor_that_is_given_labels_names_the_classifiers(y, columns):
    model = skforecast_lstm.LSTMRegressor(3, epochs=1)
    message = re.escape(f"y must hold numbers, got text in {columns}")
    with pytest.raises(ValueError, match=rf"{message}.*LSTMClassifier"):
        model.fit(X, y)
