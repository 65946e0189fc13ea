#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The long measurements of classification: a search, its front trained to the end, what it is compared with; a table.

usage: classify_bars.py BUILD person|cifar|claim --out FOLDER [--data FOLDER|shapes] [...]

person  Two searches of 60 trials within 45 minutes each, int8 in the loop, under 60 000 parameters: one of accuracy
        alone, one of accuracy, latency and size. The best of the first, the front of the second and two hand-made
        networks trained the same way, in int8, timed by turns: accuracy, latency and size together. With --input the
        networks of the searches see pictures of that side, the hand-made ones those as they are and those of that side
        too.
cifar   A search (of accuracy alone, up to 16 million multiply-accumulates, so that training comes to its end) and the
        full training of what it chose within 60 minutes, under 100 000 parameters; with --peer
        COMMAND, a torch network of at most that size given the same minutes (classify_torch.py beside this file).
        COMMAND is called with "minutes parameters threads seed" and prints a JSON line with "parameters", "epochs",
        "seconds", "val" and "test".
claim   Random search with 150 evaluations beside the default search with 30, 4 epochs each, under 4 M
        multiply-accumulates: when the search reaches random's final hypervolume. --seeds runs of both.

BUILD is the build's folder. Without --data the pictures are those of $HYTNAS_DATA. Measurements are JSON lines and
studies in --out; what is there is not done again, so that a command goes on where it stopped. Validation chooses; of
test accuracies the interval holds 95 % of resampled test sets.
"""
import argparse
import json
import math
import os
import random
import shlex
import signal
import subprocess
import sys
import time

PEERS = ("mobilenetv1-0.25", "mobilevit-xxs")
FOLDERS = {"person": "person-crops", "cifar": "cifar10-jpeg", "claim": "person-crops"}
DEFAULTS = {  # of a search; of trainings (search and final)
    "person": (dict(trials=60, minutes=45, epochs=40, final_epochs=150), dict(clip=1, qat=0.3, keep="last")),
    "cifar": (dict(trials=60, minutes=60, epochs=3, input=64), dict(crop=0.2, rate=0.003)),
    "claim": (dict(trials=30, epochs=4), {}),
}


# -- lines ------------------------------------------------------------------------------------------------------------

def read_lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def append(path, row):
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def place(options, name):
    return os.path.join(options.out, name)


def interval(accuracy, pictures, draws=1000):
    """The percentile bootstrap of a share of `pictures`: resampling them is drawing as often with that probability."""
    numbers = random.Random(1)
    values = sorted(sum(numbers.random() < accuracy for _ in range(pictures)) / pictures for _ in range(draws))
    return values[draws * 25 // 1000], values[draws * 975 // 1000]


def with_interval(accuracy, pictures):
    return "{:.3f} ({:.3f} to {:.3f})".format(accuracy, *interval(accuracy, pictures))


def print_table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


# -- searches ---------------------------------------------------------------------------------------------------------

def flags_of(settings):
    return [text for key, value in settings.items() for text in ("--" + key, str(value))]


def trials_of(options, study):
    done = subprocess.run([options.program, "study", study, "--json"], stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def finished(trials):
    return [trial for trial in trials if trial["state"] == "finished" and trial["objectives"]]


def spent(options, study):
    return sum(row["seconds"] for row in read_lines(place(options, "searches.jsonl")) if row["study"] == study)


def search(options, name, seed, objectives, limits, training, seconds=0, **settings):
    """The trials of a search; one that was ended goes on, with the seconds that it has left."""
    study = place(options, f"{name}-{seed}.db")
    left = seconds - spent(options, study) if seconds else 0
    trials = trials_of(options, study) if os.path.exists(study) else []
    if len(trials) >= settings["trials"] or (seconds and left <= 1):
        return trials
    command = [options.program, "search", "--data", options.data, "--study", study, "--resume", "--out",
               place(options, f"{name}-{seed}"), "--seed", str(seed), "--threads", str(options.threads), "--space",
               options.space]
    command += [text for objective in objectives for text in ("--objective", objective)]
    command += [text for limit in limits for text in ("--limit", limit)]
    # What the search has an option of the same name for is told apart by a prefix.
    training = {"train-batch" if key == "batch" else key: value for key, value in training.items()}
    command += flags_of(settings) + flags_of(training) + (["--seconds", str(left)] if seconds else [])
    command += ["--input", str(options.input)] if options.input else []
    begin = time.monotonic()
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    finally:
        append(place(options, "searches.jsonl"), {"study": study, "seconds": time.monotonic() - begin})
    return trials_of(options, study)


def dominates(a, b):
    return all(x <= y for x, y in zip(a, b)) and any(x < y for x, y in zip(a, b))


def front_of(items, point):
    return [one for one in items if not any(dominates(point(other), point(one)) for other in items)]


def is_same(left, right):
    """As numbers where they are: options are texts in a line."""
    try:
        return float(left) == float(right)
    except ValueError:
        return str(left) == str(right)


def train(options, network, seed, side, model=None, minutes=0, **settings):
    """The line of a network trained to the end, from the file or new; side: of its input, 0 for the pictures' own."""
    out = place(options, "trainings.jsonl")
    command = [options.classify, options.data, network, out, "--seed", str(seed), "--threads", str(options.threads),
               "--space", options.space] + flags_of(settings)
    command += ["--input", str(side)] if side else []
    command += ["--model", model] if model else []
    command += ["--minutes", f"{minutes:.1f}"] if minutes else []
    subprocess.run(command, check=True)
    wanted = {"folder": options.data, "network": network, "space": options.space, "input": side,
              "seed": seed, "minutes": f"{minutes:.1f}", **settings}
    return [row for row in read_lines(out) if all(is_same(row[key], value) for key, value in wanted.items())][-1]


