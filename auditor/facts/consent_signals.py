"""What a hit says of consent: Google's gcs and gcd, the flags of other vendors, in one form; read by tracking and consent checks."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Parameters that speak of consent, by the name they have in hits.
NAMES = (
    "gcs", "gcd", "dma", "dma_cps", "npa", "pscdl", "gdpr", "gdpr_consent", "us_privacy", "gpp", "rdp", "dpo", "dpoco", "dpost",
    "asc", "consent", "data_processing_options", "context.consent", "payload.consent", "tc", "ccpa",
)  # fmt: skip
_GCS = re.compile(r"^G1([01-])([01-])$")
_GCD = re.compile(r"^1[1-9](?P<rest>([a-z][1-9]){2,6})")
_GCD_KEYS = ("ad_storage", "analytics_storage", "ad_user_data", "ad_personalization")
# Letters of gcd: what the default said and the update after it. Source: Google's Consent Mode debugging guide and its observers.
_GRANTED = frozenset("tnvr")
_DENIED = frozenset("pqmu")


def signals(parameters: Mapping[str, str]) -> dict[str, str]:
    """The consent parameters of a hit as they were sent."""
    return {name: parameters[name][:300] for name in NAMES if parameters.get(name)}


def granted(consent: Mapping[str, str]) -> dict[str, bool]:
    """What a Google hit says was granted or denied, by Consent Mode's keys; without a word on it a key is not there."""
    told: dict[str, bool] = {}
    if detail := _GCD.match(consent.get("gcd", "")):
        letters = detail["rest"][::2]
        for key, letter in zip(_GCD_KEYS, letters, strict=False):
            if letter in _GRANTED or letter in _DENIED:
                told[key] = letter in _GRANTED
    if plain := _GCS.match(consent.get("gcs", "")):
        for key, flag in zip(_GCD_KEYS[:2], plain.groups(), strict=True):
            if flag != "-":
                told[key] = flag == "1"
    return told


def cookieless(vendor: str, consent: Mapping[str, str]) -> bool:
    """A ping of Consent Mode's advanced form, Google's or Microsoft's: it says that nothing was granted, and sets no cookie."""
    if vendor == "bing-uet":  # https://learn.microsoft.com/en-us/advertising/msa-help/hlp_ba_conc_uet_consent
        return consent.get("asc") == "D"
    told = granted(consent)
    return vendor in GOOGLE and bool(told) and not (told.get("ad_storage") or told.get("analytics_storage"))


GOOGLE = frozenset({"ga4", "google-ads", "floodlight", "doubleclick", "google-tag-manager", "merchant-center"})
