"""Checks of words that are of another language than their page: buttons and labels that nobody translated."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts import letters
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable

_SHOWN = 5


@check(needs={"wording", "meta"})
def labels_in_page_language(snapshot: Snapshot, *, labels: dict[str, frozenset[str]]) -> Iterator[Observation]:
    """No button or label that stands alone on its line is one of another language's `labels` (language -> what shops write there).

    Judged only where the page has a label in its own language too: else the page may be in the other language as a whole, and
    only say of itself that it is not.
    """
    language = snapshot.meta.lang.replace("_", "-").partition("-")[0].casefold()
    own = labels.get(language)
    if own is None:
        yield inapplicable("the labels of the page's language are not known")
        return
    lines = {line.strip(" .:!›»→+").casefold() for line in snapshot.wording.text.splitlines() if len(line) < 40}
    right = own & lines
    if not right:
        yield inapplicable("the page has no label that is known to be in its language")
        return
    for other, words in labels.items():
        if other != language and (wrong := sorted((words - own) & lines)):
            yield failed(
                f"{language} {wrong[0]}",
                *(Excerpt(other, one) for one in wrong[:_SHOWN]),
                Excerpt(language, min(right)),
                language=language,
                other=other,
                words=wrong[:_SHOWN],
            )


@check(needs={"wording", "meta"})
def letters_of_language(
    snapshot: Snapshot, *, share: float = 0.6, latin: float = 0.97, least: int = 300
) -> Iterator[Observation]:
    """The text is in letters that the language is written in which the page names. Asked of `least` letters or more."""
    lang = snapshot.meta.lang.strip()
    subtags = lang.casefold().replace("_", "-").split("-")
    if not lang or any(len(one) == 4 and one.isalpha() for one in subtags[1:]):
        yield inapplicable("it names a script, too" if lang else "it does not say its language")
        return
    script, part = letters.foreign(subtags[0], snapshot.wording.text, share=share, latin=latin, least=least)
    if script:
        line = max(snapshot.wording.text.splitlines(), key=lambda one: letters.shares(one)[0][script], default="")
        yield failed(
            f"{subtags[0]} {script}",
            Excerpt("lang", lang),
            Excerpt("text", line[:200]),
            lang=lang,
            script=script,
            part=f"{part:.0%}",
        )
