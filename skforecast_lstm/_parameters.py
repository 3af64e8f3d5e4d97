"""The parameters of the estimators: each with its default, its rule and its documentation."""

import inspect
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from numbers import Integral, Real
from os import PathLike
from textwrap import wrap
from typing import Any, ClassVar, TypeVar

from skforecast_lstm._validation import HasMethods, Interval, StrOptions

__all__ = [
    "AUTO",
    "POSITIVE",
    "WIDTHS",
    "ClassifierParameters",
    "NetworkParameters",
    "RegressorParameters",
    "absent",
    "documented",
    "parameter",
]

POSITIVE = [Interval(Integral, 1, None, closed="left")]
WIDTHS = [*POSITIVE, tuple, list]
AUTO = StrOptions({"auto"})

_ATTRIBUTES = """history_ : dict of lists of float
        Loss and metrics by epoch; those of held-out samples begin with ``val_``.
    model_ : keras.Model
        The trained network, for ``model_.summary()`` and the like. It is a copy: changing it does
        not change the estimator.
    n_iter_ : int
        Epochs trained.
    n_iter_restored_ : int
        Epochs, of all members together, that the last fit took from a `checkpoint`.
    n_steps_in_, n_steps_out_, n_targets_ : int
        Length of the window, steps of the horizon, targets per step.
    batch_size_ : int
        Samples per update.
    learning_rate_ : float, keras LearningRateSchedule or None
        The learning rate at the start of training. None: the default of the optimizer.
    feature_scaler_ : transformer or None
        The fitted scaler of the features.
    n_features_in_ : int
        Features per step of a 3-D `X`; columns of a 2-D one.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Names of the columns, where ``fit`` was given a DataFrame whose names are all strings."""
_OF_REGRESSORS = """
    network_gain_ : float
        With ``epochs="auto"`` and ``linear_skip="ridge"``: by how much the network lowered the
        error of the linear part on later samples in the trial, as a fraction. 0: the linear part
        forecasts alone. Otherwise NaN.
    network_share_ : float
        With ``epochs="auto"`` and ``linear_skip="ridge"``: the share of the trained networks in the
        forecast, 0 to 1. The rest comes from the linear part that they began with. Otherwise 1.
    linear_errors_ : dict of str to float
        With ``linear_skip="ridge"``: the error on later samples of each regression in the linear
        part, which is their mean. The smallest error is 1. Otherwise empty.
    smoothing_share_ : ndarray of shape (n_targets,)
        With `smoothing`: its share in the forecast of each target; otherwise zero. ``model_`` does
        not include it.
    n_outliers_ : int
        Values of the targets' history that were repaired.
    season_length_ : int
        With ``window_norm="seasonal"``: rows per season; otherwise 1.
    target_scaler_ : transformer or None
        The fitted scaler of the targets, with a column for each target. If nothing shows which
        columns of a 2-D `y` are steps of one target, it has one for each column."""
_OF_CLASSIFIERS = """
    classes_ : ndarray, or list of ndarray
        The labels, sorted. If a row has several: a list, one for each column of `y`, in the order
        of time, then of targets.
    n_classes_ : int, or list of int
        The number of classes."""
# What parameters are for; those that only some architectures have belong to the network.
_GROUPS = {
    "Network": ("units", "activation", "cell", "dropout", "recurrent_dropout", "n_members"),
    "Loss and optimizer": (
        *("loss", "quantiles", "class_weight", "metrics"),
        *("optimizer", "learning_rate", "learning_rate_schedule", "clipnorm"),
    ),
    "Length of training": (
        *("epochs", "batch_size", "shuffle"),
        *("early_stopping", "validation_fraction", "n_iter_no_change"),
    ),
    "Data": (
        *("feature_scaler", "target_scaler", "n_targets"),
        *("missing", "outliers", "series_weight"),
    ),
    "Level, trend and season": (
        *("window_norm", "season_length", "history_columns", "linear_skip", "smoothing"),
    ),
    "Running": (
        *("callbacks", "checkpoint", "checkpoint_every"),
        *("jit_compile", "warm_start", "random_state", "verbose"),
    ),
}
Class = TypeVar("Class", bound="type[NetworkParameters]")


