# SPDX-License-Identifier: GPL-3.0-or-later
"""scikit-learn's Gaussian process on the rows of gp_speed.c: processor time of a fit with hyperparameters and of 4,000
predictions, best of some repeats, as one JSON line a case.
   OPENBLAS_NUM_THREADS=1 python3 gp_speed.py [REPEATS]"""
import json
import sys
import time
import warnings

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

MOST, GENES, POINTS = 10000, 23, 4000


def make_rows():
    state, rows, targets = 1, np.empty((MOST + POINTS, GENES)), np.empty(MOST + POINTS)

    def draw(bound):
        nonlocal state
        state = state * 48271 % 2147483647
        return state // 1024 % bound

    for i in range(MOST + POINTS):
        for k in range(GENES):
            rows[i, k] = draw(4)
        r = rows[i]
        noise = draw(1000) / 1000 - 0.5
        targets[i] = r[0] * r[1] + 2 * r[2] - r[3] * r[4] * r[5] / 3 + r[6] ** 0.5 + noise
    return rows, targets


def measure(x, y, n, restarts, repeats):
    best = [float("inf")] * 2
    features = (x - x[:n].mean(0)) / x[:n].std(0)
    targets = (y[:n] - y[:n].mean()) / y[:n].std()
    for _ in range(repeats):
        kernel = ConstantKernel() * Matern(length_scale=np.full(GENES, 5.0), nu=2.5) + WhiteKernel()
        model = GaussianProcessRegressor(kernel, n_restarts_optimizer=restarts, random_state=0)
        at = [time.process_time()]
        model.fit(features[:n], targets)
        at.append(time.process_time())
        model.predict(features[MOST:], return_std=True)
        at.append(time.process_time())
        best = [min(b, at[k + 1] - at[k]) for k, b in enumerate(best)]
    print(json.dumps({"model": "scikit-learn", "rows": n, "features": GENES, "restarts": restarts,
                      "fit_ms": round(1e3 * best[0], 2), "predict_4000_ms": round(1e3 * best[1], 2)}), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    rows, targets = make_rows()
    for n in (30, 100, 300):
        for restarts in (0, 1):
            measure(rows, targets, n, restarts, repeats)
