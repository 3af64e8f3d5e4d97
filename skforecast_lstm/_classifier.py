"""The base of classifiers: networks that put out the probabilities of labels."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import check_consistent_length
from sklearn.utils.class_weight import compute_class_weight

from skforecast_lstm import _programs as training
from skforecast_lstm._base import BaseLSTM
from skforecast_lstm._checkpoints import Checkpoint
from skforecast_lstm._containers import as_rows
from skforecast_lstm._course import Budget, Course
from skforecast_lstm._labels import Labels, label_array, log_of
from skforecast_lstm._members import Member
from skforecast_lstm._pages import see
from skforecast_lstm._parameters import ClassifierParameters, documented
from skforecast_lstm._samples import Chosen
from skforecast_lstm._scaling import fit_feature_scaler
from skforecast_lstm._scoring import accuracy_of_known
from skforecast_lstm._shell import Shell
from skforecast_lstm._targets import by_step, count_scales, find_lead
from skforecast_lstm._validation import Tags, check_is_fitted, fit_context
from skforecast_lstm._windows import Windows, fill_unneeded

__all__ = ["BaseLSTMClassifier"]

# Probabilities that are no smaller have a logarithm in 32 bits.
_TINY = float(np.finfo(np.float32).tiny)


@documented
class BaseLSTMClassifier(ClassifierMixin, ClassifierParameters, BaseLSTM):
    """Base of the classifiers, and of your own: subclass it and name a builder.

    A builder is a function of ``(input_shape, n_steps_out, n_targets)`` and, by name, of any
    parameters of the estimator. It returns an uncompiled ``keras.Model`` whose output has
    ``n_steps_out * n_targets`` units (time-major) or the shape ``(n_steps_out, n_targets)``. The
    same builder can serve regressors. For a classifier the outputs are logits: `n_targets` is the
    number of logits that the labels of a step need. The class makes probabilities of them.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Raises
    ------
    ValueError
        From ``fit`` and ``predict``, if shapes or parameters contradict each other.

    Notes
    -----
    Parameters of the optimizer, loss, metrics and callbacks are routed as in SciKeras:
    ``set_params(optimizer__momentum=0.9)``, ``loss__label_smoothing=0.1``.

    Examples
    --------
    >>> import keras, numpy as np
    >>> from skforecast_lstm import BaseLSTMClassifier
    >>> def build_dense(input_shape, n_steps_out, n_targets, *, units):
    ...     layers = [keras.layers.Flatten(), keras.layers.Dense(units, activation="relu")]
    ...     last = keras.layers.Dense(n_steps_out * n_targets)
    ...     return keras.Sequential([keras.Input(input_shape), *layers, last])
    >>> class DenseClassifier(BaseLSTMClassifier):
    ...     build_network = staticmethod(build_dense)
    >>> X = np.arange(20.0).reshape(10, 2)
    >>> y = np.where(X[:, 0] > 8, "high", "low")
    >>> model = DenseClassifier(units=8, feature_scaler="standard", random_state=0).fit(X, y)
    >>> model.predict(X[[0, 9]])
    array(['low', 'high'], dtype='<U4')
    """

    classes_: Any
    n_classes_: Any
    _labels: Labels

    # --- fitting -----------------------------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> BaseLSTMClassifier:
        """Train one epoch more.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows.
        y : array-like of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The labels.
        classes : array-like of shape (n_classes,), or list of these, default=None
            All labels that there will be. If `y` has several columns: those of all columns, or a
            list with those of each target. Needed in the first call, unless ``fit`` came before.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples in the loss.

        Returns
        -------
        self : BaseLSTMClassifier
            The classifier.
        """
        is_fresh = not self.__sklearn_is_fitted__()
        if is_fresh and classes is None:
            raise ValueError(
                "classes must be passed on the first call to partial_fit: all labels that there "
                f"will be, as np.unique(y_of_all_rows). {see('classification')}"
            )
        with self._all_or_nothing():
            self._train(
                X, y, sample_weight, epochs=1, is_fresh=is_fresh, is_partial=True, classes=classes
            )
        return self

    def _check_parameters(self, *, is_fresh: bool) -> None:
        """Nothing: those of classifiers are checked one by one."""

    def _check_targets(
        self, y: Any, windows: Windows, *, reset: bool, classes: Any = None
    ) -> np.ndarray:
        """Return numbers of labels, of shape (n, n_steps_out, n_targets); NaN: none."""
        y = as_rows(y)
        names, values = getattr(y, "columns", None), label_array(y, self)
        check_consistent_length(windows.ends, values)
        targets = by_step(values, names, self.n_targets)
        self._note_layout(values, targets, reset=reset)
        if reset:
            self._lead = find_lead(y, self.n_steps_out_, windows.rows_ahead)
            n_kinds = count_scales(self._y_shape, names, self.n_targets)
            self._labels = _of_two_at_least(
                Labels.of(values, n_kinds) if classes is None else Labels.given(classes, n_kinds)
            )
            by_column = self._labels.of_columns(self._n_labels)
            is_one = self._n_labels == 1
            self.classes_ = by_column[0] if is_one else by_column
            self.n_classes_ = len(by_column[0]) if is_one else [*map(len, by_column)]
        elif classes is not None:
            self._check_classes(Labels.given(classes, self._labels.n_kinds))
        return self._labels.numbers(targets)

    def _check_classes(self, given: Labels) -> None:
        """Refuse other classes than those of the network."""
        if [part.tolist() for part in given.classes] != [c.tolist() for c in self._labels.classes]:
            raise ValueError(
                f"classes={[part.tolist() for part in given.classes]} are not those of the network "
                f"there is, {[part.tolist() for part in self._labels.classes]}: leave them out, or "
                f"fit anew."
            )

    @property
    def _n_labels(self) -> int:
        """Labels of a row."""
        return self.n_steps_out_ * self.n_targets_

    @property
    def _n_outputs(self) -> int:
        return self._labels.n_outputs

    def _prepare(
        self, chosen: Chosen, *, is_fresh: bool, is_partial: bool
    ) -> tuple[Windows, Chosen]:
        if is_fresh:
            self.feature_scaler_ = fit_feature_scaler(self.feature_scaler, chosen.windows)
        self._class_weights = self._find_class_weights(chosen)
        return chosen.windows, self._scaled(chosen)

    def _hold_out(self, chosen: Chosen) -> tuple[Chosen, Chosen]:
        kept, held_out = super()._hold_out(chosen)
        asked = f"early_stopping=True with validation_fraction={self.validation_fraction}"
        self._check_parts(kept, held_out, f"{asked} holds out", "give X_val and y_val")
        return kept, held_out

    def _find_budget(
        self, course: Course, member: Member, epochs: int | None, checkpoint: Checkpoint | None
    ) -> Budget:
        if epochs is None:
            early, late = course.parts(self._rows_ahead)
            parts = course.chosen[early], course.chosen[late]
            self._check_parts(*parts, "epochs='auto' tries on", "give epochs as a number")
        return super()._find_budget(course, member, epochs, checkpoint)

    def _check_parts(self, early: Chosen, late: Chosen, why: str, otherwise: str) -> None:
        """Check that samples that are set aside have the labels that are trained on."""
        numbers = [self._labels.parts(part.targets) for part in (early, late)]
        advice = (
            f"If the rows are sorted by label, shuffle them (sklearn.utils.shuffle); or "
            f"{otherwise}. {see('classification', 'training')}"
        )
        for kind, classes in enumerate(self._labels.classes):
            trained, aside = (np.unique(parts[kind]).astype(int) for parts in numbers)
            lost = np.setdiff1d(aside, trained)
            if len(trained) and len(lost):
                raise ValueError(
                    f"{why} the last {len(late.targets)} samples, and with them every one of class "
                    f"{classes[lost].tolist()}. {advice}"
                )
            if len(aside) == 1 < len(trained):
                warnings.warn(
                    f"{why} the last {len(late.targets)} samples, and these are all of class "
                    f"{classes[aside].tolist()}: their loss says nothing of the others. {advice}",
                    UserWarning,
                    stacklevel=5,
                )

    def _find_class_weights(self, chosen: Chosen) -> list[np.ndarray] | None:
        """What an error counts by its true label, for the labels of each kind."""
        if self.class_weight is None:
            return None
        n_kinds, given = self._labels.n_kinds, self.class_weight
        if isinstance(given, list) and len(given) != n_kinds:
            raise ValueError(
                f"class_weight must be one dict, or a list with one for each of the {n_kinds} "
                f"targets, got {len(given)}: {given}. {see('classification')}"
            )
        by_kind = given if isinstance(given, list) else [given] * n_kinds
        weight = np.ones(len(chosen.targets)) if chosen.weight is None else chosen.weight
        parts = zip(by_kind, self._labels.classes, self._labels.parts(chosen.targets), strict=True)
        return [_class_weights(own, classes, numbers, weight) for own, classes, numbers in parts]

    def _scaled(self, chosen: Chosen) -> Chosen:
        """Samples as the network is to see them."""
        windows = self._scaled_windows(chosen.windows)
        return Chosen(windows, chosen.targets, chosen.weight, chosen.counts)

    def _samples(self, scaled: Chosen, rows: Windows, beside: None) -> training.Samples:
        """What a program takes: labels as zeros and ones, a weight for each if they have some."""
        windows, known = scaled.windows.history(), self._known(scaled.windows)
        return training.Samples(
            windows.table,
            windows.starts,
            self._as_outputs(scaled.targets),
            self._weights(scaled),
            windows.is_masked,
            known,
        )

    def _as_outputs(self, numbers: np.ndarray) -> np.ndarray:
        """Labels as zeros and ones, of shape (n, n_steps_out, n_targets * n_outputs)."""
        if self._n_outputs == 1:
            return numbers.astype(np.float32)
        zeros_and_ones = np.eye(self._n_outputs, dtype=np.float32)[numbers.astype(int)]
        return zeros_and_ones.reshape(*numbers.shape[:2], -1)

    def _weights(self, scaled: Chosen) -> np.ndarray | None:
        """Weights of samples, (n,), or of labels, (n, n_labels)."""
        if self._class_weights is None:
            return scaled.weight
        by_kind = zip(
            self._class_weights, self._labels.parts(scaled.targets.astype(int)), strict=True
        )
        parts = [own[numbers] for own, numbers in by_kind]
        weights = np.stack(parts, axis=-1).reshape(len(scaled.targets), -1)
        return weights if scaled.weight is None else weights * scaled.weight[:, np.newaxis]

    def _losses(self, y: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """The log loss of each label."""
        shape = len(y), self._n_labels, self._n_outputs
        y, proba = y.reshape(shape), np.maximum(outputs.reshape(shape), _TINY)
        if self._n_outputs > 1:
            return -(y * np.log(proba)).sum(axis=2)
        other = np.maximum(1 - proba, _TINY)
        return -(y * np.log(proba) + (1 - y) * np.log(other))[..., 0]

    def _loss_of_keras(self) -> Any:
        if not isinstance(self.loss, str) or self.loss != "log_loss":
            return self.loss
        return "BinaryCrossentropy" if self._n_outputs == 1 else "CategoricalCrossentropy"

    def _make_loss(self) -> Any:
        loss = super()._make_loss()
        name = getattr(loss, "name", None) or getattr(loss, "__name__", loss)
        if str(name).lower().startswith("sparse"):
            raise ValueError(
                f"loss={self.loss!r} takes numbers of labels, but losses see labels as 0 or 1, for "
                f"each class one. Set loss='log_loss', which is the same for any labels."
                f" {see('classification')}"
            )
        if str(name).lower().startswith("categorical") and self._n_outputs == 1:
            raise ValueError(
                f"loss={self.loss!r} takes a probability for each class, but labels of two classes "
                f"have one, that of the second: it would be zero, and nothing learned. Set "
                f"loss='log_loss', or the binary one of the kind. {see('classification')}"
            )
        n_classes = sorted({len(classes) for classes in self._labels.classes})
        if getattr(loss, "label_smoothing", 0) and len(n_classes) > 1:
            raise ValueError(
                f"label_smoothing={loss.label_smoothing} shares some of each label out to all "
                f"classes, but targets have {n_classes} classes: those that a target does not have "
                f"would get some, too. Set it to 0, or fit an estimator to each target."
                f" {see('classification')}"
            )
        return loss

    def _shell(self) -> Shell:
        n_classes = tuple(map(len, self._labels.of_columns(self._n_labels)))
        return Shell(linear_skip=self.linear_skip, n_classes=n_classes)

    # --- predicting ----------------------------------------------------------------------------

    def predict(self, X: Any) -> np.ndarray:
        """Predict the labels of every row, in the layout that ``fit`` was given.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows. If only the oldest steps of a window are missing, its first known step is
            repeated. A window with NaN anywhere else gets no label.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, n_steps_out * n_targets) or \
                (n_samples, n_steps_out, n_targets)
            The most probable labels. A row without a label is NaN. Labels that are numbers or
            booleans are then floats, others objects.
        """
        proba = self._probabilities(X)
        numbers = np.where(np.isnan(proba).any(axis=2), np.nan, proba.argmax(axis=2))
        return self._labels.labels(numbers).reshape(len(proba), *self._y_shape)

    def predict_proba(self, X: Any) -> Any:
        """Predict how probable each label is.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows, as for ``predict``.

        Returns
        -------
        proba : ndarray or list of ndarray
            The probabilities in the order of ``classes_``; NaN in rows without a label. The form
            depends on `y`. One label in each row: an array of shape (n_samples, n_classes). Several
            labels that are 0 or 1, or booleans: the probabilities of 1, in the layout of `y`. Any
            others: a list with an array of shape (n_samples, n_classes) for each column of `y`, in
            the order of time, then of targets.
        """
        proba = self._probabilities(X)
        if self._n_labels == 1:
            return proba[:, 0]
        if self._labels.are_indicators:
            return proba[..., 1].reshape(len(proba), *self._y_shape)
        return [proba[:, label, :n] for label, n in enumerate(self.n_classes_)]

    def predict_log_proba(self, X: Any) -> Any:
        """Predict the logarithm of how probable each label is.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps_in, n_features) or (n_samples, n_steps_in)
            The windows, as for ``predict``.

        Returns
        -------
        log_proba : ndarray or list of ndarray
            The logarithms of what ``predict_proba`` gives.
        """
        return log_of(self.predict_proba(X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy: the share of the rows whose labels are all predicted right.

        Rows where a label is missing, in `y` or in the prediction, are left out.

        Parameters
        ----------
        X : array-like
            The rows, or their windows, as for ``predict``.
        y : array-like in any of the layouts of ``fit``
            The true labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            The accuracy, at most 1.

        Raises
        ------
        ValueError
            If every row misses something.
        """
        return accuracy_of_known(label_array(y, self), self.predict(X), sample_weight)

    def _probabilities(self, X: Any) -> np.ndarray:
        """Probabilities of shape (n_rows, n_labels, n_most); NaN in rows without a label."""
        check_is_fitted(self)
        is_known, outputs = self._outputs(X)
        found = outputs.mean(axis=1, dtype=np.float64)
        found = found.reshape(len(found), self._n_labels, self._n_outputs)
        if self._n_outputs == 1:
            found = np.concatenate([1 - found, found], axis=2)
        found /= found.sum(axis=2, keepdims=True)
        proba = np.full((len(is_known), *found.shape[1:]), np.nan)
        proba[is_known] = found
        return fill_unneeded(proba)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.classifier_tags.poor_score = True
        return tags


