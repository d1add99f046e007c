"""When reactions happen, how people react in a set time, and weeks of contact."""

from pathlib import Path
from typing import Any

from tests.traps.small import Small, at


def programme(folder: Path, *messages: tuple[int, str, tuple[tuple[str, str], ...]]) -> Small:
    """Messages of members, each with when it was sent and delivered, and what happened when."""
    rows: dict[str, list[dict[str, Any]]] = {
        "brand": [{"name": "X"}],
        "member": [{"created_at": at("01-01")} for _ in range(9)],
        "message": [],
        "message_event": [],
    }
    for number, (member, sent, happened) in enumerate(messages, start=1):
        rows["message"].append({"sent_at": at(sent), "channel": "email", "brand_id": 1, "member_id": member})
        for what, moment in (("delivered", sent), *happened):
            machine, kind = what.startswith("machine "), what.removeprefix("machine ")
            rows["message_event"].append(
                {"message_id": number, "kind": kind, "occurred_at": at(moment), "is_machine": machine}
            )
    return Small(folder, rows)


def test_an_open_counts_by_the_day_of_sending_or_by_its_own_day_and_both_have_a_name(tmp_path: Path) -> None:
    small = programme(tmp_path, (1, "11-05 22:00", (("machine open", "11-05 22:01"), ("open", "11-06 07:00"))))
    by_sending = [small.number("opens_human_total", day) for day in ("2025-11-05", "2025-11-06", "2025-11")]
    by_event = [small.number("opens_by_event", day) for day in ("2025-11-05", "2025-11-06", "2025-11")]
    assert by_sending == [0, 0, 1], "sent on the 5th, opened after that day's end"
    assert by_event == [0, 1, 1]
    assert small.number("opens_machine_by_event", "2025-11-05") == 1


def test_clicks_unsubscriptions_and_complaints_count_when_they_happen(tmp_path: Path) -> None:
    later = (("click", "11-12"), ("click", "11-12"), ("machine click", "11-12"), ("unsubscribe", "11-12"))
    small = programme(tmp_path, (1, "11-05", later), (1, "11-11", ()), (2, "11-11", (("complaint", "11-13"),)))
    assert [small.number("clicks_by_event", f"2025-11-{day}") for day in ("05", "12")] == [0, 2]
    assert [small.number("unsubscribes_by_event", f"2025-11-{day}") for day in ("05", "12")] == [0, 1]
    # Three weeks of contact: member 1 in the first, both in the second, in which member 2 complained.
    assert small.number("contact_week_complaint_rate", "2025-11") == 1 / 3
    assert small.number("contact_week_unsubscribe_rate", "2025-11-10..2025-11-16") == 1 / 2


def test_every_message_has_the_same_time_to_be_read(tmp_path: Path) -> None:
    small = programme(
        tmp_path,
        (1, "11-05", (("open", "11-07"), ("click", "11-07"))),
        (2, "11-05", (("open", "11-12"),)),
        (3, "11-05", (("machine open", "11-05"),)),
        (4, "11-06", (("open", "11-06"),)),
    )
    assert [small.number("read_within_3_days", f"2025-11-0{day}") for day in (5, 8, 9)] == [None, 1 / 3, 1]
    assert small.number("clicked_within_3_days", "2025-11-08") == 1 / 3


def test_a_week_of_contact_is_a_member_and_a_week_that_is_over(tmp_path: Path) -> None:
    small = programme(
        tmp_path,
        (1, "11-03", ()),
        (1, "11-05", (("click", "11-06"),)),
        (1, "11-09 23:00", (("unsubscribe", "11-09 23:30"),)),  # the Sunday of the same week
        (2, "11-04", (("unsubscribe", "11-11"),)),  # in a week without messages: in no week of contact
        (3, "11-10", ()),
    )
    november = small.by("contact_weeks", "messages_up_to_7", "2025-11")
    assert november == {1: 2, 3: 1, "total": 3}
    assert small.by("contact_week_unsubscribe_rate", "messages_up_to_7", "2025-11") == {1: 0, 3: 1, "total": 1 / 3}
    assert small.number("contact_week_click_rate", "2025-11") == 1 / 3
    assert small.number("messages_per_contact_week", "2025-11") == 5 / 3
    # A week counts where it ends: none of the first has ended by Saturday, and the second begins on Monday.
    assert small.number("contact_weeks", "2025-11-03..2025-11-08") == 0
    assert small.number("contact_weeks", "2025-11-03..2025-11-09") == 2


def test_hours_after_sending_are_whole_hours(tmp_path: Path) -> None:
    small = programme(
        tmp_path, (1, "11-05 10:00", (("open", "11-05 10:59"), ("open", "11-05 11:00"), ("open", "11-07 10:00")))
    )
    assert small.by("opens_human_total", "hours_after") == {0: 1, 1: 1, 48: 1, "total": 3}
