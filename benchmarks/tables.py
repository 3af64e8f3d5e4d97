"""Write the page of benchmarks from the files of results: ``python -m benchmarks.tables``.

It also says which sentences of README.md and docs/index.rst no longer are what the files say.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks import results
from benchmarks.accuracy import NAIVES
from benchmarks.cases import CASES, LABELLED, N_SERIES
from benchmarks.peers import TAKE_SERIES
from benchmarks.series import ROLES, SERIES

ROOT = Path(__file__).parents[1]
TEMPLATE = Path(__file__).parent / "page.rst"
PAGE = ROOT / "docs" / "benchmarks.rst"
TREE = "https://github.com/skforecast-lstm/skforecast_lstm/tree/main/benchmarks"

TIMES = "\N{MULTIPLICATION SIGN}"
OURS, US = "make_lstm_pipeline", "skforecast_lstm"
REPORTING = ("report", "further")
METHODS = {
    "naive": "naive: the last value",
    "seasonal naive": "seasonal naive: the last season",
    "ridge": "ridge regression on the same windows",
    "AutoTheta": "AutoTheta (statsforecast)",
    "AutoETS": "AutoETS (statsforecast)",
    "plain LSTM": "plain LSTM (50 units, 200 epochs)",
    "without its network": "recommended pipeline without its network",
    OURS: "recommended pipeline",
}
# Measured on some of the series.
OTHERS = {
    "skforecast": "skforecast ``ForecasterRnn``",
    "darts": "darts ``BlockRNNModel``",
    "neuralforecast": "neuralforecast ``LSTM``",
}
# Some of the 50 series that are traded: what each is.
TRADED = {
    "dax": "DAX stock index, daily",
    "google": "Google stock, daily",
    "mark": "exchange rate of the mark, daily",
    "gas_price": "price of gasoline, weekly",
    "pepper": "price of pepper, monthly",
}
WALKS = ("dax", "google", "mark")  # stock prices and an exchange rate
LIBRARIES = {
    "pytorch": "PyTorch",
    "keras": "Keras",
    "scikeras": "SciKeras",
    "skorch": "skorch",
}
# Whose versions are shown.
NAMES = {
    "python": "Python",
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "torch": "PyTorch",
    "skorch": "skorch",
    "scikeras": "SciKeras",
    "statsforecast": "statsforecast",
}


class Row(NamedTuple):
    """A row of a table of speed: what was done, and which measures of it are shown."""

    text: str
    kind: str
    case: str
    measures: tuple[str, ...]


def _shape(name: str) -> str:
    case = (CASES | LABELLED)[name]
    wide = f" {TIMES} {case.n_features}" if case.n_features > 1 else ""
    return f"{case.n_windows:,} windows of {case.n_steps_in}{wide}"


_TWICE = ("first", "cached")
SECONDS = [
    *(Row(f"fit, {name}: {_shape(name)}", "fit", name, _TWICE) for name in CASES),
    Row("fit a classifier of sequences, vowels", "classify", "vowels", _TWICE),
    Row(f"fit {N_SERIES} series in one table", "panel", "many", ("fit (s)",)),
    Row("fit with three covariates known ahead", "covariates", "", ("fit (s)",)),
    Row("search: 6 candidates on 5 folds", "search", "", ("search",)),
    *(
        Row(f"{call} search, fits of {fits}: 1 / 2 workers", "jobs", case, measures)
        for fits, case in (("0.1 s", "0.1 s"), ("1 s", "0.5 s"))
        for call, measures in (
            ("first", ("first, one job", "first, two jobs")),
            ("next", ("next, one job", "next, two jobs")),
        )
    ),
    Row("predict 20,000 windows of 72", "predict", "", ("many",)),
    Row("predict one window of 72", "predict", "", ("one",)),
]
MEGABYTES = [
    Row(f"fit {N_SERIES} series in one table (MB)", "panel", "many", ("fit (MB)",)),
    Row("fit 1,000,000 rows of 8 columns (MB)", "memory", "", ("fit",)),
    Row("stays in use after the search (MB)", "search", "", ("search MB",)),
]


# --- accuracy -----------------------------------------------------------------------------------


class Accuracy:
    """What the files say of the series that no default was chosen by.

    Attributes
    ----------
    scores : DataFrame, a row per series and a column per method
        MASE, mean over seeds.
    means : Series
        Geometric mean of MASE of each method.
    runs : list of dict
        The conditions that it was measured in.
    """

    def __init__(self, path: Path = results.ACCURACY) -> None:
        known = {name for name, one in SERIES.items() if one.role in REPORTING}
        found = [
            (run, record)
            for run, record in results.read(path)
            if record["series"] in known and record["method"] in METHODS | OTHERS
        ]
        self.runs = [run for run, _ in found]
        table = pd.DataFrame(record for _, record in found)
        by_method = {"index": "series", "columns": "method"}
        self.scores = table.pivot_table("mase", **by_method)
        complete = self.scores.dropna(axis="columns")
        if len(self.scores) < len(known) or not set(METHODS) <= set(complete):
            raise ValueError(f"{path} lacks series or methods")
        self.means = np.exp(np.log(self.scores).mean())
        self.n_seeds = table.pivot_table("seed", **by_method, aggfunc="nunique", fill_value=0)

    def ratio(self, method: str) -> float:
        """The error of the recommended pipeline in units of that of a method, on its series."""
        return np.exp(np.log(self.scores[OURS] / self.scores[method]).mean())

    def claim(self) -> str:
        """The sentence of README.md and of the landing page, from the first number on."""
        seasonal, plain, ets = map(self.ratio, ("seasonal naive", "plain LSTM", "AutoETS"))
        return (
            f"{seasonal:.2f} of the seasonal naive forecast's, {plain:.2f} of a plain LSTM's and "
            f"{ets:.2f} of AutoETS'"
        )

    def least_of_walks(self) -> float:
        """The least error of any method on stock prices and exchange rates, the naive's being 1."""
        walks = self.scores.loc[list(WALKS), list(METHODS)]
        return walks.div(walks["naive"], axis=0).min(axis=None)

    def table(self) -> str:
        """One row for each method."""
        best = self.scores[list(NAIVES)].min(axis=1)
        largest = self.scores.div(best, axis=0).max()
        rows = []
        others = {name: text for name, text in OTHERS.items() if name in self.scores}
        for method, text in (METHODS | others).items():
            n_series = self.scores[method].notna().sum()
            text += f", {n_series} series" if method in others else ""
            relative = self.scores[OURS] / self.scores[method]
            won = f"{(relative < 0.99).sum()} / {(relative > 1.01).sum()}"
            row = [text, f"{self.means[method]:.2f}", f"{self.ratio(method):.2f}", won]
            rows.append([*row, f"{largest[method]:.2f}"])
        rows[list(METHODS).index(OURS)][2:4] = ["", ""]
        header = ["method", "MASE", "pipeline ÷ method", "less / more error", "at worst"]
        return _csv(header, rows, widths=[40, 12, 18, 18, 12])

    def table_of_traded(self) -> str:
        """The errors on traded series, in units of that of the last value."""
        methods = ["ridge", "AutoTheta", "AutoETS", "plain LSTM", OURS]
        relative = self.scores.div(self.scores["naive"], axis=0)
        rows = [
            [text, *(f"{relative.loc[name, method]:.2f}" for method in methods)]
            for name, text in TRADED.items()
        ]
        return _csv(["series", *methods[:-1], "pipeline"], rows, widths=[45, 11, 11, 11, 11, 11])

    def with_network(self) -> str:
        """The series whose error the network changes by more than 1 %, by name."""
        ratio = self.scores["without its network"] / self.scores[OURS]
        names = [f"``{name}``" for name in ratio.index[(ratio > 1.01) | (ratio < 0.99)]]
        return ", ".join(names)

    def seeds(self) -> str:
        """How many there are of the plain LSTM on the series of each role."""
        numbers = self.n_seeds["plain LSTM"].groupby(lambda name: SERIES[name].role)
        counts = numbers.agg(["min", "size"]).loc[list(REPORTING)]
        parts = [f"{row['min']} on the {row['size']}" for _, row in counts.iterrows()]
        return " and ".join(parts)


