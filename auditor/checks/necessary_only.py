"""What a banner says of the cookies that are set: whether only those that nobody has to agree to; read by the checks of consent."""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[.!?;:\n]+(?=\s|$)")
_ONLY = re.compile(
    r"(?i)(?<!\w)(?:only|solely|exclusively|nothing but|nur|ausschließlich|lediglich|uniquement|seulement|exclusivement|que (?:des|les)|s[oó]lo|solamente|únicamente"
    r"|exclusivamente|apenas|somente|soltanto|esclusivamente|unicamente|alleen|uitsluitend|enkel|endast|bara|kun|vain|tylko|wyłącznie|pouze|jen|csak|doar)(?!\w)"
)
_NECESSARY = re.compile(
    r"(?i)(?<!non)(?<!non[- ])(?<!\bnot )(?:(?<!\w)(?:necessary|essential|required|needed|notwendig\w*|erforderlich\w*|essenziell\w*|nécessaires?|essentiels?|obligatoires?|necesari[ao]s?"
    r"|esenciales|técnic[ao]s?|necessári[ao]s?|essenciais|necessari|tecnic[io]|essenziali|noodzakelijke?|nödvändiga|nødvendige|välttämättömiä|niezbędn\w+|nezbytn\w+|szükséges|necesare)(?!\w))"
)
_SET = re.compile(
    r"(?i)(?<!\w)(?:uses?|used|using|sets?|places?|placed|stores?|stored|verwende[nt]|verwendet|nutz(?:en|t)|genutzt|setz(?:en|t)|gesetzt|eingesetzt|gespeichert|speicher[nt]|utilis(?:e|ent|ons|és?)"
    r"|dépos(?:e|ons|és?)|us[ao]n?|usamos|utiliz\w+|emple\w+|gebruik(?:en|t)|geplaatst|plaatst|plaatsen|använd(?:er|s)|bruge[rs]|bruker|brukes|käyt\w+|używa\w*|stosuje\w*|používá\w*|használ\w*|folosi\w*|util[iî]z\w*)(?!\w)"
)
# Whoever reads may choose, or more comes with the answer
_CHOICE = re.compile(
    r"(?i)(?<!\w)(?:you (?:can|may|want|wish|prefer|agree|accept|consent|allow)|if you|unless|until|by default|(?:with|without|after|before) your|would like|choose|sie (?:können|möchten|nur|wollen)"
    r"|wenn (?:sie|du)|du kannst|(?:mit|ohne|nach) (?:ihrer|deiner)|standardmäßig|solange|bis (?:sie|du)|vous (?:pouvez|souhaitez|acceptez)|si vous|(?:avec|sans) votre|par défaut|puedes?|si (?:usted|aceptas?)"
    r"|(?:con|sin) (?:su|tu)|por defecto|puoi|può|se (?:accetti|vuoi|você)|(?:con|senza) (?:il )?(?:tuo|suo)|je (?:kunt|kan)|u kunt|als (?:je|u)|(?:met|zonder) (?:je|jouw|uw)|du kan|om du|hvis du|możesz|jeśli)(?!\w)"
)
_MORE = re.compile(
    r"(?i)analy[st]|marketing|statisti|tracking|traceur|advert|targeted|werb(?:ung|e|lich)|personali[sz]|publicit|pubblicit|reklam|third.part|drittanbieter|(?<!\w)tiers(?!\w)|optional"
)
_NONE = re.compile(
    r"(?i)(?<!\w)(?:no|not|never|none|without|neither|nor|don[’']t|kein\w*|nicht|weder|ohne|ne|n[’']\w+|pas|aucune?|sans|ni|nunca|sin|não|sem|non|nessun\w*|senza|geen|niet|zonder|inga|inte|utan|ingen|ikke|uden|uten|nie|żadn\w+|bez|ei|nem)(?!\w)"
)
_ALL = re.compile(
    r"(?i)(?<!\w)(?:all|everything|alle[ms]?|alles|tout(?:e?s)?|tous|tod[ao]s?|tutt[io]|allemaal|alla|kaikki|wszystk\w+|vše|všechny|összes|toate)(?!\w)"
)


def says_only_necessary(text: str, accept: str) -> bool:
    """Whether a banner says that no cookies are set but necessary ones, so that there is nothing to reject.

    `accept`: the words of its answer; one that accepts all says that there is more. So does a sentence that names analytics or
    marketing without a no.
    """
    if _ALL.search(accept):
        return False
    sentences = _SENTENCE.split(text)
    if any(_CHOICE.search(one) or (_MORE.search(one) and not _NONE.search(one)) for one in sentences):
        return False
    return any(
        "cookie" in one.lower() and all(kind.search(one) for kind in (_ONLY, _NECESSARY, _SET)) for one in sentences
    )
