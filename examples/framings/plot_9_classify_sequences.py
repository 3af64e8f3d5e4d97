"""
Classify sequences of different lengths
=======================================

Each sample is a sequence of its own, and you want its class. Here nine men say two Japanese vowels,
640 times in all, in 7 to 29 frames of twelve numbers. Who is speaking?

**You will learn**

- how sequences of different lengths become one array,
- how to tune a classifier with stratified folds,
- how the eight architectures and a network of your own compare on them,
- how good a linear model of the same data is,
- how much of a sequence the network needs.

**Time to run:** less than a minute.
"""

# %%
# Put the sequences into one array
# --------------------------------
# ``X`` has the shape (sequences, frames, features); a frame is a time step. All sequences end at
# the last frame, and shorter ones have NaN in front (padding). With ``missing="mask"`` the
# recurrent layers skip these frames.
#
# The sequences are sorted by speaker, so you shuffle them. Otherwise ``early_stopping=True``, which
# holds out the last rows, would hold out whole speakers.

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import shuffle

from skforecast_lstm import (
    BaseLSTMClassifier,
    BidirectionalLSTMClassifier,
    CNNLSTMClassifier,
    ConvLSTMClassifier,
    EncoderDecoderLSTMClassifier,
    LossDisplay,
    LSTMClassifier,
    OneToManyLSTMClassifier,
    SequenceLSTMClassifier,
    StackedLSTMClassifier,
)
from skforecast_lstm.datasets import load_japanese_vowels

X_train, X_test, y_train, y_test = load_japanese_vowels()
X_train, y_train = shuffle(X_train, y_train, random_state=0)
lengths = np.isfinite(X_train[..., 0]).sum(axis=1)
print(f"{X_train.shape} to train on, {X_test.shape} to test on, speakers {np.unique(y_train)}")
print(f"Frames of the first five: {lengths[:5]}")

# %%
# Tune on the training part
# -------------------------
# Sequences do not overlap, so you need no ``TimeSeriesSplit``. Stratified folds have the same share
# of each speaker. The score is the log loss, which also counts how sure the network is.

lstm = LSTMClassifier(missing="mask", feature_scaler="standard", epochs=30, random_state=0)
search = GridSearchCV(
    lstm,
    {"units": [20, 100]},
    cv=StratifiedKFold(3),
    scoring="neg_log_loss",
).fit(X_train, y_train)
found = pd.DataFrame(search.cv_results_)[["param_units", "mean_test_score", "mean_fit_time"]]
print(found.round(2).to_string(index=False))

# %%
# Score the test part once
# ------------------------
# The split is the one that publications use. Compare the networks with a logistic regression of
# each recording's mean and last frame.


def mean_and_last(X):
    """What is left of a sequence without its order."""
    return np.hstack([np.nanmean(X, axis=1), X[:, -1]])


both_ways = BidirectionalLSTMClassifier(
    search.best_params_["units"],
    missing="mask",
    feature_scaler="standard",
    epochs=30,
    random_state=0,
).fit(X_train, y_train)
logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
logistic.fit(mean_and_last(X_train), y_train)

inputs = {
    "LSTM": (search.best_estimator_, X_test),
    "bidirectional LSTM": (both_ways, X_test),
    "logistic regression of mean and last frame": (logistic, mean_and_last(X_test)),
}
for name, (model, X) in inputs.items():
    loss = log_loss(y_test, model.predict_proba(X))
    print(f"{name:43s} accuracy {model.score(X, y_test):.3f}   log loss {loss:.3f}")

# %%
# Others report accuracies of 0.954 for a bidirectional LSTM [1]_, and 0.982 and 0.986 for an LSTM
# and a GRU that end in a Gaussian process [2]_. The linear model of mean and last frame is about as
# good as the networks: the order of the frames tells little here.

# %%
# Compare the architectures
# -------------------------
# All classifiers take the same sequences. Layers that read a whole window at once, such as
# convolutions, skip no frames. So this comparison repeats the first frame of a shorter sequence in
# place of its missing ones, for every network.
#
# The last candidate is a network of your own: a function that builds it, and a subclass of
# :class:`~skforecast_lstm.BaseLSTMClassifier`. Its outputs are taken for logits, as many as there
# are classes.


