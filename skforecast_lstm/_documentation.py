"""What the documentation of all regressors shares: written once, filled in where it applies."""

from __future__ import annotations

import inspect
import re

__all__ = ["fill"]

_PARAMETERS = """activation : str or callable, default="tanh"
        Activation of the recurrent layers. "relu" reproduces the tutorials.
    cell : {"lstm", "gru", "simple_rnn"}, default="lstm"
        The kind of recurrent layer.
    dropout : float, default=0.0
        Fraction of the inputs of recurrent layers dropped in training.
    recurrent_dropout : float, default=0.0
        Fraction of their recurrent state dropped in training.
    loss : str, callable or keras Loss, default="mse"
        What training minimises, in units of the scaled target. "quantile": the mean pinball loss of
        `quantiles`; ``predict`` then gives the median, ``predict_quantiles`` all of them.
    quantiles : tuple of float, default=(0.1, 0.5, 0.9)
        With ``loss="quantile"``, which quantiles of each target one network predicts: increasing,
        in (0, 1), the median among them.
    window_norm : {"standard", "mean", "last", "seasonal"} or None, default=None
        How the targets' own history in each window is shifted and scaled for the network, whose
        output is brought back: forecasts follow the level of the window, also where training has
        not been. "standard": less the window's mean, over its deviation. "mean": less its mean.
        "last": less its last value. "seasonal": less its last value, over its deviation, and the
        network says by how much the targets depart from their value one season before. None: not
        at all. See ``skforecast_lstm.layers.WindowNorm``.
    season_length : int, default=None
        Rows until the season comes back, for ``window_norm="seasonal"``: 12 for months of a year,
        1 for no season; at most the length of the window. None: the one whose naive forecast of the
        training samples errs least.
    history_columns : sequence of int, default=None
        Positions, among the features, of the targets' own history, one per target. None: the first
        ones, where :func:`make_supervised` puts them. They may be scaled before the window, all
        rows alike; ``fit`` checks that they are the history.
    linear_skip : bool or "ridge", default=False
        Whether a linear map leads from the (normalised) window past the network to its output, as
        a highway. True: it begins at zero. "ridge": it begins at the ridge regression of the
        training samples, with the penalty that did best on their later parts; networks trained for
        a few epochs from there are hard to beat on short series. See
        ``skforecast_lstm.layers.LinearSkip``.
    skip_l2 : float, default=0.0
        Penalty on the squared weights of that map while it is trained.
    n_members : int, default=1
        Networks trained one after the other, with different seeds, whose forecasts are averaged.
    member_average : {"mean", "median"}, default="mean"
        How.
    metrics : list, default=None
        Keras metrics to record in ``history_`` beside the loss.
    optimizer : str, class or keras Optimizer, default="adam"
        The optimizer. An instance is copied, never changed.
    learning_rate : float or keras LearningRateSchedule, default=None
        Short for ``optimizer__learning_rate``. None: the optimizer's own.
    learning_rate_schedule : {"constant", "cosine"}, default="constant"
        "cosine": from epoch to epoch the rate falls to nearly zero, along half a wave.
    clipnorm : float, default=None
        Norm that the gradient of each weight is clipped to. None: not clipped.
    epochs : int, default=100
        Passes over the training samples; with `early_stopping` the most there are.
    batch_size : int, default=32
        Samples per update.
    shuffle : bool, default=True
        Whether each epoch takes the samples in a new order. Never reorders time in a window.
    early_stopping : bool, default=False
        Whether to hold out the last part of the samples, stop when its loss no longer falls, and
        return to the weights of the best epoch.
    validation_fraction : float, default=0.1
        The part held out for early stopping: the last in time. The samples just before it, whose
        targets reach into it, are left out of both: ``n_steps_out - 1`` rows of one series. With
        several series in one table, or a lead above one, give X_val and y_val instead.
    n_iter_no_change : int, default=10
        Epochs without a lower validation loss before training stops.
    feature_scaler : {"standard", "minmax"}, transformer or None, default=None
        How features are scaled: by a scaler fitted once to the rows that the windows trained on
        read, each row once. None: not at all, as where a scaler stands before the window.
    target_scaler : {"standard", "minmax"}, transformer or None, default="standard"
        How targets are scaled for training, fitted on the samples trained on. Each target has a
        scale of its own, which its steps share. Where nothing tells which columns of a 2-D `y` are
        steps of one target (see `n_targets`), each column has its own, unless `window_norm` is set.
        A transformer is cloned, and fitted to a table with a column per scale. Predictions come
        back in the target's units.
    n_targets : int, default=None
        Targets per step in the columns of a 2-D `y`. None: as the names of the columns say
        (``"sales(t+1)"``, from :func:`make_supervised`), else 1, and each column is then scaled by
        itself. A 3-D `y` tells by itself.
    missing : {"drop", "mask"}, default="drop"
        What becomes of windows whose oldest steps are NaN: a table's first rows, or sequences of
        varying length, padded at the front. "drop": they are left out of training, and completed
        for prediction by repeating the first known step. "mask": the recurrent layers skip these
        steps, in both. Steps that are inf in every feature are always skipped.
    callbacks : list of keras Callback, callback classes, or None, default=None
        Called during training; epoch-level hooks run beside the compiled program, batch-level ones
        make it fall back to ``keras.Model.fit``.
    jit_compile : {"auto"} or bool, default="auto"
        Whether XLA compiles the training step. "auto": where a recurrent layer has no fused kernel
        (any but an LSTM with tanh) and there are enough steps to repay seconds of compiling.
    warm_start : bool, default=False
        Whether ``fit`` continues from the weights, optimizer state and target scale of the last.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights, sample order and dropout.
    verbose : int, default=0
        1: a progress bar. 2: a line per epoch."""

_ATTRIBUTES = """history_ : dict of lists of float
        Loss and metrics by epoch; those of held-out samples begin with ``val_``.
    model_ : keras.Model
        The trained network, made on demand: ``model_.summary()`` works, and changing it changes
        nothing here.
    n_iter_ : int
        Epochs trained.
    n_steps_in_, n_steps_out_, n_targets_ : int
        Length of the window, steps of the horizon, targets per step.
    season_length_ : int
        With ``window_norm="seasonal"``, rows until the season comes back; else 1.
    feature_scaler_ : transformer or None
        The fitted scaler of the features.
    target_scaler_ : transformer or None
        The fitted scaler of the targets: of a table with a column for each target, or for each
        column of a 2-D `y` that nothing is known about.
    n_features_in_ : int
        Features per step of a 3-D `X`; columns of a 2-D one.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Names of the columns, where ``fit`` was given a DataFrame whose names are all strings."""


def fill(cls: type) -> None:
    """Put the shared sections of the documentation in their place, as far as they apply."""
    if not cls.__doc__:
        return
    names = inspect.signature(cls).parameters
    entries = re.split(r"\n    (?=\w)", _PARAMETERS)
    shown = [entry for entry in entries if entry.split(" :")[0] in names]
    cls.__doc__ = cls.__doc__.replace("{parameters}", "\n    ".join(shown))
    cls.__doc__ = cls.__doc__.replace("{attributes}", _ATTRIBUTES)