# --- speed --------------------------------------------------------------------------------------


class Speed:
    """The newest record of each measurement."""

    def __init__(self, path: Path = results.SPEED) -> None:
        self.found = {
            (record["kind"], record["case"], record["measure"], record["library"]): (run, record)
            for run, record in results.read(path)
        }

    def median(self, row: Row, measure: str, library: str = US) -> float | None:
        """Seconds or MB."""
        _, record = self.found.get((row.kind, row.case, measure, library), (None, {}))
        return record.get("median")

    def ratio(self, row: Row, measure: str, library: str) -> float | None:
        """That of a library to ours: of the rounds, or else of the medians."""
        _, record = self.found.get((row.kind, row.case, measure, library), (None, {}))
        ours, theirs = self.median(row, measure), record.get("median")
        known = theirs / ours if ours and theirs else None
        return record.get("ratio", known)

    def rows(self, rows: Iterable[Row]) -> list[Row]:
        """Those that were measured."""
        return [row for row in rows if self.median(row, row.measures[0]) is not None]

    def runs(self, rows: Iterable[Row]) -> list[results.Record]:
        """The conditions that they were measured in."""
        wanted = {(row.kind, row.case, measure) for row in rows for measure in row.measures}
        return [run for key, (run, _) in self.found.items() if key[:3] in wanted]

    def cell(self, row: Row, library: str) -> str:
        """The ratios of a library; the least and the largest where there is a range."""
        _, record = self.found.get((row.kind, row.case, row.measures[0], library), (None, {}))
        if "ratios" in record:
            return " to ".join(map(significant, record["ratios"]))
        ratios = [self.ratio(row, measure, library) for measure in row.measures]
        return "" if None in ratios else " / ".join(map(significant, ratios))

    def table(self, rows: list[Row]) -> str:
        """Ours in seconds or MB, and the ratios of the libraries that took part."""
        lines = []
        for row in self.rows(rows):
            write = significant if row in MEGABYTES else seconds
            ours = " / ".join(write(self.median(row, measure)) for measure in row.measures)
            lines.append([row.text, ours, *(self.cell(row, library) for library in LIBRARIES)])
        taking = [i for i in range(len(lines[0])) if any(line[i] for line in lines)]
        header = ["", "this package", *LIBRARIES.values()]
        return _csv(
            [header[i] for i in taking],
            [[line[i] for i in taking] for line in lines],
            widths=[40, *[15] * (len(taking) - 1)],
        )

    def others(self) -> str:
        """How many times as long those take that cut the windows themselves."""
        row = Row("", "fit", "air passengers", ("cached",))
        ratios = {peer: self.ratio(row, "cached", peer) for peer in TAKE_SERIES}
        parts = [f"{peer} {significant(ratio)}" for peer, ratio in ratios.items() if ratio]
        return ", ".join(parts)

    def lines_of_readme(self) -> list[str]:
        """The rows of its table of speed."""
        lines = []
        for name, label in (("air passengers", "airline"), ("hourly",) * 2, ("wide",) * 2):
            row, case = Row("", "fit", name, ("cached",)), CASES[name]
            units = f", {case.units} units" if name == "wide" else ""
            ours = seconds(self.median(row, "cached"))
            ratios = [significant(self.ratio(row, "cached", peer)) for peer in ("pytorch", "keras")]
            lines.append(
                f"| {label}, {_shape(name)}{units}, {case.epochs} epochs | {ours} s | "
                f"{ratios[0]} {TIMES} | {ratios[1]} {TIMES} |"
            )
        return lines

    def claim(self) -> str:
        """The sentence of the landing page, of a small network."""
        row = Row("", "fit", "air passengers", ("cached",))
        keras, pytorch = (self.ratio(row, "cached", peer) for peer in ("keras", "pytorch"))
        parts = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 10: "a tenth"}
        part = parts[min(parts, key=lambda n: abs(math.log(keras / n)))]
        times = "" if 0.8 < pytorch < 1.25 else f"{significant(1 / pytorch)} times "
        return (
            f"takes {part} of the time of keras.Model.fit, and {times}as long as a loop in PyTorch"
        )