def parameter(default: Any, rule: Sequence[Any], text: str) -> Any:
    """Give a parameter its default, what scikit-learn checks it by, and its documentation.

    The documentation begins with the type, and goes on in the lines of the docstring of a class.
    """
    return field(default=default, metadata={"rule": rule, "text": text})


def absent() -> Any:
    """Take away a parameter that a base class has."""
    return field(default=None, init=False)


def documented(cls: Class) -> Class:
    """Put the rules of the parameters of a dataclass, and their documentation, in their place.

    In its docstring, their documentation replaces ``{parameters}``. A list of them by what they
    are for comes before.
    """
    known = {f.name: f for f in fields(cls) if f.init}
    names = list(inspect.signature(cls).parameters)
    text = str(cls.__doc__).replace("    Parameters\n", f"{_grouped(names)}    Parameters\n", 1)
    text = text.replace("{parameters}", "\n    ".join(_entry(known[name]) for name in names))
    cls.__doc__ = text.replace("{attributes}", cls._attributes)
    cls._parameter_constraints = {name: f.metadata["rule"] for name, f in known.items()}
    return cls


def _grouped(names: Sequence[str]) -> str:
    """A list of the parameters, by what they are for."""
    others = set(names).difference(*_GROUPS.values())
    groups = {group: [n for n in names if n in known] for group, known in _GROUPS.items()}
    groups["Network"] += [name for name in names if name in others]
    lines = [f"* {group}: {', '.join(f'`{n}`' for n in found)}" for group, found in groups.items()]
    lines = [line for each in lines for line in wrap(each, 96, subsequent_indent="  ")]
    lines = ["The parameters, by what they are for:", "", *lines]
    return "".join(f"    {line}".rstrip() + "\n" for line in lines) + "\n"


def _entry(parameter: Any) -> str:
    """How a docstring describes a parameter."""
    kind, text = parameter.metadata["text"].split("\n", 1)
    default = repr(parameter.default).replace("'", '"')
    return f"{parameter.name} : {kind}, default={default}\n{text}"


