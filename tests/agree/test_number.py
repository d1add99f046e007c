"""Number: every kind of metric, under every form of filter and every reading, over one period."""

from hypothesis import given
from hypothesis import strategies as st

from tests.agree.asking import Case, Sieve, agree, cases, every, quickly, sieves

OF_LINES = ["revenue", "sale_lines", "revenue_before", "revenue_7d", "revenue_previous", "first_day_revenue"]
OF_LINES.extend(["member_revenue", "buyers_of_lines", "growth", "trips", "basket"])
OF_PURCHASES = ["buyers", "median_net", "mean_net", "repeaters", "buyers_ever", "large_trips"]
OF_PURCHASES.extend(["second_purchase", "next_purchase"])
OF_MEMBERS = ["members", "members_won"]


def askable(chosen: list[Sieve]) -> list[str]:
    """The metrics that all filters can cut."""
    names = [*OF_LINES]
    if not any(sieve.of_lines for sieve in chosen):
        names += OF_PURCHASES
    if not any(sieve.of_purchases or "brand" in str(sieve.asked) for sieve in chosen):
        names += OF_MEMBERS
    return names


@quickly
@given(cases(), st.lists(sieves(), max_size=2))
def test_every_metric_is_the_oracles_under_any_filters(case: Case, chosen: list[Sieve]) -> None:
    names = askable(chosen)
    answer = case.ask({"kind": "number", "metrics": names}, filters=[sieve.asked for sieve in chosen])
    found = dict(zip(names, answer.result.rows[0], strict=True))
    holds = every(case.oracle, chosen)
    agree(found, {name: case.oracle.figure(name, case.span, holds) for name in names})
