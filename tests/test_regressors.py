"""Every architecture in every framing, and the numbers that the tutorials promise."""

import numpy as np
import pytest

import skforecast_lstm
from skforecast_lstm import WindowTransformer, make_supervised
from skforecast_lstm.datasets import make_toy_table
from skforecast_lstm.networks import build_cnn_lstm, build_conv_lstm

REGRESSORS = [name for name in skforecast_lstm.__all__ if name.endswith("LSTMRegressor")]
REGRESSORS.remove("BaseLSTMRegressor")

# (make_supervised's arguments, n_steps_in, the window asked about, what must come out)
COLUMNS = ["in1", "in2"]
FRAMINGS = {
    "univariate": ({"target": "in1", "features": "in1"}, 3, [70, 80, 90], [100]),
    "subsequences": ({"target": "in1", "features": "in1"}, 4, [60, 70, 80, 90], [100]),
    "multiple input": (
        {"target": "out", "features": COLUMNS, "lead": 0},
        3,
        [[80, 85], [90, 95], [100, 105]],
        [205],
    ),
    "parallel": ({}, 3, [[70, 75, 145], [80, 85, 165], [90, 95, 185]], [100, 105, 205]),
    "multi-step": (
        {"target": "in1", "features": "in1", "n_steps_out": 2},
        3,
        [70, 80, 90],
        [100, 110],
    ),
    "multiple input, multi-step": (
        {"target": "out", "features": COLUMNS, "lead": 0, "n_steps_out": 2},
        3,
        [[70, 75], [80, 85], [90, 95]],
        [185, 205],
    ),
    "parallel, multi-step": (
        {"n_steps_out": 2},
        3,
        [[70, 75, 145], [80, 85, 165], [90, 95, 185]],
        [100, 105, 205, 110, 115, 225],
    ),
}

# Windows of three steps are too short for the defaults to read much: cut them into single steps.
SHORT_WINDOW = {
    "CNNLSTMRegressor": {"n_seq": 3, "pool_size": 1},
    "ConvLSTMRegressor": {"n_seq": 3, "kernel_size": 1},
}
# One-to-many is meant for windows of one step, and needs longer to unlearn the rest.
LONGER = {"epochs": 240, "batch_size": 4}
SLOWER = {
    "OneToManyLSTMRegressor": LONGER,
    # With longer steps a part of the seeds ends far off.
    "CNNLSTMRegressor": {"epochs": 200, "learning_rate": 0.002},
}
SEEDS = range(5)


def make(name, **params):
    return getattr(skforecast_lstm, name)(**params)


def median_prediction(name, X, y, asked, **params):
    """Median over seeds, with the settings of the tutorials (relu, no scaling), but longer steps.

    They come as near in 120 epochs as those of the default learning rate do in 300.
    """
    params = {"epochs": 120, "learning_rate": 0.005, **params}
    params = {"activation": "relu", "target_scaler": None, **params}
    models = [make(name, random_state=seed, **params).fit(X, y) for seed in SEEDS]
    predicted = [model.predict(asked) for model in models]
    assert predicted[0].shape == (1, *np.shape(y)[1:])
    return np.median(np.reshape(predicted, (len(SEEDS), -1)), axis=0)


@pytest.mark.slow
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("name", REGRESSORS)
def test_framings_reach_the_numbers_of_the_table(name, framing):
    arguments, n_steps_in, asked, expected = FRAMINGS[framing]
    X, y = make_supervised(make_toy_table(), **arguments)
    windows = WindowTransformer(n_steps_in, purge=False).fit_transform(X)
    asked = np.reshape(asked, (1, n_steps_in, -1)).astype(float)
    params = SHORT_WINDOW.get(name, {}) if n_steps_in == 3 else {}
    params = {**params, **SLOWER.get(name, {})}

    predicted = median_prediction(name, windows, y, asked, **params)

    # The answers lie outside the range trained on: 5 % for one step, 10 % for several.
    tolerance = 0.05 if arguments.get("n_steps_out", 1) == 1 else 0.10
    np.testing.assert_allclose(predicted, expected, rtol=tolerance)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["OneToManyLSTMRegressor", "LSTMRegressor"])
