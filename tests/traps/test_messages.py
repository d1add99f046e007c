"""Messages: three counts, three kinds of openers, and what held when a message was received."""

from pathlib import Path
from typing import Any

from tests.traps.small import Small, at

Sent = dict[str, Any]


def mailed(*messages: tuple[Sent, tuple[str, ...]]) -> dict[str, list[Sent]]:
    """Messages with what happened to each: 'delivered', 'open', 'machine open', 'click', at an hour after sending."""
    rows: dict[str, list[Sent]] = {"member": [{"created_at": at("01-01")} for _ in range(1_100)]}
    rows |= {"message": [], "message_event": []}
    for number, (sent, happened) in enumerate(messages, start=1):
        rows["message"].append({"sent_at": at("11-05"), "channel": "email", "brand_id": 1} | sent)
        for what in happened:
            machine, kind = what.startswith("machine "), what.removeprefix("machine ")
            moment = rows["message"][-1]["sent_at"]
            rows["message_event"].append(
                {"message_id": number, "kind": kind, "occurred_at": moment, "is_machine": machine}
            )
    rows["brand"] = [{"name": "X"}, {"name": "Y"}]
    return rows


READ = ("delivered", "open")

FIVE_MAILS = mailed(
    ({"member_id": 1, "sent_at": at("03-05")}, READ),
    ({"member_id": 1, "sent_at": at("03-12")}, READ),
    ({"member_id": 2, "sent_at": at("03-12")}, ("delivered",)),
    ({"member_id": 3, "sent_at": at("03-12")}, ("delivered",)),
    ({"member_id": 3, "sent_at": at("03-25")}, ("delivered",)),
) | {
    "segment_scheme": [{"name": "activity", "is_exclusive": True}],
    "segment": [{"scheme_id": 1, "name": name} for name in ("New", "Active", "Leaving")],
    "segment_membership": [
        {"scheme_id": 1, "segment_id": segment, "member_id": member, "valid_from": at(begin), "valid_to": end}
        for member, segment, begin, end in (
            (1, 1, "03-01", at("03-10")),
            (1, 2, "03-10", None),
            (2, 1, "03-01", None),
            (3, 2, "03-01", at("03-20")),
            (3, 3, "03-20", None),
        )
    ],
}


def test_a_mail_at_the_instant_of_change_belongs_to_the_new_segment(tmp_path: Path) -> None:
    rows = FIVE_MAILS | mailed(({"member_id": 1, "sent_at": at("03-10")}, READ))
    assert Small(tmp_path, rows).by("sends", "segment.activity", "2025-03") == {"Active": 1, "total": 1}


def test_a_segment_recomputed_later_does_not_touch_what_a_message_kept(tmp_path: Path) -> None:
    kept = [{"message_id": number, "scheme_id": 1, "segment_id": 3} for number in range(1, 6)]
    small = Small(tmp_path, FIVE_MAILS | {"message_segment": kept})
    assert small.by("sends", "segment.activity", "2025-03") == {"Leaving": 5, "total": 5}


def test_a_message_opened_thrice_is_three_opens_one_message_and_one_member(tmp_path: Path) -> None:
    small = Small(
        tmp_path, mailed(({"member_id": 1}, (*READ, "open", "open", "click", "click")), ({"member_id": 1}, READ))
    )
    assert [small.number(name) for name in ("opens_total", "opens_unique", "openers_members")] == [4, 2, 1]
    assert [small.number(name) for name in ("clicks_total", "clicks_unique", "clickers_members")] == [2, 1, 1]


def test_what_happens_after_the_period_changes_nothing_in_it(tmp_path: Path) -> None:
    rows = mailed(({"member_id": 1, "sent_at": at("11-30")}, ("delivered",)))
    rows["message_event"] += [
        {"message_id": 1, "kind": kind, "occurred_at": at("12-01"), "is_machine": False} for kind in ("open", "click")
    ]
    small = Small(tmp_path, rows)
    metrics = ("opens_total", "opens_unique", "openers_members", "open_rate", "clicks_total", "click_rate")
    assert [small.number(name, "2025-11") for name in metrics] == [0, 0, 0, 0, 0, 0]
    assert [small.number(name, "2025-11-01..2025-12-31") for name in metrics] == [1, 1, 1, 1, 1, 1]


def test_a_report_that_the_provider_sends_twice_is_one(tmp_path: Path) -> None:
    rows = mailed(({"member_id": 1}, ("delivered",)))
    rows["message_event"] += [
        {"message_id": 1, "kind": "open", "occurred_at": at("11-05"), "dedupe_key": "a", "is_machine": False}
    ] * 2
    assert Small(tmp_path, rows).number("opens_total") == 1


def test_tier_and_specialty_are_read_as_the_message_kept_them(tmp_path: Path) -> None:
    spell = {"member_id": 1, "valid_from": at("01-01")}
    rows = mailed(
        ({"member_id": 1, "tier_id_asof": 1, "specialty_asof": "surgery"}, READ), ({"member_id": 1}, READ)
    ) | {
        "program": [{"name": "Club", "brand_id": 1}],
        "tier": [{"program_id": 1, "name": name, "rank": n} for n, name in enumerate(("Silver", "Gold"))],
        "tier_membership": [spell | {"program_id": 1, "tier_id": 2}],
        "member_attribute": [
            spell | {"brand_id": 1, "attribute": "specialty", "value": "dentistry"},
            spell | {"brand_id": 1, "attribute": "city", "value": "Łódź"},
        ],
    }
    small = Small(tmp_path, rows)
    assert small.by("sends", "tier.name") == {"Silver": 1, None: 1, "total": 2}
    assert small.by("sends", "attribute.specialty") == {"surgery": 1, None: 1, "total": 2}
    # What messages never keep is read as of the moment of sending.
    assert small.by("sends", "attribute.city") == {"Łódź": 2, "total": 2}


def test_what_members_do_with_messages_is_a_path_of_activities(tmp_path: Path) -> None:
    small = Small(
        tmp_path, mailed(({"member_id": 1}, (*READ, "click")), ({"member_id": 2}, ("delivered", "machine open")))
    )
    names = ("message_received", "message_opened", "message_clicked")
    rows = small.rows({"kind": "funnel", "steps": [{"activity": name} for name in names]})
    assert [row[1] for row in rows] == [2, 1, 1]


def test_every_count_of_reactions_comes_as_events_messages_and_members(tmp_path: Path) -> None:
    fates = (("machine open", "open", "open", "unsubscribe"), ("machine open",), ("open", "unsubscribe", "unsubscribe"))
    small = Small(tmp_path, mailed(*(({"member_id": 1}, ("delivered", *fate)) for fate in fates)))
    figures = {
        "opens_total": 5,
        "opens_human_total": 3,
        "opens_unique": 3,
        "opens_human_unique": 2,
        "openers_members": 1,
        "unsubscribes": 2,
        "unsubscribers_members": 1,
        "recipients_members": 1,
        "messages_per_recipient": 3,
    }
    assert {name: small.number(name) for name in figures} == figures


def test_a_goal_reached_twice_is_two_completions_by_one_member(tmp_path: Path) -> None:
    reached = [{"goal_id": 1, "member_id": member, "occurred_at": at("11-05")} for member in (1, 1, None)]
    small = Small(tmp_path, {"member": [{}], "goal": [{"name": "Sample"}], "goal_completion": reached})
    assert (small.number("goal_completions"), small.number("goal_members")) == (3, 1)
