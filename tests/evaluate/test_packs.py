"""A pack with a mistake is refused with file:line; the digest follows what the rules say and nothing else."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.checks import registry
from auditor.checks.registry import check
from auditor.evaluate import packs
from auditor.facts.snapshot import Snapshot
from auditor.model.errors import EXIT_USAGE, UsageError
from auditor.model.finding import Observation
from auditor.model.words import Certainty, On, PageType, Scope, Severity

GOOD = """\
pack: own
title: Own rules
rules:
  - id: title-length
    title: Title is useful
    severity: moderate
    certainty: proven
    owner: content
    check: measured
    with:
      selector: h1
      minimum: 3
    message: "Has {length} characters."
    why: Because.
    fix: Do it.
"""


def measured(snapshot: Snapshot, *, selector: str, minimum: int = 0) -> Iterator[Observation]:
    """Something is measured."""
    yield from ()


def as_fetched(snapshot: Snapshot) -> Iterator[Observation]:
    """Something of the response."""
    yield from ()


def as_seen(snapshot: Snapshot) -> Iterator[Observation]:
    """Something of the texts."""
    yield from ()


def of_site(run: object) -> Iterator[Observation]:
    """Something of the site."""
    yield from ()


@pytest.fixture(autouse=True)
def _own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    known = registry.load()
    monkeypatch.setattr(registry, "_registered", dict(known))
    check(needs={"document"})(measured)
    check(needs={"response"})(as_fetched)
    check(needs={"shown_prices", "meta"})(as_seen)
    check(needs=set(), scope=Scope.SITE)(of_site)
    monkeypatch.setattr(registry, "load", lambda: registry._registered)


def written(tmp_path: Path, text: str = GOOD, name: str = "own.yaml") -> str:
    path = tmp_path / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return str(path)


def refused(*arguments: object, **more: object) -> UsageError:
    with pytest.raises(UsageError) as raised:
        packs.load(*arguments, **more)  # type: ignore[arg-type]
    assert raised.value.exit_code == EXIT_USAGE
    return raised.value


def test_a_rule_is_read(tmp_path: Path) -> None:
    more = "    on: raw\n    applies_to: {page_type: [home, product], platform: [shopify]}\n    catalogue: MET-02\n    fix_on: {magento: There.}\n"
    loaded = packs.load([written(tmp_path, GOOD + more)])
    (rule,) = loaded.rules
    assert (rule.id, rule.pack, rule.check, rule.options) == (
        "own/title-length",
        "own",
        "measured",
        {"selector": "h1", "minimum": 3},
    )
    assert (rule.severity, rule.certainty, rule.on) == (Severity.MODERATE, Certainty.PROVEN, On.RAW)
    assert (rule.page_types, rule.platforms) == ({PageType.HOME, PageType.PRODUCT}, {"shopify"})
    assert (rule.catalogue, rule.fix_on, rule.where) == (("MET-02",), {"magento": "There."}, f"{tmp_path}/own.yaml:4")
    assert loaded.titles == {"own": "Own rules"}


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("    owner: content\n", "    owner: content\n    foo: 1\n", 9, "unknown key 'foo'"),
        ("    severity: moderate\n", "    severty: moderate\n", 4, "'rules.0.severity' is missing"),
        ("severity: moderate", "severity: bad", 5 + 1, "'rules.0.severity' must be 'critical'"),
        ("id: title-length", "id: Title_Length", 4, "'rules.0.id' must match pattern"),
        ("pack: own", "pack: Own Rules", 1, "'pack' must match pattern"),
        ("check: measured", "check: mesured", 9, "title-length: there is no check 'mesured'; did you mean 'measured'?"),
        (
            "minimum: 3",
            "minimun: 3",
            12,
            "title-length: check 'measured' has no option 'minimun'; did you mean 'minimum'?",
        ),
        ("minimum: 3", "minimum: few", 12, "title-length: option 'minimum' of check 'measured'"),
        ("      selector: h1\n", "", 9, "title-length: check 'measured' needs the option 'selector'"),
        ("{length}", "{length", 13, "title-length: the message's braces don't match"),
        ("{length}", "{}", 13, "not '{}'"),
        ("{length}", "{0}", 13, "not '{0}'"),
        ("{length}", "{length.__class__}", 13, "not '{length.__class__}'"),
        ("{length}", "{length[0]}", 13, "not '{length[0]}'"),
        ("{length}", "{length!r}", 13, "not '{length!r}'"),
        ("{length}", "{length:>999999999}", 13, "not '{length:>999999999}'"),
        ("{length}", "{length:d}", 13, "not '{length:d}'"),
        (
            "    owner: content\n",
            "    owner: content\n    applies_to:\n      platform: [shopfy]\n",
            10,
            "unknown platform 'shopfy'",
        ),
        (
            "    owner: content\n",
            "    owner: content\n    applies_to:\n      page_type: [shop]\n",
            10,
            "'rules.0.applies_to.page_type.0' must be 'home'",
        ),
        (
            "    owner: content\n",
            "    owner: content\n    fix_on:\n      magneto: There.\n",
            10,
            "unknown platform 'magneto'",
        ),
        ("    owner: content\n", "    owner: content\n    on: rendred\n", 9, "'rules.0.on' must be"),
    ],
)
def test_mistakes_are_refused_with_their_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    error = refused([written(tmp_path, GOOD.replace(old, new))])
    assert error.where == f"{tmp_path}/own.yaml:{line}"
    assert says in error.what


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    error = refused([written(tmp_path, GOOD.replace("minimum: 3", "minimum: few").replace("{length}", "{0}"))])
    assert [line.strip().split(" ")[0] for line in str(error).splitlines()] == [
        f"{tmp_path}/own.yaml:{line}:" for line in (12, 13)
    ]


OPTIONLESS = GOOD.replace("    with:\n      selector: h1\n      minimum: 3\n", "")


@pytest.mark.parametrize(
    ("name", "on", "says"),
    [
        ("as_fetched", "best", "needs the response as fetched; write on: raw"),
        ("as_fetched", "rendered", "needs the response as fetched; write on: raw"),
        ("as_fetched", "every", "needs the response as fetched; write on: raw"),
        ("as_fetched", "raw", ""),
        ("as_seen", "raw", "needs shown_prices, which only browsers give; write on: rendered"),
        ("as_seen", "every", "needs shown_prices, which only browsers give; write on: rendered"),
        ("as_seen", "rendered", ""),
        ("as_seen", "best", ""),
        ("of_site", "raw", ""),
    ],
)
def test_a_rule_that_could_never_be_checked_is_refused(tmp_path: Path, name: str, on: str, says: str) -> None:
    pack = written(tmp_path, OPTIONLESS.replace("check: measured", f"check: {name}\n    on: {on}"))
    if says:
        error = refused([pack])
        assert says in error.what
        assert error.where in (f"{tmp_path}/own.yaml:10", f"{tmp_path}/own.yaml:9")
    else:
        assert len(packs.load([pack]).rules) == 1


def test_a_list_is_no_pack(tmp_path: Path) -> None:
    assert "must be a mapping" in refused([written(tmp_path, "- a\n")]).what


def test_braces_of_their_own_are_doubled(tmp_path: Path) -> None:
    (rule,) = packs.load([written(tmp_path, GOOD.replace("{length}", "{{{{ {length} }}}}"))]).rules
    assert rule.message == "Has {{{{ {length} }}}} characters."


@pytest.mark.parametrize("name", ["own.yaml", "second.yaml"])
def test_two_rules_of_one_id_are_refused(tmp_path: Path, name: str) -> None:
    entry = GOOD.partition("rules:\n")[2]
    if name == "own.yaml":
        error = refused([written(tmp_path, GOOD + entry)])
    else:
        error = refused([written(tmp_path), written(tmp_path, GOOD, name)])
    assert error.what == f"rule 'own/title-length' stands also at {tmp_path}/own.yaml:4"
    assert error.where == f"{tmp_path}/{name}:{16 if name == 'own.yaml' else 4}"


def test_a_pack_named_twice_is_read_once(tmp_path: Path) -> None:
    pack = written(tmp_path)
    assert len(packs.load([pack, pack]).rules) == 1


def test_packs_that_are_not_there(tmp_path: Path) -> None:
    error = refused(["link"])
    assert (error.what, error.hint) == ("there is no rule pack 'link'", "Did you mean 'links'?")
    assert "Built in: " in refused(["qqqqqq"]).hint
    assert "no such file" in refused([str(tmp_path / "none.yaml")]).what
    assert refused([str(tmp_path / "none.yaml")]).where == str(tmp_path / "none.yaml")


def test_only_and_skip(tmp_path: Path) -> None:
    both = [written(tmp_path), "links"]
    assert "own/title-length" in {rule.id for rule in packs.load(both).rules}
    assert [rule.id for rule in packs.load(both, only=["own/title-length"]).rules] == ["own/title-length"]
    assert "own/title-length" not in {rule.id for rule in packs.load(both, skip=["own/title-length"]).rules}
    for choice in ({"only": ["own/title-lenght"]}, {"skip": ["own/title-lenght"]}):
        error = refused(both, **choice)
        assert (error.what, error.hint) == ("there is no rule 'own/title-lenght'", "Did you mean 'own/title-length'?")
    assert refused(both, only=["zzz"]).hint == "See: auditor rules list"
    assert "no rule is left" in refused([written(tmp_path)], skip=["own/title-length"]).what
    assert "no rule is left" in refused([]).what


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("severity: moderate", "severity: minor"),
        ("certainty: proven", "certainty: likely"),
        ("minimum: 3", "minimum: 4"),
        ("Has {length}", "Had {length}"),
        ("why: Because.", "why: So."),
        ("fix: Do it.", "fix: Do that."),
        ("owner: content", "owner: seo"),
        ("title: Title is useful", "title: Titles are useful"),
        ("id: title-length", "id: title-size"),
        ("pack: own", "pack: mine"),
        ("    owner: content\n", "    owner: content\n    on: raw\n"),
        ("    owner: content\n", "    owner: content\n    applies_to: {page_type: [home]}\n"),
        ("    owner: content\n", "    owner: content\n    applies_to: {platform: [shopify]}\n"),
    ],
)
def test_the_digest_changes_with_the_rule(tmp_path: Path, old: str, new: str) -> None:
    assert old in GOOD
    before = packs.load([written(tmp_path)]).digest
    assert packs.load([written(tmp_path, GOOD.replace(old, new))]).digest != before


def test_the_digest_does_not_change_with_the_place(tmp_path: Path) -> None:
    entry = GOOD.partition("rules:\n")[2]
    second = entry.replace("title-length", "other")
    before = packs.load([written(tmp_path, GOOD + second)]).digest
    head = GOOD.partition("rules:\n")[0] + "rules:\n"
    assert packs.load([written(tmp_path, f"# a comment\n\n{GOOD}{second}", "elsewhere.yaml")]).digest == before
    assert packs.load([written(tmp_path, head + second + entry)]).digest == before
    types = "    applies_to: {{page_type: [{}]}}\n"
    one = packs.load([written(tmp_path, GOOD + types.format("home, product"))]).digest
    assert packs.load([written(tmp_path, GOOD + types.format("product, home"))]).digest == one


def test_the_packs_that_come_along_load() -> None:
    loaded = packs.load()
    assert len(loaded.rules) >= 10
    assert {rule.where.partition(":")[0] for rule in loaded.rules} == {
        f"rules/{name}.yaml" for name in packs.built_in()
    }


_OF_ALL = re.compile(
    r"\b(?:no|any|none|every|all) (?:other )?(?:pages?|categor\w+|products?)\b|\bnowhere\b|\bthe shop's pages\b", re.I
)
_SEEN = ("{looked}", "{coverage}", "looked at", "that it opened")


def test_what_is_told_of_all_pages_says_how_many_were_seen() -> None:
    known = registry.load()
    of_site = [rule for rule in packs.load().rules if known[rule.check].scope is Scope.SITE]
    bold = [rule.id for rule in of_site if _OF_ALL.search(rule.message)]
    assert len(bold) > 3
    assert [rule.id for rule in of_site if rule.id in bold and not any(one in rule.message for one in _SEEN)] == []
    hanging = [rule for rule in of_site if known[rule.check].unseen]
    assert [rule.id for rule in hanging if not any(one in rule.message for one in _SEEN[:2])] == []
