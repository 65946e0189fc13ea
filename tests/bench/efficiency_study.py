#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What networks, single operations and genes cost in time, memory and size: docs/efficiency_study.md.

  efficiency_study.py BUILD --data study.json                     measures with BUILD/examples/hytnas/hytnas and
                                                                  BUILD/tests/bench/efficiency (about 5 minutes)
  efficiency_study.py BUILD --data study.json --report PAGE.md    writes the page from what was measured
"""
import argparse
import json
import platform
import subprocess
import sys

NETWORKS = [("mobilenetv1-0.25", 96), ("mobilenetv2-0.35", 96), ("mobilenetv3-small", 96), ("mobilenetv3-large", 96),
            ("resnet-18", 96), ("mobilevit-xxs", 96), ("mobilevit-xs", 96), ("mobilevit-s", 96), ("vit-tiny", 96),
            ("deit-tiny", 96), ("convit-tiny", 96), ("swin-tiny", 224), ("pvt-tiny", 96), ("ssdlite-mobilenetv3", 320),
            ("yolo-nano", 320), ("detr-tiny", 320), ("maskrcnn-fpn", 224), ("maskrcnn-head", 14),
            ("mobilenetv1-0.25", 224), ("mobilevit-xxs", 224), ("vit-tiny", 224)]


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            return next(line.split(":", 1)[1].strip() for line in f if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def measure(build, ms):
    rows = []
    for name, side in NETWORKS:
        print(name, side, file=sys.stderr, flush=True)
        done = subprocess.run([f"{build}/examples/hytnas/hytnas", "profile", name, "--input", str(side),
                               "--ms", str(ms), "--precision", "fp32,bf16,fp16,int8", "--threads", "1,2",
                               "--json", "-"],
                              stdout=subprocess.PIPE, check=True)
        for row in json.loads(done.stdout):
            kinds = {}
            for step in row.pop("steps"):
                kinds[step["kind"]] = kinds.get(step["kind"], 0) + step["ms"]
            rows.append({**row, "kinds": kinds})
    print("genes", file=sys.stderr, flush=True)
    done = subprocess.run([f"{build}/tests/bench/efficiency", "--ms", str(max(ms // 5, 20))], stdout=subprocess.PIPE,
                          check=True)
    genes = [json.loads(line) for line in done.stdout.splitlines()]
    return {"processor": processor(), "ms": ms, "networks": rows, "genes": genes}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]) + "\n"


def short(value):
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def networks_table(data):
    rows = []
    for name, side in NETWORKS:
        of = {(r["precision"], r["threads"]): r for r in data["networks"]
              if r["network"] == name and r["input"] == side}
        one = of["fp32", 1]
        kinds = sorted(one["kinds"].items(), key=lambda item: -item[1])
        total = sum(one["kinds"].values())
        rows.append([f"{name} @{side}", short(one["macs"] / 1e6), short(one["parameters"] / 1e6)] +
                    [short(of[p, 1]["latency_ms"]) for p in ("fp32", "bf16", "fp16", "int8")] +
                    [short(of[p, 2]["latency_ms"]) for p in ("fp32", "int8")] +
                    [f"{one['arena_bytes']:,}", f"{of['int8', 1]['arena_bytes']:,}",
                     f"{of['int8', 1]['weight_bytes']:,}",
                     ", ".join(f"{kind} {100 * ms / total:.0f} %" for kind, ms in kinds[:3])])
    return table(["network", "M MACs", "M parameters", "fp32 ms", "bf16", "fp16", "int8", "fp32, 2 threads",
                  "int8, 2 threads", "arena fp32", "arena int8", "weights int8", "time in fp32"], rows)


def effects(rows, precision):
    """Greatest over least value of each cost while a gene runs over its values."""
    of = {}
    for r in rows:
        if r["precision"] == precision:
            of.setdefault(r["gene"], []).append(r)
    spread = lambda values, key: max(v[key] for v in values) / min(v[key] for v in values)
    return {gene: [spread(values, key) for key in ("latency_ms", "arena_bytes", "weight_bytes", "macs")]
            for gene, values in of.items()}


def genes_table(data):
    rows = [r for r in data["genes"] if r["case"] == "gene"]
    exact, rounded = effects(rows, "fp32"), effects(rows, "int8")
    order = sorted(exact, key=lambda gene: -exact[gene][0])
    return table(["gene", "latency fp32", "latency int8", "arena fp32", "arena int8", "weights", "MACs"],
                 [[g, f"{exact[g][0]:.2f}", f"{rounded[g][0]:.2f}", f"{exact[g][1]:.2f}", f"{rounded[g][1]:.2f}",
                   f"{exact[g][2]:.2f}", f"{exact[g][3]:.2f}"] for g in order])


def kind_effects(data):
    """The genes of one kind together: geometric means over the layers, greatest latency in float32 first."""
    rows = [r for r in data["genes"] if r["case"] == "gene"]
    exact, rounded = effects(rows, "fp32"), effects(rows, "int8")
    kinds = {}
    for gene in exact:
        kinds.setdefault(gene.split("_", 1)[1], []).append(gene)

    def mean(values):
        product = 1.0
        for v in values:
            product *= v
        return product ** (1 / len(values))
    lines = [[kind] + [f"{mean([e[g][i] for g in genes]):.2f}" for e, i in
                       ((exact, 0), (rounded, 0), (exact, 1), (exact, 2), (exact, 3))] for kind, genes in kinds.items()]
    return sorted(lines, key=lambda line: -float(line[1]))


def kinds_table(data):
    lines = kind_effects(data)
    said = (f"Most of the latency hangs on {lines[0][0]}, {lines[1][0]} and {lines[2][0]}, least on {lines[-2][0]} and "
            f"{lines[-1][0]}. The space `hytnas` keeps\nchannels, expansion and depth as genes, ties the embedding "
            "size to the channels (the largest power of two below) and fixes the kernel at 3;\nheads stay a gene, "
            "since they cost little and may help accuracy.\n")
    return table(["kind of gene", "latency fp32", "latency int8", "arena", "weights", "MACs"], lines) + "\n" + said


def operations_table(data):
    rows = [r for r in data["genes"] if r["case"] == "operation"]
    lines = []
    for gene in dict.fromkeys(r["gene"] for r in rows):
        for value in dict.fromkeys(r["value"] for r in rows if r["gene"] == gene):
            of = {r["precision"]: r for r in rows if r["gene"] == gene and r["value"] == value}
            exact, rounded = of["fp32"], of["int8"]
            lines.append([gene, f"{value:g}", short(exact["latency_ms"] * 1e3), short(rounded["latency_ms"] * 1e3),
                          f"{exact['arena_bytes']:,}", f"{rounded['arena_bytes']:,}", f"{rounded['weight_bytes']:,}",
                          short(exact["macs"] / 1e6)])
    return table(["operation's", "value", "fp32 us", "int8 us", "arena fp32", "arena int8", "weights int8", "M MACs"],
                 lines)


def report(data, path):
    text = f"""# What networks, operations and genes cost

