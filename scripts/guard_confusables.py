"""Derives the table of look-alike letters from Unicode's confusables (UTS #39).

Keeps what somebody can pass off as a Latin letter, in two parts: letters of alphabets nobody chats in
(`plain`, folded wherever they stand) and of living ones (`alike`, folded only inside words that imitate
Latin); and CJK radicals and look-alikes of Han characters (`han`). Reads the data file of the package
confusable-homoglyphs, which is Unicode's table as JSON. Run: python scripts/guard_confusables.py
confusables.json
"""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src/guildhall/guard/letters/confusables.json"
LIVING = (
    "CYRILLIC", "GREEK", "ARMENIAN", "HEBREW", "ARABIC", "EXTENDED", "GEORGIAN", "THAI", "LAO", "ETHIOPIC",
    "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM",
    "SINHALA", "MYANMAR", "HANGUL", "KHMER", "TIBETAN",
)  # fmt: skip
NUMERALS = "〇"
SOURCE = (
    "Unicode confusables.txt (UTS #39), by way of confusable-homoglyphs 3.3.1; made by"
    " scripts/guard_confusables.py."
)
LICENCE = "Unicode License v3, Copyright (c) 1991-2025 Unicode, Inc. See NOTICE."


def main() -> None:
    data = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    plain: dict[str, list[str]] = {}
    alike: dict[str, list[str]] = {}
    han: dict[str, str] = {}
    for char, others in data.items():
        if len(char) != 1 or char.isascii() or char in NUMERALS:
            continue
        if not char.isalpha() and unicodedata.category(char) not in ("So", "No", "Nl", "Sm"):
            continue
        if unicodedata.normalize("NFKC", char).isascii():
            continue
        names = [other["c"] for other in others]
        letters = sorted({n.lower() for n in names if len(n) == 1 and n.isascii() and n.isalpha()})
        script = unicodedata.name(char, "").split(" ")[0]
        if letters:
            letter = letters[0] if letters != ["i", "l"] else "i"
            part = alike if script in LIVING else plain
            part.setdefault(letter, []).append(char)
        elif script in ("CJK", "KANGXI"):
            real = sorted(n for n in names if len(n) == 1 and "\u4e00" <= n <= "\u9fff")
            if real and not "\u4e00" <= char <= "\u9fff" and unicodedata.normalize("NFKC", char) == char:
                han[char] = real[0]
    kept = {
        "source": SOURCE,
        "licence": LICENCE,
        "plain": {letter: "".join(sorted(chars)) for letter, chars in sorted(plain.items())},
        "alike": {letter: "".join(sorted(chars)) for letter, chars in sorted(alike.items())},
        "han": ["".join(sorted(han)), "".join(han[char] for char in sorted(han))],
    }
    TARGET.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    count = sum(len(chars) for part in (plain, alike) for chars in part.values()) + len(han)
    print(f"{count} characters, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
