"""What each chart kind promises to its reader."""

from dataclasses import replace
from datetime import date
from html import unescape
from re import findall, sub
from xml.etree import ElementTree as ET

import pytest
import vl_convert

from punchcard.chart import (
    Bar,
    Chart,
    Column,
    Figure,
    Flow,
    Forest,
    Funnel,
    Heat,
    Interval,
    Line,
    Pivot,
    Table,
    Voice,
    draw,
)
from punchcard.chart.draw import INLINE_ROWS, data_table, failed
from punchcard.chart.export import Picture, standalone
from punchcard.chart.palette import DARK
from punchcard.chart.scale import scale
from punchcard.result import Cell, Result
from punchcard.result import Column as Of
from tests.chart import samples

EN = Voice.of("en")


def linked(column: str, value: Cell) -> str | None:
    return f"?{column}={value}"


CLICKABLE = Voice.of("en", link=linked)


def texts(markup: str, tag: str) -> list[str]:
    """The texts of all elements of a tag."""
    cells = findall(rf"<{tag}[ >].*?</{tag}>", markup.replace(f"<{tag}>", f"<{tag} >"))
    return [unescape(sub(r"<[^>]+>", "", cell)) for cell in cells]


def by_name(*rows: tuple[Cell, ...], flag: str = "other") -> Result:
    columns = (Of("brand", "Brand", "label"), Of("v", "Members", "measure", "members"), Of(flag, flag, "flag", of=None))
    return Result(columns, rows)


@pytest.mark.parametrize("id_", samples.CHARTS)
def test_every_kind_has_its_figures_in_a_table(id_: str) -> None:
    chart = samples.CHARTS[id_][1]
    markup = draw(chart, EN)
    if not chart.empty:
        assert "<table" in markup
        assert "</caption>" in markup


