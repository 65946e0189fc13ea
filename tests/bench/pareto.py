# SPDX-License-Identifier: GPL-3.0-or-later
"""Times of tests/bench/pareto beside pagmo's on the same sets, in one run: a table, and what is to be reached.
usage: pareto.py PROGRAM PEER [ROOT]
PROGRAM is the benchmark, PEER pareto.cpp compiled; with ROOT the peer runs in that root folder, PEER being there."""
import json
import os
import subprocess
import sys
import tempfile

# At least so many times as fast as pagmo.
BARS = {("volume", 3): 2, ("volume", 5): 3, ("sort", 3): 5}


def lines(command):
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def main():
    program, peer = sys.argv[1:3]
    root = sys.argv[3] if len(sys.argv) > 3 else None
    with tempfile.NamedTemporaryFile(dir=os.path.join(root, "tmp") if root else None) as sets:
        ours = lines([program, sets.name])
        name = "/tmp/" + os.path.basename(sets.name) if root else sets.name
        theirs = lines((["chroot", root] if root else []) + [peer, name])
    missed = 0
    print("| task | shape | n | m | ms | pagmo, ms | times as fast | bar |\n|---|---|---|---|---|---|---|---|")
    for a, b in zip(ours, theirs):
        assert abs(a["answer"] - b["answer"]) <= 1e-9 * abs(b["answer"]), (a, b)
        bar, ratio = BARS.get((a["task"], a["m"]), 0), b["ms"] / a["ms"]
        missed += ratio < bar
        print("| %s | %s | %d | %d | %.3f | %.3f | %.1f | %s |" % (a["task"], a["shape"], a["n"], a["m"], a["ms"],
                                                                   b["ms"], ratio, bar or ""))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
