"""Five capabilities in one overview: the worst of any device, worst first."""

from dashboard.data.overview import capabilities


def test_the_worst_status_counts_and_the_worst_capability_comes_first() -> None:
    found = capabilities(
        [
            {"no_default_passwords": "no_violation_seen", "secure_communication": "concern"},
            {"no_default_passwords": "violated", "secure_communication": "concern"},
            {"no_default_passwords": "not_observable"},
        ]
    )
    assert found == [
        {
            "capability": "no_default_passwords",
            "status": "violated",
            "devices": {"violated": 1, "not_observable": 1, "no_violation_seen": 1},
        },
        {"capability": "secure_communication", "status": "concern", "devices": {"concern": 2}},
    ]
    assert capabilities([]) == []


def test_a_good_mark_only_where_no_device_has_less() -> None:
    (found,) = capabilities([{"personal_data": "on_record"}, {"personal_data": "insufficient_evidence"}])
    assert found["status"] == "insufficient_evidence"
