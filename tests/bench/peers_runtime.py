# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of the runtime beside its peers from the raw results of one run of their harness.

    peers_runtime.py RESULTS_RAW.JSON [--machine MACHINE.TXT] [--out docs/runtime_bars.md]

A burst is some ten to some hundred runs; peers take turns, a burst each, in shuffled order. A latency is the quiet
figure: the tenth percentile of the burst in which that is least. Loads and memory: least of their repetitions."""
import argparse
import collections
import json
import statistics
import sys

OURS = "hytnas"
MODELS = {"M1": "MobileNetV1 x0.25 at 96", "M2": "MobileNetV2 x0.35 at 96", "M3": "MobileViT-XXS at 256",
          "M4": "MobileViT-XXS-like at 128", "M5": "tiny hybrid at 96"}
# What is asked: the share of a peer's latency, whose (None: the best of the class), in which class.
ASKED_ONE = {
    "fp32": {model: [(0.6 if model == "M5" else 0.95, None, "fp32")] for model in MODELS},
    "bf16": {model: [(1.0 if model in ("M1", "M2") else 0.6 if model == "M5" else 0.95, "onednn", "bf16")]
             for model in MODELS},
    "int8": {"M1": [(0.9, None, "int8")], "M2": [(0.9, None, "int8")],
             "M3": [(0.4, None, "int8"), (0.65, None, "bf16")], "M4": [(0.4, None, "int8"), (0.65, None, "bf16")],
             "M5": [(0.35, None, "int8")]},
}
ASKED_TWO = {
    "fp32": {model: [(0.95, None, "fp32")] for model in MODELS},
    "bf16": {model: [(0.95, "onednn", "bf16")] for model in MODELS},
    "int8": ASKED_ONE["int8"],
}
ASKED = {1: ASKED_ONE, 2: ASKED_TWO}
LOAD_SHARE = 0.1  # of ONNX Runtime's time to load the same fp32 file


def class_of(precision):
    if "int8" in precision or precision == "qs8":
        return "int8"
    return precision if precision in ("bf16", "fp16") else "fp32"


def name_of(peer):
    return peer.replace("-hyb", "")


Latency = collections.namedtuple("Latency", "ms peer precision bursts")


def read_latencies(raw):
    """(model, threads, class) -> peer -> its best Latency."""
    bursts = collections.defaultdict(list)
    for burst in raw["bursts"]:
        bursts[burst["model"], burst["threads"], name_of(burst["peer"]), burst["prec"]].append(burst["p10_us"] / 1e3)
    best = collections.defaultdict(dict)
    for (model, threads, peer, precision), times in bursts.items():
        peers = best[model, threads, class_of(precision)]
        latency = Latency(min(times), peer, precision, len(times))
        if peer not in peers or latency.ms < peers[peer].ms:
            peers[peer] = latency
    return best


def best_peer(peers, name=None):
    others = [latency for peer, latency in peers.items() if peer != OURS and (name is None or peer == name)]
    return min(others, default=None)


def verdict(met):
    return "yes" if met else "**no**"


def latency_rows(best):
    for threads in sorted(ASKED):
        for kind, models in ASKED[threads].items():
            for model, bars in models.items():
                ours = best[model, threads, kind].get(OURS)
                for share, name, against in bars:
                    peer = best_peer(best[model, threads, against], name)
                    if not ours or not peer:
                        continue
                    ratio = ours.ms / peer.ms
                    yield (f"| {model} | {kind} | {threads} | {ours.ms:.3f} | {peer.ms:.3f} | {peer.peer} "
                           f"{peer.precision} | {ratio:.2f} | {share:.2f} | {verdict(ratio <= share)} |")


def read_loads(raw):
    """(model, class) -> peer -> least load, first inference and peak memory, largest error."""
    loads = collections.defaultdict(dict)
    for load in raw["loads"]:
        peers = loads[load["model"], class_of(load["prec"])]
        seen = peers.setdefault(name_of(load["peer"]), {"load": [], "first": [], "peak": [], "error": load["max_err"]})
        seen["load"].append(load["load_ms"])
        seen["first"].append(load["first_ms"])
        seen["peak"].append(load["rss_peak_kb"] / 1024)
    return loads


def load_rows(loads):
    for (model, kind), peers in sorted(loads.items()):
        ours, runtime = peers.get(OURS), loads[model, "fp32"].get("ort")
        others = {name: min(seen["peak"]) for name, seen in peers.items() if name != OURS}
        if not ours:
            continue
        load, peak = min(ours["load"]), min(ours["peak"])
        asked = f"{LOAD_SHARE * min(runtime['load']):.2f} | {verdict(load <= LOAD_SHARE * min(runtime['load']))}" \
            if runtime and kind == "fp32" else "- | -"
        least = min(others, key=others.get, default=None)
        memory = f"{others[least]:.1f} | {least} | {verdict(peak < others[least])}" if least else "- | - | -"
        errors = [seen["error"] for name, seen in peers.items() if name != OURS]
        yield (f"| {model} | {kind} | {load:.2f} | {asked} | {min(ours['first']):.2f} | {peak:.1f} | {memory} | "
               f"{ours['error']:.2g} | {min(errors, default=float('nan')):.2g} |")


def all_rows(best):
    for (model, threads, kind), peers in sorted(best.items()):
        words = ", ".join(f"{latency.peer} {latency.precision} {latency.ms:.3f}" for latency in sorted(peers.values()))
        yield f"| {model} | {kind} | {threads} | {words} |"


TEXT = """# The runtime beside its peers

