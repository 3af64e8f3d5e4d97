"""One class per architecture: its parameters and its builder, whatever it is to predict."""

from dataclasses import KW_ONLY, dataclass
from numbers import Integral
from typing import Any

from skforecast_lstm import networks
from skforecast_lstm._parameters import POSITIVE, WIDTHS, absent, parameter
from skforecast_lstm._validation import Interval, StrOptions

__all__ = [
    "CNNLSTM",
    "LSTM",
    "BidirectionalLSTM",
    "ConvLSTM",
    "EncoderDecoderLSTM",
    "OneToManyLSTM",
    "SequenceLSTM",
    "StackedLSTM",
]


@dataclass(repr=False, eq=False)
class LSTM:
    """A plain LSTM: one recurrent layer, and every step of the horizon at once."""

    build_network = staticmethod(networks.build_lstm)


@dataclass(repr=False, eq=False)
class StackedLSTM:
    """Recurrent layers on top of one another, each reading the whole sequence of the one below."""

    units: Any = parameter(
        (50, 50),
        WIDTHS,
        """tuple of int
        Widths of the recurrent layers, from the window up; any depth.""",
    )

    build_network = staticmethod(networks.build_lstm)


@dataclass(repr=False, eq=False)
class BidirectionalLSTM:
    """One LSTM reads the window forwards, another backwards; a Dense layer reads both."""

    build_network = staticmethod(networks.build_bidirectional_lstm)


@dataclass(repr=False, eq=False)
class CNNLSTM:
    """A convolution reads each subsequence of the window, an LSTM the row of subsequences."""

    _: KW_ONLY
    n_seq: int | None = parameter(
        None,
        [Interval(Integral, 1, None, closed="left"), None],
        """int
        Number of subsequences; it must divide the length of the window. None: the smallest number
        above 1 that does, with subsequences long enough for kernel and pool; else 1.""",
    )
    filters: int = parameter(
        64,
        POSITIVE,
        """int
        Number of convolution filters.""",
    )
    kernel_size: int = parameter(
        1,
        POSITIVE,
        """int
        Steps that a filter reads at once. With 1, as in the tutorials, no neighbours are read.""",
    )
    pool_size: int = parameter(
        2,
        POSITIVE,
        """int
        Steps per pool; pooling keeps the largest value of each.""",
    )

    build_network = staticmethod(networks.build_cnn_lstm)


@dataclass(repr=False, eq=False)
class ConvLSTM:
    """A recurrence whose every step convolves one subsequence of the window."""

    units: Any = absent()
    cell: str = absent()
    filters: int = parameter(
        64,
        POSITIVE,
        """int
        Number of convolution filters, which is the width of the recurrence.""",
    )
    _: KW_ONLY
    n_seq: int | None = parameter(
        None,
        [Interval(Integral, 1, None, closed="left"), None],
        """int
        Number of subsequences; it must divide the length of the window. None: the smallest number
        above 1 that does, with subsequences long enough for the kernel; else 1.""",
    )
    kernel_size: int = parameter(
        2,
        POSITIVE,
        """int
        Steps that a filter reads at once.""",
    )

    build_network = staticmethod(networks.build_conv_lstm)


@dataclass(repr=False, eq=False)
class EncoderDecoderLSTM:
    """One network encodes the window as a vector, another writes the horizon from it."""

    units: Any = parameter(
        100,
        WIDTHS,
        """int or tuple of int
        Width of encoder and decoder. A tuple stacks the layers of the encoder; its last number is
        the width of the decoder.""",
    )
    _: KW_ONLY
    encoder: str = parameter(
        "lstm",
        [StrOptions({"lstm", "bidirectional", "cnn"})],
        """{"lstm", "bidirectional", "cnn"}
        The layers that read the window: recurrent layers, bidirectional ones, or two convolutions
        with pooling.""",
    )
    attention: bool = parameter(
        False,
        ["boolean"],
        """bool
        Whether every step of the decoder attends to all steps of the encoded window.""",
    )
    filters: int = parameter(
        64,
        POSITIVE,
        """int
        Number of filters of the "cnn" encoder.""",
    )
    kernel_size: int = parameter(
        3,
        POSITIVE,
        """int
        Steps that a filter of the "cnn" encoder reads at once.""",
    )

    build_network = staticmethod(networks.build_encoder_decoder_lstm)


@dataclass(repr=False, eq=False)
class SequenceLSTM:
    """One output per step of the window: many-to-many, of the same length or its last part."""

    _: KW_ONLY
    delay: int = parameter(
        0,
        [Interval(Integral, 0, None, closed="left")],
        """int
        Number of zero steps to append to the window. Each output comes that many steps later.""",
    )

    build_network = staticmethod(networks.build_sequence_lstm)


@dataclass(repr=False, eq=False)
class OneToManyLSTM:
    """The input is repeated once per step of the horizon, and read out step by step."""

    build_network = staticmethod(networks.build_one_to_many_lstm)
