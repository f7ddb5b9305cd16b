"""The workspace opens, or says why not; its transactions hold, and its pictures are whole."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text

from auditor.model.errors import EXIT_USAGE, UsageError
from auditor.store import newest
from auditor.store import workspace as module
from auditor.store.schema import link_checks, metadata, texts
from auditor.store.workspace import DATABASE, Workspace

ROW = {"key": "a", "url": "https://a.example/", "outcome": "ok", "status": 200, "checked_at": ""}


def refused(folder: Path, **how: bool) -> UsageError:
    with pytest.raises(UsageError) as raised:
        Workspace.open(folder, **how)
    assert raised.value.exit_code == EXIT_USAGE
    assert raised.value.hint
    return raised.value


def test_a_new_workspace_is_private(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "some" / "audits") as workspace:
        assert workspace.folder.stat().st_mode & 0o777 == 0o700
        assert workspace.files.stat().st_mode & 0o777 == 0o700
        assert (workspace.folder / DATABASE).stat().st_mode & 0o077 == 0


def test_the_database_is_private_in_a_folder_that_was_there(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with Workspace.open(tmp_path) as workspace, workspace.write() as connection:
        connection.execute(link_checks.insert().values(**ROW))
        for file in tmp_path.glob("auditor.db*"):
            assert file.stat().st_mode & 0o077 == 0, file
    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", ["what? now", "50% off", "a#b", "größe", "back\\slash"])
def test_folders_may_have_any_name(tmp_path: Path, name: str) -> None:
    with Workspace.open(tmp_path / name):
        assert sorted(
            file.name for file in (tmp_path / name).iterdir() if not file.name.startswith(f"{DATABASE}-")
        ) == [DATABASE, "files"]
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_it_is_opened_again(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace, workspace.write() as connection:
        connection.execute(link_checks.insert().values(**ROW))
    with Workspace.open(tmp_path, create=False) as workspace, workspace.read() as connection:
        assert connection.execute(select(link_checks.c.key)).scalar_one() == "a"


def test_none_is_made_unasked(tmp_path: Path) -> None:
    error = refused(tmp_path / "audits", create=False)
    assert "there is no workspace at" in error.what
    assert not (tmp_path / "audits").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "audits").write_text("")
    assert "this is a file" in refused(tmp_path / "audits").what


@pytest.mark.parametrize("folder", ["file/audits", "/proc/audits"])
def test_where_nothing_can_be_written(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("")
    error = refused(tmp_path / folder)
    assert error.what.startswith("the workspace cannot be written: ")
    assert "--workspace" in error.hint


def mounted(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    real = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda self, *a, **k: text if str(self) == "/proc/mounts" else real(self, *a, **k)
    )


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_network_file_systems_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    folder = tmp_path / "my share"
    folder.mkdir()
    mounted(
        monkeypatch, f"dev / ext4 rw 0 0\nserver:/x {str(folder).replace(' ', chr(92) + '040')} {kind} rw 0 0\nbroken\n"
    )
    assert f"network file system ({kind})" in refused(folder / "audits").what
    assert not (folder / "audits" / DATABASE).exists()


def test_a_network_file_system_elsewhere_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(monkeypatch, f"dev / ext4 rw 0 0\nserver:/x {tmp_path}/aud nfs rw 0 0\n")
    with Workspace.open(tmp_path / "audits") as workspace:
        assert workspace.files.is_dir()


def test_where_the_machine_does_not_tell_its_mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(monkeypatch, "")
    assert module._file_system(tmp_path) == ""


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / DATABASE)
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    assert "not one of auditor's" in refused(tmp_path).what
    with sqlite3.connect(tmp_path / DATABASE) as again:
        assert [row[0] for row in again.execute("SELECT name FROM sqlite_master")] == ["recipes"]
    again.close()


def test_a_newer_workspace_is_refused(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace, workspace.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    error = refused(tmp_path)
    assert "newer version of auditor (schema 9999)" in error.what
    assert "Update auditor" in error.hint


@pytest.mark.parametrize(
    "content", [b"this is no database at all, only text" * 100, b"SQLite format 3\x00" + b"\xff" * 4096]
)
def test_a_corrupted_database_is_said_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE).write_bytes(content)
    error = refused(tmp_path)
    assert error.what.startswith("the database cannot be used: ")
    assert error.where == str(tmp_path / DATABASE)


def test_a_folder_in_the_place_of_the_database(tmp_path: Path) -> None:
    (tmp_path / DATABASE).mkdir()
    assert refused(tmp_path).what.startswith("the database cannot be used: ")


def test_a_migration_cut_short_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import command

    real = command.upgrade

    def killed(*arguments: object) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(command, "upgrade", killed)
        engine = module.engine_of(tmp_path / module.DATABASE)
        with pytest.raises(KeyboardInterrupt):
            module.upgrade(engine, tmp_path)
        engine.dispose()
    with Workspace.open(tmp_path) as workspace, workspace.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == module.NEWEST


def test_a_beginning_cut_short_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = list(newest.statements())[:5]

    def killed() -> Iterator[str]:
        yield from some
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(newest, "statements", killed)
        with pytest.raises(KeyboardInterrupt):
            Workspace.open(tmp_path)
    with Workspace.open(tmp_path) as workspace, workspace.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == module.NEWEST


def test_a_new_database_is_what_the_migrations_make(workspace: Workspace) -> None:
    """Where this fails after a new migration: make golden."""
    assert newest.dump(workspace.folder / module.DATABASE) == newest.migrated()


def test_two_may_make_it_at_once(tmp_path: Path) -> None:
    errors: list[Exception] = []
    start = threading.Barrier(4)

    def opens() -> None:
        start.wait()
        try:
            Workspace.open(tmp_path / "audits").close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=opens) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_the_schema_is_what_the_migrations_make(workspace: Workspace) -> None:
    with workspace.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


# Transactions


def keys(workspace: Workspace) -> set[str]:
    with workspace.read() as connection:
        return set(connection.execute(select(link_checks.c.key)).scalars())


def test_the_newest_migration_is_the_one_that_is_asked_for(workspace: Workspace) -> None:
    with workspace.read() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == module.NEWEST


def test_an_error_undoes_the_whole_write(workspace: Workspace) -> None:
    def stopped() -> None:
        with workspace.write() as connection:
            connection.execute(link_checks.insert().values(**ROW))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert keys(workspace) == set()
    with workspace.write() as connection:
        connection.execute(link_checks.insert().values(**ROW))
    assert keys(workspace) == {"a"}


def test_a_reader_sees_one_state(workspace: Workspace) -> None:
    with workspace.read() as connection:
        before = connection.execute(select(link_checks.c.key)).scalars().all()
        with workspace.write() as other:
            other.execute(link_checks.insert().values(**ROW))
        assert connection.execute(select(link_checks.c.key)).scalars().all() == before == []
    assert keys(workspace) == {"a"}


def test_writers_take_turns(workspace: Workspace) -> None:
    with workspace.write() as connection:
        connection.execute(link_checks.insert().values(**ROW))

    def adds() -> None:
        own = Workspace.attach(workspace.folder)
        for _ in range(25):
            with own.write() as connection:
                status = connection.execute(select(link_checks.c.status)).scalar_one()
                connection.execute(link_checks.update().values(status=status + 1))
        own.close()

    threads = [threading.Thread(target=adds) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with workspace.read() as connection:
        assert connection.execute(select(link_checks.c.status)).scalar_one() == 200 + 75


def test_a_long_log_is_written_back_once_nobody_reads(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "_longest_log", 10_000)
    log = workspace.folder / f"{DATABASE}-wal"

    def long() -> int:
        workspace.shorten_log()
        return log.stat().st_size

    with workspace.kept_open():
        for name in ("a", "b"):
            with workspace.write() as connection:
                connection.execute(texts.insert().values(hash=name, text=name.encode() * 20_000))
        with workspace.read() as connection:
            connection.execute(select(texts.c.hash)).all()
            with workspace.write() as writing:
                writing.execute(texts.insert().values(hash="c", text=b"c"))
            assert long() > 20_000
            assert workspace._longest_log == 20_000
        assert long() == 0
        with workspace.write() as connection:
            connection.execute(texts.insert().values(hash="d", text=b"d"))
        assert 0 < long() < 20_000
        with workspace.read() as connection:
            assert connection.execute(select(texts.c.hash).order_by(texts.c.hash)).scalars().all() == list("abcd")


# Files


def test_a_file_stands_under_its_hash(workspace: Workspace) -> None:
    digest = workspace.put_file(b"picture", ".png")
    assert workspace.file(digest, ".png").read_bytes() == b"picture"
    assert workspace.put_file(b"picture", ".png") == digest
    assert [one.name for one in workspace.files.rglob("*") if one.is_file()] == [f"{digest}.png"]


@pytest.mark.parametrize("damage", [b"", b"pict", b"PICTURE"])
def test_a_damaged_file_is_mended(workspace: Workspace, damage: bytes) -> None:
    digest = workspace.put_file(b"picture", ".png")
    workspace.file(digest, ".png").write_bytes(damage)
    workspace.put_file(b"picture", ".png")
    assert workspace.file(digest, ".png").read_bytes() == b"picture"


def test_a_file_is_whole_or_not_there(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            workspace.put_file(b"picture", ".png")
    assert [one for one in workspace.files.rglob("*") if one.is_file()] == []
