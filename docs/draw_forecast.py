"""Draws the picture of the README from the README's own code: python docs/draw_forecast.py."""

import re
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from skforecast_lstm import ForecastDisplay

HERE = Path(__file__).parent


def draw(readme: str) -> ForecastDisplay:
    """Run the first block of the README, and draw its forecast beside what came."""
    names: dict = {}
    exec(re.findall(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)[0], names)
    df, forecaster = names["df"], names["forecaster"]
    display = ForecastDisplay.from_estimator(
        forecaster, history=df["1956":"1959"], truth=df["1960":], interval=0.9
    )
    last_year = df["1959"].set_axis(df["1960"].index)
    display.ax_.plot(last_year, color="tab:gray", linestyle=":", label="seasonal naive")
    for legend in list(display.figure_.legends):
        legend.remove()
    display.ax_.legend(loc="upper left")
    display.figure_.set_size_inches(9, 3.4)
    return display


if __name__ == "__main__":
    text = (HERE.parent / "README.md").read_text(encoding="utf-8")
    path = HERE / "_static" / "forecast.png"
    path.parent.mkdir(exist_ok=True)
    draw(text).figure_.savefig(path, dpi=110)
