"""The benchmark of classifiers: the samples are what they are said to be, and networks alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.cases import CASES, LABELLED
from benchmarks.peers import REGRESSOR, estimator, keras_model, make


def test_labels_say_which_part_the_next_value_is_in():
    case = LABELLED["three classes"]
    X, y = case.windows()
    assert X.shape == (case.n_windows, case.n_steps_in, case.n_features)
    assert np.bincount(y).tolist() == [case.n_windows / 3] * 3
    following = X[1:, -1, 0]  # the window one row later ends with it
    assert following[y[:-1] == 0].max() < following[y[:-1] == 1].min()
    assert following[y[:-1] == 1].max() < following[y[:-1] == 2].min()


def test_windows_of_labels_are_those_of_numbers():
    np.testing.assert_array_equal(
        LABELLED["two classes"].windows()[0], CASES["hourly"].windows()[0]
    )


def test_sequences_lack_frames_in_front_only():
    X, y = LABELLED["vowels"].windows()
    is_missing = np.isnan(X).any(axis=2)
    assert is_missing.any()
    assert not is_missing[:, -1].any()
    assert (np.diff(is_missing.astype(int), axis=1) <= 0).all()
    # Zeros stand for missing frames in Keras and PyTorch, so no other frame may be all zeros.
    assert not (X == 0).all(axis=2).any()
    assert np.bincount(y).tolist() == [30] * 9


@pytest.mark.parametrize("name", LABELLED)
def test_all_train_the_same_network(name):
    case = replace(LABELLED[name], n_rows=110, units=3, epochs=1)
    X, y = case.windows()
    fit, predict = make("skforecast_lstm", case)
    fit(X, y)
    np.testing.assert_allclose(predict(X).sum(axis=1), 1, rtol=1e-5)
    networks = [
        estimator("skforecast_lstm", case).fit(X, y).model_,
        estimator(REGRESSOR, case).fit(X, case.indicators(y)).model_,
        keras_model(case),
    ]
    assert len({network.count_params() for network in networks}) == 1