# --- text ---------------------------------------------------------------------------------------


def significant(value: float, least: int = 0) -> str:
    """Two digits that count, at `least` so many after the point, and all before it."""
    digits = 1 - math.floor(math.log10(value)) if value else 0
    return f"{value:,.{max(digits, least)}f}"


def seconds(value: float) -> str:
    """Two digits that count, and tenths."""
    return significant(value, least=1 if value < 100 else 0)


def conditions(runs: list[results.Record]) -> str:
    """Machines, dates and versions, in a sentence for each source."""
    by_source: dict[str, list[results.Record]] = {}
    for run in runs:
        by_source.setdefault(run.get("source", ""), []).append(run)
    return " ".join(_measured(source, found) for source, found in by_source.items())


def _measured(source: str, runs: list[results.Record]) -> str:
    machines = {f"{run['machine'] or 'a machine'} of {run['cores']} cores": 0 for run in runs}
    dates = sorted({run["date"] for run in runs})
    versions: dict[str, dict[str, int]] = {}
    for run in runs:
        for name in NAMES.keys() & run["versions"]:
            versions.setdefault(name, {})[run["versions"][name]] = 0
    named = ", ".join(
        f"{text} {' and '.join(versions[name])}" for name, text in NAMES.items() if name in versions
    )
    notes = {run["note"]: 0 for run in runs if "note" in run}
    return " ".join(
        [
            f"From {source}: measured" if source else "Measured",
            f"{' to '.join({dates[0]: 0, dates[-1]: 0})} on {' and '.join(machines)}"
            + (f", with {named}." if named else "."),
            *(f"{note}." for note in notes),
        ]
    )


