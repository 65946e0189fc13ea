# SPDX-License-Identifier: GPL-3.0-or-later
"""The program as its users meet it: results, resuming, kills, Ctrl-C, and what it says to bad input.
usage: program.py PROGRAM [kill COUNT]   (kill: only the killing, COUNT times)"""
import io
import json
import os
import random
import re
import resource
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

PROGRAM = os.path.abspath(sys.argv[1])
QUICK = ["search", "--data", "shapes", "--input", "32", "--shapes-train", "40", "--shapes-val", "24",
         "--shapes-test", "24", "--limit", "macs:6e5", "--epochs", "1", "--timing-ms", "2", "--threads", "1",
         "--ahead", "0"]
# The genes of the preset in the order of its genome: as many values each.
VALUES = ([[1, 2, 3, 4]] * 4 + [[1, 2, 4]] * 5 + [[8, 16, 24, 32]] + [[1, 1.5, 2]] * 4 + [[1, 2, 4]] * 3 +
          [[1, 1.5, 2]] * 3 + [[2, 4, 8]] * 3)


def run(*arguments, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120, **options)


def check(condition, *facts):
    if not condition:
        raise AssertionError(" ".join(map(str, facts)))


def search(*arguments, **options):
    result = run(*QUICK, "--json", *arguments, **options)
    check(result.returncode == 0, arguments, result.stderr)
    return json.loads(result.stdout)


def trials(study):
    result = run("study", study, "--json")
    check(result.returncode == 0, result.stderr)
    return [json.loads(line) for line in result.stdout.splitlines()]


def refused(*arguments, says=(), study=None, **options):
    """Exit status 2, one line on stderr that says all of `says`, nothing on stdout, the study as it was."""
    before = open(study, "rb").read() if study else None
    result = run(*arguments, **options)
    check(result.returncode == 2, arguments, "answered", result.returncode, result.stdout, result.stderr)
    check(result.stdout == "", arguments, "printed", result.stdout)
    lines = [line for line in result.stderr.splitlines() if line.startswith("hytnas: ")]
    check(len(lines) == 1, arguments, "said", result.stderr)
    for word in says:
        check(word in lines[0], arguments, "said", lines[0], "not", word)
    if study:
        check(open(study, "rb").read() == before, arguments, "changed", study)
        check(not os.path.exists(study + "-lock"), study, "is still locked")


def check_result(result, trial_count, study=None):
    check(result["trials"] == trial_count and result["finished"] + result["failed"] == trial_count, result)
    check(result["front"], "the front is empty")
    for network in result["front"]:
        objectives = network["objectives"]
        check(list(objectives) == ["accuracy", "latency_ms", "parameters"], objectives)
        check(0 <= objectives["accuracy"] <= 1 and 0 <= network["test_accuracy"] <= 1, network)
        check(objectives["latency_ms"] > 0 and objectives["parameters"] > 0, network)
        check(os.path.getsize(network["model"]) > 1000, network)
        check(len(network["genome"].split(":")) == 23, network)
    if study:
        rows = trials(study)
        check([row["trial"] for row in rows] == list(range(trial_count)), rows)
        check(len({row["genome"] for row in rows}) == trial_count, "a candidate came twice")
        check(all(row["state"] == "finished" and row["objectives"] for row in rows if row["state"] != "nan"), rows)
        for network in result["front"]:
            check(rows[network["trial"]]["objectives"] == network["objectives"], network)


def results():
    result = search("--trials", 7, "--study", "s.db", "--final-epochs", 2)
    check(result["stopped"] == "trials", result)
    check_result(result, 7, "s.db")
    check(sum("final_accuracy" in network for network in result["front"]) == min(6, len(result["front"])), result)
    for name in "front.csv", "report.html", "settings.txt":
        check(os.path.getsize("s-results/" + name) > 100, name)
    check(len(open("s-results/front.csv").read().splitlines()) == len(result["front"]) + 1, "front.csv")
    models = os.listdir("s-results/models")
    check(all(int(name[6:10]) in [network["trial"] for network in result["front"]] for name in models), models)
    return result