@dataclass(repr=False, eq=False)
class NetworkParameters:
    """What all estimators are made of; a dataclass makes the signature of their ``__init__``."""

    _parameter_constraints: ClassVar[dict] = {}
    _attributes: ClassVar[str] = _ATTRIBUTES

    units: Any = parameter(
        50,
        WIDTHS,
        """int or tuple of int
        Width of the recurrent layer, the number of its units. It is independent of the window
        and of the horizon. Several numbers stack as many recurrent layers; the first reads the
        window.""",
    )
    _: KW_ONLY
    activation: Any = parameter(
        "tanh",
        [str, callable],
        """str or callable
        Activation of the recurrent layers. Many tutorials use "relu".""",
    )
    cell: str = parameter(
        "lstm",
        [StrOptions({"lstm", "gru", "simple_rnn"})],
        """{"lstm", "gru", "simple_rnn"}
        The kind of recurrent layer.""",
    )
    dropout: float = parameter(
        0.0,
        [Interval(Real, 0, 1, closed="left")],
        """float
        Fraction of the inputs of recurrent layers that training drops.""",
    )
    recurrent_dropout: float = parameter(
        0.0,
        [Interval(Real, 0, 1, closed="left")],
        """float
        Fraction of their recurrent state that training drops.""",
    )
    loss: Any = absent()  # here it has its place: numbers and labels have losses of their own
    n_members: int = parameter(
        1,
        [Interval(Integral, 1, None, closed="left")],
        """int
        How many networks to train, each from a seed of its own. Predictions are their mean; for
        labels, the mean of their probabilities.""",
    )
    metrics: Any = parameter(
        None,
        [list, tuple, str, callable, None],
        """list
        Keras metrics to record in ``history_`` beside the loss.""",
    )
    optimizer: Any = parameter(
        "adam",
        [str, type, HasMethods(["get_config", "apply_gradients"])],
        """str, class or keras Optimizer
        The optimizer. An instance is copied, never changed.""",
    )
    learning_rate: Any = parameter(
        None,
        [Interval(Real, 0, None, closed="neither"), HasMethods("get_config"), AUTO, None],
        """float, keras LearningRateSchedule or "auto"
        Short for ``optimizer__learning_rate``. None: the default of the optimizer. "auto": 0.001
        for batches of 32, and more for larger ones, in proportion to the root of their size; use it
        with "adam".""",
    )
    learning_rate_schedule: str = parameter(
        "constant",
        [StrOptions({"constant", "cosine"})],
        """{"constant", "cosine"}
        How the rate changes from epoch to epoch. "constant": not at all. "cosine": it falls to
        nearly zero, along half a cosine wave.""",
    )
    clipnorm: float | None = parameter(
        None,
        [Interval(Real, 0, None, closed="neither"), None],
        """float
        The largest norm that the gradient of each weight may have. None: no limit.""",
    )
    epochs: int | str = parameter(
        100,
        [Interval(Integral, 1, None, closed="left"), AUTO],
        """int or "auto"
        Passes over the training samples; with `early_stopping` the largest number of them. "auto":
        a trial on all but the last fifth of the samples finds how many lower the error on this
        fifth. Then all samples are trained on. With ``linear_skip="ridge"`` a regressor may train
        for no epoch at all, if the trial gains no more than chance would. Then the linear part
        forecasts alone.""",
    )
    batch_size: int | str = parameter(
        32,
        [Interval(Integral, 1, None, closed="left"), AUTO],
        """int or "auto"
        Samples per update of the weights. "auto": about a fiftieth of all, from 32 to 256.""",
    )
    shuffle: bool = parameter(
        True,
        ["boolean"],
        """bool
        Whether each epoch takes the samples in a new order. The steps inside a window always keep
        theirs.""",
    )
    early_stopping: bool = parameter(
        False,
        ["boolean"],
        """bool
        Whether to hold out the last part of the samples for validation. Training stops when their
        loss no longer falls, and the weights of the best epoch are kept.""",
    )
    validation_fraction: float = parameter(
        0.1,
        [Interval(Real, 0, 1, closed="neither")],
        """float
        The part of the samples that early stopping holds out: the last in time. Targets of the
        samples just before it reach into it, so these samples are left out of both parts:
        ``n_steps_out - 1`` rows of one series. For several series in one table, or a lead above
        one, give X_val and y_val instead.""",
    )
    n_iter_no_change: int = parameter(
        10,
        [Interval(Integral, 1, None, closed="left")],
        """int
        Epochs without a lower validation loss after which training stops.""",
    )
    feature_scaler: Any = parameter(
        None,
        [StrOptions({"standard", "minmax"}), HasMethods(["fit", "transform"]), None],
        """{"standard", "minmax"}, transformer or None
        How features are scaled. The scaler is fitted to the rows that the training windows read,
        each row once. None: not at all, for example because a scaler comes before the window.""",
    )
    n_targets: int | None = parameter(
        None,
        [Interval(Integral, 1, None, closed="left"), None],
        """int
        Targets per step in the columns of a 2-D `y`. None: as the names of the columns show
        (``"sales(t+1)"``, from :func:`make_supervised`), else 1; each column then has a scale, or
        labels, of its own. The last axis of a 3-D `y` counts them.""",
    )
    missing: str = parameter(
        "drop",
        [StrOptions({"drop", "mask"})],
        """{"drop", "mask"}
        What to do with windows whose oldest steps are NaN. Such are the first rows of a table, and
        sequences of varying length that are padded at the front. "drop": leave them out of
        training; for prediction, repeat the first known step. "mask": the recurrent layers skip
        every step that contains NaN, in training and in prediction.""",
    )
    callbacks: Any = parameter(
        None,
        [list, tuple, dict, type, HasMethods("set_model"), None],
        """list of keras Callback, callback classes, or None
        Keras callbacks to call during training. Those that look at epochs run beside the compiled
        program; one that looks at batches makes training fall back to ``keras.Model.fit``.
        Searches, cross-validation, :func:`backtest` and :class:`Forecaster` fit clones, and a clone
        copies its callbacks. The object that you made then sees nothing, nor does an Optuna trial
        in it whose study is kept in memory; a warning says so. Fit the regressor or its pipeline
        itself instead. Or give the class of the callback
        ``def __deepcopy__(self, memo): return self``: clones in this process then share it.""",
    )
    checkpoint: Any = parameter(
        None,
        [str, PathLike, None],
        """str or path-like
        A folder in which ``fit`` keeps how far it has come. If ``fit`` is killed, run the same
        ``fit`` in a new process: it continues there, and ends with the same weights, bit for bit.
        "The same" means equal data, parameters (with a number as `random_state`) and versions of
        packages. The file is removed when training ends; each fit of a search has a file of its
        own. Callbacks continue with what they keep in numbers, text and arrays; a warning names
        anything else. Files that they write are begun anew. The trial of ``epochs="auto"`` is kept
        once it is complete. None: nothing is kept.""",
    )
    checkpoint_every: int = parameter(
        10,
        [Interval(Integral, 1, None, closed="left")],
        """int
        Epochs from one `checkpoint` of a network to the next.""",
    )
    jit_compile: str | bool = parameter(
        "auto",
        [StrOptions({"auto"}), "boolean"],
        """{"auto"} or bool
        Whether XLA compiles the training step. "auto": it does so if a recurrent layer has no fused
        kernel (only an LSTM with tanh has one) and training is long enough to repay the seconds of
        compiling.""",
    )
    warm_start: bool = parameter(
        False,
        ["boolean"],
        """bool
        Whether ``fit`` continues from the weights, optimizer state and scales of the last fit.""",
    )
    random_state: Any = parameter(
        None,
        ["random_state"],
        """int, RandomState instance or None
        Seed of the initial weights, the order of samples, and dropout. The same int gives the same
        network again.""",
    )
    verbose: int = parameter(
        0,
        ["verbose"],
        """int
        1: show a progress bar over all members and epochs, with the time left. 2: print a line per
        epoch. The trial of ``epochs="auto"`` shows the same.""",
    )


