"""Tables of PostgreSQL, with pgvector or plain arrays, as a store of vectors."""

from __future__ import annotations

import selectors
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from ruvector.backend import BackendAdapter
from ruvector.stores._batches import ArrayBatch, empty_batch, join_batches
from ruvector.stores._copy_binary import CopyDecoder, CopyError
from ruvector.stores._errors import (
    backend_error,
    missing_extra,
    require_name,
    unknown_collection,
)

if TYPE_CHECKING:
    from psycopg import Connection, sql

__all__ = ["PostgresBackend"]

_CHUNK_BYTES = 8 * 1024 * 1024
_CONNECTIONS_KEPT = 2
_CONNECT_TIMEOUT_S = 10
_TRIGGER = "ruvector_generation"

# One statement, so that all parts are of one snapshot. What each part is for:
# - system and timeline: another server, or the same one restored to an earlier time, counts its
#   transactions anew;
# - when statistics were reset: a crash resets them, after which transactions that were not on disk
#   yet are gone and their numbers come again, and unlogged tables are empty;
# - oid and file: DROP and CREATE, TRUNCATE, rewrites;
# - the snapshot: which transactions are visible. On a standby also how far it has replayed.
_TOKEN_SQL: LiteralString = """
SELECT c.relkind::text,
       concat_ws(':', s.system_identifier,
                 CASE WHEN pg_is_in_recovery() THEN 'standby'
                      ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END,
                 (SELECT extract(epoch FROM stats_reset) FROM pg_stat_bgwriter),
                 d.oid, c.oid, pg_relation_filenode(c.oid)),
       pg_current_snapshot()::text,
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END
  FROM pg_class c, pg_database d, pg_control_system() s
 WHERE c.oid = %s::regclass AND d.datname = current_database()
"""

# A trigger that is missing or switched off counts nothing.
_COUNTED_SQL: LiteralString = """
SELECT g.generation::text
  FROM {generations} g
 WHERE g.relation = %s::regclass
   AND EXISTS (SELECT FROM pg_trigger t
                WHERE t.tgrelid = g.relation AND t.tgname = %s AND t.tgenabled = 'A')
"""

_TABLE_SQL: LiteralString = """
CREATE TABLE IF NOT EXISTS {generations} (
    relation oid PRIMARY KEY, generation uuid NOT NULL DEFAULT gen_random_uuid())
"""

# A random generation cannot come again after a crash that loses the latest transactions.
# ALWAYS: also for what logical replication writes.
_TRIGGER_SQL: LiteralString = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE {generations} SET generation = gen_random_uuid() WHERE relation = TG_RELID;
    RETURN NULL;
END $$;
INSERT INTO {generations} (relation) VALUES ({table}::regclass)
    ON CONFLICT (relation) DO UPDATE SET generation = gen_random_uuid();
