"""The parameters of the estimators: each with its default, its rule and its documentation."""

import inspect
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from numbers import Integral, Real
from os import PathLike
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
        The trained network, made on demand: ``model_.summary()`` works, and changing it changes
        nothing here.
    n_iter_ : int
        Epochs trained.
    n_iter_restored_ : int
        Epochs, of all members together, that the last fit took from a `checkpoint`.
    n_steps_in_, n_steps_out_, n_targets_ : int
        Length of the window, steps of the horizon, targets per step.
    batch_size_ : int
        Samples per update.
    learning_rate_ : float, keras LearningRateSchedule or None
        The rate that training began at; None: the optimizer's own.
    feature_scaler_ : transformer or None
        The fitted scaler of the features.
    n_features_in_ : int
        Features per step of a 3-D `X`; columns of a 2-D one.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Names of the columns, where ``fit`` was given a DataFrame whose names are all strings."""
_OF_REGRESSORS = """
    network_gain_ : float
        With ``epochs="auto"`` and ``linear_skip="ridge"``, the part of the linear part's error on
        later samples that the network saved in the trial; 0 where the linear part forecasts alone.
        Else NaN.
    network_share_ : float
        With ``epochs="auto"`` and ``linear_skip="ridge"``, the share of the trained networks in the
        forecast, 0 to 1; the rest is that of the linear part as they began. Else 1.
    linear_errors_ : dict of str to float
        With ``linear_skip="ridge"``, the error on later samples of each regression that the linear
        part is the mean of, the least being 1. Else empty.
    smoothing_share_ : ndarray of shape (n_targets,)
        With `smoothing`, its share in the forecast of each target; else zero. It is no part of
        ``model_``.
    n_outliers_ : int
        Values of the targets' history that were repaired.
    season_length_ : int
        With ``window_norm="seasonal"``, rows until the season comes back; else 1.
    target_scaler_ : transformer or None
        The fitted scaler of the targets: of a table with a column for each target, or for each
        column of a 2-D `y` that nothing is known about."""
_OF_CLASSIFIERS = """
    classes_ : ndarray, or list of ndarray
        The labels, sorted. Where a row has several: a list, one for each column of `y`, in the
        order of time, then of targets.
    n_classes_ : int, or list of int
        How many they are."""
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

    In its docstring, ``{parameters}`` stands for those that are not described there.
    """
    known = {f.name: f for f in fields(cls) if f.init}
    entries = [_entry(known[name]) for name in inspect.signature(cls).parameters]
    text = str(cls.__doc__).replace("{parameters}", "\n    ".join(entries))
    cls.__doc__ = text.replace("{attributes}", cls._attributes)
    cls._parameter_constraints = {name: f.metadata["rule"] for name, f in known.items()}
    return cls


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
        Width of the recurrent layer; several, one for each of the layers on top of one another,
        from the window up. It is tied neither to the window nor to the horizon.""",
    )
    _: KW_ONLY
    activation: Any = parameter(
        "tanh",
        [str, callable],
        """str or callable
        Activation of the recurrent layers. "relu" reproduces the tutorials.""",
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
        Fraction of the inputs of recurrent layers dropped in training.""",
    )
    recurrent_dropout: float = parameter(
        0.0,
        [Interval(Real, 0, 1, closed="left")],
        """float
        Fraction of their recurrent state dropped in training.""",
    )
    loss: Any = absent()  # here it has its place: numbers and labels have losses of their own
    n_members: int = parameter(
        1,
        [Interval(Integral, 1, None, closed="left")],
        """int
        Networks trained one after the other, with different seeds. Predictions are their mean, of
        labels that of their probabilities.""",
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
        Short for ``optimizer__learning_rate``. None: the optimizer's own. "auto": 0.001 for batches
        of 32, and more for larger ones, by the root of their size; meant for "adam".""",
    )
    learning_rate_schedule: str = parameter(
        "constant",
        [StrOptions({"constant", "cosine"})],
        """{"constant", "cosine"}
        "cosine": from epoch to epoch the rate falls to nearly zero, along half a wave.""",
    )
    clipnorm: float | None = parameter(
        None,
        [Interval(Real, 0, None, closed="neither"), None],
        """float
        Norm that the gradient of each weight is clipped to. None: not clipped.""",
    )
    epochs: int | str = parameter(
        100,
        [Interval(Integral, 1, None, closed="left"), AUTO],
        """int or "auto"
        Passes over the training samples; with `early_stopping` the most there are. "auto": as many
        as lower the error on the last fifth of the samples, which a trial on those before them
        finds; then all samples are trained on. Of regressors with ``linear_skip="ridge"`` that may
        be none, where the gain is no larger than chance gives: then the linear part forecasts
        alone.""",
    )
    batch_size: int | str = parameter(
        32,
        [Interval(Integral, 1, None, closed="left"), AUTO],
        """int or "auto"
        Samples per update. "auto": about a fiftieth of all, from 32 to 256.""",
    )
    shuffle: bool = parameter(
        True,
        ["boolean"],
        """bool
        Whether each epoch takes the samples in a new order. Never reorders time in a window.""",
    )
    early_stopping: bool = parameter(
        False,
        ["boolean"],
        """bool
        Whether to hold out the last part of the samples, stop when its loss no longer falls, and
        return to the weights of the best epoch.""",
    )
    validation_fraction: float = parameter(
        0.1,
        [Interval(Real, 0, 1, closed="neither")],
        """float
        The part held out for early stopping: the last in time. The samples just before it, whose
        targets reach into it, are left out of both: ``n_steps_out - 1`` rows of one series. With
        several series in one table, or a lead above one, give X_val and y_val instead.""",
    )
    n_iter_no_change: int = parameter(
        10,
        [Interval(Integral, 1, None, closed="left")],
        """int
        Epochs without a lower validation loss before training stops.""",
    )
    feature_scaler: Any = parameter(
        None,
        [StrOptions({"standard", "minmax"}), HasMethods(["fit", "transform"]), None],
        """{"standard", "minmax"}, transformer or None
        How features are scaled: by a scaler fitted once to the rows that the windows trained on
        read, each row once. None: not at all, as where a scaler stands before the window.""",
    )
    n_targets: int | None = parameter(
        None,
        [Interval(Integral, 1, None, closed="left"), None],
        """int
        Targets per step in the columns of a 2-D `y`. None: as the names of the columns say
        (``"sales(t+1)"``, from :func:`make_supervised`), else 1, and each column then has a scale,
        or labels, of its own. A 3-D `y` tells by itself.""",
    )
    missing: str = parameter(
        "drop",
        [StrOptions({"drop", "mask"})],
        """{"drop", "mask"}
        What becomes of windows whose oldest steps are NaN: a table's first rows, or sequences of
        varying length, padded at the front. "drop": they are left out of training, and completed
        for prediction by repeating the first known step. "mask": the recurrent layers skip every
        step that holds NaN, in both.""",
    )
    callbacks: Any = parameter(
        None,
        [list, tuple, dict, type, HasMethods("set_model"), None],
        """list of keras Callback, callback classes, or None
        Called during training; epoch-level hooks run beside the compiled program, batch-level ones
        make it fall back to ``keras.Model.fit``. Searches, cross-validation, :func:`backtest` and
        :class:`Forecaster` fit clones, which have copies of the callbacks: the object that you made
        sees nothing of it, nor does an Optuna trial in it whose study is kept in memory. A warning
        says so. Fit the regressor or its pipeline itself, or give the class of the callback
        ``def __deepcopy__(self, memo): return self``, and clones in this process share it.""",
    )
    checkpoint: Any = parameter(
        None,
        [str, PathLike, None],
        """str or path-like
        A folder. While ``fit`` trains, it keeps there how far it has come. If it is killed, the
        same ``fit`` in a new process goes on from there, to the same weights, bit for bit. It is
        the same with the same data, parameters (among them a number as `random_state`) and
        versions of packages. The file of a training is removed at its end, and fits of a search
        have one each. Callbacks go on with what they keep in numbers, text and arrays; a warning
        names what else they had. Files that they write are begun anew. The trial of
        ``epochs="auto"`` is kept when it is whole. None: nothing is kept.""",
    )
    checkpoint_every: int = parameter(
        10,
        [Interval(Integral, 1, None, closed="left")],
        """int
        Epochs after which a network in training is kept in the `checkpoint`.""",
    )
    jit_compile: str | bool = parameter(
        "auto",
        [StrOptions({"auto"}), "boolean"],
        """{"auto"} or bool
        Whether XLA compiles the training step. "auto": where a recurrent layer has no fused kernel
        (any but an LSTM with tanh) and there are enough steps to repay seconds of compiling.""",
    )
    warm_start: bool = parameter(
        False,
        ["boolean"],
        """bool
        Whether ``fit`` continues from the weights, optimizer state and scales of the last one.""",
    )
    random_state: Any = parameter(
        None,
        ["random_state"],
        """int, RandomState instance or None
        Seeds initial weights, sample order and dropout.""",
    )
    verbose: int = parameter(
        0,
        ["verbose"],
        """int
        1: a progress bar over all members and epochs, with the time left. 2: a line per epoch. With
        ``epochs="auto"``, the same of the trial before.""",
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
        What training minimises, in units of the scaled target. "quantile": the mean pinball loss of
        `quantiles`; ``predict`` then gives the median, ``predict(X, quantiles=...)`` any of
        them.""",
    )
    quantiles: Sequence[float] = parameter(
        (0.1, 0.5, 0.9),
        ["array-like"],
        """tuple of float
        With ``loss="quantile"``, which quantiles of each target one network predicts: increasing,
        in (0, 1), the median among them.""",
    )
    window_norm: str | None = parameter(
        None,
        [StrOptions({"standard", "mean", "last", "seasonal"}), None],
        """{"standard", "mean", "last", "seasonal"} or None
        How the targets' own history in each window is shifted and scaled for the network, whose
        output is brought back: forecasts follow the level of the window, also where training has
        not been. "standard": less the window's mean, over its deviation. "mean": less its mean.
        "last": less its last value. "seasonal": less its last value, over its deviation, and the
        network says by how much the targets depart from their value one season before. None: not
        at all. See ``skforecast_lstm.layers.WindowNorm``.""",
    )
    season_length: int | None = parameter(
        None,
        [Interval(Integral, 1, None, closed="left"), None],
        """int
        Rows until the season comes back, for ``window_norm="seasonal"``: 12 for months of a year,
        1 for no season; at most the length of the window. None: the one whose naive forecast of the
        training samples errs least.""",
    )
    history_columns: Sequence[int] | None = parameter(
        None,
        ["array-like", None],
        """sequence of int
        Positions, among the features, of the targets' own history, one per target. None: the first
        ones, where :func:`make_supervised` puts them. They may be scaled before the window, all
        rows alike; ``fit`` checks that they are the history.""",
    )
    linear_skip: bool | str = parameter(
        False,
        ["boolean", StrOptions({"ridge"})],
        """bool or "ridge"
        Whether a linear map leads from the (normalised) window past the network to its output, as
        a highway. True: it begins at zero. "ridge": it begins at the ridge regression of the
        training samples, with the penalty that did best on their later parts; networks trained for
        a few epochs from there are hard to beat on short series. See
        ``skforecast_lstm.layers.LinearSkip``.""",
    )
    smoothing: bool = parameter(
        False,
        ["boolean"],
        """bool
        Whether exponential smoothing of the window, adjusted for the season, has a share in the
        forecast, as in the theta method. It knows which month or hour a row is, by its distance in
        time from the first training row, and so the mean over many years, where a window knows one
        or two. Rate, trend and share of each target are those that err least in training; see
        ``smoothing_share_``. It does nothing without ``window_norm="seasonal"`` and
        ``linear_skip="ridge"``, and takes losses and metrics of differences only ("mae", "mse",
        "huber", "quantile"): the network learns what smoothing leaves.""",
    )
    outliers: str | None = parameter(
        None,
        [StrOptions({"repair"}), None],
        """{"repair"} or None
        What becomes of single training values that are ten times further from the rows around them,
        and from those a season away, than such rows mostly are from one another. "repair": in the
        targets and their own history, the median of these stands in for them; a mistyped value
        then teaches nothing. None: they are learned from. Where forecasts are made from, nothing
        is repaired.""",
    )
    series_weight: str | None = parameter(
        None,
        [StrOptions({"balanced"}), None],
        """{"balanced"} or None
        What an error counts where one table has many series. "balanced": in units of its series,
        those of the seasonal naive forecast's error in training, so that all series count alike
        whatever their size. None: in units of the scaled target. Needs `window_norm`.""",
    )
    target_scaler: Any = parameter(
        "standard",
        [
            StrOptions({"standard", "minmax"}),
            HasMethods(["fit", "transform", "inverse_transform"]),
            None,
        ],
        """{"standard", "minmax"}, transformer or None
        How targets are scaled for training, fitted on the samples trained on. Each target has a
        scale of its own, which its steps share. Where nothing tells which columns of a 2-D `y` are
        steps of one target (see `n_targets`), each column has its own, unless `window_norm` is set.
        A transformer is cloned, and fitted to a table with a column per scale. Predictions come
        back in the target's units.""",
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
        What training minimises. "log_loss": the cross-entropy of the labels. Any loss of Keras sees
        probabilities, and labels as 0 or 1: of shape (n_samples, 1) where there are two classes,
        (n_samples, n_classes) where there are more, and with one axis more, before the last, for
        several labels of a row.""",
    )
    linear_skip: bool = parameter(
        False,
        ["boolean"],
        """bool
        Whether a linear map leads from the window past the network to the logits, as a highway: the
        network then learns what a logistic regression leaves. It begins at zero, and so do the
        dense layers that the network ends in. On windows of a series it often pays.""",
    )
    class_weight: Any = parameter(
        None,
        [StrOptions({"balanced"}), dict, list, None],
        """"balanced", dict, list of dict, or None
        What an error counts by its true label. "balanced": inversely to how often a label occurs,
        so that all classes count alike. A dict gives the weight of each class, 1 where it names
        none. Several labels of a row: one dict for all of them, or a list with one for each target.
        Probabilities are then those of classes so weighted. None: all errors count alike.""",
    )