Five networks, one picture a run, on one machine in one run of the harness:
{models}.
The peers are ONNX Runtime, XNNPACK, oneDNN (chains of its primitives, scheduled by hand) and, where it was run, torch;
each is a process of its own, all read the same ONNX file (or what was made of it), and they take turns, a burst each,
in shuffled order, {bursts} bursts of each. A latency is the tenth percentile of the quietest burst, in milliseconds.
With two threads all runtimes have a fast and a slow state, a matter of where the host puts the two virtual processors:
those figures compare within this run only. Other work took {foreign:.2f} of the two processors during an average burst.
Ours is `tests/bench/peers_runtime.c`, linked statically with `libhytnas-rt` alone. Written by
`tests/bench/peers_runtime.py`.
{machine}
## What was asked

| network | precision | threads | ours, ms | the peer's, ms | which | ratio | asked, at most | met |
|---|---|---|---|---|---|---|---|---|
{latency}

## Loading, and memory of the process

Load: from the file to a runtime that is ready, planned and packed, without the first inference and without calibration
(least of three fresh processes). Asked: a tenth of ONNX Runtime's time for the fp32 file, and a peak of memory below
every peer's of the same class. Error: the largest difference from torch's fp32 result; int8 is calibrated on the one
picture that it is measured on, and the weights of these networks are random.

| network | in | load, ms | at most | met | first run, ms | peak, MB | least peer's | which | met | error | peer's |
|---|---|---|---|---|---|---|---|---|---|---|---|
{loads}

## All latencies, ms

| network | class | threads | fastest first |
|---|---|---|---|
{everything}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw")
    parser.add_argument("--machine", help="file of lines that describe the machine and the peers' versions")
    parser.add_argument("--out", help="stdout if not given")
    arguments = parser.parse_args()
    with open(arguments.raw) as file:
        raw = json.load(file)
    machine = ""
    if arguments.machine:
        with open(arguments.machine) as file:
            machine = "\n```\n" + file.read().strip() + "\n```\n"
    best = read_latencies(raw)
    counts = sorted({peers[OURS].bursts for peers in best.values() if OURS in peers})
    if not counts:
        sys.exit(f"{arguments.raw} has no run of {OURS}")
    text = TEXT.format(models=",\n".join(f"{key} {what}" for key, what in MODELS.items()), machine=machine,
                       bursts=f"{counts[0]}", foreign=statistics.mean(burst["foreign"] for burst in raw["bursts"]),
                       latency="\n".join(latency_rows(best)),
                       loads="\n".join(load_rows(read_loads(raw))), everything="\n".join(all_rows(best)))
    if not arguments.out:
        print(text, end="")
        return
    with open(arguments.out, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
