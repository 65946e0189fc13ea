# SPDX-License-Identifier: GPL-3.0-or-later
"""hytnas measure: a table that is gone on with, predictors that hytnas predict reads. usage: measure.py PROGRAM"""
import os
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
SMALL = ['--data', 'shapes', '--input', '32', '--shapes-train', '8', '--shapes-val', '8', '--shapes-test', '4',
         '--metric', 'parameters', '--metric', 'energy_estimate_uj', '--surrogate', 'ridge', '--folds', '4']


def run(*arguments, good=True):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)
    assert (done.returncode == 0) == good, done
    return done.stdout if good else done.stderr


def main():
    with tempfile.TemporaryDirectory() as folder:
        path, other = os.path.join(folder, 'm.csv'), os.path.join(folder, 'whole.csv')
        text = run('measure', *SMALL, '--count', '8', '--out', path)
        assert 'parameters: Kendall tau' in text and 'energy_estimate_uj: Kendall tau' in text, text
        lines = open(path).read().splitlines()
        assert len(lines) == 9 and lines[0].startswith('row,') and lines[0].endswith(',parameters,energy_estimate_uj')
        with open(path, 'w') as file:  # killed in the middle of a line
            file.write('\n'.join(lines[:6]) + '\n' + lines[6][:9])
        run('measure', *SMALL, '--count', '12', '--out', path)
        run('measure', *SMALL, '--count', '12', '--out', other)
        assert open(path).read() == open(other).read()
        genome = ':'.join(lines[1].split(',')[1:-2])
        model = os.path.join(folder, 'm-parameters.predictor')
        assert '+-' in run('predict', '--model', model, genome)
        assert '"value"' in run('predict', '--model', model, '--json', genome)
        assert 'Kendall' in run('predict', path, '--target', 'parameters', '--drop', 'energy_estimate_uj', '--surrogate',
                                'ridge', '--split', '4')
        assert 'other genes or metrics' in run('measure', *SMALL[:-6], '--count', '12', '--out', path, good=False)
        assert '--draw-seed' in run('measure', *SMALL, '--draw-seed', '5', '--count', '12', '--out', path, good=False)
        assert 'genome' in run('predict', '--model', model, '1:2', good=False).lower()


main()