def test_one_to_many(name):
    x = np.arange(1.0, 46.0, 3.0)
    y = np.column_stack([x + 1, x + 2])
    # As many batches as the fewer rows of the table give in LONGER.
    params = {**LONGER, "epochs": LONGER["epochs"] // 2}
    predicted = median_prediction(name, x[:, None, None], y, [[[10.0]]], **params)
    np.testing.assert_allclose(predicted, [11, 12], rtol=0.10)


@pytest.mark.slow
def test_many_to_one():
    X = np.arange(1.0, 46.0).reshape(15, 3)
    predicted = median_prediction("LSTMRegressor", X, X.sum(axis=1), [[50.0, 51.0, 52.0]])
    np.testing.assert_allclose(predicted, [153], rtol=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SequenceLSTMRegressor", "EncoderDecoderLSTMRegressor"])
def test_many_to_many(name):
    X = np.arange(5.0, 301.0, 5.0).reshape(20, 3)
    predicted = median_prediction(name, X, X + 15, [[300.0, 305.0, 310.0]])
    np.testing.assert_allclose(predicted, [315, 320, 325], rtol=0.10)


# That of one target and one step, in 1-D, needs a network of its own: the framings above ask every
# architecture for it.
@pytest.mark.parametrize(
    ("name", "layout"),
    [("LSTMRegressor", "1-D"), *((n, layout) for n in REGRESSORS for layout in ("2-D", "3-D"))],
)
def test_predict_returns_the_layout_of_y(name, layout):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 4, 2))
    y = rng.normal(size={"1-D": 12, "2-D": (12, 6), "3-D": (12, 3, 2)}[layout])
    # Three steps of two targets in 2-D as in 3-D, so that both train the same program. Without
    # n_targets a 2-D y is several steps of one target, as in the framings above.
    params = {"n_targets": 2} if layout == "2-D" else {}
    model = make(name, epochs=1, **params)
    assert model.fit(X, y).predict(X[:5]).shape == (5, *y.shape[1:])


@pytest.mark.parametrize(
    ("name", "params", "layer_names"),
    [
        ("LSTMRegressor", {}, ["LSTM", "Dense"]),
        ("LSTMRegressor", {"cell": "gru"}, ["GRU", "Dense"]),
        ("LSTMRegressor", {"cell": "simple_rnn"}, ["SimpleRNN", "Dense"]),
        ("StackedLSTMRegressor", {"units": (4, 3, 2)}, ["LSTM", "LSTM", "LSTM", "Dense"]),
        ("BidirectionalLSTMRegressor", {}, ["Bidirectional", "Dense"]),
        (
            "EncoderDecoderLSTMRegressor",
            {"units": 4},
            ["LSTM", "RepeatVector", "LSTM", "Dense"],
        ),
    ],
)
def test_layers_are_those_of_the_documentation(name, params, layer_names):
    X = np.random.default_rng(0).normal(size=(8, 4, 1))
    model = make(name, **params).initialize(X, X[:, 0, 0]).model_
    assert [type(layer).__name__ for layer in model.layers[1:]] == layer_names


@pytest.mark.parametrize(
    "params",
    [
        {"units": (16, 12)},
        {"encoder": "bidirectional"},
        {"encoder": "cnn"},
        {"encoder": "lstm", "attention": True},
        {"encoder": "bidirectional", "attention": True, "units": (16, 12)},
        {"encoder": "cnn", "attention": True},
    ],
)
def test_encoders_of_the_encoder_decoder_learn_a_copy_task(params):
    X = np.random.default_rng(0).normal(size=(64, 4, 1))
    y = X[:, ::-1, 0]
    params = {"units": 16, "epochs": 150, "learning_rate": 0.01, "random_state": 0, **params}
    model = make("EncoderDecoderLSTMRegressor", **params).fit(X, y)
    assert model.score(X, y) > 0.8


def test_sequence_output_of_a_step_sees_no_later_step():
    X = np.random.default_rng(0).normal(size=(10, 5, 1))
    model = make("SequenceLSTMRegressor", epochs=1, random_state=0).fit(X, X[:, :, 0])
    changed = X.copy()
    changed[:, 3:] += 10
    before, after = model.predict(X), model.predict(changed)
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert (before[:, 3:] != after[:, 3:]).all()


def test_sequence_with_delay_sees_the_whole_window():
    X = np.random.default_rng(0).normal(size=(10, 5, 1))
    params = {"delay": 3, "epochs": 1, "random_state": 0}
    model = make("SequenceLSTMRegressor", **params).fit(X, X[:, :3, 0])
    changed = X.copy()
    changed[:, -1] += 10
    assert (model.predict(X) != model.predict(changed)).all()


@pytest.mark.parametrize(
    ("name", "params", "match"),
    [
        ("CNNLSTMRegressor", {"n_seq": 4}, r"n_seq=4 must divide the window: n_steps_in=6"),
        ("ConvLSTMRegressor", {"n_seq": 4}, r"n_seq=4 must divide the window: n_steps_in=6"),
        ("CNNLSTMRegressor", {"n_seq": 3, "pool_size": 3}, r"pool_size=3 need subsequences of at"),
        ("CNNLSTMRegressor", {"kernel_size": 7}, r"kernel_size=7 and pool_size=2 need"),
        ("ConvLSTMRegressor", {"n_seq": 6, "kernel_size": 2}, r"kernel_size=2 need subsequences"),
        ("LSTMRegressor", {"units": 0}, r"'units' parameter of LSTMRegressor"),
        ("LSTMRegressor", {"units": (5, -5)}, r"units must be .* got \(5, -5\)"),
        ("LSTMRegressor", {"units": 2.5}, r"'units' parameter of LSTMRegressor"),
        ("StackedLSTMRegressor", {"units": ()}, r"units must be .* got \(\)"),
        ("StackedLSTMRegressor", {"units": (5, 2.5)}, r"units must be .* got \(5, 2.5\)"),
        ("LSTMRegressor", {"cell": "lstmm"}, r"'cell' parameter of LSTMRegressor"),
        ("LSTMRegressor", {"activation": "rellu"}, r"activation='rellu'"),
        ("LSTMRegressor", {"dropout": 1.0}, r"'dropout' parameter"),
        ("LSTMRegressor", {"loss": "msee"}, r"loss='msee'"),
        ("LSTMRegressor", {"optimizer": "adamm"}, r"optimizer='adamm'"),
        ("LSTMRegressor", {"metrics": ["maee"]}, r"metrics=\['maee'\]"),
        ("LSTMRegressor", {"callbacks": ["stop"]}, r"callbacks must be Keras callbacks.*'stop'"),
        ("LSTMRegressor", {"learning_rate": -1}, r"'learning_rate' parameter"),
        ("LSTMRegressor", {"n_targets": 4}, r"n_targets=4 does not fit y of shape \(12, 2\)"),
        ("EncoderDecoderLSTMRegressor", {"encoder": "gru"}, r"'encoder' parameter"),
    ],
)
def test_invalid_parameters_are_named(name, params, match):
    X = np.random.default_rng(0).normal(size=(12, 6, 1))
    with pytest.raises(ValueError, match=match):
        make(name, epochs=1, **params).fit(X, X[:, :2, 0])