def _of_two_at_least(labels: Labels) -> Labels:
    """Refuse labels of which there is one only, from which nothing can be told."""
    for kind, classes in enumerate(labels.classes):
        if len(classes) == 1:
            which = f" in column {kind}" * (labels.n_kinds > 1)
            raise ValueError(
                f"y has one class only{which}, {classes.tolist()[0]!r}: a classifier needs two. "
                f"If others come later, as in the first folds of rare events: give booleans, whose "
                f"classes are known (y == 'event'), or name all in partial_fit(classes=...)."
                f" {see('classification')}"
            )
    return labels


def _class_weights(
    given: Any, classes: np.ndarray, numbers: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Weights of classes by what the user says: "balanced", or a dict."""
    weights, present = np.ones(len(classes)), np.unique(numbers).astype(int)
    if isinstance(given, dict):
        unknown = [label for label in given if label not in classes.tolist()]
        if unknown:
            raise ValueError(
                f"class_weight names labels that are not among the classes {classes.tolist()}: "
                f"{unknown}. {see('classification')}"
            )
        found = np.array([given.get(label, 1.0) for label in classes.tolist()], dtype=float)
        if not (np.isfinite(found) & (found >= 0)).all():
            raise ValueError(
                f"class_weight must give finite weights that are not negative, got {given}: what "
                f"weighs less than nothing is learned the wrong way round."
            )
        return found
    weights[present] = compute_class_weight(
        given,
        classes=present,
        y=numbers.ravel().astype(int),
        sample_weight=np.repeat(weight, numbers.shape[1]),
    )
    return weights
