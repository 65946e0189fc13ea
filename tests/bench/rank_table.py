# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rank correlation's table makes of lines whose answer is known, and the lines of a training by epochs.
usage: rank_table.py RANK_CORRELATION"""
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

program = sys.argv[1]
BY_EPOCHS, EPOCHS = 'full, another seed', 24


def array(data, kind, shape):
    head = repr({'descr': kind, 'fortran_order': False, 'shape': shape}).encode()
    head += b' ' * (63 - (10 + len(head)) % 64) + b'\n'
    return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(head)) + head + data


def write_pictures(folder, side):
    os.makedirs(folder)
    draw = random.Random(side)
    for part in ('train', 'val', 'test'):
        with zipfile.ZipFile(f'{folder}/{part}.npz', 'w') as out:
            out.writestr('X.npy', array(draw.randbytes(8 * side * side * 3), '|u1', (8, side, side, 3)))
            out.writestr('y.npy', array(bytes(i % 2 for i in range(8)), '|u1', (8,)))


def run(*arguments, code=0):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == code, done
    return done.stdout if code == 0 else done.stderr


def read(path):
    with open(path, encoding='utf-8') as file:
        return [json.loads(line) for line in file if line.endswith('\n')]


def append(path, method, candidate, value, seconds, **more):
    with open(path, 'a', encoding='utf-8') as out:
        line = {'method': method, 'candidate': candidate, 'value': value, 'quality': value, 'cpu_seconds': seconds}
        out.write(json.dumps({**line, **more}) + '\n')


def rows_of(table):
    cells = [[cell.strip() for cell in line.split('|')[1:-1]] for line in table.splitlines() if line.startswith('| ')]
    return {row[0]: row[1:] for row in cells[2:]}


def measured_by_epochs(folder, out):
    """Killed after its first line."""
    child = subprocess.Popen([program, folder, out, BY_EPOCHS])
    deadline = time.time() + 60
    while not (os.path.exists(out) and read(out)) and time.time() < deadline and child.poll() is None:
        time.sleep(0.02)
    child.kill()
    child.wait()
    line = read(out)[0]
    assert line['method'] == BY_EPOCHS and len(line['scores']) == EPOCHS, line
    assert line['scores'] == sorted(line['scores']) and line['scores'][-1] == line['value'], line


with tempfile.TemporaryDirectory() as work:
    small, other, out = f'{work}/small', f'{work}/other', f'{work}/lines.jsonl'
    write_pictures(small, 32)
    write_pictures(other, 48)
    measured_by_epochs(small, f'{work}/epochs.jsonl')
    run(small, out, 'parameters', 'macs')
    sizes = {line['candidate']: line['value'] for line in read(out) if line['method'] == 'parameters'}
    assert len(sizes) == 60
    order = sorted(sizes, key=sizes.get)
    for place, candidate in enumerate(order):  # the larger, the better, at once and all the way
        end = 0.4 + 0.1 * math.log10(sizes[candidate])
        append(out, 'full', candidate, end, 20)
        append(out, '4 epochs', candidate, end, 4)
        scores = [end * (1 - 0.5 / (1 + epoch)) for epoch in range(EPOCHS)]
        append(out, BY_EPOCHS, candidate, scores[-1], 24, scores=scores)
    with open(out, 'a', encoding='utf-8') as file:
        file.write('{"method": "1 epoch", "candidate": 3, "value": 0.5, "qual')  # killed in its middle
    table = rows_of(run('--table', out))
    assert 'predictor, trained on the others' not in table and '1 epoch' not in table, table
    assert table['4 epochs'][:2] == ['60', '1.00'] and table['4 epochs'][4] == '1/5', table
    # Who is ended early is worse than those that go on, but for the first, who had nobody to be worse than.
    rungs = table['multi-fidelity rungs']
    assert rungs[0] == '60' and 0.5 < float(rungs[1]) < 1 and 2 < float(rungs[4][2:]) < 12, rungs
    text = run('--table', out, small)
    table = rows_of(text)
    for name in ('predictor, trained on the others', "predictor, trained on the others' 4 epochs"):
        assert table[name][0] == '60' and float(table[name][1]) > 0.7 and float(table[name][4][2:]) > 1000, table
    assert 'from 54 such evaluations' in text and '1080.0 s' in text and '216.0 s' in text, text
    again = rows_of(run('--table', out, small))
    assert {name: row[:3] for name, row in table.items()} == {name: row[:3] for name, row in again.items()}
    assert 'not of' in run('--table', out, other, code=2)
    assert 'cannot be read' in run('--table', f'{work}/none', code=2)