@dataclass(repr=False, eq=False)
class RegressorParameters(NetworkParameters):
    """What regressors have beside: the loss of numbers, their scale, and remedies."""

    _attributes: ClassVar[str] = _ATTRIBUTES + _OF_REGRESSORS

    _: KW_ONLY
    loss: Any = parameter(
        "mse",
        [str, callable],
        """str, callable or keras Loss
        The loss function that training minimises, in units of the scaled target. "quantile": the
        mean pinball loss of `quantiles`. Then ``predict`` gives the median, and
        ``predict(X, quantiles=...)`` any of them.""",
    )
    quantiles: Sequence[float] = parameter(
        (0.1, 0.5, 0.9),
        ["array-like"],
        """tuple of float
        The quantiles of each target that one network predicts with ``loss="quantile"``. They
        increase, are in (0, 1), and include the median.""",
    )
    window_norm: str | None = parameter(
        None,
        [StrOptions({"standard", "mean", "last", "seasonal"}), None],
        """{"standard", "mean", "last", "seasonal"} or None
        How the network sees the history of the targets in each window: shifted and scaled, and
        its output is brought back. So forecasts follow the level of the window, also at levels
        that training has not seen. "standard": minus the mean of the window, divided by its
        standard deviation. "mean": minus the mean. "last": minus the last value. "seasonal":
        minus the last value, divided by the deviation; the network then predicts how far the
        targets are from their value one season before. None: not at all. See
        ``skforecast_lstm.layers.WindowNorm``.""",
    )
    season_length: int | None = parameter(
        None,
        [Interval(Integral, 1, None, closed="left"), None],
        """int
        Rows per season, for ``window_norm="seasonal"``: 12 for months of a year, 1 for no season;
        at most the length of the window. None: ``fit`` chooses the one whose naive forecast has the
        smallest error on the training samples.""",
    )
    history_columns: Sequence[int] | None = parameter(
        None,
        ["array-like", None],
        """sequence of int
        Positions, among the features, of the history of each target. None: the first ones, where
        :func:`make_supervised` puts them. You may scale them before the window, all rows alike;
        ``fit`` checks that they are the history.""",
    )
    linear_skip: bool | str = parameter(
        False,
        ["boolean", StrOptions({"ridge"})],
        """bool or "ridge"
        Whether a linear map leads past the network, from the (normalised) window to the output: a
        skip connection. True: its weights begin at zero. "ridge": they begin at the ridge
        regression of the training samples, with the penalty that did best on their later parts.
        Networks that train for a few epochs from there are hard to beat on short series. See
        ``skforecast_lstm.layers.LinearSkip``.""",
    )
    smoothing: bool = parameter(
        False,
        ["boolean"],
        """bool
        Whether exponential smoothing of the window, adjusted for the season, has a share in the
        forecast, as in the theta method. A window sees one or two seasons. Smoothing knows the
        month or hour of each row, by its distance in time from the first training row, and so the
        mean over many years. Its rate, trend and share are fitted for each target; see
        ``smoothing_share_``. It has an effect only with ``window_norm="seasonal"`` and
        ``linear_skip="ridge"``. The network learns what smoothing leaves, so losses and metrics
        have to be of differences: "mae", "mse", "huber", "quantile".""",
    )
    outliers: str | None = parameter(
        None,
        [StrOptions({"repair"}), None],
        """{"repair"} or None
        What to do with single outliers in the training rows. An outlier is ten times further from
        the rows around it, and from those a season away, than such rows usually are from one
        another. "repair": in the targets and their history, the median of these rows replaces it,
        so that a mistyped value teaches nothing. None: it is learned from. The rows that forecasts
        are made from are never repaired.""",
    )
    series_weight: str | None = parameter(
        None,
        [StrOptions({"balanced"}), None],
        """{"balanced"} or None
        The weight of each error, for many series in one table. "balanced": errors are divided by
        the error of the seasonal naive forecast of their series in training, so that all series
        count alike whatever their size. It needs `window_norm`. None: errors count in units of the
        scaled target.""",
    )
    target_scaler: Any = parameter(
        "standard",
        [
            StrOptions({"standard", "minmax"}),
            HasMethods(["fit", "transform", "inverse_transform"]),
            None,
        ],
        """{"standard", "minmax"}, transformer or None
        How targets are scaled for training; predictions come back in the units of the target. The
        scaler is fitted on the training samples. Each target has a scale of its own, which all its
        steps share. If nothing shows which columns of a 2-D `y` are steps of one target (see
        `n_targets`), each column has a scale, unless `window_norm` is set. A transformer is cloned,
        and fitted to a table with a column per scale.""",
    )


