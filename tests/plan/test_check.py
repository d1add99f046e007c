"""A declaration that names what does not exist is a mistake with a place, and with what was perhaps meant."""

from pathlib import Path

import pytest

from punchcard.project import read

FACT = """
visit:
  title: Visits
  grain: a visit
  row: event_id
  member: member_id
  time: ts
  kept: {kept}
  sql: select event_id, member_id, occurred_at as ts from event
  columns:
    event_id: {{type: id, of: event, meaning: The visit.}}
    member_id: {{type: id, of: member, meaning: The member.}}
    ts: {{type: instant, meaning: When it was., dimension: false}}
"""

METRIC = """
spend:
  kind: aggregate
  title: Spend
  method: What members spent in one experiment.
  of: outcome
  per: member_id
  each: {spent: sum(net)}
  value: avg(spent)
  single: [experiment_id]
"""


def mistakes(folder: Path, kind: str, text: str) -> list[str]:
    """What is wrong with a project that declares this."""
    (folder / "punchcard.yaml").write_text("name: Small\n")
    (folder / kind).mkdir()
    (folder / kind / "own.yaml").write_text(text)
    return [f"{mistake.place}: {mistake.message}" for mistake in read(folder)[1]]


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        ("{segmnt: sending_segment}", "visit.kept.segmnt: no history 'segmnt'; did you mean 'segment'?"),
        ("{segment: sending_segmet}", "visit.kept.segment: no fact 'sending_segmet'; did you mean 'sending_segment'?"),
        ("{segment: sending_tier}", "visit.kept.segment: no column 'segment' in sending_tier"),
        (
            "{segment: sending_segment}",
            "visit.kept.segment: sending_segment is matched on 'message_id', which visit has not",
        ),
    ],
)
def test_what_a_fact_keeps_of_its_member_must_be_found(tmp_path: Path, kept: str, message: str) -> None:
    assert any(found.startswith(message) for found in mistakes(tmp_path, "facts", FACT.format(kept=kept)))


def test_what_must_not_be_mixed_must_be_told_apart_first(tmp_path: Path) -> None:
    expected = "spend.single: 'experiment_id' must be one of 'per' (member_id)"
    assert mistakes(tmp_path, "metrics", METRIC) == [expected]
