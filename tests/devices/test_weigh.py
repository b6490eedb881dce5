"""Evidence added up by hand: one statement of weight w is believed e^w / (1 + e^w)."""

from __future__ import annotations

import math

import pytest

from sensor.devices.weigh import HINT, MAX_REASONS, NOTED, REPEATED, Statement, family, weigh
from sensor.model import Reason
from sensor.records import CLAIMED


def says(value: str, weight: float, field: str = "dhcp.hostname", kind: str = "vendor", shown: str = "") -> Statement:
    return Statement(kind, value, weight, Reason(field, shown or value, "s", (1,)))


def odds(*scores: float) -> float:
    return math.exp(scores[0]) / (1 + sum(math.exp(score) for score in scores))


def test_one_statement() -> None:
    claim = weigh("vendor", [says("TP-Link", 3)])
    assert claim is not None and claim.value == "TP-Link"
    assert claim.confidence == pytest.approx(odds(3), abs=0.001)
    assert weigh("vendor", []) is None and weigh("category", [says("TP-Link", 3)]) is None


def test_families_add_up_and_repeats_count_a_quarter() -> None:
    other_family = weigh("vendor", [says("A", 1), says("A", 1, "mdns.host")])
    same_family = weigh("vendor", [says("A", 1), says("A", 1, "dhcp.vendor_class")])
    assert other_family is not None and other_family.confidence == pytest.approx(odds(2), abs=0.001)
    assert same_family is not None and same_family.confidence == pytest.approx(odds(1 + REPEATED), abs=0.001)


def test_many_weak_repeats_never_become_certainty() -> None:
    claim = weigh("vendor", [says("A", 0.3, "dns.name", shown=str(number)) for number in range(500)])
    assert claim is not None and claim.confidence <= odds(0.3 * 1.5) + 0.001
    assert len(claim.because) == MAX_REASONS


def test_contradiction_takes_from_both() -> None:
    claim = weigh("vendor", [says("A", 3), says("B", 3, "mdns.host")])
    assert claim is not None and claim.confidence == pytest.approx(odds(3, 3), abs=0.001) and claim.confidence < 0.5
    clear = weigh("vendor", [says("A", 3), says("B", 1, "mdns.host")])
    assert clear is not None and clear.value == "A" and clear.confidence == pytest.approx(odds(3, 1), abs=0.001)


def test_spellings_of_a_model_are_one_model() -> None:
    claim = weigh("model", [says("HS110", 3, kind="model"), says("HS110(EU)", 2, "mdns.txt", kind="model")])
    assert claim is not None and claim.value == "HS110" and claim.confidence == pytest.approx(odds(5), abs=0.001)


def test_a_brand_and_its_owner_do_not_compete() -> None:
    house = {"Ring": "amazon", "Amazon": "amazon", "Sonos": "sonos"}.__getitem__
    claim = weigh("vendor", [says("Amazon", 2, "mac.oui"), says("Ring", 3), says("Sonos", 1, "mdns.host")], house)
    assert claim is not None and claim.value == "Ring" and claim.confidence == pytest.approx(odds(5, 1), abs=0.001)


def test_the_strongest_reason_comes_first_and_ties_are_settled_alike() -> None:
    statements = [says("A", 1, "dhcp.hostname"), says("A", 2, "mdns.host"), says("B", 1, "x.y"), says("C", 1, "z.y")]
    claim = weigh("vendor", statements)
    assert claim is not None and [reason.field for reason in claim.because] == ["mdns.host", "dhcp.hostname"]
    assert weigh("vendor", statements) == weigh("vendor", statements[::-1])
    tied = [weigh("vendor", order) for order in ([says("A", 1), says("B", 1)], [says("B", 1), says("A", 1)])]
    assert tied[0] == tied[1]


def test_families_by_field() -> None:
    assert (
        family("http.user_agent") == "behaviour"
        and family("http.server") == "http"
        and family("tls.server_name") == "cloud"
    )
    assert family("dns.name") == "cloud" and family("coap.x") == "coap"


def test_what_only_hints_speak_for_is_noted_and_not_claimed() -> None:
    hint = weigh("category", [says("camera", HINT - 0.05, "port.tcp", kind="category")])
    assert hint is not None and hint.value == "camera" and hint.confidence == NOTED < CLAIMED
    two = weigh("category", [says("camera", HINT / 2, field, kind="category") for field in ("port.tcp", "dns.name")])
    assert two is not None and two.confidence == pytest.approx(odds(HINT), abs=0.001)


@pytest.mark.parametrize("weight", [0.0, -1.0, -3.0])
def test_what_weighs_nothing_supports_nothing(weight: float) -> None:
    assert weigh("vendor", [says("A", weight)]) is None
    beside = weigh("vendor", [says("A", 3), says("B", weight, "mdns.host")])
    alone = weigh("vendor", [says("A", 3)])
    assert beside == alone


def test_a_cloud_that_is_asked_for_again_is_one_sign_and_others_add_up() -> None:
    """The best of its names counts; further names add a quarter each, up to four."""

    def score(*names: tuple[str, float]) -> float:
        claim = weigh("vendor", [says("A", weight, "dns.name", shown=name) for name, weight in names])
        assert claim is not None
        return math.log(claim.confidence / (1 - claim.confidence))

    assert score(("a", 1.0), ("a", 1.5), ("a", 1.0)) == pytest.approx(1.5, abs=0.02)
    assert score(("a", 1.5), ("b", 1.5)) == pytest.approx(1.5 * 0.75 + 0.25 * 3.0, abs=0.02)
    many = [(str(number), 1.5) for number in range(9)]
    assert score(*many) == pytest.approx(1.5 * 0.75 + 0.25 * 6.0, abs=0.02)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("HS110", "HS110(EU)", True), ("HS-110", "hs110", True), ("X1", "X10", False), ("HS110", "HS100", False)],
)
def test_which_spellings_are_one_model(one: str, other: str, same: bool) -> None:
    """Two characters are in too many names to be one."""
    claim = weigh("model", [says(one, 2, kind="model"), says(other, 2, "mdns.txt", kind="model")])
    assert claim is not None and len(claim.because) == (2 if same else 1)


def test_the_longer_name_stands_where_both_weigh_the_same() -> None:
    for given in (("HS110", "HS110(EU)"), ("HS110(EU)", "HS110")):
        claim = weigh("model", [says(name, 2, "mdns.txt", kind="model") for name in given])
        assert claim is not None and {reason.value for reason in claim.because} == set(given)
    better = weigh("model", [says("HS110", 3, kind="model"), says("HS110(EU)", 2, kind="model")])
    assert better is not None and better.value == "HS110"


def test_hints_alone_stay_below_a_claim_and_nothing_is_certain() -> None:
    hint, claimed = weigh("vendor", [says("A", HINT - 0.01)]), weigh("vendor", [says("A", HINT)])
    assert hint is not None and claimed is not None
    assert hint.confidence == NOTED < CLAIMED < claimed.confidence
    sure = weigh("vendor", [says("A", 50.0)])
    assert sure is not None and sure.confidence == 0.999
    assert weigh("vendor", [says("A", 0.0)]) is None and weigh("vendor", [says("A", -1.0)]) is None
