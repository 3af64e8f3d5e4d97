"""One class per architecture whose targets are labels."""

from dataclasses import dataclass

from skforecast_lstm import _architectures
from skforecast_lstm._classifier import BaseLSTMClassifier
from skforecast_lstm._parameters import documented

__all__ = [
    "BidirectionalLSTMClassifier",
    "CNNLSTMClassifier",
    "ConvLSTMClassifier",
    "EncoderDecoderLSTMClassifier",
    "LSTMClassifier",
    "OneToManyLSTMClassifier",
    "SequenceLSTMClassifier",
    "StackedLSTMClassifier",
]


@documented
@dataclass(repr=False, eq=False)
class LSTMClassifier(_architectures.LSTM, BaseLSTMClassifier):
    """A plain LSTM ("vanilla"): one recurrent layer reads the window, and a Dense layer its state.

    LSTM(`units`) → Dense → sigmoid or softmax. You can use it for one label of two or more classes,
    for several labels at once, and for a label for each of several steps ahead.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    LSTMRegressor : The same network for numbers.

    References
    ----------
    .. [1] Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. Neural Computation
       9(8), 1735-1780.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import LSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(60, 5, 1))
    >>> y = np.where(X.sum(axis=(1, 2)) > 0, "up", "down")
    >>> model = LSTMClassifier(8, epochs=60, random_state=0).fit(X[:50], y[:50])
    >>> model.classes_
    array(['down', 'up'], dtype='<U4')
    >>> model.predict_proba(X[50:]).shape
    (10, 2)

    Will a series rise in the next two steps? Windows are cut in the pipeline, as for numbers:

    >>> import pandas as pd
    >>> from skforecast_lstm import make_lstm_pipeline, make_supervised
    >>> from skforecast_lstm.datasets import load_air_passengers
    >>> table = load_air_passengers().to_frame()
    >>> table["rises"] = table["passengers"].diff() > 0
    >>> X, y = make_supervised(table, target="rises", n_steps_out=2)
    >>> classifier = LSTMClassifier(8, epochs=20, random_state=0)
    >>> pipeline = make_lstm_pipeline(classifier, n_steps_in=12, n_steps_out=2).fit(X, y)
    >>> pipeline.predict_proba(table[X.columns])[-1].shape  # of the two months after the last row
    (2,)
    """


@documented
@dataclass(repr=False, eq=False)
class StackedLSTMClassifier(_architectures.StackedLSTM, BaseLSTMClassifier):
    """Several recurrent layers on top of one another, for labels.

    LSTM(``units[0]``, return_sequences=True) → … → LSTM(``units[-1]``) → Dense → sigmoid or
    softmax.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    StackedLSTMRegressor : The same network for numbers.

    References
    ----------
    .. [1] Graves, A., Mohamed, A. and Hinton, G. (2013). Speech recognition with deep recurrent
       neural networks. ICASSP 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import StackedLSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(30, 6, 2))
    >>> model = StackedLSTMClassifier((8, 4), epochs=2, random_state=0).fit(X, X[:, -1, 0] > 0)
    >>> model.predict(X[:3]).shape
    (3,)
    """


@documented
@dataclass(repr=False, eq=False)
class BidirectionalLSTMClassifier(_architectures.BidirectionalLSTM, BaseLSTMClassifier):
    """One LSTM reads the window forwards, another backwards; a Dense layer reads both.

    It sees the window in both directions, and never anything after the forecast origin.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    BidirectionalLSTMRegressor : The same network for numbers.

    References
    ----------
    .. [1] Graves, A. and Schmidhuber, J. (2005). Framewise phoneme classification with
       bidirectional LSTM and other neural network architectures. Neural Networks 18(5-6), 602-610.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import BidirectionalLSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(30, 6, 2))
    >>> model = BidirectionalLSTMClassifier(8, epochs=2, random_state=0).fit(X, X[:, -1, 0] > 0)
    >>> model.predict(X[:3]).shape
    (3,)
    """