@pytest.mark.parametrize("tag", ["en", "ar", "ko"])
@pytest.mark.parametrize("id_", samples.CHARTS)
def test_every_kind_can_leave_as_a_picture(id_: str, tag: str) -> None:
    title, chart, _ = samples.CHARTS[id_]
    svg = standalone(chart, Voice.of(tag), Picture(title, "Aug 1 – Oct 29", "Punchcard", DARK))
    drawn = ET.fromstring(svg)  # noqa: S314 - our own
    fonts = {element.get("font-family", "") for element in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert fonts
    assert all(font.endswith("sans-serif") for font in fonts)
    assert "class=" not in svg
    assert "var(" not in svg


def test_a_picture_becomes_a_png() -> None:
    svg = standalone(samples.CHARTS["line"][1], EN, Picture("Purchases"))
    assert vl_convert.svg_to_png(svg).startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", [Bar, Table, Funnel])
def test_a_name_never_becomes_html(kind: type[Bar] | type[Table] | type[Funnel]) -> None:
    nasty = "<script>alert(1)</script>\" onload='x"
    chart = kind.of(by_name((nasty, 1, False)))
    markup = draw(chart, CLICKABLE)
    assert "<script" not in markup
    assert "onload='" not in markup
    assert "<script" not in standalone(chart, EN, Picture(nasty, nasty, nasty))


def test_a_bar_leads_to_its_filter_and_the_rest_does_not() -> None:
    markup = Bar.of(by_name(("Fuel", 3, False), ("Other (2)", 1, True))).html(CLICKABLE)
    assert "?brand=Fuel" in markup
    assert "?brand=Other" not in markup


def test_a_suppressed_figure_leaves_no_trace_in_the_picture() -> None:
    shown = by_name(("Fuel", 300, False), ("Tiny", 7, True), flag="suppressed")
    other = by_name(("Fuel", 300, False), ("Tiny", 9, True), flag="suppressed")
    for kind in (Bar, Table):
        assert draw(kind.of(shown), EN) == draw(kind.of(other), EN)
        assert "hidden" in draw(kind.of(shown), EN)


def test_a_period_that_is_not_over_is_dashed_and_said() -> None:
    markup = draw(Line.of(samples.daily(incomplete=1)), EN)
    assert 'class="l dash s1"' in markup
    assert "(not over yet)" in markup
    assert "dash s1" not in draw(Line.of(samples.daily(incomplete=0)), EN)


def test_a_missing_figure_is_a_gap_and_a_dash_never_a_zero() -> None:
    columns = (Of("day", "Day", "time", "day"), Of("v", "Rate", "measure", "ratio"))
    days = [date(2026, 3, day) for day in range(1, 6)]
    result = Result(columns, tuple(zip(days, (0.1, 0.2, None, 0.3, 0.2), strict=True)))
    markup = draw(Line.of(result), EN)
    (line,) = findall(r'class="l s1" d="([^"]*)"', markup)
    assert line.count("M") == 2
    assert texts(markup, "td")[2] == "—"


def test_a_lonely_figure_between_gaps_is_still_seen() -> None:
    columns = (Of("day", "Day", "time", "day"), Of("v", "Rate", "measure", "ratio"))
    result = Result(columns, ((date(2026, 3, 1), None), (date(2026, 3, 2), 0.2), (date(2026, 3, 3), None)))
    assert 'class="d s1"' in draw(Line.of(result), EN)


def test_the_data_table_holds_what_is_drawn() -> None:
    markup = draw(Line.of(samples.daily()), EN)
    rows = samples.daily().rows
    cells = texts(markup, "td")
    assert cells[:2] == [f"{rows[0][1]:,}", f"{rows[0][2]:,}"]
    assert len(cells) == 2 * len(rows)


def test_a_long_data_table_waits_until_it_is_wanted() -> None:
    columns = (Of("day", "Day", "time", "hour"), Of("v", "Rate", "measure", "count"))
    rows = tuple((n, n) for n in range(INLINE_ROWS + 1))
    chart = Line.of(Result(columns, rows))
    assert "<table" not in draw(chart, EN, table_href="/t")
    assert 'data-src="/t"' in draw(chart, EN, table_href="/t")
    assert data_table(chart, EN).count("<tr>") == INLINE_ROWS + 2


def test_more_series_than_colours_are_cut_and_counted() -> None:
    columns = (Of("day", "Day", "time", "day"), Of("b", "Brand", "label"), Of("v", "n", "measure", "count"))
    result = Result(columns, tuple((date(2026, 3, 1), f"B{n}", n) for n in range(9)))
    chart = Line.of(result)
    assert (len(chart.plot.series), chart.plot.left_out) == (6, 3)


def test_the_rest_is_the_grey_seventh_series() -> None:
    columns = (
        Of("day", "Day", "time", "day"),
        Of("b", "Brand", "label"),
        Of("v", "n", "measure", "count"),
        Of("other", "", "flag"),
    )
    rows = tuple((date(2026, 3, 1), f"B{n}", n, n == 2) for n in range(7))
    series = Line.of(Result(columns, rows)).plot.series
    assert [one.role for one in series] == ["s1", "s2", "s3", "s4", "s5", "s6", "other"]
    assert series[-1].name == "B2"


def test_measures_of_another_unit_do_not_share_the_axis() -> None:
    columns = (Of("day", "Day", "time", "day"), Of("a", "A", "measure", "count"), Of("b", "B", "measure", "ratio"))
    assert [one.name for one in Line.of(Result(columns, ((date(2026, 3, 1), 3, 0.5),))).plot.series] == ["a"]


def test_columns_that_go_below_zero_stack_downwards() -> None:
    columns = (Of("m", "M", "time", "month"), Of("k", "K", "label"), Of("v", "v", "measure", "points"))
    day = date(2026, 3, 1)
    chart = Column.of(
        Result(columns, ((day, "earned", 60), (day, "burned", -20), (day, "expired", -20))), mode="stacked"
    )
    heights = [float(height) for height in findall(r'<rect [^>]*height="([\d.]+)"', chart.html(EN))]
    assert heights == pytest.approx([48, 16, 16])  # of an axis from -50 to 75


def test_shares_of_a_column_fill_it() -> None:
    markup = Column.of(samples.by_category(), mode="share").html(EN)
    heights = [float(height) for height in findall(r'<rect [^>]*height="([\d.]+)"', markup)]
    assert sum(heights) == pytest.approx(100 * 12, abs=0.5)


def test_a_figure_says_how_it_moved_and_whether_that_is_good() -> None:
    markup = samples.figure("Cost", 90, 100, "currency", better="lower").html(EN)
    assert 'class="n good"' in markup
    assert "−10.0%" in markup
    assert "▼" in markup


def test_a_figure_without_data_is_a_dash() -> None:
    columns = (Of("v", "Rate", "measure", "ratio"),)
    for result in (Result(columns, ()), Result(columns, ((None,),))):
        assert "—" in Figure.of(result).html(EN)


def test_a_figure_whose_comparison_is_missing_says_so() -> None:
    assert "no comparison" in samples.figure("Rate", 0.3, None, "ratio").html(EN)


def test_funnel_shares_are_of_the_first_and_of_the_step_before() -> None:
    markup = draw(Funnel.of(samples.steps()), EN)
    assert texts(markup, "td")[3:6] == ["62,917", "62.9%", "62.9%"]
    assert texts(markup, "td")[6:9] == ["45,145", "45.1%", "71.8%"]


def test_a_funnel_nobody_began_is_empty() -> None:
    result = Result((Of("s", "s", "label"), Of("n", "n", "measure", "members")), (("a", 0), ("b", 0)))
    assert "No data" in draw(Funnel.of(result), EN)


def test_a_forest_names_what_is_not_proven_or_withheld_and_what_all_say_together() -> None:
    page = str(Forest.of(samples.forest()).html(EN))
    lines = page[page.index("<ol") :].split("<li")[1:]
    assert ["not proven" in line for line in lines] == [False, True, True, False, False]
    assert "withheld" in lines[3]
    assert "dot" not in lines[3]
    assert "All together" in lines[4]
    assert "bar s1" in lines[4], "the pooled effect is a bar"
    assert "tick text" in lines[0], "where the effect lies, drawn to the mean"


def test_an_interval_that_crosses_zero_is_grey_and_not_proven() -> None:
    chart = Interval.of(samples.uplifts())
    assert [one.proven for one in chart.estimates] == [False, False, False, True, True]
    assert "not proven" in chart.html(EN)


def test_a_flow_neither_loses_nor_invents_members() -> None:
    result = samples.flows()
    chart = Flow.of(result)
    assert sum(stream.count for stream in chart.streams) == sum(
        row[2] for row in result.rows if isinstance(row[2], int)
    )
    assert draw(chart, EN).count('class="rib') == len(chart.streams)


def test_a_node_of_a_flow_says_how_many_were_there_where_its_streams_do_not() -> None:
    chart = replace(Flow.of(samples.flows()), nodes={})
    stream = chart.streams[0]
    known = replace(chart, nodes={stream.start: 123456.0})
    assert 'title="Members: 123,456"' in draw(known, EN)
    assert "123,456" not in draw(chart, EN)


def test_a_flow_from_one_node_to_itself_draws() -> None:
    result = Result(
        (Of("a", "a", "label"), Of("b", "b", "label"), Of("n", "n", "measure", "members")), (("x", "x", 5),)
    )
    assert 'class="rib' in draw(Flow.of(result), EN)


def test_the_totals_row_says_that_it_was_recomputed() -> None:
    assert "Total, recomputed" in draw(Table.of(samples.campaigns()), EN)


def test_the_total_of_a_ranking_is_no_bar() -> None:
    chart = Bar.of(by_name(("Fuel", 3, False), (None, 9, True), flag="total"))
    assert len(chart.places) == 1
    assert "Total, recomputed: 9" in chart.html(EN)


def test_the_rest_is_named_in_the_readers_language() -> None:
    for kind in (Bar, Table):
        markup = draw(kind.of(by_name(("Fuel", 3, False), ("…other", 1, True))), Voice.of("ar"))
        assert "أخرى" in markup
        assert "…other" not in markup


def test_a_share_stands_before_its_figure() -> None:
    columns = (Of("b", "Brand", "label"), Of("v", "n", "measure", "count"), Of("share", "Share", "measure", "ratio"))
    assert "25.0%" in Bar.of(Result(columns, (("Fuel", 3, 0.25),))).html(EN)


def test_a_comparison_titled_like_its_measure_gets_a_name_of_its_own() -> None:
    columns = (Of("b", "Brand", "label"), Of("v", "Sales", "measure"), Of("w", "Sales", "comparison", of="v"))
    for kind in (Bar, Table):
        assert "Sales, before" in draw(kind.of(Result(columns, (("Fuel", 3, 2),))), EN)


def test_a_table_of_several_metrics_writes_each_row_in_its_own_unit() -> None:
    columns = (Of("m", "Metric", "label"), Of("a", "Gold", "measure", "row"), Of("unit", "Unit", "flag"))
    rows = (("Revenue", 1234.5, "currency"), ("Rate", 0.25, "ratio"), ("Members", 12, "members"))
    assert texts(draw(Table.of(Result(columns, rows), bars=()), EN), "td") == ["$1,235", "25.0%", "12"]


def test_a_pivot_shows_the_margins_it_was_given_and_adds_nothing_up() -> None:
    result = samples.crossing()
    chart = Pivot.of(result, across=("channel", "consent"))
    assert len(chart.figures) == len(result.rows)
    shown = texts(chart.html(EN), "td")
    assert len([text for text in shown if text and text != "—"]) >= len(result.rows) - 1


def test_a_pivot_with_nested_rows_names_each_group_once() -> None:
    chart = Pivot.of(samples.crossing())
    markup = chart.html(EN)
    assert texts(markup, "th").count("Cardiology") == 1
    assert 'rowspan="' in markup


def test_a_brand_called_total_is_not_taken_for_the_margin() -> None:
    columns = (Of("b", "Brand", "label"), Of("v", "n", "measure", "count"), Of("total", "", "flag"))
    chart = Pivot.of(Result(columns, (("total", 1, False), (None, 2, True))))
    assert len(chart.rows) == 2
    assert texts(chart.html(EN), "th")[-2:] == ["total", "Total, recomputed"]


def test_a_heat_map_sorts_its_numbered_columns_and_leaves_unripe_cells_empty() -> None:
    result = samples.retention()
    mixed = replace(result, rows=tuple(reversed(result.rows)))
    chart = Heat.of(mixed)
    assert chart.columns == tuple(range(12))
    assert chart.values[0][1:] == (None,) * 11


def test_the_empty_and_the_failed_state_say_what_to_do() -> None:
    assert "take away a filter" in draw(samples.CHARTS["nothing"][1], EN)
    assert "&lt;b&gt;" in failed("<b>", EN)


def test_arabic_reads_its_own_words_around_left_to_right_figures() -> None:
    markup = draw(samples.CHARTS["nothing"][1], Voice.of("ar"))
    assert "لا توجد بيانات" in markup
    assert 'class="n"' in draw(samples.CHARTS["bar"][1], Voice.of("ar"))


@pytest.mark.parametrize(
    ("values", "zero", "ticks"),
    [
        ([3, 58_200], True, (0, 20_000, 40_000, 60_000)),
        ([97, 99.5], False, (97, 98, 99, 100)),
        ([-3, 8], True, (-5, 0, 5, 10)),
        ([], True, (0, 0.25, 0.5, 0.75, 1)),
        ([0, 0], True, (0, 0.25, 0.5, 0.75, 1)),
        ([5], True, (0, 2, 4, 6)),
        ([0.1, 0.2, None], True, (0, 0.05, 0.1, 0.15, 0.2)),
    ],
)
def test_ticks_are_round_and_hold_all_values(values: list[float | None], zero: bool, ticks: tuple[float, ...]) -> None:
    assert scale(values, zero=zero).ticks == pytest.approx(ticks)


def test_all_charts_are_values() -> None:
    charts: list[Chart] = [chart for _, chart, _ in samples.CHARTS.values()]
    assert len({chart.kind for chart in charts}) == 17
