"""One class per architecture: its documentation, its parameters and its builder."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from skforecast_lstm import networks
from skforecast_lstm._base import BaseLSTMRegressor
from skforecast_lstm._validation import Interval, StrOptions

__all__ = [
    "BidirectionalLSTMRegressor",
    "CNNLSTMRegressor",
    "ConvLSTMRegressor",
    "EncoderDecoderLSTMRegressor",
    "LSTMRegressor",
    "OneToManyLSTMRegressor",
    "SequenceLSTMRegressor",
    "StackedLSTMRegressor",
]

_POSITIVE = [Interval(Integral, 1, None, closed="left")]


class LSTMRegressor(BaseLSTMRegressor):
    """The LSTM of the textbooks: one recurrent layer, and every step of the horizon at once.

    LSTM(`units`) reads the window, and one Dense layer turns its last state into all
    ``n_steps_out * n_targets`` outputs. It serves every framing: one step or several, one series or
    many, many-to-one, and with ``n_steps_in=1`` one-to-one.

    Parameters
    ----------
    units : int, default=50
        Width of the recurrent layer. It is tied neither to the window nor to the horizon.
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. Neural Computation
       9(8), 1735-1780.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from skforecast_lstm import LSTMRegressor, WindowTransformer, make_supervised
    >>> X, y = make_supervised(np.arange(10, 100, 10), n_steps_out=2)
    >>> model = make_pipeline(
    ...     WindowTransformer(n_steps_in=3, n_steps_out=2),
    ...     LSTMRegressor(20, epochs=5, random_state=0),
    ... )
    >>> model.fit(X, y).predict(X).shape
    (7, 2)
    """

    build_network = staticmethod(networks.build_lstm)


class StackedLSTMRegressor(BaseLSTMRegressor):
    """Recurrent layers on top of one another, each reading the whole sequence of the one below.

    LSTM(``units[0]``, sequences) → … → LSTM(``units[-1]``) → Dense.

    Parameters
    ----------
    units : tuple of int, default=(50, 50)
        Widths of the recurrent layers, from the window up; any depth.
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] Graves, A., Mohamed, A. and Hinton, G. (2013). Speech recognition with deep recurrent
       neural networks. ICASSP 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import StackedLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(20, 6, 2))
    >>> model = StackedLSTMRegressor((8, 4), epochs=2, random_state=0).fit(X, X[:, -1, 0])
    >>> model.predict(X[:3]).shape
    (3,)
    """

    build_network = staticmethod(networks.build_stacked_lstm)

    _parameter_constraints: dict = {
        **BaseLSTMRegressor._parameter_constraints,
        "units": [tuple, list],
    }

    def __init__(
        self,
        units: Any = (50, 50),
        *,
        activation: Any = "tanh",
        cell: str = "lstm",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        loss: Any = "mse",
        quantiles: Sequence[float] = (0.1, 0.5, 0.9),
        window_norm: str | None = None,
        season_length: int | None = None,
        history_columns: Sequence[int] | None = None,
        linear_skip: bool | str = False,
        skip_l2: float = 0.0,
        n_members: int = 1,
        member_average: str = "mean",
        metrics: Any = None,
        optimizer: Any = "adam",
        learning_rate: Any = None,
        learning_rate_schedule: str = "constant",
        clipnorm: float | None = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        feature_scaler: Any = None,
        target_scaler: Any = "standard",
        n_targets: int | None = None,
        missing: str = "drop",
        callbacks: Any = None,
        jit_compile: str | bool = "auto",
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            units,
            activation=activation,
            cell=cell,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            loss=loss,
            quantiles=quantiles,
            window_norm=window_norm,
            season_length=season_length,
            history_columns=history_columns,
            linear_skip=linear_skip,
            skip_l2=skip_l2,
            n_members=n_members,
            member_average=member_average,
            metrics=metrics,
            optimizer=optimizer,
            learning_rate=learning_rate,
            learning_rate_schedule=learning_rate_schedule,
            clipnorm=clipnorm,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            feature_scaler=feature_scaler,
            target_scaler=target_scaler,
            n_targets=n_targets,
            missing=missing,
            callbacks=callbacks,
            jit_compile=jit_compile,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )


class BidirectionalLSTMRegressor(BaseLSTMRegressor):
    """One LSTM reads the window forwards, another backwards; a Dense layer reads both.

    It sees the window in both directions, and never anything after the forecast origin.

    Parameters
    ----------
    units : int, default=50
        Width of the recurrent layer of each direction.
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] Schuster, M. and Paliwal, K. (1997). Bidirectional recurrent neural networks. IEEE
       Transactions on Signal Processing 45(11), 2673-2681.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import BidirectionalLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(20, 6, 2))
    >>> model = BidirectionalLSTMRegressor(8, epochs=2, random_state=0).fit(X, X[:, -1, 0])
    >>> model.predict(X[:3]).shape
    (3,)
    """

    build_network = staticmethod(networks.build_bidirectional_lstm)


class CNNLSTMRegressor(BaseLSTMRegressor):
    """A convolution reads each subsequence of the window, an LSTM the row of subsequences.

    The window is cut into `n_seq` subsequences of equal length; for each, Conv1D(`filters`,
    `kernel_size`, relu) → MaxPool(`pool_size`) → Flatten; then LSTM(`units`) → Dense. Only `n_seq`
    has to fit the window: the rest is derived.

    Parameters
    ----------
    units : int, default=50
        Width of the recurrent layer.
    n_seq : int, default=None
        Number of subsequences; it must divide the window. None: the smallest number above 1 that
        does and leaves subsequences long enough for kernel and pool, else 1.
    filters : int, default=64
        Number of convolution filters.
    kernel_size : int, default=1
        Steps that a filter reads at once. With 1, as in the tutorials, no neighbours are read.
    pool_size : int, default=2
        Steps of which pooling keeps the largest value.
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] Brownlee, J. (2018). How to develop LSTM models for time series forecasting. Machine
       Learning Mastery.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import CNNLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(20, 6, 2))
    >>> model = CNNLSTMRegressor(8, n_seq=3, epochs=2, random_state=0).fit(X, X[:, -1, 0])
    >>> model.predict(X[:3]).shape
    (3,)
    """

    build_network = staticmethod(networks.build_cnn_lstm)

    _parameter_constraints: dict = {
        **BaseLSTMRegressor._parameter_constraints,
        "n_seq": [Interval(Integral, 1, None, closed="left"), None],
        "filters": _POSITIVE,
        "kernel_size": _POSITIVE,
        "pool_size": _POSITIVE,
    }

    def __init__(
        self,
        units: Any = 50,
        *,
        n_seq: int | None = None,
        filters: int = 64,
        kernel_size: int = 1,
        pool_size: int = 2,
        activation: Any = "tanh",
        cell: str = "lstm",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        loss: Any = "mse",
        quantiles: Sequence[float] = (0.1, 0.5, 0.9),
        window_norm: str | None = None,
        season_length: int | None = None,
        history_columns: Sequence[int] | None = None,
        linear_skip: bool | str = False,
        skip_l2: float = 0.0,
        n_members: int = 1,
        member_average: str = "mean",
        metrics: Any = None,
        optimizer: Any = "adam",
        learning_rate: Any = None,
        learning_rate_schedule: str = "constant",
        clipnorm: float | None = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        feature_scaler: Any = None,
        target_scaler: Any = "standard",
        n_targets: int | None = None,
        missing: str = "drop",
        callbacks: Any = None,
        jit_compile: str | bool = "auto",
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            units,
            activation=activation,
            cell=cell,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            loss=loss,
            quantiles=quantiles,
            window_norm=window_norm,
            season_length=season_length,
            history_columns=history_columns,
            linear_skip=linear_skip,
            skip_l2=skip_l2,
            n_members=n_members,
            member_average=member_average,
            metrics=metrics,
            optimizer=optimizer,
            learning_rate=learning_rate,
            learning_rate_schedule=learning_rate_schedule,
            clipnorm=clipnorm,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            feature_scaler=feature_scaler,
            target_scaler=target_scaler,
            n_targets=n_targets,
            missing=missing,
            callbacks=callbacks,
            jit_compile=jit_compile,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.n_seq = n_seq
        self.filters = filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size


class ConvLSTMRegressor(BaseLSTMRegressor):
    """A recurrence whose every step convolves one subsequence of the window.

    The window is cut into `n_seq` subsequences of equal length, the steps of one recurrence:
    ConvLSTM2D(`filters`, (1, `kernel_size`)) → Flatten → Dense. Features are channels.

    Parameters
    ----------
    filters : int, default=64
        Number of convolution filters, which is the width of the recurrence.
    n_seq : int, default=None
        Number of subsequences; it must divide the window. None: the smallest number above 1 that
        does and leaves subsequences long enough for the kernel, else 1.
    kernel_size : int, default=2
        Steps that a filter reads at once.
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] Shi, X. et al. (2015). Convolutional LSTM network: a machine learning approach for
       precipitation nowcasting. NeurIPS 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import ConvLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(20, 6, 2))
    >>> model = ConvLSTMRegressor(8, n_seq=3, epochs=2, random_state=0).fit(X, X[:, -1, 0])
    >>> model.predict(X[:3]).shape
    (3,)
    """

    build_network = staticmethod(networks.build_conv_lstm)

    _parameter_constraints: dict = {
        **BaseLSTMRegressor._parameter_constraints,
        "n_seq": [Interval(Integral, 1, None, closed="left"), None],
        "filters": _POSITIVE,
        "kernel_size": _POSITIVE,
    }

    def __init__(
        self,
        filters: int = 64,
        *,
        n_seq: int | None = None,
        kernel_size: int = 2,
        activation: Any = "tanh",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        loss: Any = "mse",
        quantiles: Sequence[float] = (0.1, 0.5, 0.9),
        window_norm: str | None = None,
        season_length: int | None = None,
        history_columns: Sequence[int] | None = None,
        linear_skip: bool | str = False,
        skip_l2: float = 0.0,
        n_members: int = 1,
        member_average: str = "mean",
        metrics: Any = None,
        optimizer: Any = "adam",
        learning_rate: Any = None,
        learning_rate_schedule: str = "constant",
        clipnorm: float | None = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        feature_scaler: Any = None,
        target_scaler: Any = "standard",
        n_targets: int | None = None,
        missing: str = "drop",
        callbacks: Any = None,
        jit_compile: str | bool = "auto",
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            activation=activation,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            loss=loss,
            quantiles=quantiles,
            window_norm=window_norm,
            season_length=season_length,
            history_columns=history_columns,
            linear_skip=linear_skip,
            skip_l2=skip_l2,
            n_members=n_members,
            member_average=member_average,
            metrics=metrics,
            optimizer=optimizer,
            learning_rate=learning_rate,
            learning_rate_schedule=learning_rate_schedule,
            clipnorm=clipnorm,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            feature_scaler=feature_scaler,
            target_scaler=target_scaler,
            n_targets=n_targets,
            missing=missing,
            callbacks=callbacks,
            jit_compile=jit_compile,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.filters = filters
        self.n_seq = n_seq
        self.kernel_size = kernel_size


class EncoderDecoderLSTMRegressor(BaseLSTMRegressor):
    """One network encodes the window as a vector, another writes the horizon step by step from it.

    LSTM(`units`) → RepeatVector → LSTM(`units`, sequences) → Dense per step.

    Parameters
    ----------
    units : int or tuple of int, default=100
        Width of encoder and decoder; a tuple stacks the encoder's layers, and its last is the width
        of the decoder.
    encoder : {"lstm", "bidirectional", "cnn"}, default="lstm"
        What reads the window: recurrent layers, the same in both directions, or two convolutions
        with pooling.
    attention : bool, default=False
        Whether every step of the decoder looks back over the whole encoded sequence.
    filters : int, default=64
        Number of filters of the "cnn" encoder.
    kernel_size : int, default=3
        Steps that a filter of the "cnn" encoder reads at once.
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] Sutskever, I., Vinyals, O. and Le, Q. (2014). Sequence to sequence learning with neural
       networks. NeurIPS 2014.
    .. [2] Luong, M., Pham, H. and Manning, C. (2015). Effective approaches to attention-based
       neural machine translation. EMNLP 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import EncoderDecoderLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(20, 6, 2))
    >>> model = EncoderDecoderLSTMRegressor(8, attention=True, epochs=2, random_state=0)
    >>> model.fit(X, X[:, -3:]).predict(X[:3]).shape
    (3, 3, 2)
    """

    build_network = staticmethod(networks.build_encoder_decoder_lstm)

    _parameter_constraints: dict = {
        **BaseLSTMRegressor._parameter_constraints,
        "units": [Interval(Integral, 1, None, closed="left"), tuple, list],
        "encoder": [StrOptions({"lstm", "bidirectional", "cnn"})],
        "attention": ["boolean"],
        "filters": _POSITIVE,
        "kernel_size": _POSITIVE,
    }

    def __init__(
        self,
        units: Any = 100,
        *,
        encoder: str = "lstm",
        attention: bool = False,
        filters: int = 64,
        kernel_size: int = 3,
        activation: Any = "tanh",
        cell: str = "lstm",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        loss: Any = "mse",
        quantiles: Sequence[float] = (0.1, 0.5, 0.9),
        window_norm: str | None = None,
        season_length: int | None = None,
        history_columns: Sequence[int] | None = None,
        linear_skip: bool | str = False,
        skip_l2: float = 0.0,
        n_members: int = 1,
        member_average: str = "mean",
        metrics: Any = None,
        optimizer: Any = "adam",
        learning_rate: Any = None,
        learning_rate_schedule: str = "constant",
        clipnorm: float | None = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        feature_scaler: Any = None,
        target_scaler: Any = "standard",
        n_targets: int | None = None,
        missing: str = "drop",
        callbacks: Any = None,
        jit_compile: str | bool = "auto",
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            units,
            activation=activation,
            cell=cell,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            loss=loss,
            quantiles=quantiles,
            window_norm=window_norm,
            season_length=season_length,
            history_columns=history_columns,
            linear_skip=linear_skip,
            skip_l2=skip_l2,
            n_members=n_members,
            member_average=member_average,
            metrics=metrics,
            optimizer=optimizer,
            learning_rate=learning_rate,
            learning_rate_schedule=learning_rate_schedule,
            clipnorm=clipnorm,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            feature_scaler=feature_scaler,
            target_scaler=target_scaler,
            n_targets=n_targets,
            missing=missing,
            callbacks=callbacks,
            jit_compile=jit_compile,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.encoder = encoder
        self.attention = attention
        self.filters = filters
        self.kernel_size = kernel_size


class SequenceLSTMRegressor(BaseLSTMRegressor):
    """One output per step of the window: many-to-many, of the same length or its last part.

    LSTM(`units`, sequences) → Dense per step. The output of a step has seen the window up to that
    step only; with `delay` the network reads on before it answers.

    Parameters
    ----------
    units : int, default=50
        Width of the recurrent layer.
    n_last : int, default=None
        How many of the last outputs are kept: it must be the number of steps in `y`. None: just
        that number.
    delay : int, default=0
        Zero steps appended to the window, so that outputs come so many steps later.
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] Graves, A. (2012). Supervised sequence labelling with recurrent neural networks.
       Springer.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import SequenceLSTMRegressor
    >>> X = np.random.default_rng(0).normal(size=(20, 6, 2))
    >>> model = SequenceLSTMRegressor(8, epochs=2, random_state=0).fit(X, X[:, :, 0])
    >>> model.predict(X[:3]).shape
    (3, 6)
    """

    build_network = staticmethod(networks.build_sequence_lstm)

    _parameter_constraints: dict = {
        **BaseLSTMRegressor._parameter_constraints,
        "n_last": [Interval(Integral, 1, None, closed="left"), None],
        "delay": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        units: Any = 50,
        *,
        n_last: int | None = None,
        delay: int = 0,
        activation: Any = "tanh",
        cell: str = "lstm",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        loss: Any = "mse",
        quantiles: Sequence[float] = (0.1, 0.5, 0.9),
        window_norm: str | None = None,
        season_length: int | None = None,
        history_columns: Sequence[int] | None = None,
        linear_skip: bool | str = False,
        skip_l2: float = 0.0,
        n_members: int = 1,
        member_average: str = "mean",
        metrics: Any = None,
        optimizer: Any = "adam",
        learning_rate: Any = None,
        learning_rate_schedule: str = "constant",
        clipnorm: float | None = None,
        epochs: int = 100,
        batch_size: int = 32,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        feature_scaler: Any = None,
        target_scaler: Any = "standard",
        n_targets: int | None = None,
        missing: str = "drop",
        callbacks: Any = None,
        jit_compile: str | bool = "auto",
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            units,
            activation=activation,
            cell=cell,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            loss=loss,
            quantiles=quantiles,
            window_norm=window_norm,
            season_length=season_length,
            history_columns=history_columns,
            linear_skip=linear_skip,
            skip_l2=skip_l2,
            n_members=n_members,
            member_average=member_average,
            metrics=metrics,
            optimizer=optimizer,
            learning_rate=learning_rate,
            learning_rate_schedule=learning_rate_schedule,
            clipnorm=clipnorm,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            feature_scaler=feature_scaler,
            target_scaler=target_scaler,
            n_targets=n_targets,
            missing=missing,
            callbacks=callbacks,
            jit_compile=jit_compile,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.n_last = n_last
        self.delay = delay


class OneToManyLSTMRegressor(BaseLSTMRegressor):
    """The input is repeated once per step of the horizon, and read out step by step.

    RepeatVector(n_steps_out) → LSTM(`units`, sequences) → Dense per step. Meant for windows of one
    step; longer ones are repeated whole.

    Parameters
    ----------
    units : int, default=50
        Width of the recurrent layer.
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] Karpathy, A. (2015). The unreasonable effectiveness of recurrent neural networks.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import OneToManyLSTMRegressor
    >>> x = np.arange(20.0).reshape(-1, 1, 1)
    >>> y = np.column_stack([x.ravel() + 1, x.ravel() + 2])
    >>> OneToManyLSTMRegressor(8, epochs=2, random_state=0).fit(x, y).predict(x[:3]).shape
    (3, 2)
    """

    build_network = staticmethod(networks.build_one_to_many_lstm)
