"""One class per architecture whose targets are numbers."""

from dataclasses import dataclass

from skforecast_lstm import _architectures
from skforecast_lstm._parameters import documented
from skforecast_lstm._regressor import BaseLSTMRegressor

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


@documented
@dataclass(repr=False, eq=False)
class LSTMRegressor(_architectures.LSTM, BaseLSTMRegressor):
    """A plain LSTM ("vanilla"): one recurrent layer, and every step of the horizon at once.

    LSTM(`units`) reads the window, and one Dense layer makes all ``n_steps_out * n_targets``
    outputs of its last state. You can use it for every framing: one step or multi-step, univariate
    or multivariate, one target or several in parallel.

    Parameters
    ----------
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


@documented
@dataclass(repr=False, eq=False)
class StackedLSTMRegressor(_architectures.StackedLSTM, BaseLSTMRegressor):
    """Recurrent layers on top of one another, each reading the whole sequence of the one below.

    LSTM(``units[0]``, return_sequences=True) → … → LSTM(``units[-1]``) → Dense.

    Parameters
    ----------
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


@documented
@dataclass(repr=False, eq=False)
class BidirectionalLSTMRegressor(_architectures.BidirectionalLSTM, BaseLSTMRegressor):
    """One LSTM reads the window forwards, another backwards; a Dense layer reads both.

    It sees the window in both directions, and never anything after the forecast origin.

    Parameters
    ----------
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


@documented
@dataclass(repr=False, eq=False)
class CNNLSTMRegressor(_architectures.CNNLSTM, BaseLSTMRegressor):
    """A convolution reads each subsequence of the window, an LSTM the row of subsequences.

    The window is cut into `n_seq` subsequences of equal length. Conv1D(`filters`, `kernel_size`,
    relu) → MaxPool(`pool_size`) → Flatten reads each of them; then LSTM(`units`) → Dense. Only
    `n_seq` has to fit the window; the other shapes follow from it.

    Parameters
    ----------
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


@documented
@dataclass(repr=False, eq=False)
class ConvLSTMRegressor(_architectures.ConvLSTM, BaseLSTMRegressor):
    """A ConvLSTM: each step of the recurrence convolves one subsequence of the window.

    The window is cut into `n_seq` subsequences of equal length, the steps of one recurrence:
    ConvLSTM2D(`filters`, (1, `kernel_size`)) → Flatten → Dense. Features are channels.

    Parameters
    ----------
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


@documented
@dataclass(repr=False, eq=False)
class EncoderDecoderLSTMRegressor(_architectures.EncoderDecoderLSTM, BaseLSTMRegressor):
    """One network encodes the window as a vector, another predicts the horizon from it.

    LSTM(`units`) → RepeatVector → LSTM(`units`, return_sequences=True) → TimeDistributed(Dense).

    Parameters
    ----------
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


@documented
@dataclass(repr=False, eq=False)
class SequenceLSTMRegressor(_architectures.SequenceLSTM, BaseLSTMRegressor):
    """One output per step of the window: many-to-many, of the same length or its last part.

    LSTM(`units`, return_sequences=True) → TimeDistributed(Dense). The output of a step depends on
    the window up to that step only. With `delay` each output comes that many steps later, so it
    depends on more of the window.

    Parameters
    ----------
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


@documented
@dataclass(repr=False, eq=False)
class OneToManyLSTMRegressor(_architectures.OneToManyLSTM, BaseLSTMRegressor):
    """The input is repeated once per step of the horizon, with an output for each (one-to-many).

    RepeatVector(n_steps_out) → LSTM(`units`, return_sequences=True) → TimeDistributed(Dense). Meant
    for windows of one step; a longer window is repeated as a whole.

    Parameters
    ----------
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
