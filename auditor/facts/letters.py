"""Facts about the letters of a text: which script most of it is written in, and whether a language is written so; read by checks of languages."""

from __future__ import annotations

import re
from collections import Counter

_MOST = 20_000  # characters that are looked at
_SCRIPTS = {
    "Latin": r"A-Za-z\u00c0-\u024f\u1e00-\u1eff",
    "Greek": r"\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic": r"\u0400-\u052f",
    "Hebrew": r"\u0590-\u05ff",
    "Arabic": r"\u0600-\u06ff\u0750-\u077f",
    "Devanagari": r"\u0900-\u097f",
    "Thai": r"\u0e00-\u0e7f",
    "Japanese kana": r"\u3041-\u30ff",
    "Korean": r"\u1100-\u11ff\uac00-\ud7a3",
    "Chinese": r"\u3400-\u9fff",
}
_RUNS = {name: re.compile(f"[{letters}]+") for name, letters in _SCRIPTS.items()}
_FAR = re.compile(r"[^\x00-\x7f]+")
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
# Languages that are written in one of these; all others that are known are written in Latin letters
_WRITTEN = {
    "Greek": frozenset({"el", "grc"}),
    "Cyrillic": frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "tt", "ba", "ce", "uz", "az", "bs", "sh", "cnr", "me", "ro", "mo", "os", "cv"}),
    "Hebrew": frozenset({"he", "iw", "yi"}),
    "Arabic": frozenset({"ar", "fa", "ur", "ps", "ckb", "ku", "ug", "sd", "pa", "ks", "ms", "az", "uz", "kk", "dv", "arz", "ary", "apc"}),
    "Devanagari": frozenset({"hi", "mr", "ne", "sa", "kok", "mai", "bho", "doi", "sd", "ks"}),
    "Thai": frozenset({"th"}),
    "Japanese kana": frozenset({"ja"}),
    "Korean": frozenset({"ko"}),
    "Chinese": frozenset({"zh", "ja", "yue", "wuu", "nan", "hak", "cmn", "lzh", "ko"}),
}  # fmt: skip
# Where shops write nearly all in another script than Latin
_NEVER_LATIN = frozenset({"el", "ru", "uk", "be", "bg", "mk", "he", "iw", "ar", "fa", "ur", "th", "ja", "ko", "zh"})


def shares(text: str) -> tuple[Counter[str], int]:
    """Letters of each script, and of all. Kana and Chinese signs together are Japanese."""
    part = text[:_MOST]
    near = len(part.encode("ascii", "ignore").translate(None, _NO_LETTERS))  # nearly all, of most pages
    far = "" if part.isascii() else " ".join(_FAR.findall(part))
    counted = Counter({name: sum(map(len, run.findall(far))) if far else 0 for name, run in _RUNS.items()})
    counted["Latin"] += near
    if counted["Japanese kana"] * 10 > counted["Chinese"]:
        counted["Japanese kana"] += counted.pop("Chinese", 0)
    return counted, counted.total()


def foreign(language: str, text: str, *, share: float, latin: float, least: int) -> tuple[str, float]:
    """The script that the language is not written in, and its share of the letters; ("", 0) where there is none or the text is short.

    `language`: its first subtag, in small letters. `share` of the letters must be in that script, of Latin ones `latin`: names of
    brands and of sizes are written so everywhere.
    """
    counted, whole = shares(text)
    if whole < least or not language:
        return "", 0.0
    script, count = counted.most_common(1)[0]
    part = count / whole
    if script == "Latin":
        return (script, part) if language in _NEVER_LATIN and part >= latin else ("", 0.0)
    return (script, part) if language not in _WRITTEN[script] and part >= share else ("", 0.0)