Made by `tests/bench/efficiency_study.py` on this processor: {data['processor']}. Latencies are medians of bursts over
about {data['ms']} ms each, on a machine that may also have done other work: compare within a table. Weights are random,
int8 is calibrated on one random picture, neither of which changes the time. Arena: all activations and scratch of a
run, as planned.

## Networks

Every builder, in every precision, on one thread and on two; the last column says where the time goes in float32.

{networks_table(data)}
## Single operations

On a map of 24 x 24 pixels and 48 channels: a MobileViT block with one transformer layer by its heads (embedding size
96) and by its embedding size (2 heads), depthwise and full convolutions by their kernel, an inverted residual by its
expansion.

{operations_table(data)}
## Genes of hytnas-wide

Around the middle network of the space (every gene at its middle value, input 96 x 96), one gene at a time runs over its
values. A number is the greatest cost over the least: 1 means that the gene does not matter.

By kind of gene, the geometric mean over its layers:

{kinds_table(data)}
Each gene:

{genes_table(data)}"""
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--data", required=True)
    parser.add_argument("--report")
    parser.add_argument("--ms", type=int, default=150)
    a = parser.parse_args()
    if a.report:
        with open(a.data, encoding="utf-8") as f:
            report(json.load(f), a.report)
        return
    with open(a.data, "w", encoding="utf-8") as f:
        json.dump(measure(a.build, a.ms), f)


if __name__ == "__main__":
    main()
