# SPDX-License-Identifier: GPL-3.0-or-later
"""The closing line of tests/run.sh, and what was skipped: a skip that nobody sees is a test that nobody has."""
import json
import sys

passed, failed, skipped = 0, [], []
with open(sys.argv[1], encoding="utf-8") as log:
    for line in log:
        result = json.loads(line)
        text = result.get("stdout") or ""
        if result["result"] == "OK":
            passed += 1
        elif result["result"] == "SKIP":
            skipped.append((result["name"], text))
        else:
            failed.append(result["name"])
        for row in text.splitlines():
            if row.startswith("skipped:"):
                print(f"{result['name']}: {row}")
for name, text in skipped:
    print(f"{name} was skipped: {(text.strip().splitlines() or ['no reason given'])[-1]}")
for name in failed:
    print(f"{name} failed")
print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
sys.exit(bool(failed) or passed == 0)
