"""Consents and activities: two clocks, what arrives late or twice, and steps in order."""

from pathlib import Path
from typing import Any

import pytest

from tests.traps.small import Small, at

MEMBER = {
    "member": [{"created_at": at("01-01")}],
    "program": [{"name": "Club"}],
    "enrolment": [{"member_id": 1, "program_id": 1, "enrolled_at": at("01-01")}],
}


def test_granted_and_then_confirmed_is_one_person_on_the_list(tmp_path: Path) -> None:
    acts = [
        {"member_id": 1, "channel": "email", "status": s, "occurred_at": at(d)}
        for s, d in (("granted", "09-30"), ("confirmed", "10-02"))
    ]
    small = Small(tmp_path, MEMBER | {"consent_event": acts})
    assert small.number("list_growth_rate", "2025-10") == 0
    assert small.number("consent_withdrawal_rate", "2025-10") == 0
    assert small.number("doi_confirm_rate", "2025-10") == 1


LATE = [
    {"name": "open", "occurred_at": at(happened), "received_at": at(received), "anonymous_id": "phone"}
    for happened, received in (
        ("11-01 10:00", "11-01 10:01"),
        ("11-01 12:00", "11-03 09:00"),
        ("11-01 23:00", "11-02 00:10"),
        ("11-02 08:00", "11-02 08:00"),
    )
]


def test_a_report_can_be_made_again_as_it_was_known(tmp_path: Path) -> None:
    small = Small(tmp_path, {"event": LATE})
    asked = [small.number("events_total", "2025-11-01", known_at=f"2025-11-02T{hour}:00") for hour in ("00", "12")]
    assert [*asked, small.number("events_total", "2025-11-01")] == [1, 2, 3]
    assert small.number("late_event_share", "2025-11-01") == pytest.approx(1 / 3)


def test_what_is_received_twice_happened_once_and_the_first_arrival_counts(tmp_path: Path) -> None:
    key = {"source": "app", "dedupe_key": "7"}
    again = [LATE[0] | key, LATE[0] | key | {"received_at": at("11-09")}]
    small = Small(tmp_path, {"event": again})
    assert small.number("events_total") == 1
    assert small.number("late_event_share") == 0


def did(*happened: tuple[int, str, int]) -> dict[str, list[dict[str, Any]]]:
    """Activities of members, at a minute of one hour."""
    return {
        "member": [{"created_at": at("01-01")} for _ in range(4)],
        "event": [
            {"member_id": member, "name": name, "occurred_at": at(f"11-05 {10 + minute // 60}:{minute % 60:02}")}
            for member, name, minute in happened
        ],
    }


ATTEMPTS = did(
    *((1, name, minute) for name, minute in (("open", 0), ("start", 10), ("done", 20))),
    *((2, name, minute) for name, minute in (("open", 0), ("start", 50), ("done", 70))),
    *((3, name, minute) for name, minute in (("start", 5), ("open", 10), ("done", 15))),
    *((4, name, minute) for name, minute in (("open", 0), ("start", 5), ("open", 100), ("start", 110), ("done", 130))),
)


@pytest.mark.parametrize(("entry", "reached"), [("furthest", [4, 3, 2]), ("first", [4, 3, 1])])
def test_steps_count_in_order_within_the_hour_and_every_opening_may_begin(
    tmp_path: Path, entry: str, reached: list[int]
) -> None:
    steps = [{"activity": name} for name in ("open", "start", "done")]
    funnel = {"kind": "funnel", "steps": steps, "window": {"n": 60, "unit": "minute"}, "entry": entry}
    rows = Small(tmp_path, ATTEMPTS).rows(funnel, "2025-11-05")
    assert [row[1] for row in rows] == reached


def test_the_metric_of_signing_up_takes_every_opening_as_a_beginning(tmp_path: Path) -> None:
    happened = (
        (1, "app_open", 0),
        (1, "signup_start", 1),
        (1, "signup_done", 2),
        (2, "signup_start", 0),
        (2, "app_open", 1),
    )
    small = Small(tmp_path, did(*happened))
    assert small.number("funnel_conversion") == 0.5
    assert small.number("registration_completion_rate") == 0.5
    assert small.number("funnel_time_median") == 1


def test_people_are_members_and_the_devices_of_strangers(tmp_path: Path) -> None:
    rows = did((1, "open", 0), (1, "open", 1), (2, "open", 2))
    rows["event"] += [{"anonymous_id": d, "name": "open", "occurred_at": at("11-05")} for d in ("a", "a", "b")]
    small = Small(tmp_path, rows)
    assert small.number("active_people") == 4
    assert small.number("new_users", "2025-11") == 4
    assert small.number("dau", "2025-11-05") == 4
    assert small.number("stickiness", "2025-11-01..2025-11-30") == pytest.approx(1 / 30)


def test_activities_are_cut_by_what_was_sent_along(tmp_path: Path) -> None:
    rows = did((1, "view", 0), (2, "view", 1))
    rows["event"][0]["props"] = '{"offer": "a"}'
    small = Small(tmp_path, rows)
    assert small.by("events_total", "props.offer") == {"a": 1, None: 1, "total": 2}
    assert small.number("events_total", filters=[{"dimension": "props.offer", "in": ["a"]}]) == 1


def test_a_person_who_cancels_is_not_registered_and_who_walks_in_is_no_part_of_those_who_registered(
    tmp_path: Path,
) -> None:
    acts = (
        *((1, "registered", "11-01"), (1, "attended", "11-10")),
        *((2, "registered", "11-01"), (2, "cancelled", "11-05")),
        *((3, "attended", "11-10"), (None, "registered", "11-02")),
    )
    rows = {
        "member": [{"created_at": at("01-01")} for _ in range(3)],
        "webinar": [{"title": "Sleep", "starts_at": at("11-10")}],
        "webinar_event": [{"webinar_id": 1, "member_id": m, "kind": k, "occurred_at": at(d)} for m, k, d in acts],
    }
    figures = {
        "webinar_registrations": 2,
        "webinar_registrants": 1,
        "webinar_attendees": 2,
        "webinar_attendance_rate": 0.5,
    }
    small = Small(tmp_path, rows)
    assert {name: small.number(name, "2025-11") for name in figures} == figures
    assert small.number("webinar_registrations", "2025-11-01..2025-11-04") == 3