@dataclass(repr=False, eq=False)
class ClassifierParameters(NetworkParameters):
    """What classifiers have beside: the loss of labels, and their weights."""

    _attributes: ClassVar[str] = _ATTRIBUTES + _OF_CLASSIFIERS

    _: KW_ONLY
    loss: Any = parameter(
        "log_loss",
        [str, callable],
        """str, callable or keras Loss
        The loss function that training minimises. "log_loss": the cross-entropy of the labels. Any
        loss of Keras can be given. It sees probabilities, and labels as 0 or 1, in arrays of shape
        (n_samples, 1) for two classes and (n_samples, n_classes) for more. If a row has several
        labels, an axis for them comes before the last.""",
    )
    linear_skip: bool = parameter(
        False,
        ["boolean"],
        """bool
        Whether a linear map leads past the network, from the window to the logits: a skip
        connection. The network then learns what a logistic regression leaves. The map and the last
        dense layers of the network begin at zero. On windows of a series it often pays.""",
    )
    class_weight: Any = parameter(
        None,
        [StrOptions({"balanced"}), dict, list, None],
        """"balanced", dict, list of dict, or None
        The weight of an error by its true label. "balanced": inversely proportional to how often a
        label occurs, so that all classes count alike. A dict gives the weight of each class; a
        class that it does not name has 1. If a row has several labels: one dict for all of them, or
        a list with one for each target. Weights change the probabilities, too. None: all errors
        count alike.""",
    )