def _csv(header: list[str], rows: list[list[str]], widths: list[int]) -> str:
    first, *lines = (", ".join(f'"{cell}"' for cell in line) for line in (header, *rows))
    options = f"   :header: {first}\n   :widths: {' '.join(map(str, widths))}"
    return f".. csv-table::\n{options}\n\n" + textwrap.indent("\n".join(lines), "   ")


def page(accuracy: Accuracy, speed: Speed) -> str:
    """The whole page: the template, with what the files say."""
    roles = [one.role for one in SERIES.values()]
    values = {
        "n_series": str(len(accuracy.scores)),
        **{f"n_{role}": str(roles.count(role)) for role in ROLES},
        "claim": accuracy.claim(),
        "speed": speed.claim().replace("keras.Model.fit", "``keras.Model.fit``"),
        "accuracy": accuracy.table(),
        "network": accuracy.with_network(),
        "seeds": accuracy.seeds(),
        "accuracy_runs": conditions(accuracy.runs),
        "least": f"{accuracy.least_of_walks():.2f}",
        "traded": accuracy.table_of_traded(),
        "times": speed.table([*SECONDS, *MEGABYTES]),
        "others": speed.others(),
        "speed_runs": conditions(speed.runs(speed.rows([*SECONDS, *MEGABYTES]))),
        "tree": TREE,
    }
    paragraphs = TEMPLATE.read_text(encoding="utf-8").split("\n\n")
    return "\n\n".join(_filled(paragraph, values) for paragraph in paragraphs)


def _filled(paragraph: str, values: dict[str, str]) -> str:
    """A paragraph with its values, in lines of a new length unless it is all a table."""
    text = Template(paragraph).substitute(values)
    if text == paragraph or text.startswith(".. "):
        return text
    return textwrap.fill(text, 110, break_long_words=False, break_on_hyphens=False)


def missing() -> list[str]:
    """What README.md and the landing page should contain by the files of results, and do not."""
    accuracy, speed = Accuracy(), Speed()
    expected = {
        "README.md": [accuracy.claim(), *speed.lines_of_readme()],
        "docs/index.rst": [accuracy.claim(), speed.claim()],
    }
    return [
        f"{name}: {text}"
        for name, texts in expected.items()
        for text in texts
        if text not in plain((ROOT / name).read_text(encoding="utf-8"))
    ]


def plain(text: str) -> str:
    """A text in one line, without the marks of code."""
    return re.sub(r"\s+", " ", text.replace("`", ""))


def main() -> None:
    """Write the page, and name what is to be changed by hand."""
    PAGE.write_text(page(Accuracy(), Speed()), encoding="utf-8")
    for line in missing():
        print(f"not in {line}")


if __name__ == "__main__":
    main()