def resuming(first):
    """A finished study prints the same result; more trials go on from it."""
    made = {name: os.stat("s-results/models/" + name).st_mtime_ns for name in os.listdir("s-results/models")}
    check(search("--trials", 7, "--study", "s.db", "--final-epochs", 2, "--resume") == first, "not the same result")
    check(made == {name: os.stat("s-results/models/" + name).st_mtime_ns for name in made}, "models were made again")
    for name in made:
        os.unlink("s-results/models/" + name)
    check(search("--trials", 7, "--study", "s.db", "--final-epochs", 2, "--resume") == first,
          "models are not what they were")
    more = search("--trials", 10, "--study", "s.db", "--resume")
    check_result(more, 10, "s.db")
    text = run(*QUICK, "--trials", 10, "--study", "s.db", "--resume")
    check(text.returncode == 0 and "10 finished" in text.stdout and "report.html" in text.stdout, text)


def ending_early():
    """With a pruner poor networks end at a rung; that is no failure, and is said."""
    command = ["--pruner", "halving", "--eta", 3, "--trials", 10, "--initial", 4, "--batch", 2, "--epochs", 4,
               "--study", "e.db",
               "--objective", "accuracy:max", "--objective", "parameters:min"]
    result = search(*command)
    check(result["pruned"] >= 1 and result["failed"] == 0, result)
    check(result["finished"] + result["pruned"] == result["trials"] == 10, result)
    check(sum(row["state"] == "pruned" for row in trials("e.db")) == result["pruned"], result)
    page = open("e-results/report.html", encoding="utf-8").read()
    check(f"{result['pruned']} ended early, 0 failed" in page and "networks in fp32" in page, "report.html")
    os.unlink("e.db")
    text = run(*QUICK, *command)
    check(f"{result['pruned']} ended early, 0 failed" in text.stdout, text)
    check("ended early, after epoch " in text.stderr and " at accuracy " in text.stderr, text)


def int8_models():
    """Kept as they were trained, and found again."""
    command = ["--precision", "int8", "--trials", 4, "--study", "n.db"]
    first = search(*command)
    made = {name: os.stat("n-results/models/" + name).st_mtime_ns for name in os.listdir("n-results/models")}
    check(len(made) == len(first["front"]), made, first)
    check(search(*command, "--resume") == first, "not the same result")
    check(made == {name: os.stat("n-results/models/" + name).st_mtime_ns for name in made}, "models were made again")


def one_objective():
    """The front is the trials of the best accuracy; everything else is as usual."""
    result = search("--trials", 8, "--study", "o.db", "--objective", "accuracy:max")
    rows = [row for row in trials("o.db") if row["state"] == "finished"]
    best = max(row["objectives"]["accuracy"] for row in rows)
    check(sorted(network["trial"] for network in result["front"]) ==
          [row["trial"] for row in rows if row["objectives"]["accuracy"] == best], result, rows)
    check("<svg" in open("o-results/report.html").read(), "no plot")


def ahead():
    """What takes no training is measured first, where a surrogate learns it and a trial is left to use it."""
    said = "measuring 12 networks ahead of the trials: latency_ms"
    command = [*QUICK, "--ahead", 12, "--trials", 3, "--initial", 2, "--batch", 1]
    text = run(*command, "--study", "a.db")
    check(text.returncode == 0 and said in text.stderr and len(trials("a.db")) == 3, text)
    text = run(*command, "--study", "a.db", "--resume")
    check(text.returncode == 0 and "ahead" not in text.stderr, text)
    page = open("a-results/report.html", encoding="utf-8").read()
    check(re.search(r"measured ahead(<[^>]*>|\s)*12\b", page), "the report does not say what was measured ahead")
    rows = open("a.db.ahead.csv").read().splitlines()
    check(len(rows) == 13 and rows[0] == "genome,latency_ms", rows)
    text = run(*command, "--trials", 4, "--study", "a.db", "--resume")
    check(text.returncode == 0 and "ahead" not in text.stderr and len(trials("a.db")) == 4, text)
    open("a.db.ahead.csv", "w").write(rows[0] + "\n" + rows[1].replace(":", ";") + "\n")
    refused(*command, "--trials", 5, "--study", "a.db", "--resume", says=[";"])
    open("z.db.ahead.csv", "w").write("of a study that is gone\n")
    search("--trials", 2, "--study", "z.db")
    check(not os.path.exists("z.db.ahead.csv"), "a resumed search would take another study's table")
    for others in ["--method", "random"], ["--objective", "accuracy:max"], ["--objective", "latency_ms:min"]:
        refused(*command, *others, says=["--ahead"])
        text = run(*QUICK[:-2], "--trials", 2, *others)
        check(text.returncode == 0 and "ahead" not in text.stderr, others, text)