# -- person-crops -----------------------------------------------------------------------------------------------------

def time_models(options, rows):
    """Latency of the int8 files by turns: the lowest median of some rounds, in one run."""
    best = {}
    for number in range(options.rounds):
        order = list(rows)
        random.Random(number).shuffle(order)
        done = subprocess.run([options.program, "profile", *(row["model"] for row in order), "--precision", "graph",
                               "--ms", "100", "--json", "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=True)
        for row, seen in zip(order, json.loads(done.stdout)):
            best[row["model"]] = min(best.get(row["model"], math.inf), seen["latency_ms"])
    return best


def person_point(row, part):
    return (-row[part + "_int8"], row["latency"], row["weight_bytes_int8"])


def tell_dominance(peer, front):
    for part in ("val", "test"):
        above = [row["name"] for row in front if dominates(person_point(row, part), person_point(peer, part))]
        said = "on validation pictures" if part == "val" else "on test pictures"
        print(f"- {peer['name']} is dominated {said} by: {', '.join(above) if above else 'none'}")


def report_person(front, peers, seconds):
    chosen = max(front, key=lambda row: (row["val_int8"], -row["parameters"]))
    head = ["network", "parameters", "int8 bytes", "int8 ms", "val fp32", "val int8", "test fp32", "test int8",
            "int8 - fp32"]
    print_table(head, [[row["name"], row["parameters"], row["weight_bytes_int8"], f"{row['latency']:.4f}",
                        f"{row['val']:.3f}", f"{row['val_int8']:.3f}", f"{row['test']:.3f}",
                        with_interval(row["test_int8"], row["pictures"]), f"{row['test_int8'] - row['test']:+.4f}"]
                       for row in sorted(front, key=lambda row: -row["val_int8"]) + peers])
    low, high = interval(chosen["test_int8"], chosen["pictures"])
    worst = min(front, key=lambda row: row["test_int8"] - row["test"])
    print(f"\n- searches: {seconds[0] / 60:.1f} minutes of accuracy alone, {seconds[1] / 60:.1f} of all three\n"
          f"- chosen on validation: {chosen['name']}, test int8 {chosen['test_int8']:.3f} ({low:.3f} to {high:.3f}); "
          f"asked 0.90 give or take its interval: {'met' if high >= .9 else 'not met'}\n"
          "- int8 at most 1 point below fp32 on test, all of the front: "
          f"{'met' if worst['test_int8'] - worst['test'] >= -.01 else 'not met'} (worst {worst['name']}, "
          f"{worst['test_int8'] - worst['test']:+.4f}, one picture is {1 / worst['pictures']:.4f})")
    for peer in peers:
        tell_dominance(peer, front)


def trade_off(trial):
    values = trial["objectives"]
    return -values["accuracy"], values["latency_ms"], values["weight_bytes"]


def person_searches(options, training):
    """What is trained to the end: the best of accuracy alone, then the front; and the seconds of each search."""
    seed, settings = options.seed, dict(trials=options.trials, epochs=options.epochs, precision="int8")
    limits = ["parameters:59999"] + ([f"accuracy:{options.least}"] if options.least else [])
    trials = search(options, "person-accuracy", seed, ["accuracy:max"], limits, training, 60 * options.minutes,
                    **settings)
    best = sorted(finished(trials), key=lambda t: -t["objectives"]["accuracy"])[:options.finalists]
    trials = search(options, "person", seed, ["accuracy:max", "latency_ms:min", "weight_bytes:min"], limits, training,
                    60 * options.minutes, **settings)
    front = front_of([t for t in finished(trials) if t["objectives"]["accuracy"] >= options.least], trade_off)
    seconds = [spent(options, place(options, f"{name}-{seed}.db")) for name in ("person-accuracy", "person")]
    found = {t["genome"]: f"front {t['trial']}" for t in front}
    found.update({t["genome"]: f"best {t['trial']}" for t in best})  # both searches start with the same design
    return [(name, genome) for genome, name in found.items()], seconds


def person(options, training):
    found, seconds = person_searches(options, training)
    rows, side = [], options.input or 0
    wanted = [(name, genome, side) for name, genome in found] + [(peer, peer, 0) for peer in PEERS]
    wanted += [(f"{peer} at {side}", peer, side) for peer in PEERS if side]
    for name, network, own in wanted:
        model = place(options, f"person-{options.seed}-{name.replace(' ', '-')}.hyt")
        rows.append({**train(options, network, options.seed, own, model, epochs=options.final_epochs, **training),
                     "name": name, "model": model})
    latencies = time_models(options, rows)
    for row in rows:
        row["latency"] = latencies[row["model"]]
    ours, peers = rows[:len(found)], rows[len(found):]
    report_person(front_of(ours, lambda row: person_point(row, "val")), peers, seconds)


# -- cifar10-jpeg -----------------------------------------------------------------------------------------------------

def peer_row(options, parameters, seed):
    out = place(options, "peers.jsonl")
    wanted = {"minutes": options.minutes, "most_parameters": parameters, "seed": seed, "peer": options.peer}
    for row in read_lines(out):
        if all(row.get(key) == value for key, value in wanted.items()):
            return row
    done = subprocess.run(shlex.split(options.peer) + [str(options.minutes), str(parameters), str(options.threads),
                                                       str(seed)], stdout=subprocess.PIPE, check=True)
    row = {**wanted, **json.loads(done.stdout.splitlines()[-1])}
    append(out, row)
    return row


def cifar(options, training):
    seed = options.seed
    trials = search(options, "cifar", seed, ["accuracy:max"], ["parameters:99999", "macs:16e6"], training,
                    60 * options.minutes * options.search_share, trials=options.trials, epochs=options.epochs)
    seconds = spent(options, place(options, f"cifar-{seed}.db"))
    best = max(finished(trials), key=lambda t: t["objectives"]["accuracy"])
    # The same text whenever it is asked, so that the line is found again: it follows from the search alone.
    row = train(options, best["genome"], seed, options.input, minutes=max(options.minutes - seconds / 60, 0.1),
                **{**training, **options.final})
    rows = [["hytnas", row["parameters"], row["trained_epochs"], f"{(seconds + row['seconds']) / 60:.1f}",
             f"{row['val']:.3f}", with_interval(row["test"], row["pictures"])]]
    print(f"search: {len(trials)} trials in {seconds / 60:.1f} minutes; chosen: {best['genome']}, "
          f"{row['macs'] / 1e6:.2f} M multiply-accumulates\n")
    if options.peer:
        peer = peer_row(options, row["parameters"], seed)
        rows.append(["torch", peer["parameters"], peer["epochs"], f"{peer['seconds'] / 60:.1f}", f"{peer['val']:.3f}",
                     with_interval(peer["test"], row["pictures"])])
    print_table(["who", "parameters", "epochs", "minutes in all", "val", "test (asked: 0.72, or ahead of torch)"], rows)


# -- the claim --------------------------------------------------------------------------------------------------------

def hypervolume(points):
    """Of points of two or three objectives in the unit cube beyond which nothing counts, minimised: by slices."""
    points = [point for point in points if all(value < 1 for value in point)]
    if not points:
        return 0.0
    if len(points[0]) == 1:
        return 1 - min(point[0] for point in points)
    edges = sorted({point[-1] for point in points}) + [1.0]
    return sum((above - below) * hypervolume([point[:-1] for point in points if point[-1] <= below])
               for below, above in zip(edges, edges[1:]))


def scaled(runs, objectives):
    """Trials as points, None where one failed: 0 is the best of all fronts, 1 a tenth beyond their worst."""
    def point(trial):
        return tuple(-trial["objectives"][name] if way == "max" else trial["objectives"][name]
                     for name, way in objectives) if finished([trial]) else None
    raw = [[point(trial) for trial in run] for run in runs]
    best = front_of([one for run in raw for one in run if one], lambda one: one)
    low, high = [min(column) for column in zip(*best)], [max(column) for column in zip(*best)]
    sides = [1.1 * (b - a) or 1 for a, b in zip(low, high)]
    return [[one and tuple((x - a) / side for x, a, side in zip(one, low, sides)) for one in run] for run in raw]


def curve(points):
    """Hypervolume after each evaluation."""
    values, seen = [], []
    for one in points:
        seen += [one] if one else []
        seen = front_of(seen, lambda point: point)
        values.append(hypervolume(seen))
    return values


def claim(options, training):
    objectives = [tuple(text.split(":")) for text in options.objective]
    rows, reached = [], []
    for seed in range(options.seeds):
        runs = [search(options, "claim-" + method, seed, options.objective, ["macs:4e6"], training, trials=trials,
                       method=method, epochs=options.epochs)
                for method, trials in (("random", options.random), ("hytnas", options.trials))]
        by_random, ours = (curve(points) for points in scaled(runs, objectives))
        at = next((index + 1 for index, value in enumerate(ours) if value >= by_random[-1]), math.inf)
        reached.append(at)
        fifth = by_random[min(len(ours), len(by_random)) - 1]
        rows.append([seed, f"{by_random[-1]:.4f} ({len(by_random)})", f"{fifth:.4f}", f"{ours[-1]:.4f} ({len(ours)})",
                     at if at < math.inf else f"not in {len(ours)}"])
    print_table(["seed", "random's hypervolume (evaluations)", "random's after as many as the search", "the search's",
                 "reaches random's at"], rows)
    within = sum(at <= options.random // 5 for at in reached)
    print(f"\nwithin {options.random // 5} evaluations: {within} of {len(reached)} seeds")


# -- all of it --------------------------------------------------------------------------------------------------------

def pairs(text):
    key, _, value = text.partition("=")
    return key, value


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("what", choices=sorted(FOLDERS))
    parser.add_argument("--out", required=True)
    parser.add_argument("--data")
    parser.add_argument("--space", default="hytnas")
    parser.add_argument("--seed", type=int, default=0, help="of person and cifar")
    parser.add_argument("--seeds", type=int, default=3, help="of claim")
    parser.add_argument("--threads", type=int, default=2)
    for name in ("trials", "epochs", "final-epochs", "input"):
        parser.add_argument("--" + name, type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--least", type=float, default=0, help="validation accuracy of any network of person's front")
    parser.add_argument("--finalists", type=int, default=5, help="of person's search of accuracy alone")
    parser.add_argument("--search-share", type=float, default=0.4, help="of the minutes of cifar")
    parser.add_argument("--random", type=int, default=150, help="evaluations of random in claim")
    parser.add_argument("--objective", action="append", help="of claim")
    parser.add_argument("--rounds", type=int, default=5, help="of timing")
    parser.add_argument("--peer")
    parser.add_argument("--train", type=pairs, action="append", default=[], metavar="KEY=VALUE",
                        help="an option of all trainings, in place of the command's own")
    parser.add_argument("--final", type=pairs, action="append", default=[], metavar="KEY=VALUE",
                        help="of cifar's last training alone")
    options = parser.parse_args()
    settings, training = DEFAULTS[options.what]
    for key, value in settings.items():
        if getattr(options, key) is None:
            setattr(options, key, value)
    options.final = dict(options.final)
    options.objective = options.objective or ["accuracy:max", "latency_ms:min", "parameters:min"]
    return options, {**training, **dict(options.train)}


def main():
    options, training = read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the seconds of a search are written down
    if not options.data:
        options.data = os.path.join(os.environ.get("HYTNAS_DATA", ""), FOLDERS[options.what])
    if options.data != "shapes" and not os.path.exists(os.path.join(options.data, "train.npz")):
        print(f"skipped: there is no {options.data}/train.npz (--data, or HYTNAS_DATA)", file=sys.stderr)
        return
    options.program = os.path.join(options.build, "examples", "hytnas", "hytnas")
    options.classify = os.path.join(options.build, "tests", "bench", "classify")
    os.makedirs(options.out, exist_ok=True)
    {"person": person, "cifar": cifar, "claim": claim}[options.what](options, training)


if __name__ == "__main__":
    main()
