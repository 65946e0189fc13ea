# SPDX-License-Identifier: GPL-3.0-or-later
"""hytnas measure: a table that is gone on with, predictors that hytnas predict and hytnas search read.
usage: measure.py PROGRAM"""
import functools
import json
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


def searches_with_predictors(folder):
    """What is predicted is a metric like another: objective, limit, noted by the study, named where it is missing."""
    at = functools.partial(os.path.join, folder)
    pictures = SMALL[:10]
    measure = ['measure', *pictures, '--surrogate', 'ridge', '--folds', '4', '--count', '12', '--timing-ms', '1']
    run(*measure, '--metric', 'latency_ms', '--metric', 'parameters', '--out', at('a.csv'))
    run(*measure, '--metric', 'latency_ms', '--draw-seed', '9', '--out', at('b.csv'))
    run(*measure, '--metric', 'latency_ms', '--space', 'hytnas-wide', '--out', at('wide.csv'))
    quick = ['search', *pictures, '--trials', '5', '--epochs', '1', '--limit', 'macs:1e6', '--out', at('out')]
    latency, other = at('a-latency_ms.predictor'), at('b-latency_ms.predictor')
    wanted = ['--objective', 'accuracy:max', '--objective', 'predicted_latency_ms:min']
    study = [*quick, *wanted, '--study', at('s.db'), '--resume']
    result = json.loads(run(*study, '--predictor', latency, '--json'))
    assert result['front'], result
    for network in result['front']:
        said = json.loads(run('predict', '--model', latency, '--json', network['genome']))['value']
        assert network['objectives']['predicted_latency_ms'] == said, (network, said)
    with open(at('out/report.html'), encoding='utf-8') as page:
        assert 'predicted latency (ms)' in page.read()
    assert 'predictor of latency_ms=' in run(*study, '--predictor', other, good=False)
    run(*study, '--predictor', latency)
    limit = sorted(network['objectives']['predicted_latency_ms'] for network in result['front'])[0] * 1.05
    text = run(*quick, '--objective', 'accuracy:max', '--objective', 'macs:min', '--limit',
               f'predicted_latency_ms:{limit}', '--predictor', latency, '--json')
    for network in json.loads(text)['front']:  # no network above it is tried
        assert json.loads(run('predict', '--model', latency, '--json', network['genome']))['value'] <= limit, network
    for predictors, says in (
            ([], '--objective predicted_latency_ms: no --predictor says it'),
            ([latency, other], 'both predict latency_ms'),
            ([at('wide-latency_ms.predictor')], 'was made for space "hytnas-wide", not for "hytnas"'),
            ([at('none.predictor')], 'none.predictor'),
            ([at('a.csv')], 'a.csv'),
            ([at('a-parameters.predictor')], 'predicts parameters')):
        flags = [word for path in predictors for word in ('--predictor', path)]
        assert says in run(*quick, *wanted, *flags, good=False), (says, predictors)
    refused = run(*quick, '--predictor', latency, good=False)
    assert 'neither --objective nor --limit asks for predicted_latency_ms' in refused, refused


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
        assert 'Kendall' in run('predict', path, '--target', 'parameters', '--drop', 'energy_estimate_uj',
                                '--surrogate', 'ridge', '--split', '4')
        assert 'other genes or metrics' in run('measure', *SMALL[:-6], '--count', '12', '--out', path, good=False)
        whole = open(path).read()
        for flags, says in ((('--epochs', '3'), 'm.csv: was made with epochs 10, not 3'),
                            (('--precision', 'int8'), 'was made with precision fp32, not int8'),
                            (('--shapes-train', '9'), 'was made with train pictures '),
                            (('--input', '40'), 'was made with input 32, not 40'),
                            (('--draw-seed', '5'), 'was made with draw-seed 0, not 5')):
            assert says in run('measure', *SMALL, *flags, '--count', '14', '--out', path, good=False), flags
        assert open(path).read() == whole
        run('measure', *SMALL, '--threads', '2', '--folds', '3', '--count', '13', '--out', path)
        whole = open(path).read()
        os.remove(os.path.join(folder, 'm-settings.txt'))  # as a table that was made by hand
        assert '--draw-seed' in run('measure', *SMALL, '--draw-seed', '5', '--count', '14', '--out', path, good=False)
        assert open(path).read() == whole
        done = subprocess.run([PROGRAM, 'measure', *SMALL, '--count', '14', '--out', path], capture_output=True,
                              text=True)
        assert done.returncode == 0 and 'm-settings.txt' in done.stderr and len(open(path).readlines()) == 15, done
        assert not os.path.exists(os.path.join(folder, 'm-settings.txt'))  # nobody knows what the first rows are
        assert 'genome' in run('predict', '--model', model, '1:2', good=False).lower()
        searches_with_predictors(folder)


main()