def repeat_first(X):
    """Sequences without NaN: their first known frame takes the place of those before it."""
    full = X.copy()
    for sequence in full:
        first = np.isfinite(sequence[:, 0]).argmax()
        sequence[:first] = sequence[first]
    return full


def build_convolutions(input_shape, n_steps_out, n_targets, *, units):
    """Two convolutions, and their largest values over time."""
    inputs = x = keras.Input(input_shape)
    for _ in range(2):
        x = keras.layers.Conv1D(units, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalMaxPooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(n_steps_out * n_targets)(x))


class ConvolutionClassifier(BaseLSTMClassifier):
    """Every parameter of the other classifiers, and another network."""

    build_network = staticmethod(build_convolutions)


classifiers = [
    LSTMClassifier(50),
    StackedLSTMClassifier((50, 50)),
    BidirectionalLSTMClassifier(50),
    CNNLSTMClassifier(50, n_seq=1),
    ConvLSTMClassifier(32, n_seq=1),
    EncoderDecoderLSTMClassifier(50),
    SequenceLSTMClassifier(50),
    OneToManyLSTMClassifier(50),
    ConvolutionClassifier(50),
]
full_train, full_test = repeat_first(X_train), repeat_first(X_test)
for classifier in classifiers:
    classifier.set_params(feature_scaler="standard", epochs=30, random_state=0)
    classifier.fit(full_train, y_train)
    loss = log_loss(y_test, classifier.predict_proba(full_test))
    accuracy = classifier.score(full_test, y_test)
    print(f"{type(classifier).__name__:29s} accuracy {accuracy:.3f}   log loss {loss:.3f}")

# %%
# Loss curve and confusion matrix
# -------------------------------
# On the left is the loss by epoch. On the right you see which speakers are taken for which.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5))
LossDisplay.from_estimator(both_ways, ax=left)
ConfusionMatrixDisplay.from_estimator(both_ways, X_test, y_test, ax=right, colorbar=False)
right.set(xlabel="predicted speaker", ylabel="true speaker")
figure.tight_layout()

# %%
# Classify the beginning of a sequence
# ------------------------------------
# Give the same network only the first frames of each recording. Sequences may have any length up to
# that of the training, so you can ask after any number of frames.


def first_frames(X, n_frames):
    """The beginnings of sequences, which end with the array again."""
    cut = np.full_like(X, np.nan)
    for short, sequence in zip(cut, X, strict=True):
        known = sequence[np.isfinite(sequence[:, 0])][:n_frames]
        short[len(short) - len(known) :] = known
    return cut


for n_frames in (3, 6, 12, 29):
    heard = first_frames(X_test, n_frames)
    print(f"the first {n_frames:2d} frames: accuracy {both_ways.score(heard, y_test):.3f}")

# %%
# What did not work
# -----------------
# - No network is clearly better than the logistic regression of mean and last frame. Try a linear
#   model of a few statistics before a network.
# - After three frames the accuracy is far below that of whole recordings. The network was trained
#   on whole ones.
# - The architectures were compared on the test part to show them side by side. To choose one,
#   compare them in the search above, on the training part.
#
# See also: :doc:`/guide/classification` for labels and scores, :doc:`/guide/missing` for sequences
# of varying length, :doc:`/guide/own_network` for networks of your own,
# :ref:`sphx_glr_auto_examples_framings_plot_4_sequences.py` for targets that are numbers.
#
# References
# ----------
# .. [1] The example "Sequence Classification Using Deep Learning" of MathWorks, as run again at
#    https://github.com/HelloWorld-1017/HelloWorld-1017.github.io (post of 2022-12-10).
# .. [2] Toth, C. and Oberhauser, H. (2020). Bayesian learning from sequential data using Gaussian
#    processes with signature covariances. ICML 2020; the numbers are those of the notebook
#    ``benchmarks/process_benchmarks.ipynb`` of https://github.com/tgcsaba/GPSig.
