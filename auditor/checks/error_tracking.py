"""Checks of what tags are told on the page for what is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import PageType, Scope

# Words by which titles say that a page is not there
_SAYS = re.compile(
    r"(?i)404|410|not\s?found|no (?:such )?page|missing|gone|doesn['’]t exist|does not exist|(?:can|could)(?:no|n['’])t (?:be )?f(?:ind|ound)|error|oops|whoops|lost"
    r"|nicht gefunden|existiert nicht|fehler|introuvable|non trouv|erreur|n['’]existe|no (?:se )?encontrad|no existe|non trovat|errore|niet gevonden|fout|não encontrad|erro\b"
    r"|nie znaleziono|błąd|hittades inte|ikke fundet|ikke funnet|ei löydy|ei löytynyt|nenalezen|nem található|bulunamadı|не найден|не знайден|δεν βρέθηκε|未找到|找不到|不存在|見つかりません|찾을 수 없"
)


@check(scope=Scope.SITE)
def errors_told_apart(run: SiteQuery) -> Iterator[Observation]:
    """The page for what is not there tells those who count page views that it is one: by its title, or in a script.

    A title that is the start page's own, or none, says nothing; words that nobody here knows could not be judged. Tags that scripts
    bring later are not seen.
    """
    probe, look = run.probe("not-found"), run.look("not-found")
    if probe is None or look is None or probe.status not in (404, 410):
        yield inapplicable("how the shop answers for what is not there is not known, or not by 404")
        return
    if not look.counters:
        yield inapplicable("that page starts no tag that counts page views")
        return
    if look.told or _SAYS.search(look.title):
        return
    home = next((one for one in run.fetched(PageType.HOME)), None)
    start = home.meta.title.strip() if home is not None else ""
    if home is None or (look.title.strip() and look.title.strip() != start):
        yield cant_tell(f"whether “{look.title[:60]}” says that the page is not there is not known")
        return
    known = (vendors.load().get(one) for one in look.counters)
    yield failed(
        "",
        Excerpt("title", look.title or "none"),
        page=home.url,
        tags=" and ".join(row.name for row in known if row is not None),
        title=f"the start page's title, “{look.title[:80]}”" if look.title.strip() else "no title",
    )