@documented
@dataclass(repr=False, eq=False)
class CNNLSTMClassifier(_architectures.CNNLSTM, BaseLSTMClassifier):
    """A convolution reads each subsequence of the window, an LSTM the row of subsequences.

    The window is cut into `n_seq` subsequences of equal length. Conv1D(`filters`, `kernel_size`,
    relu) → MaxPool(`pool_size`) → Flatten reads each of them; then LSTM(`units`) → Dense → sigmoid
    or softmax. Only `n_seq` has to fit the window; the other shapes follow from it.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CNNLSTMRegressor : The same network for numbers.

    References
    ----------
    .. [1] Brownlee, J. (2018). LSTMs for human activity recognition time series classification.
       Machine Learning Mastery.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import CNNLSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(30, 6, 2))
    >>> model = CNNLSTMClassifier(8, n_seq=3, epochs=2, random_state=0).fit(X, X[:, -1, 0] > 0)
    >>> model.predict(X[:3]).shape
    (3,)
    """


@documented
@dataclass(repr=False, eq=False)
class ConvLSTMClassifier(_architectures.ConvLSTM, BaseLSTMClassifier):
    """A ConvLSTM: each step of the recurrence convolves one subsequence of the window.

    The window is cut into `n_seq` subsequences of equal length, the steps of one recurrence:
    ConvLSTM2D(`filters`, (1, `kernel_size`)) → Flatten → Dense → sigmoid or softmax. Features are
    channels.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    ConvLSTMRegressor : The same network for numbers.

    References
    ----------
    .. [1] Shi, X. et al. (2015). Convolutional LSTM network: a machine learning approach for
       precipitation nowcasting. NeurIPS 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import ConvLSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(30, 6, 2))
    >>> model = ConvLSTMClassifier(8, n_seq=3, epochs=2, random_state=0).fit(X, X[:, -1, 0] > 0)
    >>> model.predict(X[:3]).shape
    (3,)
    """


@documented
@dataclass(repr=False, eq=False)
class EncoderDecoderLSTMClassifier(_architectures.EncoderDecoderLSTM, BaseLSTMClassifier):
    """One network encodes the window, another predicts the labels of the steps ahead from it.

    LSTM(`units`) → RepeatVector → LSTM(`units`, return_sequences=True) → TimeDistributed(Dense) →
    sigmoid or softmax. Meant for a label for each of several steps ahead.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    EncoderDecoderLSTMRegressor : The same network for numbers.

    References
    ----------
    .. [1] Sutskever, I., Vinyals, O. and Le, Q. (2014). Sequence to sequence learning with neural
       networks. NeurIPS 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import EncoderDecoderLSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(30, 6, 2))
    >>> model = EncoderDecoderLSTMClassifier(8, epochs=2, random_state=0)
    >>> model.fit(X, X[:, -3:, 0] > 0).predict_proba(X[:3]).shape
    (3, 3)
    """


@documented
@dataclass(repr=False, eq=False)
class SequenceLSTMClassifier(_architectures.SequenceLSTM, BaseLSTMClassifier):
    """A label for each step of the window or sequence, or for its last part.

    LSTM(`units`, return_sequences=True) → TimeDistributed(Dense) → sigmoid or softmax. The label of
    a step depends on the steps up to it only. With `delay` each label comes that many steps later,
    so it depends on more of the window.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    SequenceLSTMRegressor : The same network for numbers.

    References
    ----------
    .. [1] Graves, A. (2012). Supervised sequence labelling with recurrent neural networks.
       Springer.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import SequenceLSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(30, 6, 2))
    >>> y = np.where(X[:, :, 0] > 0, "on", "off")
    >>> SequenceLSTMClassifier(8, epochs=2, random_state=0).fit(X, y).predict(X[:3]).shape
    (3, 6)
    """


@documented
@dataclass(repr=False, eq=False)
class OneToManyLSTMClassifier(_architectures.OneToManyLSTM, BaseLSTMClassifier):
    """The input is repeated once per step of the horizon, with a label for each (one-to-many).

    RepeatVector(n_steps_out) → LSTM(`units`, return_sequences=True) → TimeDistributed(Dense) →
    sigmoid or softmax.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    OneToManyLSTMRegressor : The same network for numbers.

    References
    ----------
    .. [1] Karpathy, A. (2015). The unreasonable effectiveness of recurrent neural networks.

    Examples
    --------
    >>> import numpy as np
    >>> from skforecast_lstm import OneToManyLSTMClassifier
    >>> X = np.random.default_rng(0).normal(size=(30, 1, 2))
    >>> y = np.column_stack([X[:, 0, 0] > 0, X[:, 0, 1] > 0])
    >>> OneToManyLSTMClassifier(8, epochs=2, random_state=0).fit(X, y).predict(X[:3]).shape
    (3, 2)
    """
