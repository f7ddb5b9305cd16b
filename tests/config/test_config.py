"""What is wrong with a config is said with file, line and the mend, all of it at once."""

from pathlib import Path

import pytest

from auditor.config.config import load
from auditor.model.errors import EXIT_USAGE, UsageError
from auditor.model.words import Severity


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "shop.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("site: https://x.example\ncrawl:\n  max_page: 3\n", 3, "unknown key 'max_page'; did you mean 'max_pages'?"),
        ("site: https://x.example\nfoo: 1\n", 2, "unknown key 'foo'"),
        ("site: x.example\n", 1, "did you mean https://x.example?"),
        ("site: https://user:secret@x.example\n", 1, "use access.basic_auth"),
        ("crawl: {max_pages: 3}\n", 1, "'site' is missing"),
        ("site: https://x.example\nrender:\n  browsers: [chrome]\n", 3, "'chromium', 'firefox' or 'webkit'"),
        (
            "site: https://x.example\nrender:\n  devices: [watch]\n",
            3,
            "unknown device 'watch'; known: desktop, phone, tablet",
        ),
        (
            "site: https://x.example\ncrawl: {max_time: soon}\n",
            2,
            "'soon' is not a duration; write it like 90s, 12m or 2h",
        ),
        ("site: https://x.example\ngate: {min_coverage: 120%}\n", 2, "is not a share"),
        ("site: https://x.example\nsite: https://y.example\n", 2, "'site' stands twice"),
        ("site: [\n", 2, "not valid YAML"),
        ("site: https://x.example\nmarket: {currency: euro}\n", 2, "three capital letters"),
        ("- a\n", 1, "a config is a mapping"),
        ("site: https://x.example\naccess: {headers: {X-Key: '${NOT_SET}'}}\n", 2, "NOT_SET is not set"),
    ],
)
def test_mistakes_name_their_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as raised:
        load(path, environment={})
    assert says in str(raised.value)
    assert f"{path}:{line}" in str(raised.value)
    assert raised.value.exit_code == EXIT_USAGE


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "site: https://x.example\ncrawl: {max_pages: none}\nrender: {per_template: 0}\n")
    with pytest.raises(UsageError) as raised:
        load(path)
    assert f"{path}:2" in str(raised.value)
    assert f"{path}:3" in str(raised.value)


@pytest.mark.parametrize(
    "target", ["shop.example", "ftp://shop.example", "https://", "not a url", "https://u:p@shop.example/"]
)
def test_addresses_that_are_none(target: str) -> None:
    with pytest.raises(UsageError):
        load(target)


def test_a_missing_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        load(str(tmp_path / "none.yaml"))


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "site: https://x.example\ncrawl: {max_pages: 5}\ngate: {fail_on: minor}\n")
    config = load(path, {"crawl.max_pages": 7, "gate.fail_on": "serious", "gate.certainty": None})
    assert (config.crawl.max_pages, config.gate.fail_on) == (7, Severity.SERIOUS)


def test_secrets_never_reach_what_is_stored(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "site: https://x.example\naccess:\n  basic_auth: {user: qa, password: '${PW}'}\n  headers: {Signature: '${SIG}'}\n",
    )
    config = load(path, environment={"PW": "hunter2", "SIG": "sig-value"})
    assert config.access.basic_auth is not None
    assert config.access.basic_auth.password.get_secret_value() == "hunter2"
    for text in (config.public(), repr(config), str(config)):
        assert "hunter2" not in text
        assert "sig-value" not in text


def test_yaml_words_that_are_no_booleans(tmp_path: Path) -> None:
    config = load(written(tmp_path, "site: {url: 'https://x.example', name: NO}\n"))
    assert config.name == "NO"