def test_more_steps_than_the_sequence_has_outputs():
    X = np.random.default_rng(0).normal(size=(12, 3, 1))
    y = np.ones((12, 5))
    with pytest.raises(ValueError, match=r"more than the 3 outputs.*delay=2"):
        make("SequenceLSTMRegressor", epochs=1).fit(X, y)
    assert make("SequenceLSTMRegressor", delay=2, epochs=1).fit(X, y).predict(X).shape == (12, 5)


@pytest.mark.parametrize("n_steps_in", range(2, 13))
def test_auto_n_seq_fits_every_window(n_steps_in):
    X = np.random.default_rng(0).normal(size=(8, n_steps_in, 1)).astype(np.float32)
    for build, params in [(build_cnn_lstm, {"units": 2}), (build_conv_lstm, {})]:
        network = build(X.shape[1:], 1, 1, filters=2, **params)
        assert np.isfinite(network(X)).all()


@pytest.mark.parametrize("n_steps_in", [7, 12])  # not cut at all, and in two
def test_auto_n_seq_is_the_default(n_steps_in):
    X = np.random.default_rng(0).normal(size=(8, n_steps_in, 1))
    model = make("CNNLSTMRegressor", units=2, filters=2, epochs=1).fit(X, X[:, 0, 0])
    assert np.isfinite(model.predict(X)).all()


RECURRENT = [name for name in REGRESSORS if name != "ConvLSTMRegressor"]


def depths(network):
    """Widths of the recurrent layers, from the window up."""
    found = [layer for layer in network.layers if "LSTM" in type(layer).__name__]
    found += [x.forward_layer for x in network.layers if type(x).__name__ == "Bidirectional"]
    return [layer.units for layer in found]


@pytest.mark.parametrize(("units", "widths"), [(3, [3]), ((3,), [3]), ([5, 4, 3], [5, 4, 3])])
@pytest.mark.parametrize("name", RECURRENT)
def test_units_stack_recurrent_layers_in_every_architecture(name, units, widths):
    X = np.random.default_rng(0).normal(size=(8, 4, 1)).astype(np.float32)
    network = getattr(skforecast_lstm, name).build_network((4, 1), 2, 1, units=units)
    assert np.isfinite(network(X)).all()
    assert depths(network) == widths + [3] * name.startswith("EncoderDecoder")


# What makes a NumPy integer a plain one is shared by all classes: one of them shows it.
@pytest.mark.parametrize(
    ("name", "units", "widths"),
    [
        *((name, [4, 3], [4, 3]) for name in RECURRENT),
        ("LSTMRegressor", np.int64(3), [3]),
    ],
)
def test_stacked_units_reach_the_network_of_every_architecture(name, units, widths):
    X = np.random.default_rng(0).normal(size=(8, 4, 1))
    model = make(name, units=units, epochs=1, random_state=0).fit(X, X[:, -2:, 0])
    assert np.isfinite(model.predict(X)).all()
    assert depths(model.model_) == widths + [3] * name.startswith("EncoderDecoder")


@pytest.mark.parametrize("units", [0, -1, True, 2.5, (), (5, 0), (5, 2.5), (True,), "5", None])
@pytest.mark.parametrize("name", RECURRENT)
def test_units_that_are_no_widths_are_refused(name, units):
    X = np.random.default_rng(0).normal(size=(8, 4, 1))
    with pytest.raises(ValueError, match=r"units.*(Got|must be a positive width)"):
        make(name, units=units, epochs=1).fit(X, X[:, 0, 0])


def test_an_integer_is_one_layer_of_the_stacked_regressor():
    X = np.random.default_rng(0).normal(size=(8, 4, 1))
    stacked, plain = (
        make(name, units=3, epochs=1, random_state=0).fit(X, X[:, 0, 0]).predict(X)
        for name in ("StackedLSTMRegressor", "LSTMRegressor")
    )
    np.testing.assert_array_equal(stacked, plain)
