"""Made the files beside it, with release 0.1.0: they are not made again, but loaded for ever.

``python tests/data/saved_v1/make.py`` writes them anew, which only another format is a reason for.
"""

from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge

from skforecast_lstm import (
    CNNLSTMRegressor,
    Forecaster,
    LSTMRegressor,
    make_lstm_pipeline,
    make_supervised,
    save,
)
from skforecast_lstm.datasets import load_air_passengers

HERE = Path(__file__).parent
AIR = load_air_passengers()[-60:].to_frame()


def main() -> None:
    """Write a few models, and what they predict."""
    X, y = make_supervised(AIR, n_steps_out=3)
    windows = np.random.default_rng(0).normal(size=(20, 4, 2))
    recommended = make_lstm_pipeline(n_steps_in=24, n_steps_out=3, season_length=12)
    recommended.set_params(lstm__random_state=0, lstm__units=3, lstm__n_members=1)
    gru = LSTMRegressor(3, cell="gru", epochs=2, random_state=0)
    cnn = CNNLSTMRegressor(3, filters=2, n_seq=2, epochs=2, random_state=0)
    ridge = make_lstm_pipeline(Ridge(), n_steps_in=6, n_steps_out=3)
    models = {
        "gru": (gru.fit(windows, windows[:, 0]), windows),
        "cnn": (cnn.fit(windows, windows[:, 0]), windows),
        "ridge": (ridge.fit(X, y), X),
        "recommended": (recommended.fit(X, y), X),
    }
    expected = {name: model.predict(data) for name, (model, data) in models.items()}
    forecaster = Forecaster(make_lstm_pipeline(gru, n_steps_in=6, n_steps_out=3), n_steps_out=3)
    models["forecaster"] = forecaster.fit(AIR), None
    expected["forecaster"] = forecaster.forecast().to_numpy()
    for name, (model, _) in models.items():
        save(model, HERE / f"{name}.skops")
    np.savez(HERE / "expected.npz", windows=windows, **expected)


if __name__ == "__main__":
    main()