CREATE OR REPLACE TRIGGER {trigger}
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {relation}
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
ALTER TABLE {relation} ENABLE ALWAYS TRIGGER {trigger};
"""


@dataclass(frozen=True)
class _Table:
    name: tuple[str, ...]  # of the schema, if given, and of the table
    id_column: str
    vector_column: str
    generation_table: tuple[str, ...] | None


def _has_news(descriptor: int) -> bool:
    """Whether an idle server says something: that it ends the connection."""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(0))


class PostgresBackend(BackendAdapter):
    """Tables of a PostgreSQL server; each registered one is a collection.

    Vectors are of pgvector's types ``vector`` and ``halfvec`` or are ``real[]`` and ``double
    precision[]``; ids are ``smallint``, ``integer`` or ``bigint``. A pull streams the table in
    binary inside one ``REPEATABLE READ, READ ONLY`` transaction, which its generation comes from
    as well. On a primary an equal generation means equal rows. Writes to any table of the server
    change it, unless a trigger counts: see ``install_generation_trigger``. On a standby checks may
    lag behind by what is being replayed.

    Needs psycopg: ``pip install ruvector[postgres]``. Connections are made when needed and reused;
    after an error the next call makes a new one. Thread-safe.

    ::

        store = ruvector.PostgresBackend("pg", "postgresql://reader@db.example.com/app")
        store.register_collection("docs", "documents", vector_column="embedding")
        lake.register_backend(store)
    """

    pulls_snapshots = True

    def __init__(self, name: str, dsn: str) -> None:
        """Make a backend without collections. `dsn` is a URL or key=value pairs for libpq."""
        try:
            import psycopg  # noqa: F401
        except ImportError as error:
            raise missing_extra("PostgresBackend", "psycopg", "postgres") from error
        self._name = require_name(name, "name")
        self._dsn = require_name(dsn, "dsn")
        self._lock = threading.Lock()
        self._tables: dict[str, _Table] = {}
        self._idle: list[Connection[tuple[Any, ...]]] = []

    def register_collection(
        self,
        collection: str,
        table: str,
        *,
        schema: str | None = None,
        id_column: str = "id",
        vector_column: str = "vector",
        generation_table: str | None = None,
    ) -> None:
        """Serve a table, partitioned table, view or materialised view as `collection`.

        Args:
            collection: its name.
            table: name of the table, quoted as it is: ``Docs`` is not ``docs``.
            schema: where it is; None: as the server's ``search_path`` says.
            id_column: without nulls and negatives.
            vector_column: without nulls, all of one dimension.
            generation_table: name of the table, in `schema`, where a trigger keeps the generation:
                then writes to other tables cost no check its hit. See
                ``install_generation_trigger``. Only for plain tables.
        """
        place = () if schema is None else (require_name(schema, "schema"),)
        registered = _Table(
            (*place, require_name(table, "table")),
            require_name(id_column, "id_column"),
            require_name(vector_column, "vector_column"),
            None
            if generation_table is None
            else (*place, require_name(generation_table, "generation_table")),
        )
        with self._lock:
            self._tables[require_name(collection, "collection")] = registered

    def install_generation_trigger(self, collection: str) -> None:
        """Create the collection's generation table and the trigger that renews its row.

        Changes the database: needs the right to create tables and functions, and ownership of the
        table. Writers of the table then wait for each other's commits, and concurrent ones of
        isolation REPEATABLE READ may have to retry. Repeating it does no harm.
        """
        table = self._table(collection)
        if table.generation_table is None:
            raise ValueError(f"collection '{collection}': registered without a generation_table")
        with self._connection() as connection, connection.transaction():
            if self._token_row(connection, table)[0] != "r":
                raise backend_error(
                    self._name,
                    f"{self._quoted(table.name)} is no plain table: a trigger would not see what "
                    f"is written to its parts",
                )
            self._install(connection, table, table.generation_table)

    def _install(
        self,
        connection: Connection[tuple[Any, ...]],
        table: _Table,
        generation_table: tuple[str, ...],
    ) -> None:
        from psycopg import sql

        create = sql.SQL(_TABLE_SQL).format(generations=sql.Identifier(*generation_table))
        connection.execute(create)
        # The function has no search path of the user's: it names the schema.
        schema = connection.execute(
            "SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.oid = %s::regclass",
            [self._quoted(generation_table)],
        ).fetchone()
        assert schema is not None
        qualified = (str(schema[0]), generation_table[-1])
        statement = sql.SQL(_TRIGGER_SQL).format(
            generations=sql.Identifier(*qualified),
            function=sql.Identifier(qualified[0], f"{qualified[1]}_renew"),
            trigger=sql.Identifier(_TRIGGER),
            relation=sql.Identifier(*table.name),
            table=sql.Literal(self._quoted(table.name)),
        )
        connection.execute(statement)

    def close(self) -> None:
        """Close the connections that are idle. Later calls make new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @property
    def id(self) -> str:
        """Name of the backend."""
        return self._name

    def list_collections(self) -> list[str]:
        """Names of what is registered, sorted."""
        with self._lock:
            return sorted(self._tables)

    def data_ref(self, collection: str) -> str:
        """Names server, database and table, without user and password."""
        from psycopg.conninfo import conninfo_to_dict

        table = self._table(collection)
        server = conninfo_to_dict(self._dsn)
        place = f"{server.get('host') or ''}:{server.get('port') or 5432}"
        columns = f"{table.id_column},{table.vector_column}"
        name = self._quoted(table.name)
        return f"postgresql://{place}/{server.get('dbname') or ''}/{name}?columns={columns}"

    def generation(self, collection: str) -> str:
        """The server's version of the table, in one round trip."""
        table = self._table(collection)
        with self._connection() as connection:
            return self._token(connection, table)

    def pull_vectors(self, collection: str) -> ArrayBatch:
        """Everything in one batch."""
        batches = list(self.pull_chunks(collection))
        return join_batches(batches, batches[0].generation)

    def pull_chunks(self, collection: str) -> Generator[ArrayBatch, None, None]:
        """Batches of about 8 MiB, all of one snapshot."""
        table = self._table(collection)
        with self._connection() as connection:
            kind = self._token_row(connection, table)[0]
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                if kind != "m":
                    # As pg_dump does it, before the snapshot: TRUNCATE and rewrites wait, which
                    # would otherwise empty the table under an older snapshot.
                    connection.execute(self._access_lock(table))
                yield from self._copied(connection, table, self._token(connection, table))

    def _copied(
        self, connection: Connection[tuple[Any, ...]], table: _Table, token: str
    ) -> Iterator[ArrayBatch]:
        decoder = CopyDecoder(*self._types(connection, table))
        given = False
        with connection.cursor().copy(self._copy(table)) as copy:
            try:
                for ids, vectors in decoder.decode(copy, _CHUNK_BYTES):
                    given = True
                    yield ArrayBatch(ids, vectors, token)
            except BaseException:
                connection.close()  # do not read the rest of the table only to throw it away
                raise
        if not given:
            yield empty_batch(token)

    def _table(self, collection: str) -> _Table:
        with self._lock:
            table = self._tables.get(collection)
        if table is None:
            raise unknown_collection(self._name, collection)
        return table

    def _quoted(self, name: tuple[str, ...]) -> str:
        return ".".join('"' + part.replace('"', '""') + '"' for part in name)

    def _select(self, table: _Table) -> sql.Composed:
        from psycopg import sql

        return sql.SQL("SELECT {}, {} FROM {}").format(
            sql.Identifier(table.id_column),
            sql.Identifier(table.vector_column),
            sql.Identifier(*table.name),
        )

    def _copy(self, table: _Table) -> sql.Composed:
        from psycopg import sql

        query = sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)")
        return query.format(self._select(table))

    def _access_lock(self, table: _Table) -> sql.Composed:
        from psycopg import sql

        return sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.Identifier(*table.name))

    def _types(self, connection: Connection[tuple[Any, ...]], table: _Table) -> tuple[str, str]:
        """Names of the types of ids and vectors; of the base types of domains."""
        from psycopg import sql

        described = connection.execute(self._select(table) + sql.SQL(" LIMIT 0")).description
        codes = [column.type_code for column in described or ()]
        found = connection.execute(
            "SELECT oid::int8, typname::text FROM pg_type WHERE oid = ANY(%s::oid[])", [codes]
        )
        names = dict(found.fetchall())
        id_type, vector_type = (str(names[code]) for code in codes)
        return id_type, vector_type

    def _token_row(
        self, connection: Connection[tuple[Any, ...]], table: _Table
    ) -> tuple[str, str, str, str | None]:
        cursor = connection.execute(_TOKEN_SQL, [self._quoted(table.name)])
        row = cursor.fetchone()
        if row is None or row[0] not in ("r", "p", "v", "m"):
            raise backend_error(
                self._name,
                f"{self._quoted(table.name)} is no table or view of this server itself",
            )
        return row[0], row[1], row[2], row[3]

    def _token(self, connection: Connection[tuple[Any, ...]], table: _Table) -> str:
        _, identity, snapshot, replayed = self._token_row(connection, table)
        if table.generation_table is None:
            seen = ":".join(filter(None, (snapshot, replayed)))
            return f"postgres:{identity}:snapshot:{seen}"
        from psycopg import sql

        statement = sql.SQL(_COUNTED_SQL).format(
            generations=sql.Identifier(*table.generation_table)
        )
        row = connection.execute(statement, [self._quoted(table.name), _TRIGGER]).fetchone()
        if row is None:
            raise backend_error(
                self._name,
                f"no trigger keeps the generation of {self._quoted(table.name)}; call "
                f"install_generation_trigger",
            )
        return f"postgres:{identity}:generation:{row[0]}"

    @contextmanager
    def _connection(self) -> Iterator[Connection[tuple[Any, ...]]]:
        """A connection without a transaction. It is used again unless something went wrong."""
        import psycopg

        try:
            connection = self._idle_connection() or psycopg.connect(
                self._dsn,
                autocommit=True,
                prepare_threshold=None,
                connect_timeout=_CONNECT_TIMEOUT_S,
                application_name="ruvector",
            )
        except psycopg.Error as error:
            raise backend_error(self._name, str(error).strip()) from error
        try:
            yield connection
        except (psycopg.Error, CopyError) as error:
            connection.close()
            raise backend_error(self._name, str(error).strip()) from error
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if len(self._idle) < _CONNECTIONS_KEPT:
                self._idle.append(connection)
                return
        connection.close()

    def _idle_connection(self) -> Connection[tuple[Any, ...]] | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if not connection.closed and not _has_news(connection.fileno()):
                return connection
            connection.close()
