#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""XGBoost beside trees_speed.c: trees_speed.py LATENCY.CSV [REPEATS]. Processor time, one thread, best of the repeats;
a fit starts from rows in memory and so includes their quantisation, as ours does."""
import csv
import json
import sys
import time

import numpy as np
import xgboost as xgb

SAMPLED = dict(max_depth=4, eta=0.03, subsample=0.7, colsample_bytree=0.5, min_child_weight=5, tree_method="hist")
SETTINGS = {
    "tree": dict(max_depth=4, eta=0.03, tree_method="hist"),
    "tree, sampled": SAMPLED,
    "dart, sampled": dict(SAMPLED, booster="dart", rate_drop=0.1, skip_drop=0.5),
    "linear": dict(booster="gblinear", eta=0.5, updater="coord_descent"),
}


def main():
    with open(sys.argv[1]) as file:
        rows = list(csv.DictReader(file))
    genes = [name for name in rows[0] if name not in ("row", "latency_ms")]
    x = np.log2([[float(row[name]) for name in genes] for row in rows])
    y = np.array([float(row["latency_ms"]) for row in rows])
    y = (y - y.mean()) / y.std()
    points = x[np.arange(10000) % len(x)]
    for name, setting in SETTINGS.items():
        fit = predict = float("inf")
        for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 7):
            start = time.process_time()
            model = xgb.train(dict(setting, nthread=1), xgb.DMatrix(x, y, nthread=1), 400)
            middle = time.process_time()
            model.predict(xgb.DMatrix(points, nthread=1))
            predict = min(predict, time.process_time() - middle)
            fit = min(fit, middle - start)
        print(json.dumps({"case": "trees_speed", "of": "xgboost " + xgb.__version__, "options": name,
                          "fit_ms": round(1e3 * fit, 2), "predict_10000_ms": round(1e3 * predict, 2)}), flush=True)


if __name__ == "__main__":
    main()
