"""The numbers of README and pages are those of the files that the benchmarks write."""

from __future__ import annotations

import sys

import pytest

from benchmarks import __main__ as bench
from benchmarks import results
from benchmarks.tables import (
    PAGE,
    SECONDS,
    TEMPLATE,
    Accuracy,
    Row,
    Speed,
    conditions,
    missing,
    page,
    seconds,
    significant,
)

FIT = Row("", "fit", "air passengers", ("cached",))


@pytest.fixture(scope="module")
def accuracy():
    return Accuracy()


def speed_of(tmp_path, keras, pytorch):
    path = tmp_path / "speed.jsonl"
    ours = {"kind": "fit", "case": "air passengers", "measure": "cached"}
    for library, median in (("skforecast_lstm", 0.5), ("keras", keras), ("pytorch", pytorch)):
        results.append(path, {"date": "2026"}, {**ours, "library": library, "median": median})
    return Speed(path)


def test_the_page_of_benchmarks_is_what_the_files_say(accuracy):
    assert PAGE.read_text(encoding="utf-8") == page(accuracy, Speed()), (
        "run python -m benchmarks.tables"
    )


def test_readme_and_landing_page_say_what_the_files_say():
    assert missing() == []


def test_the_page_of_benchmarks_is_short_and_no_placeholder_is_left():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 120
    assert max(map(len, lines)) <= 110
    assert "${" in TEMPLATE.read_text(encoding="utf-8")
    assert "${" not in "\n".join(lines)


def test_what_pages_say_in_words(accuracy):
    # The page of benchmarks: what its text takes for granted.
    assert len(accuracy.scores) == 50
    assert accuracy.n_seeds.drop(columns="plain LSTM").max(axis=None) == 1
    assert "darts " in Speed().others()
    # That page and guide/accuracy: "no method is noticeably better than the last value".
    assert 0.97 < accuracy.least_of_walks() <= 1
    # guide/accuracy: "less error than AutoETS, and less than half that of the plain LSTM".
    assert accuracy.ratio("AutoETS") < 1
    assert accuracy.ratio("plain LSTM") < 0.5
    # The FAQ: "errs as much as the naive forecast. A plain LSTM errs several times as much".
    prices = accuracy.scores.loc[["dax", "google"]]
    relative = prices.div(prices["naive"], axis=0)
    assert (relative["make_lstm_pipeline"] - 1).abs().max() < 0.02
    assert relative["plain LSTM"].min() > 3


def test_a_method_that_was_not_measured_on_all_series_is_refused(tmp_path):
    path = tmp_path / "accuracy.jsonl"
    lines = results.ACCURACY.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if '"dax", "method": "AutoETS"' not in line))
    with pytest.raises(ValueError, match="lacks series or methods"):
        Accuracy(path)


def test_conditions_are_written_once_for_the_records_that_follow(tmp_path):
    path = tmp_path / "new" / "results.jsonl"
    assert results.read(path) == []
    for run, number in (("a", 1), ("a", 2), ("b", 3)):
        results.append(path, {"machine": run}, {"number": number})
    assert len(path.read_text(encoding="utf-8").splitlines()) == 5
    assert [(run["machine"], record["number"]) for run, record in results.read(path)] == [
        ("a", 1),
        ("a", 2),
        ("b", 3),
    ]


def test_conditions_have_machine_date_and_versions():
    run = results.conditions(["numpy", "no-such-package"], note="Quiet")
    assert run["machine"]
    assert {"python", "tensorflow", "numpy"} <= set(run["versions"])
    assert "no-such-package" not in run["versions"]
    earlier = {**run, "machine": None, "date": "2020-01-01", "versions": {"keras": "1"}}
    text = conditions([run, earlier])
    assert text.startswith("Measured 2020-01-01 to 20")
    assert f"Keras {run['versions']['keras']} and 1" in text
    assert text.endswith(" Quiet.")
    assert "From a book: measured" in conditions([run, {**run, "source": "a book"}])


def test_make_bench_appends_what_it_prints(tmp_path, monkeypatch, capsys):
    path = tmp_path / "speed.jsonl"
    times = iter([2.0, 3.0, 2.0, 5.0])
    monkeypatch.setattr(bench, "measure", lambda *arguments: {"first": next(times)})
    given = ["fit", "--cases", "tutorial", "--peers", "keras", "--rounds", "2", "--out", str(path)]
    monkeypatch.setattr(sys, "argv", ["bench", *given])
    bench.main()
    assert "| fit tutorial | first | keras | 4 | 2.00 |" in capsys.readouterr().out
    speed, row = Speed(path), Row("a fit", "fit", "tutorial", ("first",))
    assert speed.median(row, "first") == 2
    assert speed.ratio(row, "first", "keras") == 2
    assert speed.rows(SECONDS) == [SECONDS[0]]
    table = speed.table([row])
    assert ':header: "", "this package", "Keras"\n' in table
    assert table.endswith('\n\n   "a fit", "2.0", "2.0"')


def test_the_newest_record_counts(tmp_path):
    speed_of(tmp_path, keras=5.0, pytorch=0.5)
    assert speed_of(tmp_path, keras=1.5, pytorch=0.5).ratio(FIT, "cached", "keras") == 3


@pytest.mark.parametrize(
    ("keras", "pytorch", "claim"),
    [
        (5.5, 0.52, "a tenth of the time of keras.Model.fit, and as long as a loop"),
        (1.4, 0.25, "a third of the time of keras.Model.fit, and 2.0 times as long as a loop"),
    ],
)
def test_ratios_in_words(tmp_path, keras, pytorch, claim):
    assert claim in speed_of(tmp_path, keras, pytorch).claim()


def test_digits():
    numbers = [0.0012, 0.43, 1.0, 6.3, 11.4, 418.0, 0]
    assert [significant(x) for x in numbers] == ["0.0012", "0.43", "1.0", "6.3", "11", "418", "0"]
    assert [seconds(x) for x in (0.432, 12.0, 23.14, 1234)] == ["0.43", "12.0", "23.1", "1,234"]
