"""Are our own training rows really our own, and what are they? On a file of labelled messages.

Counts the rows by language and label, and looks for any stretch of eight words (or of twenty-four characters
in Chinese) that a row of ours shares with a message of the file: there must be none. Exit code 1 otherwise.

.venv/bin/python -m benchmarks.guard_own_rows messages.jsonl
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from guildhall.guard.model.own import own_rows, seeds

WORDS = 8
CHARACTERS = 24

_WORD = re.compile(r"\w+")
_CJK = re.compile(r"[\u3400-\u9fff]")


def stretches(text: str) -> Iterator[str]:
    """Every run of eight words; for text with Chinese characters every run of twenty-four characters."""
    if _CJK.search(text):
        plain = re.sub(r"\s+", "", text.lower())
        yield from (plain[at : at + CHARACTERS] for at in range(len(plain) - CHARACTERS + 1))
        return
    words = _WORD.findall(text.lower())
    yield from (" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("messages", type=Path)
    arguments = parser.parse_args()

    rows = own_rows()
    print(f"{len(seeds())} hand-written lines, {len(rows)} rows")
    for (lang, label), count in sorted(Counter((row.lang, row.label) for row in rows).items()):
        print(f"  {lang:8} {'spam' if label else 'ham':5} {count}")
    ours = {stretch: row for row in rows for stretch in stretches(row.text)}
    shared = 0
    with arguments.messages.open(encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)["text"]
            found = next((ours[stretch] for stretch in stretches(text) if stretch in ours), None)
            if found:
                shared += 1
                print(f"shared: {found.group}: {found.text[:100]!r}\n   with {text[:140]!r}")
    print(f"{shared} messages share a stretch with a row of ours")
    return 1 if shared else 0


if __name__ == "__main__":
    sys.exit(main())
