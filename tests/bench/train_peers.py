#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Training speed beside torch: tests/bench/train and a harness of torch by turns, the same networks; a Markdown table.

usage: train_peers.py --peer COMMAND [--ours build/tests/bench/train] [--rounds N] [--seconds S] [--log FILE]
                      [--threads 1,2] [--plain] [case ...]

COMMAND is called with "threads seconds case" (a case is network@side) and prints a JSON line with, for each layout
("nchw", "nhwc"), "best_images_per_s" and "images_per_s". Every measurement is a short burst in real-time scheduling
where that is allowed; the order is another one in each round. Machines are shared: the best step of all rounds counts,
and beside it the median over the rounds of the bursts' medians. With --log, measurements are appended to FILE, and
those already there count too.

torch takes and returns its tensors in every step. Where page faults are dear, as on virtual machines, that makes it
several times slower than it has to be; so the C library is told to keep what was returned (--plain: not so), and each
side is compared at its best.
"""
import argparse
import json
import os
import random
import shlex
import statistics
import sys
import time

CASES = ["M5@64", "M5@96", "M4@64", "M1@96"]
BARS = {1: 2.0, 2: 2.5}  # of torch's best layout
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_MMAP_THRESHOLD_": "4000000000",
               "MALLOC_TOP_PAD_": "67108864"}  # of glibc


def be_first():
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        pass


def run(command, first, environment):
    """Standard output, and peak resident kilobytes, of a command."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writer, 1)
        os.close(reader)
        if first:
            be_first()
        os.execvpe(command[0], command, {**os.environ, **environment})
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit("failed: " + shlex.join(command))
    return text, usage.ru_maxrss


def measure_ours(options, case, threads):
    model, side = case.split("@")
    text, peak = run([options.ours, "--model", model, "--input", side, "--threads", str(threads), "--seconds",
                      str(options.seconds), "--json"], True, {})
    result = json.loads(text)
    return {"who": "hytnas", "layout": "", "best": result["best_images_per_s"], "median": result["images_per_s"],
            "peak_kb": peak}


def measure_peer(options, case, threads):
    text, peak = run(shlex.split(options.peer) + [str(threads), str(options.seconds), case], False,
                     {} if options.plain else KEEP_MEMORY)
    result = json.loads(text)
    layout = max(("nchw", "nhwc"), key=lambda name: result[name]["best_images_per_s"])
    return {"who": "torch", "layout": layout, "best": result[layout]["best_images_per_s"],
            "median": max(result[name]["images_per_s"] for name in ("nchw", "nhwc")), "peak_kb": peak}


def measure(options, log):
    pairs = [(case, threads) for case in options.cases for threads in options.threads]
    for number in range(options.rounds):
        random.Random(number).shuffle(pairs)
        for case, threads in pairs:
            for who in (measure_ours, measure_peer):
                row = {"case": case, "threads": threads, **who(options, case, threads)}
                log.append(row)
                if options.log:
                    with open(options.log, "a") as file:
                        file.write(json.dumps(row) + "\n")
                time.sleep(0.3)


def summary(log, case, threads, who):
    rows = [row for row in log if (row["case"], row["threads"], row["who"]) == (case, threads, who)]
    best = max(rows, key=lambda row: row["best"])
    return best["best"], statistics.median(row["median"] for row in rows), max(row["peak_kb"] for row in rows), \
        best["layout"]


def print_table(options, log):
    print("| network | threads | hytnas, pictures/s | torch, pictures/s | ratio | asked | of medians "
          "| peak memory, MB |")
    print("|---|---|---|---|---|---|---|---|")
    for case in options.cases:
        for threads in options.threads:
            ours, our_median, our_peak, _ = summary(log, case, threads, "hytnas")
            peer, peer_median, peer_peak, layout = summary(log, case, threads, "torch")
            print(f"| {case} | {threads} | {ours:.0f} | {peer:.0f} ({layout}) | {ours / peer:.2f} | "
                  f"{BARS.get(threads, 0):.1f} | {our_median / peer_median:.2f} | "
                  f"{our_peak / 1024:.0f} ({peer_peak / 1024:.0f}) |")


def main():
    parser = argparse.ArgumentParser(description="training speed beside torch")
    parser.add_argument("--peer", required=True)
    parser.add_argument("--ours", default="build/tests/bench/train")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--threads", type=lambda text: [int(one) for one in text.split(",")], default=[1, 2])
    parser.add_argument("--log")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("cases", nargs="*", default=CASES)
    options = parser.parse_args()
    log = []
    if options.log and os.path.exists(options.log):
        with open(options.log) as file:
            log = [json.loads(line) for line in file]
    measure(options, log)
    print_table(options, log)


if __name__ == "__main__":
    main()
