"""The closed vocabularies: one word for one thing, in code, YAML, command line and report."""

from enum import StrEnum


class Severity(StrEnum):
    """Harm to the shopper or the shop, worst first."""

    CRITICAL = "critical"
    SERIOUS = "serious"
    MODERATE = "moderate"
    MINOR = "minor"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical, rising as the harm falls."""
        return _SEVERITIES[self]


class Certainty(StrEnum):
    """How sure a finding is; only `proven` fails a gate by default."""

    PROVEN = "proven"
    LIKELY = "likely"
    NEEDS_REVIEW = "needs_review"

    @property
    def rank(self) -> int:
        """0 for proven, rising as the certainty falls."""
        return _CERTAINTIES[self]


# Asked for with every rule on every page.
_SEVERITIES = {one: index for index, one in enumerate(Severity)}
_CERTAINTIES = {one: index for index, one in enumerate(Certainty)}


class Owner(StrEnum):
    """Who mends it."""

    DEV = "dev"
    CONTENT = "content"
    SEO = "seo"
    MARKETING = "marketing"
    OPS = "ops"
    PLATFORM = "platform"
    VENDOR = "vendor"


class Outcome(StrEnum):
    """EARL's outcomes of a check; a rule that never ran on a snapshot is untested and has no row."""

    PASSED = "passed"
    FAILED = "failed"
    CANT_TELL = "cant_tell"
    INAPPLICABLE = "inapplicable"


class PageType(StrEnum):
    HOME = "home"
    CATEGORY = "category"
    PRODUCT = "product"
    SEARCH = "search"
    CART = "cart"
    CHECKOUT = "checkout"
    ACCOUNT = "account"
    CONTENT = "content"
    ERROR = "error"
    PASSWORD = "password"
    CHALLENGE = "challenge"

    @property
    def is_storefront(self) -> bool:
        """False for pages that stand in the shop's place (error, password, challenge): the usual rules don't run there."""
        return self not in (PageType.ERROR, PageType.PASSWORD, PageType.CHALLENGE)


class FetchOutcome(StrEnum):
    """What came of a fetch. Only `site_error` may make a finding; the others but `ok` are gaps in coverage."""

    OK = "ok"
    SITE_ERROR = "site_error"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    SKIPPED = "skipped"


class BrowserName(StrEnum):
    CHROMIUM = "chromium"
    FIREFOX = "firefox"
    WEBKIT = "webkit"


class Answer(StrEnum):
    """What the visitor said about tracking before the page was looked at."""

    NONE = "none"  # nothing: the banner as found
    REJECT = "reject"
    ACCEPT = "accept"
    GPC = "gpc"  # Global Privacy Control, said by the browser
    GPC_ACCEPT = "gpc-accept"  # that, and the banner accepted all the same


class Scope(StrEnum):
    """What a check is handed: one snapshot, all snapshots of a page, or the run."""

    SNAPSHOT = "snapshot"
    PAGE = "page"
    SITE = "site"


class On(StrEnum):
    """Which snapshots of a page a rule looks at."""

    BEST = "best"  # the rendered one of the first client in the matrix, else the fetched one
    RAW = "raw"  # as fetched by http
    RENDERED = "rendered"  # every browser and device
    EVERY = "every"  # raw and rendered
