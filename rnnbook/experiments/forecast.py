"""Many to one, with numbers: forecasts of two series, beside simple rules and a classical method.

Only years after all those that were trained on are asked for.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from rnnbook.corpora.series import SERIES, Series
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row

#: What is read, what is asked for, and how the networks are trained, of each series.
FORECASTS: dict[str, dict[str, Any]] = {
    "co2": {"window": 104, "horizons": (1, 4, 13, 26, 52), "hidden_size": 32, "steps": 600,
            "weight_decay": 0.1, "origins": 20},
    "sunspots": {"window": 33, "horizons": (1, 2, 5, 11), "hidden_size": 16, "steps": 400,
                 "weight_decay": 0.3, "origins": 17},
}  # fmt: skip


def forecast_cases() -> list[Case]:
    return [{"series": name, "seed": seed} for name in FORECASTS for seed in SEEDS]


def forecast(series: str, seed: int) -> Row:
    """The mean absolute error at some horizons, in the last fifth of a series.

    The first three fifths are trained on, the next chooses the moment to stop. Another seed
    asks at other moments of the last fifth.
    """
    settings, data = FORECASTS[series], SERIES[series]()
    values, longest = data.values, max(settings["horizons"])
    first = int(0.8 * len(values))
    spread = (len(values) - longest - first) / settings["origins"]
    shift = seed / len(SEEDS)
    origins = [int(first + (k + shift) * spread) for k in range(settings["origins"])]
    future = np.stack([values[origin : origin + longest] for origin in origins])
    told = {
        "network": _by_network(values, origins, longest, seed, settings),
        "naive": np.stack([np.full(longest, values[origin - 1]) for origin in origins]),
        "seasonal": np.stack([_season(values, o, data.period, longest, 0) for o in origins]),
        "seasonal_drift": np.stack([_season(values, o, data.period, longest, 1) for o in origins]),
        "classical": np.stack([_classical(data, origin, longest) for origin in origins]),
    }
    errors = {
        name: {str(h): round(float(np.abs(found - future)[:, h - 1].mean()), 3)
               for h in settings["horizons"]}
        for name, found in told.items()
    }  # fmt: skip
    example = origins[len(origins) // 2]
    return {
        "error": errors,
        "unit": data.unit,
        "classical_method": "STL and ARIMA(1, 1, 1)" if series == "co2" else "autoregression of 9",
        "origins": len(origins),
        "filled": int(data.filled.sum()),
        "example": {
            "time": round(float(data.times[example]), 2),
            "network": told["network"][len(origins) // 2].round(2).tolist(),
        },
    }


def _by_network(values: Any, origins: list[int], longest: int, seed: int, settings: Any) -> Any:
    """What a network tells of the future: (N, longest), one value after another."""
    from rnnbook.torch_networks.sequences import Forecaster, fit

    window, rng = settings["window"], np.random.default_rng(seed)
    trained, stop = int(0.6 * len(values)), int(0.8 * len(values))
    scale = values[:trained].std()
    scaled = (values / scale).astype(np.float32)
    model = Forecaster("lstm", settings["hidden_size"], longest, rng)

    def past(at: Any) -> Any:
        return np.stack([scaled[o - window : o] for o in at], axis=1)  # (T, B)

    def error(at: Any) -> Any:
        return model.loss(past(at), np.stack([scaled[o : o + longest] for o in at]))

    training = np.arange(window, trained - longest + 1)
    validation = np.arange(trained, stop - longest + 1)
    for _ in fit(
        model, lambda: error(rng.choice(training, size=32)), steps=settings["steps"],
        learning_rate=5e-3, weight_decay=settings["weight_decay"],
        validate=lambda: error(validation),
    ):  # fmt: skip
        pass
    return model.predict(past(origins)) * scale


def _season(values: Any, origin: int, period: int, longest: int, drift: int) -> Any:
    """What was measured a period before, or periods; with the last period's growth added."""
    steps = np.arange(longest)
    periods = 1 + steps // period
    growth = values[origin - 1] - values[origin - 1 - period]
    return values[origin + steps - period * periods] + drift * growth * periods


def _classical(data: Series, origin: int, longest: int) -> Any:
    """A textbook method of statsmodels, fitted anew to all that came before."""
    from statsmodels.tsa.api import AutoReg
    from statsmodels.tsa.arima.model import ARIMA
    from statsmodels.tsa.forecasting.stl import STLForecast

    past = data.values[:origin]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of starting values that are improved on anyway
        if data.name == "sunspots":
            return AutoReg(past, lags=9).fit().forecast(longest)
        options = {"order": (1, 1, 1), "trend": "t"}
        return STLForecast(past, ARIMA, model_kwargs=options, period=52).fit().forecast(longest)


EXPERIMENTS = (
    Experiment("forecast", "Does a network forecast better than simple rules?",
               forecast_cases, forecast, over="trainings"),
)  # fmt: skip
