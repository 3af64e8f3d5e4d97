"""Each question of readers has its page: their words are on it, and links lead to it."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS, EXAMPLES = ROOT / "docs", ROOT / "examples"

# (question, words that a search for the answer would use, page). Words are looked for without
# regard to case and to how lines are broken. A page of the gallery is named by its example.
QUESTIONS = [
    # What readers of LSTM tutorials ask most, in the order of how often.
    ("Which shape does X have?", ["samples", "time steps", "features", "shape"], "guide/windows"),
    ("Which framing is mine?", ["univariate", "multivariate", "parallel"], "guide/problems"),
    ("What are steps, what features?", ["time step", "feature"], "glossary"),
    ("How do I see the samples?", ["print the samples"], "guide/windows"),
    ("Many sites in one table?", ["group=", "series"], "guide/many_series"),
    (
        "Predict a series not seen in training?",
        ["not seen|never seen|new series|unseen"],
        "guide/many_series",
    ),
    ("Many series, measured", ["group"], "examples/real_problems/plot_2_many_series"),
    (
        "Shape errors with parallel multi-step",
        ["parallel", "multi-step"],
        "tutorial/multi_step_series",
    ),
    ("Parallel series in both layouts of y", ["parallel"], "examples/framings/plot_3_parallel"),
    ("How do I forecast past the end?", ["past the end"], "guide/horizon"),
    ("Recursive or direct?", ["recursive", "direct", "n_steps_out"], "guide/horizon"),
    ("What is newData? Does a new row need y?", ["newdata", "need y"], "faq"),
    ("Does predict need y?", ["needs no|need no|without"], "guide/horizon"),
    ("What is a unit?", ["unit", "width"], "guide/architectures"),
    ("What is RepeatVector?", ["repeatvector", "timedistributed", "return_sequences"], "tutorial"),
    ("Where is the summary?", ["summary()"], "guide/architectures"),
    ("Classify sequences?", ["classifi", "predict_proba", "label"], "guide/classification"),
    ("Classify windows of a table?", ["busy"], "examples/framings/plot_8_classify_windows"),
    (
        "Classify sequences of varying length?",
        ["missing="],
        "examples/framings/plot_9_classify_sequences",
    ),
    (
        "Tune the window length, units, rate, batch?",
        ["n_steps_in", "units", "learning_rate"],
        "guide/tuning",
    ),
    ("Tune in practice", ["gridsearchcv|randomizedsearchcv"], "examples/first_steps/plot_2_tune"),
    ("Covariates known in advance?", ["known_future", "in advance"], "guide/covariates"),
    ("Own history of the target or not?", ["own history", "features"], "faq"),
    ("What are covariates worth?", ["known_future"], "examples/real_problems/plot_1_covariates"),
    ("Scale 3-D data, scale back?", ["inverse_transform", "3-d|three dimensions"], "guide/units"),
    ("Scale each series?", ["groupscaler|scale"], "guide/many_series"),
    ("Errors per step, against simple models?", ["baseline", "step", "skill"], "guide/backtesting"),
    ("A backtest in practice", ["baseline"], "examples/first_steps/plot_3_backtest"),
    (
        "Split, validate, walk-forward, shuffle?",
        ["timeseriessplit", "kfold", "shuffle"],
        "guide/backtesting",
    ),
    ("Walk-forward validation?", ["walk-forward", "shuffle"], "faq"),
    ("Read a CSV with dates?", ["csv", "read_csv", "asfreq", "format"], "start"),
    ("Which date belongs to a prediction?", ["date", "lead"], "guide/horizon"),
    ("Is the target 85 or 65?", ["85", "65", "lead=0", "lead=1"], "tutorial"),
    ("Both leads, on rows", ["lead"], "examples/framings/plot_2_multiple_input"),
    ("Gaps, irregular times?", ["irregular", "gap|missing", "asfreq"], "guide/missing"),
    ("Sequences of varying length?", ["length", "mask"], "guide/missing"),
    ("Gaps in practice", ["nan|missing"], "examples/real_problems/plot_3_gaps"),
    ("Different results every run?", ["random_state", "seed"], "guide/training"),
    ("Not reaching the printed number?", ["tutorial's number", "seed"], "faq"),
    ("CNN-LSTM: what is n_seq?", ["cnn-lstm", "n_seq", "subsequences"], "tutorial/subsequences"),
    ("CNN-LSTM in practice", ["n_seq"], "examples/framings/plot_6_subsequences"),
    ("ConvLSTM: sensors, images?", ["convlstm", "channels", "images"], "tutorial/subsequences"),
    ("Version errors of tf.keras?", ["tensorflow", "keras", "version"], "install"),
    ("Slow, or out of memory?", ["memory", "first fit|compile"], "guide/speed"),
    ("Fewer targets than features?", ["15 to 4", "target="], "faq"),
    (
        "Categories, static features?",
        ["categorical", "static", "columntransformer"],
        "guide/categories",
    ),
    (
        "Categories in practice",
        ["columntransformer|onehotencoder"],
        "examples/real_problems/plot_4_categories",
    ),
    ("GRU, SimpleRNN?", ['cell="gru"', "simple_rnn"], "guide/architectures"),
    ("All architectures side by side", ["gru"], "examples/framings/plot_7_architectures"),
    ("Save a model?", ["save", "load"], "guide/saving"),
    ("Serve it, update it with each row?", ["partial_fit", "data="], "guide/serving"),
    ("Save and update in practice", ["save", "load"], "examples/training/plot_2_save_and_update"),
    ("Does Bidirectional see the future?", ["bidirectional", "future"], "guide/architectures"),
    ("Relu or tanh? NaN loss?", ["relu", "tanh", "nan"], "guide/training"),
    ("Flat forecasts?", ["flat"], "guide/accuracy"),
    (
        "Early stopping, callbacks, curves?",
        ["early stopping|early_stopping", "callbacks"],
        "guide/training",
    ),
    ("Loss curves in practice", ["lossdisplay"], "examples/training/plot_1_curves"),
    ("The forecast lags one step behind", ["lag", "window_norm"], "guide/accuracy"),
    ("Why it lags, in a picture", ["last value"], "examples/real_problems/plot_6_lag"),
    ("Differencing?", ["differenc"], "guide/units"),
    ("Which features matter?", ["importance", "permutation_importance"], "guide/importance"),
    ("Plot a forecast?", ["forecastdisplay"], "start"),
    ("A loss of my own?", ["loss function"], "guide/training"),
    ("Intervals?", ["confidence interval", "quantile", "coverage"], "guide/intervals"),
    ("Intervals in practice", ["coverage"], "examples/real_problems/plot_5_intervals"),
    ("Anomaly detection?", ["anomal", "interval"], "faq"),
    ("Attention?", ["attention=true"], "guide/architectures"),
    ("Encoder-decoder with attention", ["attention"], "examples/framings/plot_5_encoder_decoder"),
    ("A network of my own?", ["builder", "keras"], "guide/own_network"),
    # The mistakes of tutorials.
    ("1. A leftover return_sequences=True", ["return_sequences=true"], "pitfalls"),
    ("2. A forecast that is none", ["last row", "forecaster"], "pitfalls"),
    ("3. The scaler has seen the test rows", ["scaler"], "pitfalls"),
    ("4. Windows before or after the split", ["window", "split"], "pitfalls"),
    ("5. Shuffled validation", ["shuffle"], "pitfalls"),
    ("6. Predictions depend on the batch?", ["batch"], "pitfalls"),
    ("6. States and batches", ["stateful", "batch_size"], "faq"),
    ("7. Recursion by hand", ["recursi"], "pitfalls"),
    ("8. CNN-LSTM: pool and kernel", ["pool", "kernel"], "tutorial/subsequences"),
    ("8. CNN-LSTM: pool longer than the subsequence", ["pool"], "pitfalls"),
    (
        "9. Parallel multi-step needs no encoder-decoder",
        ["encoder-decoder"],
        "tutorial/multi_step_series",
    ),
    ("9. The same, among the pitfalls", ["encoder-decoder|encoderdecoder"], "pitfalls"),
    ("10. Must I know the target's formula?", ["formula"], "tutorial"),
    ("A search without cv=", ["cv=", "kfold"], "pitfalls"),
    ("A score without a baseline", ["baseline"], "pitfalls"),
    ("Accuracy of a regression", ["accuracy"], "pitfalls"),
    ("Halving over rows", ["halving"], "pitfalls"),
    # Asked, and in no table.
    ("Is an LSTM the right tool?", ["right tool", "autoets", "ridge"], "faq"),
    ("How much data does it need?", ["how much data", "rows"], "faq"),
    ("Stock prices?", ["stock prices", "last value"], "faq"),
    ("Stock prices, measured", ["stock", "last value"], "benchmarks"),
    ("Above zero?", ["lower=0"], "guide/horizon"),
    ("In order, high above low?", ["high above low", "lower="], "faq"),
    ("Intermittent demand?", ["intermittent"], "faq"),
    ("A break such as a pandemic?", ["pandemic"], "faq"),
    ("Stateful networks?", ["stateful"], "guide/training"),
    ("Different lags for different columns?", ["different lags"], "faq"),
    ("Earlier forecasts as a covariate?", ["earlier forecasts", "known_future"], "faq"),
    ("Accuracy in percent?", ["accuracy in percent"], "faq"),
    ("Which column is the time?", ["which column is the time", "time="], "faq"),
    ("Images?", ["images"], "faq"),
    # The tutorials' own titles.
    ("Univariate LSTM", ["univariate lstm", "70, 80, 90"], "tutorial/one_step"),
    ("Multiple input series", ["multiple input series"], "tutorial/one_step"),
    ("Multiple parallel series", ["multiple parallel series"], "tutorial/one_step"),
    ("Multi-step", ["multi-step", "vector output"], "tutorial/multi_step"),
    ("Encoder-decoder", ["encoder-decoder", "repeatvector"], "tutorial/multi_step"),
    (
        "Multiple input multi-step output",
        ["multiple input multi-step output"],
        "tutorial/multi_step_series",
    ),
    (
        "Multiple parallel input and multi-step output",
        ["multiple parallel input and multi-step output"],
        "tutorial/multi_step_series",
    ),
    (
        "One-to-many, many-to-one, many-to-many",
        ["one-to-many", "many-to-one", "many-to-many"],
        "tutorial/sequences",
    ),
    ("The same on real sequences", ["many-to-many"], "examples/framings/plot_4_sequences"),
    ("Univariate, on a real series", ["univariate"], "examples/framings/plot_1_univariate"),
    ("A first forecast", ["forecaster"], "examples/first_steps/plot_1_forecast"),
    # Words that a search must find.
    ("time step", ["time step"], "guide/windows"),
    ("multi-step", ["multi-step"], "guide/horizon"),
    ("multivariate", ["multivariate"], "guide/problems"),
    ("univariate", ["univariate"], "guide/problems"),
    ("parallel", ["parallel"], "tutorial"),
    ("return_sequences", ["return_sequences"], "guide/architectures"),
    ("TimeDistributed", ["timedistributed"], "guide/architectures"),
    ("RepeatVector", ["repeatvector"], "guide/architectures"),
    ("look-back", ["look-back"], "guide/windows"),
    ("look-back, as a term", ["look-back"], "glossary"),
    ("CSV", ["csv"], "start"),
    ("categorical", ["categorical"], "guide/categories"),
    ("differencing", ["differencing"], "guide/accuracy"),
    ("inverse_transform", ["inverse_transform"], "guide/units"),
    ("shuffle", ["shuffle"], "guide/backtesting"),
    ("loss function", ["loss function"], "guide/training"),
    ("stateful", ["stateful"], "faq"),
    ("anomaly", ["anomal"], "guide/intervals"),
    ("confidence interval", ["confidence interval"], "guide/intervals"),
    # Those who come from elsewhere.
    ("From Keras", ["repeatvector", "validation_split"], "moving/keras"),
    ("From SciKeras", ["kerasregressor"], "moving/scikeras"),
    ("From skforecast", ["forecasterrnn"], "moving/skforecast"),
    ("From darts", ["blockrnnmodel"], "moving/darts"),
    ("How good, how fast?", ["autoets", "keras"], "benchmarks"),
    ("Scale out", ["n_jobs|dask"], "guide/clusters"),
    ("On a cluster, in practice", ["joblib|dask"], "examples/training/plot_3_cluster"),
    ("Other libraries", ["mlforecast", "sktime"], "guide/clients"),
    ("What happens inside?", ["window", "smoothing"], "how_it_works"),
]


def source(page: str) -> Path:
    if page.startswith("examples/"):
        return ROOT / f"{page}.py"
    return DOCS / f"{page}.rst"


def words_missing(text: str, words: list[str]) -> list[str]:
    """Those of `words` that do not occur in `text`; "a|b" is there if one of both is."""
    text = " ".join(re.sub(r"^# ", "", text, flags=re.MULTILINE).lower().split())
    return [entry for entry in words if not any(word in text for word in entry.split("|"))]


def links(text: str, page: str) -> set[str]:
    """Pages that a page links to: by toctree, ``:doc:``, cards, and ``:ref:`` to the gallery."""
    targets = re.findall(r":doc:`(?:[^`<]*<)?([^`<>]+)>?`", text)
    targets += re.findall(r":link: *(\S+)\n *:link-type: *doc", text)
    for tree in re.finditer(r"^( *)\.\. toctree::\n((?:\1 +.*\n|\n)+)", text + "\n", re.MULTILINE):
        entries = [line.strip() for line in tree[2].splitlines()]
        entries = [entry for entry in entries if entry and not entry.startswith(":")]
        targets += [re.sub(r".*<(.+)>", r"\1", entry) for entry in entries]
    folder = posixpath.dirname(page)
    found = {posixpath.normpath(posixpath.join("/", folder, target))[1:] for target in targets}
    for section, name in re.findall(r"sphx_glr_auto_examples_(\w+?)_(plot_\w+)\.py", text):
        found.add(f"examples/{section}/{name}")
    return found


def pages_reached(start: str = "index") -> set[str]:
    """Every page to which links lead from the landing page."""
    reached, waiting = set(), [start]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        if page == "auto_examples/index":  # the gallery's own page lists all examples
            found = EXAMPLES.glob("*/plot_*.py")
            waiting += [f"examples/{path.parent.name}/{path.stem}" for path in found]
        elif source(page).exists():
            waiting += links(source(page).read_text(encoding="utf-8"), page)
    return reached


def test_there_are_enough_questions_and_none_twice():
    questions = [question for question, _, _ in QUESTIONS]
    assert len(questions) >= 80
    assert len(set(questions)) == len(questions)


@pytest.mark.parametrize("page", sorted({page for _, _, page in QUESTIONS}))
def test_page_has_the_words_of_its_questions(page):
    assert source(page).exists(), f"{source(page).relative_to(ROOT)} does not exist"
    text = source(page).read_text(encoding="utf-8")
    asked = [(question, words) for question, words, of in QUESTIONS if of == page]
    missing = {question: words_missing(text, words) for question, words in asked}
    lacking = [f"{question!r}: {words}" for question, words in missing.items() if words]
    assert not lacking, f"{page} lacks words:\n" + "\n".join(lacking)


def test_every_page_is_reached_from_the_landing_page():
    unreached = sorted({page for _, _, page in QUESTIONS} - pages_reached())
    assert not unreached, f"no links lead from docs/index.rst to: {', '.join(unreached)}"


def test_every_link_leads_to_a_page():
    broken = []
    for path in sorted(DOCS.rglob("*.rst")):
        page = path.relative_to(DOCS).with_suffix("").as_posix()
        if page.split("/")[0] in (
            "auto_examples",
            "api",
            "_templates",
            "_backreferences",
            "_build",
        ):
            continue
        for target in links(path.read_text(encoding="utf-8"), page) - {"auto_examples/index"}:
            if not source(target).exists():
                broken.append(f"{page} -> {target}")
    assert not broken, "broken links:\n" + "\n".join(broken)


def test_links_of_each_kind_are_found():
    text = """
Text with :doc:`/guide/windows` and :doc:`a name <faq>`,
:ref:`sphx_glr_auto_examples_first_steps_plot_1_forecast.py`.

.. grid-item-card:: Start
   :link: start
   :link-type: doc

.. toctree::
   :hidden:

   Title <moving/index>
   glossary
"""
    assert links(text, "index") == {
        "guide/windows",
        "faq",
        "examples/first_steps/plot_1_forecast",
        "start",
        "moving/index",
        "glossary",
    }
    assert links(":doc:`windows`", "guide/index") == {"guide/windows"}


def test_words_are_found_across_lines_and_cases():
    assert not words_missing("A Time\nstep, or two", ["time step", "three|two"])
    assert words_missing("a step", ["time step"]) == ["time step"]