def samples_are_resumed():
    """A search that was killed goes on as one that was not: what was measured ahead lies beside the study."""
    command = ["--objective", "accuracy:max", "--objective", "zen:max", "--objective", "parameters:min", "--ahead", 9,
               "--initial", 2, "--batch", 2, "--population", 8, "--generations", 4]
    search(*command, "--trials", 6, "--study", "x.db")
    check(len(open("x.db.ahead.csv").read().splitlines()) == 10, "x.db.ahead.csv")
    search(*command, "--trials", 4, "--study", "y.db")
    search(*command, "--trials", 6, "--study", "y.db", "--resume")
    check([row["genome"] for row in trials("x.db")] == [row["genome"] for row in trials("y.db")], trials("y.db"))


def one_shot():
    """The super-network lies beside the study: a resumed search takes it, one with other settings is refused."""
    train = ["--train-method", "one-shot", "--supernet-epochs", 1,
             "--objective", "accuracy:max", "--objective", "macs:min"]
    search(*train, "--trials", 2, "--study", "w.db")
    made = os.stat("w.db.supernet")
    check(made.st_size > 1000000 and "space=hytnas" in open("w.db.supernet.txt").read(), made)
    search(*train, "--trials", 3, "--study", "w.db", "--resume")
    check(os.stat("w.db.supernet").st_mtime_ns == made.st_mtime_ns, "the super-network was made again")
    os.unlink("w.db")
    refused(*QUICK, *train, "--trials", 2, "--study", "w.db", "--seed", 0, "--train-batch", 8,
            says=["w.db.supernet", "was made with batch 16, not 8"])
    open("w.db.supernet", "w").write("torn")
    refused(*QUICK, *train, "--trials", 2, "--study", "w.db", says=["w.db.supernet"])


def killing(count):
    """Killed at random moments: exactly the asked number of finished, distinct evaluations."""
    wanted, kills, told = 10 * count, 0, {}
    command = [PROGRAM, *QUICK, "--trials", str(wanted), "--study", "k.db", "--resume", "--json"]
    draw = random.Random(1)
    span = 0.4
    while kills < count:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(draw.uniform(0, span))
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        if not os.path.exists("k.db") or run("study", "k.db").returncode != 0:
            continue
        rows = trials("k.db")
        done = {row["trial"]: row for row in rows if row["state"] != "pending"}
        check(all(done.get(number) == row for number, row in told.items()), "a told trial is not what it was")
        if len(done) == len(told):
            span = min(3, 1.3 * span)  # a slow machine: later moments too
        if len(done) == wanted:
            break
        told = done
    check(kills == count, "the search was over before all kills", kills)
    result = search("--trials", wanted, "--study", "k.db", "--resume")
    check_result(result, wanted, "k.db")
    print(f"{kills} kills, {len(told)} trials told between them, {wanted} finished and distinct")


