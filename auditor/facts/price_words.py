"""Facts about the words around a price, in the languages of the shops: which make it an old one, a unit's, an instalment."""

from __future__ import annotations

import re
from functools import lru_cache

from auditor.facts import price_languages as more
from auditor.model.late import late

# Kana, Chinese signs and Hangul, which are written without blanks between words
_UNSPACED = late(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _any(*words: str, end: bool = False) -> re.Pattern[str]:
    tail = r"[\s:.*(：（]*$" if end else ""
    spaced = "|".join(word for word in words if not _UNSPACED.search(word))
    unspaced = "".join(f"|{word}" for word in words if _UNSPACED.search(word))
    return late(rf"(?:(?<!\w)(?:{spaced})(?!\w){unspaced}){tail}", re.IGNORECASE)


# Right before the amount
FROM = _any(
    "from", "starting (?:at|from)", "starts at", "as low as", "ab", "schon ab", "bereits ab", r"à partir d[e']", r"a partir de", "dès", "desde", "da", "a partire da",
    "vanaf", "från", "fra", "alkaen", "od", "już od", "от", "από", "de la", *more.FROM, end=True,
)  # fmt: skip
FROM_AFTER = late(rf"^\s{{0,3}}(?:{more.FROM_AFTER})", re.IGNORECASE)
# All that stands before the amount, back to the one before
UP_TO = late(r"\s*(?:up )?(?:to|bis|à|jusqu'à|a|hasta|tot|do|até|till|til|up to)\s*:?\s*", re.IGNORECASE)
WAS = _any(
    "was", "were", "previously", "before", "old price", "orig(?:inal(?:ly)?)?\\.?(?: price)?", "comparable value", "list price", "compare(?:d)? (?:at|to)(?: price)?", "msrp", "m\\.s\\.r\\.p\\.?",
    "rrp", "r\\.r\\.p\\.?", "srp", "uvp", "unverb\\.? preisempf(?:\\.|ehlung)?", "unverbindliche preisempfehlung", "statt", "bisher", "vorher", "alter preis", "ehemaliger preis", "früher",
    "streichpreis", "ursprünglich(?:er preis)?", "avant", "au lieu de", "prix (?:(?:public |de vente )?conseillé|barré|d'origine)", "ancien prix", "antes",
    "precio (?:anterior|original|recomendado)", "p\\.?v\\.?p\\.? recomendado", "pvpr", "prima", "prezzo (?:precedente|originale|di listino|consigliato)", "invece di", "anziché", "adviesprijs", "oude prijs", "was:", "van", "ord\\.? ?pris", "rek\\.? ?pris", "ve[ij]l(?:\\.|edende) ?(?:utsalgs|udsalgs)?pris", "tidigare(?: pris)?",
    "førpris", "før", "tidligere pris", "cena (?:regularna|przed obniżką)", "dotychczasowa cena", "původní cena", "před slevou", "preço (?:original|anterior)", *more.WAS,
)  # fmt: skip
REGULAR = _any(
    "regular(?: price)?", "retail(?: price)?", "normal(?: price)?", "regulärer preis", "normaler preis", "normalpreis", "prix (?:habituel|normal|régulier)", "precio (?:habitual|normal)",
    "prezzo (?:di listino|normale)", "normale prijs", "normaal", "ordinarie pris", "normalpris", "cena (?:normalna|katalogowa)", "preço normal", "reg\\.?", "list", "listenpreis", "ladenpreis",
    "p\\.?v\\.?p\\.?", "p\\.?v\\.?c\\.?", *more.REGULAR,
)  # fmt: skip
NOW = _any(
    "now(?: only)?", "sale(?: price)?", "special(?: price)?", "your price", "our price", "today", "deal(?: price)?", "jetzt(?: nur)?", "nur", "aktionspreis", "angebotspreis",
    "sonderpreis", "prix (?:promotionnel|soldé|spécial)", "maintenant", "ahora", "precio (?:de oferta|especial)", "prezzo (?:scontato|speciale)", "ora", "aanbiedingsprijs",
    "voor", "nu(?: endast)?", "rea-?pris", "cena promocyjna", *more.NOW,
)  # fmt: skip
SAVING = _any(
    "save", "you save", "saving", "savings", "you're saving", "off", "discount", "sie sparen", "du sparst", "sparen(?: sie)?", "ersparnis", "rabatt", "nachlass",
    "économi(?:e|es|sez)", "vous économisez", "remise", "réduction", "ahorr[aá]s?", "te ahorras", "ahorro", "descuento", "risparmi", "risparmio", "sconto", "bespaar", "je bespaart",
    "korting", "du sparar", "spara", "spar", "du sparer", "oszczędzasz", "rabat", "ušetříte", "sleva", "economize", "desconto", *more.SAVING,
)  # fmt: skip
INSTALMENT = late(
    r"(?<!\w)(?:\d{1,2}\s?(?:x|×|\*)(?!\w)|\d{1,2}\s?(?:mal|fois|veces|rate|raten|monatsraten|cuotas|parcelas|termijnen|instal\w*|payments?|easy|equal|interest|"
    r"monthly|weekly|fortnightly|zinsfreie)(?!\w)|in \d{1,2}(?!\w)|klarna|afterpay|clearpay|affirm|sezzle|zip pay|laybuy|alma|scalapay|oney|ratepay|younited|"
    r"interest.free|zinsfrei|sans frais|a plazos|monatliche rate|rat(?:y)? (?:od|po|x)|per month|monthly|monatlich|mtl\.|mensual|par mois|al mese|per maand|ratenzahlung|monatsrate|finanzierung|finance)(?!\w)"
    rf"|(?:{more.INSTALMENT})|{more.MONTHLY_BEFORE}",
    re.IGNORECASE,
)
SHIPPING = _any(
    "(?:free |standard |express )?(?:shipping|delivery|postage)", "free (?:over|above)", "ships? for", "click (?:and|&) collect", "flat rate", "versand\\w*", "liefer\\w+", "porto", "livraison", "frais de port", "envío\\w*", "gastos de envío", "spedizione",
    "verz[eo]nd\\w*", "bezorg\\w*", "frakt", "fragt", "leverans", "dostaw\\w+", "wysyłk\\w+", "doprav\\w+", "frete", "portes", *more.SHIPPING,
)  # fmt: skip
DEPOSIT = _any(
    "deposit", "pfand", "consigne", "statiegeld", "pant", "eco.?part\\w*", "eco.?tax\\w*", "éco.?part\\w*", "redemption value", "recupel\\w*", "weee", "raee", "recycl\\w+", "kaution", "kaucj\\w+",
)  # fmt: skip
VOUCHER = _any(
    "gift ?cards?", "gift vouchers?", "voucher", "gutschein\\w*", "geschenk\\w*", "carte cadeau", "bon d'achat", "coupon", "store credit", "cashback", "points", "punkte", "reward\\w*",
    "worth", "valued? (?:at|of)", "im wert von", "d'une valeur de", "ter waarde van", "por valor de", "del valore di", "free gift", "minimum order", "min\\. order", "mindestbestell\\w*", "orders? (?:over|above)", "order(?:s)? of", "spend", "bestellwert", "tarjeta regalo", "buono", *more.VOUCHER,
)  # fmt: skip
VOUCHER_AFTER = late(
    r"^\s{0,3}(?:cashback|rebate|value|(?:back )?in (?:rewards?|points|store credit)|di credito|en bons? d['’]achat)(?!\w)",
    re.IGNORECASE,
)
LOWEST = _any(
    "lowest(?: \\w+){0,3}", "30.day\\w*(?: low\\w*)?", "niedrigster\\w*(?: \\w+){0,3}", "30.tage\\w*(?:.\\w+)?", "bester preis der letzten", "prix le plus bas(?: \\w+){0,4}",
    "precio más bajo", "prezzo più basso", "laagste prijs", "lägsta pris(?:et)?", "najniższa cena(?: \\w+){0,4}", "nejnižší cena", *more.LOWEST,
)  # fmt: skip
CONDITIONAL = _any(
    "subscribe(?: (?:&|and|\\+) save)?(?: \\d{1,2}\\s?%)?", "subscription(?: price)?", "auto.?ship(?: price)?", "auto.?deliver\\w*", "im abo", "abo.?preis", "sparabo", "abonnement",
    "s'abonner", "abonnez-vous", "suscripción", "suscríbete", "abbonamento", "members?(?: only)?(?: (?:price|pay))?", "mitglieder\\w*", "prix (?:membre|adhérent|club)",
    "(?:vip|club|insider|loyalty|rewards?) (?:price|members?)", "kundenkarte\\w*", "precio socio", "prezzo (?:soci|club)", "ledenprijs", "medlemspris", "klubbpris",
    "cena klubowa", "club(?:card)?[ .]?(?:price|preis)", "bundle price", "buy the bundle", "buy together(?: for)?", "setpreis", "im set(?: nur)?", "price in cart",
    "staffelpreis", "subscribe for", "suscríbete(?: por)?", "with code(?: \\w{2,20})?", "mit code(?: \\w{2,20})?", "avec le code(?: \\w{2,20})?", *more.CONDITIONAL, end=True,
)  # fmt: skip
CONDITIONAL_AFTER = late(
    r"^\s{0,3}(?:(?:with|when you|mit|im|avec) (?:an? |your |ihrer )?(?:subscription|subscribe|membership|clubcard|nectar|kundenkarte|abo|abonnement)"
    r"|for (?:members|subscribers))(?!\w)",
    re.IGNORECASE,
)
# One way of paying that makes it cheaper, in Brazil, Argentina and Turkey the rule: "R$ 142,41 no Pix"
PAYMENT = _any(
    "pix", "boleto(?: bancário)?", "[àa] vista", "transfer[eê]ncia(?: banc[aá]ria)?", "dep[oó]sito(?: bancari?o)?", "(?:en|de) (?:efectivo|contado)", "al contado", "efectivo", "dinheiro", "débito", "havale", "eft",
    "nakit", "per vorkasse", "bei vorkasse", "vorkasse(?:preis)?", "(?:per|bei) (?:bank)?überweisung", "(?:bank|wire|e-?) ?transfer(?: price)?", "cash price", "paid (?:by|in|with) \\w+",
    "(?:when|if) (?:you )?pay(?:ing)? (?:by|in|with|via) \\w+", "(?:with|via|by) (?:upi|crypto|bitcoin|ach|e-?check|wire)", "crypto(?: price)?", "par virement", "con bonifico", "przelewem", "при оплате", "по карте", "за наличные",
)  # fmt: skip
FEE = _any(
    "(?:sign.?up|set.?up|handling|service|processing|restocking|installation|assembly|core|environmental|small order) (?:fee|charge)", "surcharge", "core charge",
    "einrichtungsgebühr", "nachnahme\\w*", "altgeräte\\w*", "(?:installation|montage|import duties)(?: from| ab)?", "sales tax(?: est\\.?)?", "trade.?in value", "anmeldegebühr", "aufpreis", "zuschlag", "supplément", "suplemento", "supplemento", "toeslag", end=True,
)  # fmt: skip
FEE_AFTER = late(
    r"^\s{0,3}(?:(?:one.time|refundable|additional|extra)\s)?(?:(?:sign.?up|set.?up|handling|service|processing|freight|core|installation|assembly)\s(?:fee|charge)|surcharge|freight|zuschlag|aufpreis)(?!\w)",
    re.IGNORECASE,
)
UNIT_BEFORE = late(
    r"(?:(?<!\w)(?:unit price|grundpreis|prix (?:au|unitaire)|price per unit|basisprijs|precio (?:por unidad|unitario)|prezzo unitario|jämförpris|jmf\.?pris)(?!\w)[^\d]{0,20}|"
    r"(?:\d|per|pro|je|par|al|por)\s?(?:g|kg|mg|ml|cl|l|m|m²|qm|cm|oz|lb|stk|stück|st|wl|liter|litre|kilo)\.?\s?=\s?|(?<!\w)(?:liter|kilo)pr(?:is|eis)[\s:]{0,3}|"
    r"(?:per|pro|pr\.|je|par|al|por)\s(?:\d{1,4}\s?)?(?:g|kg|mg|ml|cl|l|m|m²|qm|cm|oz|lb|wl|liter|litre|litro|kilo)\.?[\s:]{0,3})$"
    rf"|(?:{more.UNIT_BEFORE})$",
    re.IGNORECASE,
)
UNIT_AFTER = late(
    r"^[\s*)]{0,3}(?:/|per(?!\w)|pro(?!\w)|je(?!\w)|par(?!\w)|por(?!\w)|al(?!\w)|el(?!\w)|le(?!\w)|a(?!\w)|for(?!\w)|=)?\s?(?:\d{1,4}(?:[.,]\d{1,3})?\s?)?"
    r"(?:g|gr|gram|gramm|kg|kilo\w*|mg|ml|cl|dl|l|ltr|lit(?:er|re)s?|litro|litri|m|m²|m2|m3|qm|sqm|sq\.? ?ft|cm|meter|metre|mètre|oz|ounce|count|fl\.? ?oz|lbs?|gal|"
    rf"{more.UNIT_AFTER}|wl|waschladung\w*|wash|dose|capsule|kapsel|tablet|tablette|100 ?st(?:k|ück)?)(?!\w)",
    re.IGNORECASE,
)
EACH_OF_SEVERAL = late(
    r"\(\s{0,3}(?:each|ea\.?|apiece|per (?:item|piece|unit)|pro stück|je stück|/ ?(?:ea|pc|stk|st)\.?)\s{0,3}\).*",
    re.IGNORECASE,
)
UNIT_BY = late(
    r"^[\s*)]{0,3}(?:/|per(?!\w)|pro(?!\w)|je(?!\w)|par(?!\w)|por(?!\w)|al(?!\w)|el(?!\w)|le(?!\w)|a(?!\w)|=|\d)",
    re.IGNORECASE,
)
MONTHLY_AFTER = late(
    rf"^[\s*]{{0,3}}(?:/|per|pro|a|al|par|por|je|p\.)?\s?(?:{more.MONTHLY_AFTER}|month|mo|monat|mtl|mois|mes|mese|maand|mån|md\.?|mies\w*|měsíc|week|wk|woche|semaine)(?!\w)|"
    r"^[\s,]{0,3}every (?:\d|two|four|other) ?weeks?(?!\w)|"
    r"^\s{0,3}(?:x|×)\s?\d|^\s{0,3}(?:with|mit|avec|con|met)\s(?:klarna|afterpay|clearpay|affirm|paypal|sezzle|alma)|^[\s,]{0,3}(?:monthly|monatlich|interest.free)(?!\w)",
    re.IGNORECASE,
)
OFF_AFTER = late(
    r"^\s{0,3}(?:off|saved|saving|savings|discount|rabatt|gespart|sparen|nachlass|günstiger|de (?:réduction|remise)|d'économie|korting|de descuento|di sconto|rabat|sleva)(?!\w)"
    rf"|^\s{{0,3}}(?:{more.OFF_AFTER})",
    re.IGNORECASE,
)
# What follows the least that must be spent: "ab 50 € frei"
FREE_AFTER = late(
    r"^\s{0,3}(?:(?:versandkosten|fracht|porto)?frei|kostenlos|gratis|free|gratuite?s?|offerte?s?|gratuit[oi]s?|gratuit[ăa]|zdarma|zadarmo|ingyen\w*|bezpłatn\w+|"
    r"бесплатно|безкоштовно|безплатн\w+|besplatn\w+)(?!\w)",
    re.IGNORECASE,
)
SHIPPING_AFTER = late(
    r"^\s{0,3}(?:for |für |bestellwert )?(?:shipping|delivery|postage|versand\w*|liefer\w+|livraison|envío|spedizione|verzend\w*|frakt|p&p)(?!\w)"
    rf"|^\s{{0,3}}(?:{more.SHIPPING_AFTER})",
    re.IGNORECASE,
)
DEPOSIT_AFTER = late(
    r"^\s{0,3}(?:(?:refundable |bottle |container |crate )*deposit|d['’]éco.?part\w*|de consigne|pfand|consigne|statiegeld|pant|gift card|voucher|gutschein\w*)(?!\w)",
    re.IGNORECASE,
)
TIER_BEFORE = late(
    r"(?:(?<!\d)\d{1,5}\s?(?:\+|-\s?\d{1,5}|or more|and above)\s?(?:pcs|pieces|stk|stück|st)?|(?:ab|from|bis|min\.?|buy|vanaf|à partir de)\s\d{1,5}\s?\+?\s?(?:pcs|pieces|items|units|stk|stuks|stück|st|for)?(?:\sje)?|(?<![\d.,])\d{1,2}\s(?:(?:stk\.?|stück|stuks|pezzi|pièces)\s)?(?:for|für|pour|voor|för|por|a))\.?[\s:|=@]{0,4}$",
    re.IGNORECASE,
)
_TAXES = r"vat|tax(?:es)?|gst|mwst\.?|ust\.?|steuern?|mehrwertsteuer|umsatzsteuer|tva|iva|btw|moms|dph|sales tax|impuestos?|impostos?|imposte|belasting(?:en)?|skatt"
# "Tax included." (Shopify), "TVA comprise", "btw inbegrepen"; and the other way round
_IN = r"includ(?:ed|ing)|inclusive|inklusive|inbegriffen|enthalten|inclus[eao]?s?|incluid[oa]s?|incluíd[oa]s?|comprises?|inbegrepen|inkluder(?:et|ad|t)"
_OUT = r"not included|excluded|exclusive|extra|nicht (?:enthalten|inbegriffen)|non (?:comprise|incluse)s?|en sus|esclus[eao]|no incluid[oa]s?|não incluíd[oa]s?|niet inbegrepen"
WITHOUT_TAX = late(
    r"(?<!\w)(?:ex\.?|excl\.?|excluding|exclusive of|without|before|plus|\+|zzgl\.?|ohne|e[xk]s?kl\.?|hors|hors taxes?|sin|más|senza|netto|net|bez|ex)\s?(?:of\s)?"
    rf"(?:{_TAXES})(?!\w)|(?<!\w)(?:{_TAXES}) (?:is |are )?(?:{_OUT})(?!\w)"
    r"|(?<!\w)(?:h\.?t\.?|netto|net price|nettopreis)(?!\w)|iva (?:no incluido|esclusa|escl)"
    rf"|{more.WITHOUT_TAX}",
    re.IGNORECASE,
)
WITH_TAX = late(
    r"(?<!\w)(?:inc\.?|incl\.?|including|enthält|einschließlich|tvac|inclusive of|with|inkl\.?|inklusive|inclusief|mit|toutes taxes|con|med|z|s)\s?(?:of\s)?(?:der\s)?(?:ges(?:etzl(?:ichen|\.)?|\.)?\s)?(?:\d\d?(?:[.,]\d)?\s?% ?)?(?:all\s)?"
    rf"(?:{_TAXES})(?!\w)|(?<!\w)(?:{_TAXES}) (?:is |are |already )?(?:{_IN})(?!\w)"
    r"|(?<!\w)(?:t\.?t\.?c\.?|brutto|bruttopreis)(?!\w)|iva (?:incluido|inclusa|incl)"
    rf"|{more.WITH_TAX}",
    re.IGNORECASE,
)

# Class names: single tokens, cut at "-" and "_"
_OLD_CLASS = late(
    r"(?:^|[-_])(?:was|old|oldprice|compare|comparison|crossed(?:-?out)?|strike|strikethrough|striked|rrp|msrp|listprice|original|previous|before|non-sale)(?:$|[-_])"
)
_REGULAR_CLASS = late(r"(?:^|[-_])(?:regular|normal)(?:$|[-_])")
_NOW_CLASS = late(r"(?:^|[-_])(?:now|sale|current|special|new|final|discounted|offer)(?:$|[-_])")
_UNIT_CLASS = late(
    r"(?:^|[-_])(?:unit-price|unitprice|price-unit|grundpreis|baseprice|price-per-unit|ppu)(?:$|[-_])|(?:^|[-_])unit[-_]?price"
)
_SAVING_CLASS = late(
    r"(?:^|[-_])(?:saving|savings|save|saved|you-save|discount-amount|price-discount|price--saving)(?:$|[-_])"
)
_INSTALMENT_CLASS = late(
    r"klarna|afterpay|clearpay|affirm|sezzle|instal+ment|shopify-payment-terms|financ|ratenkauf|monthly-payment"
)
_OTHER_CLASS = late(
    r"(?:^|[-_])(?:subscription|subscribe|member|members|shipping|free-shipping|delivery|tier|tier-price|multi-?pack|multi-?buy|deposit|giftcard|gift-card|voucher|loyalty|points|reward|rewards|pack-product-price)(?:$|[-_])"
)


def class_role(classes: str) -> str:
    """What the class names near a price say, nearest first: was, regular, now, unit, saving, instalment, other or ""."""
    within = False
    for token in classes.lower().split()[:60]:
        name = token[:80]
        # Magento's fixed product tax; the block around its prices has the class, too
        if name == "weee" and not within:
            return "other"
        within = within or name in ("price-wrapper", "price-container")
        # Magento's word for the kind of price box, around old prices too
        if name == "price-final_price":
            continue
        if _UNIT_CLASS.search(name):
            return "unit"
        if _INSTALMENT_CLASS.search(name):
            return "instalment"
        if _SAVING_CLASS.search(name):
            return "saving"
        # "product-price-and-shipping" names the block around the price (PrestaShop)
        if _OTHER_CLASS.search(name) and "price-and-" not in name:
            return "other"
        old = _OLD_CLASS.search(name) or "non-sale" in name
        # "price-was-now" and "price--on-sale" name the block around both prices
        if old and not (_NOW_CLASS.search(name) and "non-sale" not in name):
            return "was"
        if not old and _REGULAR_CLASS.search(name):
            return "regular"
        if not old and _NOW_CLASS.search(name) and "on-sale" not in name:
            return "now"
    return ""


CHOSEN = "chosen variation"
_CHOSEN_CLASS = late(r"(?:^|\s)woocommerce-variation(?:-price)?(?:\s|$)")


def is_of_chosen(classes: str) -> bool:
    """Whether a price stands where WooCommerce writes that of the variation that is chosen, below the product's range."""
    return _CHOSEN_CLASS.search(classes) is not None


_TAX_CLASS = late(
    r"(?:^|[-_])(?:(incl?|including|with|inc)|(excl?|excluding|without|ex|base|net|netto))[-_]?(?:tax|vat|btw|mwst|tva)(?:$|[-_])"
)


@lru_cache(maxsize=4096)  # the same from card to card
def class_tax(classes: str) -> str:
    """incl or excl by the class names near a price, nearest first: `price-including-tax`, `price--withoutTax`."""
    for token in re.sub(r"([a-z])([A-Z])", r"\1-\2", classes[:1_000]).lower().split()[:60]:
        if match := _TAX_CLASS.search(token[:80]):
            return "incl" if match[1] else "excl"
    return ""
