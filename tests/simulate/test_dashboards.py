"""Built-in dashboards on a programme that feeds them: each tile shows a figure, or the test says why it has none."""

from collections.abc import Callable, Iterator

import pytest

from punchcard.analyses.ranking import Ranking
from punchcard.dashboard import Dashboard, View, question
from punchcard.errors import QueryError
from punchcard.programme import Programme
from punchcard.query import Query
from punchcard.result import Result
from tests.simulate.conftest import Made

FED_BY = {
    "pharma": (
        "consents", "crm_overview", "deliverability", "nps_voice", "pharma_activation", "pharma_consents",
        "pharma_digest", "pharma_segments", "pharma_webinars", "profile_quality",
    ),
    "coalition": ("b2b_brand_view", "coalition_cross", "growth_home"),
    "creators": (
        "brand_report", "brand_success", "channels_influencers", "company_health", "creators", "internal_accounting",
    ),
    "retailer": (
        "activation", "attribution", "audience_builder", "base_growth", "basket_affinity", "basket_size",
        "campaign_card", "campaign_compare", "category_profile", "experiment_readout", "experiment_register",
        "global_control", "power_planner",
        "contact_pressure", "concentration", "coupons", "daily_flash", "data_health", "discounts", "email_performance",
        "fraud_watch", "gain_loss", "income_cost", "kpi_tree", "label_loyalty", "liability", "lifecycle_states",
        "loyalty_repertoire", "member_base", "member_value", "member_vs_nonmember", "methodology", "new_buyers",
        "new_product", "okr_board", "omnichannel", "plan_fact", "points_balance", "points_flow", "private_label",
        "product_kpis", "programme_pnl", "programme_pulse", "promo_evaluation", "push_sms", "redemption_curves",
        "retention_churn", "returns", "reward_rate_board", "rewards_catalogue", "rfm_grid", "rfm_overview",
        "sales_calendar", "segment_flow", "segment_overview", "send_time", "stores", "tiers",
        "trading_hours", "trigger_chains",
    ),
}  # fmt: skip

WITHOUT_FIGURES = {
    ("campaign_card", "May it be read?"): "checks of a draw are words",
    ("global_control", "May it be read?"): "checks of a draw are words",
    ("crm_overview", "Revenue by last click"): "a pharma company sells nothing to its members",
    ("data_health", "Minutes since data was complete"): "the simulator never says up to when a table is complete",
    ("member_value", "What a model expects"): "predictions are imported, and the simulator makes none",
    ("tiers", "Close to the next tier"): "tiers of the simulator ask for spend, not for points",
    ("tiers", "Kept their tier at renewal"): "no tier is up for renewal in the first 220 days",
}


def chosen(programme: Programme, dashboard: Dashboard) -> dict[str, str]:
    """The values that a page would choose at first: the largest of each choice's dimension."""
    found: dict[str, str] = {}
    for control in dashboard.choices():
        assert control.name is not None
        if control.dimension is None:
            found[control.name] = next(iter(control.options))
            continue
        asked = Ranking(metrics=(control.metric or "txns_count",), by=control.dimension, top=50, total=False)
        rows = programme.ask(Query(ask=asked, period=dashboard.period)).result.rows
        found[control.name] = str([row[0] for row in rows if row[0] is not None][control.nth - 1])
    return found


def has_figure(result: Result) -> bool:
    """Whether any cell of a measure holds a figure; 0 is one."""
    places = [place for place, column in enumerate(result.columns) if column.role == "measure"]
    return any(row[place] is not None for row in result.rows for place in places)


def empty_tiles(programme: Programme, dashboard: Dashboard) -> Iterator[tuple[str, str]]:
    """The tiles without a figure, with what they say instead."""
    view = View(choices=chosen(programme, dashboard))
    for tile in dashboard.tiles:
        try:
            answer = programme.ask(question(dashboard, tile, view))
        except QueryError as error:
            yield tile.title, error.message
            continue
        if not has_figure(answer.result):
            yield tile.title, "; ".join(note.text for note in answer.result.notes)


@pytest.mark.parametrize(("profile", "name"), [(profile, name) for profile, names in FED_BY.items() for name in names])
def test_every_tile_shows_a_figure_on_a_programme_that_feeds_it(
    made: Callable[[str], Made], profile: str, name: str
) -> None:
    programme = made(profile).programme
    empty = dict(empty_tiles(programme, programme.project.dashboards[name]))
    explained = {title for where, title in WITHOUT_FIGURES if where == name}
    assert empty.keys() == explained, empty