def interrupting():
    """Ctrl-C: ends well, with the front so far, and can be resumed."""
    command = [PROGRAM, *QUICK, "--trials", "500", "--study", "i.db", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(3):
        process.stderr.readline()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    check(process.returncode == 0, errors)
    result = json.loads(output)
    check(result["stopped"] == "stopped" and result["front"] and 3 <= result["finished"] < 500, result)
    told = len([row for row in trials("i.db") if row["state"] != "pending"])
    check(told == result["finished"] + result["failed"], told, result)
    command = [PROGRAM, *QUICK, "--trials", "9", "--ahead", "400", "--study", "j.db", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check("ahead" in process.stderr.readline(), "nothing was measured ahead")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    check(process.returncode == 0 and json.loads(output)["trials"] == 0, output, errors)
    check(not os.path.exists("j.db.ahead.csv"), "what was measured in part was kept")


def on_a_terminal():
    """One line that is renewed, no wider than the window; how far the search is comes before the cut."""
    try:
        controller, terminal = os.openpty()
    except OSError as error:
        print(f"skipped: the line on a terminal, since none can be opened here ({error})")
        return
    process = subprocess.Popen([PROGRAM, *QUICK, "--trials", "13", "--json"], stdout=subprocess.DEVNULL,
                               stderr=terminal)
    os.close(terminal)
    output = b""
    try:
        while part := os.read(controller, 4096):
            output += part
    except OSError:  # the end, on Linux
        pass
    os.close(controller)
    check(process.wait() == 0, output)
    lines = output.decode().split("\r\x1b[K")
    check(max(map(len, lines)) < 80, lines)
    last = [line for line in lines if "trial 12" in line]
    check(last and all("of 13" in line and "best" in line and "hypervolume" in line for line in last), lines)


def npy(shape, kind, data):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }" % (kind, ", ".join(map(str, shape)))
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def npz(path, labels, kind="|u1", side=32):
    data = os.urandom(len(labels) * side * side * 3 * int(kind[2]))
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        file.writestr("X.npy", npy((len(labels), side, side, 3), kind, data))
        file.writestr("y.npy", npy((len(labels),), "<i4", struct.pack("<%di" % len(labels), *labels)))
    with open(path, "wb") as file:
        file.write(memory.getvalue())


def pictures(folder):
    os.makedirs(folder, exist_ok=True)
    for part, count in ("train", 20), ("val", 12), ("test", 12):
        npz(f"{folder}/{part}.npz", [0, 1] * (count // 2))
    return folder


def own_pictures():
    """A folder of pictures, at their size and at another."""
    pictures("p")
    for side in (), ("--input", 40):
        result = run("search", "--data", "p", "--trials", 3, "--epochs", 1, "--limit", "macs:6e5", "--timing-ms", 2,
                     "--json", *side)
        check(result.returncode == 0, result.stderr)
        check_result(json.loads(result.stdout), 3)


def bad_pictures():
    folder = pictures("bad")
    command = ["search", "--data", folder, "--trials", 3, "--epochs", 1, "--study", "never.db"]
    os.rename("bad/val.npz", "val.npz")
    refused(*command, says=["bad/val.npz", "opened"])
    good = open("val.npz", "rb").read()
    with open("bad/val.npz", "wb") as file:
        file.write(good[:len(good) // 2])
    refused(*command, says=["bad/val.npz"])
    npz("bad/val.npz", [0, 1] * 6, kind="<f4")
    refused(*command, says=["bad/val.npz", "X"])
    npz("bad/val.npz", [0, 1, 70000])
    refused(*command, says=["bad/val.npz", "70000"])
    npz("bad/val.npz", [0, 1, -1])
    refused(*command, says=["bad/val.npz", "-1"])
    npz("bad/val.npz", [0, 1, 2])
    refused(*command, says=["bad/val.npz", "2 classes"])
    npz("bad/val.npz", [1, 1, 1])
    refused(*command, says=["bad/val.npz", "class 0"])
    os.rename("val.npz", "bad/val.npz")
    npz("bad/train.npz", [0, 2, 2])
    refused(*command, says=["bad/train.npz", "class 1"])
    npz("bad/train.npz", [0, 0, 0])
    refused(*command, says=["bad/train.npz", "class"])
    npz("bad/train.npz", [0, 1] * 4, side=16)
    refused(*command, says=["16", "--input"])


def bad_words():
    start = ["search", "--data", "shapes", "--study", "never.db"]
    refused("serach", says=["search"])
    refused("search", says=["--data"])
    refused(*start, "--tirals", 3, says=["--trials"])
    refused(*start, "--trials", "many", says=["trials", "many"])
    refused(*start, "--trials", 0, says=["trials", "0"])
    refused(*start, "--surrogate", "trees5", says=["surrogate", "trees"])
    refused(*start, "--trials", says=["--trials"])
    refused(*start, "--json=1", says=["--json"])
    refused(*start, "--no-epochs", says=["--no-epochs"])
    refused(*start, "--objective", "accuracy", says=["objective", "accuracy"])
    refused(*start, "--objective", "latency:min", says=["latency_ms"])
    refused(*start, "--objective", "macs:small", says=["macs", "small"])
    refused(*start, "--limit", "macs:4MB", says=["macs", "4MB"])
    refused(*start, "--objective", "accuracy:max", "--objective", "macs:min", "--limit", "latency_ms:3",
            says=["latency_ms"])
    refused(*start, "--input", 20, says=["input", "32"])
    refused(*start, "more", says=["more"])
    refused("search", "--data", "shapes", "--resume", says=["--study"])
    refused("describe", says=["network"])
    refused("describe", "mobilevit-xss", says=["mobilevit-xxs"])
    refused("describe", "1:2:3", says=["genome"])
    refused("study", "missing.db", says=["missing.db"])
    refused("study", says=["file"])
    check(not os.path.exists("never.db") or os.path.getsize("never.db") == 0, "never.db was made")


def bad_studies():
    """What the study was not made for; a study of another version, space or application; one that is in use."""
    command = [*QUICK, "--trials", 7, "--study", "b.db"]
    search("--trials", 5, "--study", "b.db")
    refused(*command, says=["b.db", "5 trials", "--resume"], study="b.db")
    command.append("--resume")
    refused(*command, "--epochs", 2, says=["epochs=1", "epochs=2"], study="b.db")
    refused(*command, "--shapes-train", 42, says=["train pictures="], study="b.db")
    refused(*command, "--shapes-val", 26, says=["validation pictures="], study="b.db")
    refused(*command, "--seed", 9, says=["seed"], study="b.db")
    refused(*command, "--surrogate", "trees", says=["surrogate"], study="b.db")
    refused(*command, "--limit", "parameters:1e6", says=["parameters"], study="b.db")
    refused(*command, "--objective", "accuracy:max", "--objective", "macs:min", says=["objective"], study="b.db")
    good = open("b.db", "rb").read()
    space = {"name": "other",
             "genes": [{"name": f"g{i}", "kind": "ordinal", "values": v} for i, v in enumerate(VALUES)]}
    for sql, says in ((f"UPDATE fact SET value='{json.dumps(space)}' WHERE key='space'", "space"),
                      ("PRAGMA user_version=99", "version 99"), ("PRAGMA application_id=5", "another application"),
                      ("UPDATE trial SET state=12", "damaged")):
        with open("b.db", "wb") as file:
            file.write(good)
        database = sqlite3.connect("b.db")
        database.execute(sql)
        database.commit()
        database.close()
        refused(*command, says=["b.db", says], study="b.db")
    with open("b.db", "wb") as file:
        file.write(b"not a study at all, just some text\n" * 40)
    refused(*command, says=["b.db", "not a database"], study="b.db")
    with open("b.db", "wb"):
        pass
    check_result(search("--trials", 3, "--study", "b.db", "--resume"), 3, "b.db")  # empty: started
    process = subprocess.Popen([PROGRAM, *QUICK, "--trials", "500", "--study", "u.db"], stderr=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, text=True)
    process.stderr.readline()
    refused(*QUICK, "--trials", 500, "--study", "u.db", "--resume", says=["u.db", "in use"])
    check(len(trials("u.db")) > 0, "a study in use cannot be looked at")
    process.kill()
    process.communicate()


def impossible_limits():
    for limit, says in ("macs:1000", "macs"), ("parameters:10", "parameters"), ("arena_bytes:64", "arena_bytes"):
        refused("search", "--data", "shapes", "--input", 32, "--trials", 3, "--epochs", 1, "--limit", limit,
                "--study", "l.db", says=[says])
        check(not os.path.exists("l-results"), "l-results was left")
        if os.path.exists("l.db"):
            os.unlink("l.db")


def full_disk():
    """No file may grow beyond what the study needs already."""
    search("--trials", 5, "--study", "f.db")
    before = trials("f.db")
    limit = os.path.getsize("f.db")
    result = run(*QUICK, "--trials", 400, "--study", "f.db", "--resume",
                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    check(result.returncode == 2 and result.stderr.splitlines()[-1].startswith("hytnas: "), result)
    after = trials("f.db")
    check(after[:5] == before, "trials were lost")
    told = len([row for row in after if row["state"] != "pending"])
    check_result(search("--trials", told + 3, "--study", "f.db", "--resume"), told + 3, "f.db")


def main():
    with tempfile.TemporaryDirectory(prefix="hytnas-") as folder:
        os.chdir(folder)
        if sys.argv[2:3] == ["kill"]:
            killing(int(sys.argv[3]))
            return
        check(run("--help").returncode == 0 and run("--version").returncode == 0, "help")
        for name in "search", "describe", "study":
            check(max(map(len, run(name, "--help").stdout.splitlines())) <= 100, name)
        started = time.monotonic()
        steps = [bad_words, bad_pictures, impossible_limits, own_pictures, lambda: resuming(results()), ending_early,
                 int8_models, one_objective, ahead, samples_are_resumed, bad_studies, full_disk,
                 on_a_terminal, interrupting, one_shot, lambda: killing(6)]
        for step in steps:
            step()
            print(f"{time.monotonic() - started:5.1f} s  {step.__name__}", flush=True)


main()
