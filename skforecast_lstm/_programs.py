"""Compiled training and inference: the only module that knows ``tf.function``.

A `Program` is a Keras model with its training loop compiled into one graph that runs over epochs
and batches. It belongs to a network and to what is compiled into it, not to an estimator: programs
are kept in a cache and lent to one fit or prediction at a time, which loads its own weights.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from skforecast_lstm._backend import check_backend
from skforecast_lstm._cache import borrow, recall
from skforecast_lstm._compilation import Compilation
from skforecast_lstm._keras_private import names_anew, reduce_nothing, seed_generators
from skforecast_lstm._kernels import (
    device,
    for_many_samples,
    has_fused_layers,
    largest_output,
    use_fused_kernels,
)
from skforecast_lstm._network import MASKED, Network, zeros_for
from skforecast_lstm._pickles import pickle_losses_whole
from skforecast_lstm._seeds import drawing_from
from skforecast_lstm._shell import average_members
from skforecast_lstm._training import History, Moment, Samples, State, Training
from skforecast_lstm._watchers import (
    Best,
    Note,
    Pace,
    Schedule,
    attached,
    check_finite,
    has_batch_hooks,
    remembered,
    remind,
)

__all__ = [
    "Compilation",
    "Interrupted",
    "Moment",
    "Network",
    "Samples",
    "State",
    "Training",
    "build_model",
    "initial_state",
    "predict",
    "train",
]

# XLA repays its compile time, a few seconds, after so many steps of a loop over windows.
_MIN_XLA_STEPS = 20_000
# Shuffled orders go into the graph for as many epochs at a time as fit into this many numbers.
_MAX_ORDER_SIZE = 4_000_000
# Steps that inference takes at a time: what a recurrent layer keeps of them fits the cache.
_MAX_PREDICT_STEPS = 12_000
# Processors compute rows side by side in vectors of up to so many numbers, and those of a vector
# that is not full one by one: the last bit of these differs.
_VECTOR = 16
# From so many windows and steps on, large products predict them, which take longer to trace: up to
# so many windows at a time, of which no layer puts out more than so many numbers.
_MIN_MANY_STEPS = 100_000
_MIN_MANY_WINDOWS = 256
_MAX_PREDICT_WINDOWS = 4_096
_MAX_PREDICT_VALUES = 8_000_000


def _limit_threads() -> None:
    """Take the threads that joblib grants a worker, as NumPy's libraries do.

    TensorFlow would take every core in each of them, and they would wait for one another.
    """
    granted = os.environ.get("OMP_NUM_THREADS", "")
    if granted.isdecimal() and "TF_NUM_INTRAOP_THREADS" not in os.environ:
        with contextlib.suppress(RuntimeError):  # somebody has used TensorFlow before: too late
            tf.config.threading.set_intra_op_parallelism_threads(int(granted))
            tf.config.threading.set_inter_op_parallelism_threads(int(granted))


check_backend()
_limit_threads()
pickle_losses_whole()


class Program:
    """A model with its compiled loops; lent to one user at a time."""

    def __init__(self, network: Network, compilation: Compilation | None = None) -> None:
        with names_anew():
            self._make(network, compilation)

    def _make(self, network: Network, compilation: Compilation | None) -> None:
        self.model = network.build()
        self._n_steps, self._n_features = network.arguments["input_shape"]
        self._jit = compilation is not None and compilation.jit
        if not self._jit:  # XLA compiles the loop, and has no such kernel
            use_fused_kernels(self.model)
        self.n_traces = 0
        # For layers of a user's own that draw without a generator of theirs.
        self._generator = keras.random.SeedGenerator(0)
        self._loaded: Sequence[State] | None = None
        self._n_weight_axes = 1
        if compilation is not None:
            compilation.compile(self.model)
            reduce_nothing(self.model.optimizer)
            self.model.optimizer.build(self.model.trainable_variables)
            self._slots = compilation.slots
            self._n_weight_axes = compilation.n_axes_of_losses(self.model.output_shape[1:])
            self._optimizer_start = [v.numpy() for v in self.model.optimizer.variables]
            self._build_metrics()

    @functools.cached_property
    def _predict(self) -> Any:
        return self._traced(self._forward, *self._signature()[:-2])

    @functools.cached_property
    def _predict_many(self) -> Any:
        with for_many_samples():
            return self._traced(self._forward, *self._signature()[:-2])

    @functools.cached_property
    def _train(self) -> Any:
        orders, size = tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([], tf.int32)
        rates, begins = tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.bool)
        return self._traced(self._epochs, self._signature(), orders, rates, size, begins)

    @functools.cached_property
    def _validate(self) -> Any:
        return self._traced(self._validation, self._signature(), tf.TensorSpec([], tf.int32))

    def _traced(self, function: Callable, *signature: Any) -> Any:
        """The graph of a function, for any number of samples."""
        traced = tf.function(function, input_signature=signature, autograph=False)
        with drawing_from(self._generator):
            return traced.get_concrete_function()

    def _signature(self) -> tuple[tf.TensorSpec, ...]:
        """Table, starts, what is known ahead if the network reads it, targets and weights."""
        output_shape, floatx = self.model.output_shape[1:], keras.config.floatx()
        return (
            tf.TensorSpec([None, self._n_features], floatx),
            tf.TensorSpec([None], tf.int32),
            *(tf.TensorSpec(known.shape, floatx) for known in self.model.inputs[1:]),
            tf.TensorSpec([None, *output_shape], floatx),
            tf.TensorSpec([None] * self._n_weight_axes, floatx),
        )

    def _inference(self, n_windows: int) -> tuple[Any, int]:
        """What predicts so many windows, and how many of them at a time."""
        is_much = n_windows * self._n_steps >= _MIN_MANY_STEPS
        if not is_much or min(n_windows, self._n_together) < _MIN_MANY_WINDOWS:
            size = max(32, _MAX_PREDICT_STEPS // self._n_steps)
            return self._predict, _in_whole_vectors(size)
        n_parts = -(-n_windows // self._n_together)
        return self._predict_many, _in_whole_vectors(-(-n_windows // n_parts))

    @functools.cached_property
    def _n_together(self) -> int:
        """How many windows to predict at a time where there are many."""
        if not has_fused_layers(self.model):
            return 0
        return min(_MAX_PREDICT_WINDOWS, _MAX_PREDICT_VALUES // largest_output(self.model))

    def predict(
        self,
        states: Sequence[State],
        table: np.ndarray,
        starts: np.ndarray,
        known: np.ndarray | None = None,
    ) -> np.ndarray:
        """Outputs for windows, as the model's own ``predict`` gives them.

        Those of several windows do not depend on which stands where: the last one is repeated until
        vectors are full.
        """
        if states is not self._loaded:
            self.model.set_weights(_joined(states))
            self._loaded = states
        n_windows = len(starts)
        if n_windows > 1:
            order = np.minimum(np.arange(_in_whole_vectors(n_windows)), n_windows - 1)
            starts, known = starts[order], None if known is None else known[order]
        run, size = self._inference(n_windows)
        rows, ahead = _tensor(table), self._known(known)
        outputs = [
            run(
                rows,
                tf.constant(starts[first : first + size], tf.int32),
                *(part[first : first + size] for part in ahead),
            ).numpy()
            for first in range(0, len(starts), size)
        ]
        return (outputs[0] if len(outputs) == 1 else np.concatenate(outputs))[:n_windows]

    def train(
        self,
        state: State,
        samples: Samples,
        validation: Samples | None,
        training: Training,
    ) -> tuple[State, History]:
        """Train from `state`; return the new one and the history of losses."""
        self._start(state, training)
        tensors = self._tensors(samples)
        held_out = None if validation is None else self._tensors(validation)
        run = self._run_keras if has_batch_hooks(training.callbacks) else self._run
        history: History = {}
        if training.moment is not None:
            self._go_on(training.moment)
            history = {name: [*values] for name, values in training.moment.history.items()}
        try:
            run(tensors, held_out, training, history)
        except KeyboardInterrupt:
            raise Interrupted(self._state(), history) from None
        return self._state(), history

    def _state(self) -> State:
        optimizer = [v.numpy() for v in self.model.optimizer.variables]
        return State(self.model.get_weights(), optimizer, self._slots)

    def _start(self, state: State, training: Training) -> None:
        """Set every variable that training changes: nothing of an earlier fit is left."""
        self.model.set_weights(state.weights)
        values = self._remembered(state)
        for variable, value in zip(self.model.optimizer.variables, values, strict=True):
            variable.assign(value)
        if training.learning_rate is not None:
            self.model.optimizer.learning_rate = training.learning_rate
        # Not drawn from training.rng: its stream is the order of samples, whatever the network.
        seeds = np.random.RandomState(training.dropout_seed)
        for generator in self._generators():
            generator.state.assign([seeds.randint(2**31 - 1), training.first_epoch])
        self.model.stop_training = False

    def _generators(self) -> list[Any]:
        """What draws in training, in a fixed order."""
        return [*seed_generators(self.model), self._generator]

    def _go_on(self, moment: Moment) -> None:
        """Set every variable as it was at a moment of the same training."""
        self.model.set_weights(moment.state.weights)
        for variable, value in zip(
            self.model.optimizer.variables, moment.state.optimizer or [], strict=True
        ):
            variable.assign(value)
        for generator, value in zip(self._generators(), moment.generators, strict=True):
            generator.state.assign(value)
        self.model.stop_training = moment.is_stopped

    def _moment(self, epoch: int, training: Training, history: History, best: Best) -> Moment:
        return Moment(
            epoch,
            self._state(),
            history,
            [generator.state.numpy() for generator in self._generators()],
            training.rng.get_state(legacy=True),
            vars(best),
            [remembered(callback) for callback in training.callbacks],
            bool(self.model.stop_training),
        )

    def _remembered(self, state: State) -> list[np.ndarray]:
        """Momentum and the like, which go on where they are of an optimizer of the same kind."""
        found, fresh = state.optimizer, self._optimizer_start
        if found is None or state.slots != self._slots:
            return fresh
        return found if [*map(np.shape, found)] == [*map(np.shape, fresh)] else fresh

    def _run(self, samples: Any, held_out: Any, training: Training, history: History) -> None:
        """Train in the graph, for as long at a time as nobody wants to look in between."""
        model, best, moment = self.model, Best(training.patience), training.moment
        with attached(training.callbacks, training.progress) as watching:
            callbacks = keras.callbacks.CallbackList(
                watching, model=model, verbose=0, epochs=training.last_epoch
            )
            callbacks.on_train_begin()
            if moment is not None:
                training.rng.set_state(moment.order)
                vars(best).update(moment.best)
                for callback, values in zip(training.callbacks, moment.callbacks, strict=True):
                    remind(callback, values)
            try:
                self._train_epochs(samples, held_out, training, history, callbacks, best)
            except KeyboardInterrupt:
                best.restore(model)
                callbacks.on_train_end()
                raise
            best.restore(model)
            callbacks.on_train_end()

    def _train_epochs(
        self,
        samples: Any,
        held_out: Any,
        training: Training,
        history: History,
        callbacks: keras.callbacks.CallbackList,
        best: Best,
    ) -> None:
        """Add one call of the graph after the other to the history."""
        n_samples = len(samples[1])
        size = min(training.batch_size, n_samples)
        batch_size = tf.constant(size, tf.int32)
        is_watched = bool(training.callbacks or training.progress) or held_out is not None
        most = 1 if is_watched else max(1, _MAX_ORDER_SIZE // n_samples)
        pace, moment = Pace(size, n_samples), training.moment
        epoch = training.first_epoch if moment is None else moment.epoch
        while epoch < training.last_epoch and not self.model.stop_training:
            callbacks.on_epoch_begin(epoch)
            n_epochs = min(pace.n_epochs, most, training.until_kept(epoch))
            orders = training.orders(n_epochs, n_samples)
            rates = training.rate(epoch + np.arange(n_epochs), self._rate())
            rates = tf.constant(rates, tf.float32)
            for part in pace.parts():
                rows, begins = tf.constant(orders[:, part]), tf.constant(part.start == 0)
                with pace.timed(orders[:, part].size):
                    logs = self._train(samples, rows, rates, batch_size, begins)
                if not np.isfinite(logs["loss"].numpy()).all():
                    break  # the parts that follow would not be trained on, and have no loss
            for name, values in logs.items():
                history.setdefault(name, []).extend(map(float, values.numpy()))
            check_finite(history["loss"], training.first_epoch)
            if held_out is not None:
                for name, value in self._validate(held_out, batch_size).items():
                    history.setdefault(f"val_{name}", []).append(float(value))
                best.update(self.model, history["val_loss"][-1])
            epoch += n_epochs
            try:
                callbacks.on_epoch_end(epoch - 1, {k: v[-1] for k, v in history.items()})
            except Exception as error:
                raise _StoppedByCallback from error
            if training.keep is not None and (epoch - training.first_epoch) % training.every == 0:
                training.keep(self._moment(epoch, training, history, best))

    def _rate(self) -> float:
        """The learning rate, which a callback may have changed."""
        return float(self.model.optimizer.learning_rate)

    def _run_keras(self, samples: Any, held_out: Any, training: Training, found: History) -> None:
        """``model.fit`` on the same batches, for callbacks that want to see each of them."""
        ours: list[keras.callbacks.Callback] = []
        if training.learning_rate is not None:
            ours.append(Schedule(training.rate))
        if training.patience is not None:
            ours.append(
                keras.callbacks.EarlyStopping(patience=training.patience, restore_best_weights=True)
            )
        watchers = attached(training.callbacks, training.progress)
        with drawing_from(self._generator), watchers as watching:
            self.model.fit(
                _Batches(self._take, samples, training.batch_size, training),
                validation_data=held_out and _Batches(self._take, held_out, training.batch_size),
                epochs=training.last_epoch,
                initial_epoch=training.first_epoch,
                shuffle=False,
                verbose=0,
                callbacks=[*watching, *ours, Note(found)],
            )
        check_finite(found["loss"], training.first_epoch)

    def _tensors(self, samples: Samples) -> tuple[tf.Tensor, ...]:
        """What the loops take; a sample weighs one where nothing else is said."""
        target = self.model.output_shape[1:]
        return (
            _tensor(samples.table),
            tf.constant(samples.starts, tf.int32),
            *self._known(samples.known),
            _tensor(samples.y.reshape(-1, *target)),
            _tensor(self._weights(samples)),
        )

    def _weights(self, samples: Samples) -> np.ndarray:
        """Weights with as many axes as the losses: those of rows, or of each step of the output."""
        weight = np.ones(len(samples.y)) if samples.weight is None else samples.weight
        n_rows, n_axes = len(weight), self._n_weight_axes
        if weight.size > n_rows and n_axes < 2:
            raise ValueError(
                "class_weight weighs each label, but the loss takes the mean over the labels of a "
                "row. Let it return a loss for each, keras.ops.mean(..., axis=-1), or set "
                "class_weight=None."
            )
        return weight.reshape(n_rows, *[-1] * (n_axes > 1), *[1] * (n_axes - 2))

    def _known(self, known: np.ndarray | None) -> list[tf.Tensor]:
        """What is known ahead of each window, for a network that reads it."""
        return [] if known is None else [_tensor(known)]

    def _take(self, samples: tuple[tf.Tensor, ...], rows: tf.Tensor) -> tuple[Any, ...]:
        """One batch: windows, gathered from the table, what is known ahead, targets and weights."""
        table, *by_sample = samples
        *inputs, y, weight = (tf.gather(part, rows) for part in by_sample)
        return self._gather(table, *inputs), y, weight

    def _gather(self, table: tf.Tensor, starts: tf.Tensor, *known: tf.Tensor) -> Any:
        """What the network reads."""
        windows = tf.gather(table, starts[:, tf.newaxis] + tf.range(self._n_steps))
        return (windows, *known) if known else windows

    def _build_metrics(self) -> None:
        """Create the variables of the metrics, which a graph cannot."""
        zeros = zeros_for(self.model)
        inputs = zeros[0] if len(zeros) == 1 else tuple(zeros)
        self.model.test_step((inputs, tf.zeros([1, *self.model.output_shape[1:]])))
        self.model.reset_metrics()

    # --- what the graph does: n_traces counts how often Python ran it ------------------------

    def _forward(self, *inputs: tf.Tensor) -> tf.Tensor:
        self.n_traces += 1
        return self.model(self._gather(*inputs), training=False)

    def _epochs(
        self,
        samples: Any,
        orders: tf.Tensor,
        rates: tf.Tensor,
        batch_size: tf.Tensor,
        begins: tf.Tensor,
    ) -> Any:
        """Train for one epoch per row of `orders`, at its rate; return the logs of each.

        If it does not begin with these samples, the logs are those of all samples so far.
        """
        self.n_traces += 1
        model = self.model
        rate = model.optimizer.learning_rate
        n_epochs, n_samples = tf.unstack(tf.shape(orders))
        names = list(model.get_metrics_result())

        def reset() -> tf.Tensor:
            model.reset_metrics()
            return tf.constant(0)  # what both branches of a condition have to return

        def epoch(number: tf.Tensor, *logs: tf.TensorArray) -> tuple:
            tf.cond(begins, reset, lambda: tf.constant(0))
            if hasattr(rate, "assign"):  # no schedule of the user's own
                rate.assign(rates[number])

            def step(rows: tf.Tensor) -> None:
                self._step(self._take(samples, tf.gather(orders[number], rows)), batch_size)

            _for_batches(n_samples, batch_size, step)
            result = model.get_metrics_result()
            written = [
                log.write(number, tf.cast(result[name], tf.float32))
                for name, log in zip(names, logs, strict=True)
            ]
            return number + 1, *written

        def goes_on(number: tf.Tensor, *logs: tf.TensorArray) -> tf.Tensor:
            # A diverged network stays so: the rest of the epochs would be for nothing.
            return (number < n_epochs) & tf.math.is_finite(model.get_metrics_result()["loss"])

        tf.cond(begins, reset, lambda: tf.constant(0))
        logs = [tf.TensorArray(tf.float32, n_epochs, element_shape=[]) for _ in names]
        n_done, *logs = tf.while_loop(goes_on, epoch, [0, *logs], parallel_iterations=1)
        return {name: log.stack()[:n_done] for name, log in zip(names, logs, strict=True)}

    def _step(self, batch: tuple[tf.Tensor, ...], batch_size: tf.Tensor) -> None:
        """One update of the weights, compiled by XLA if the batch is a full one.

        XLA compiles for a shape, and the last batch of an epoch has another in every fold.
        """
        if not self._jit:
            self.model.train_step(batch)
            return
        is_full = tf.equal(tf.shape(batch[1])[0], batch_size)
        tf.cond(is_full, lambda: self._compiled_step(*batch), lambda: self._plain_step(*batch))

    def _plain_step(self, *batch: tf.Tensor) -> tf.Tensor:
        self.model.train_step(batch)
        return tf.constant(0)  # what both branches of a condition have to return

    @functools.cached_property
    def _compiled_step(self) -> Any:
        return tf.function(self._plain_step, jit_compile=True, autograph=False)

    def _validation(self, samples: Any, batch_size: tf.Tensor) -> Any:
        self.n_traces += 1
        self.model.reset_metrics()
        _for_batches(
            tf.shape(samples[1])[0],
            batch_size,
            lambda rows: self.model.test_step(self._take(samples, rows)),
        )
        return self.model.get_metrics_result()


class Interrupted(KeyboardInterrupt):
    """Python was interrupted in a training, which has come as far as this."""

    def __init__(self, state: State, history: History) -> None:
        super().__init__("training was interrupted")
        self.state, self.history = state, history


class _StoppedByCallback(Exception):  # noqa: N818 (its cause is the error)
    """A callback raised an error between two calls of the graph, as those that prune trials do."""


class _Batches(keras.utils.PyDataset):
    """The batches that the program would train or validate on, for ``model.fit``."""

    def __init__(
        self, take: Callable, samples: Any, batch_size: int, training: Training | None = None
    ) -> None:
        super().__init__()
        self._take, self._samples, self._batch_size = take, samples, batch_size
        self._training = training
        # In this order, too, Keras looks at a batch before it trains.
        self._order = np.arange(len(samples[1]))

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return keras.tree.map_structure(np.asarray, self._take(self._samples, rows))

    def on_epoch_begin(self) -> None:
        """Draw the order of the epoch."""
        if self._training is not None:
            self._order = self._training.orders(1, len(self._order))[0]


def initial_state(network: Network, seed: int) -> State:
    """Fresh weights, determined by the seed."""

    def make() -> tuple:
        with names_anew():
            weights = tuple(np.array(weight) for weight in network.build(seed).get_weights())
        for array in weights:
            array.flags.writeable = False  # other fits begin with them as well
        return weights

    if not network.is_of_seed_only:
        return State([*make()])
    return State([*recall((network.key, seed, *_settings()), make)])


def build_model(network: Network, states: Sequence[State], compilation: Compilation) -> keras.Model:
    """Build a Keras model of one's own that holds the weights, independent of the cache.

    That of several members gives their mean.
    """
    model = network.side_by_side(len(states)).build()
    model.set_weights(_joined(states))
    if len(states) > 1:
        model = average_members(model)
    compilation.compile(model)
    model.optimizer.build(model.trainable_variables)  # or loading what was saved warns
    return model


def train(
    network: Network,
    compilation: Compilation,
    state: State,
    samples: Samples,
    validation: Samples | None,
    training: Training,
    jit_compile: str | bool,
) -> tuple[State, History]:
    """Train a network from a state.

    With ``jit_compile="auto"`` XLA compiles the step where a recurrent layer has no fused kernel
    and there are enough steps to repay the time that takes.

    Returns
    -------
    state : State
        The trained weights; those of the best epoch where `training` has a patience.
    history : dict of lists of float
        Loss and metrics by epoch; those of `validation` begin with ``val_``.

    Raises
    ------
    ValueError
        If the loss is no longer finite.
    """
    network, table = _with_masks(network, samples.table, samples.is_masked)
    samples = replace(samples, table=table)
    if validation is not None:
        network, table = _with_masks(network, validation.table, validation.is_masked)
        validation = replace(validation, table=table)
    if jit_compile == "auto":
        n_updates = training.epochs * (len(samples.y) // training.batch_size)
        n_steps = n_updates * network.arguments["input_shape"][0]
        jit_compile = n_steps >= _MIN_XLA_STEPS and (
            network.skips_masked or network.loops_over_steps
        )
    compilation.jit = bool(jit_compile)
    training = replace(training, learning_rate=compilation.learning_rate)
    with _borrow(network, compilation) as program:
        try:
            return program.train(state, samples, validation, training)
        except _StoppedByCallback as stop:  # the program is whole, and the next fit can have it
            error = stop.__cause__
    raise error  # type: ignore[misc]


def predict(
    network: Network,
    states: Sequence[State],
    table: np.ndarray,
    starts: np.ndarray,
    is_masked: np.ndarray | None = None,
    known: np.ndarray | None = None,
) -> np.ndarray:
    """Outputs of the network for complete windows, which begin in those rows of the table.

    Returns
    -------
    outputs : ndarray of shape (n_windows, n_states, ...)
        One for each state of the network.
    """
    network, table = _with_masks(network, table, is_masked)
    with _borrow(network.side_by_side(len(states))) as program:
        outputs = program.predict(states, table, starts, known)
    return outputs if len(states) > 1 else outputs[:, np.newaxis]


def _borrow(network: Network, compilation: Compilation | None = None) -> Any:
    """The program of a network, and of what is compiled into it, for one user."""
    key = network.key, None if compilation is None else compilation.key, *_settings()
    return borrow(key, lambda: Program(network, compilation))


def _settings() -> tuple:
    """What Keras makes layers and losses by; and a graph is made for a device."""
    policy, floatx = keras.config.dtype_policy().name, keras.config.floatx()
    return policy, floatx, keras.config.epsilon(), device()


def _with_masks(
    network: Network, table: np.ndarray, is_masked: np.ndarray | None
) -> tuple[Network, np.ndarray]:
    """A network that skips the masked rows, where there are any, and what stands for them."""
    if is_masked is None or not is_masked.any():
        return network, table
    return network.masked(), np.where(is_masked[:, np.newaxis], MASKED, table)


def _joined(states: Sequence[State]) -> list[np.ndarray]:
    """Weights of several members side by side."""
    return [weights for state in states for weights in state.weights]


def _in_whole_vectors(n_windows: int) -> int:
    """The next number of windows that fills all vectors."""
    return -(-n_windows // _VECTOR) * _VECTOR


def _tensor(array: np.ndarray) -> tf.Tensor:
    return tf.convert_to_tensor(np.asarray(array, dtype=keras.config.floatx()))


def _for_batches(
    n_samples: tf.Tensor, batch_size: tf.Tensor, run: Callable[[tf.Tensor], Any]
) -> None:
    """Call `run` with the positions of one batch after the other, inside the graph."""

    def body(start: tf.Tensor) -> list[tf.Tensor]:
        run(tf.range(start, tf.minimum(start + batch_size, n_samples)))
        return [start + batch_size]

    tf.while_loop(lambda start: start < n_samples, body, [0], parallel_iterations=1)
