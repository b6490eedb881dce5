"""A lab's file: what it may say, who it is about, when a state held, and what is refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.catalogue import worded
from sensor.verdicts.facts import TABLES, Account, Channel, DeviceFacts, parse, read_facts
from tests.verdicts.publications import text_of

WHOLE = """
[[device]]
id = "EC:71:DB:00:53:02"
under_test = true
vendor = "Example"
model = "Cam 2"
firmware = "1.2.3"
update_signed = false
hardware = "rev B"
serial = "SN-2041"
sample = "A"
not_applicable = {"5.3-14" = "not constrained"}

  [[device.phase]]
  is = "set_up"
  until = 2026-05-01T10:00:00Z
  [[device.phase]]
  is = "in_use"
  from = 2026-05-01T12:00:00+02:00

  [[device.account]]
  user = "admin"
  protocol = "http"
  port = 80
  set_by = "factory"
  unique = false
  by = "user"
  offered = "default"

  [[device.channel]]
  role = "client"
  protocol = "mqtt"
  port = 1883
  peer = "cloud.example"
  remote = true
  associated = true
  data = "sensitive"
  pinned = false
  settings = true

  [device.disclosure]
  policy = "https://maker.example/security"
  contact = "psirt@maker.example"
  answer_days = 5
  update_days = 30
  fix_days = 90
  counted = "working"
  date = 2026-04-30

  [device.support]
  until = 2031-12-31
  source = "https://maker.example/support"
  date = 2026-04-30

  [[device.result]]
  provision = "5.1-5"
  case = "5.1-5-1"
  outcome = "pass"
  by = "A tester"
  evidence = "log.txt"
  note = "locked"
  date = 2026-05-02

  [[device.ixit_11]]
  id = "Com-1"
  description = "telemetry"
  transport = "tcp"
  protection = "encrypted"

  [[device.ixit_28]]
  id = "If-1"

[[device]]
id = "192.0.2.9"
phase = "factory_default"

[lab]
name = "Example Test House"
tester = "A tester"
order = "2026-117"
place = "Room 3"
interception_ca = "mitmproxy"
[[lab.session]]
is = "boot"
from = 2026-05-01T09:00:00Z
until = 2026-05-01T10:00:00Z

[[maker]]
name = "Example"
policy = "https://maker.example/policy"
security_txt = "security.txt"
team = true
support_until = 2031-12-31
support_url = "https://maker.example/support"
date = 2026-04-30

[[enclosed]]
file = "security.txt"
sha256 = "00"
text = "Contact: tel:+1-201-555-0123"
[[enclosed]]
file = "log.txt"
sha256 = "00"
"""

TEN = 1_777_629_600 * 1_000_000_000
"""2026-05-01T10:00:00Z."""


def whole() -> DeviceFacts:
    facts = parse(WHOLE, "lab.toml").about(["ec:71:db:00:53:02"])
    assert facts is not None
    return facts


def test_a_file_with_every_key() -> None:
    facts = whole()
    assert (facts.under_test, facts.vendor, facts.model, facts.firmware, facts.update_signed) == (
        True,
        "Example",
        "Cam 2",
        "1.2.3",
        False,
    )
    reason = facts.not_applicable_reason(("5.3-14",))
    assert reason and worded("reason", *reason) == "Not applicable: not constrained (lab.toml)."
    assert facts.not_applicable_reason(("5.3-15A", "5.3-15")) is None
    assert facts.accounts == (Account("admin", "http", 80, "factory", False, "user", "default", 21),)
    assert facts.channels == (
        Channel("client", "mqtt", 1883, "cloud.example", True, True, "sensitive", False, True, 30),
    )
    assert facts.place(facts.update_line) == "lab.toml:8"
    record = facts.published
    assert (record["disclosure"].source, record["disclosure"].date) == ("lab.toml", "2026-04-30")
    assert record["disclosure"].complete and text_of(record["disclosure"]) == (
        "https://maker.example/security, contact psirt@maker.example, first answer within 5 working days, "
        "progress reports every 30 days"
    )
    assert "within 90 days" in text_of(record["handling"])
    assert "2031-12-31" in text_of(record["support"]) and record["support"].source == "https://maker.example/support"


def test_the_example_uses_every_key() -> None:
    assert not {
        key
        for keys in TABLES.values()
        for key in keys
        if f"\n{key} = " not in WHOLE.replace("  ", "") and f".{key}]" not in WHOLE
    }


def test_a_state_holds_from_its_beginning_to_just_before_its_end() -> None:
    facts = whole()
    states = {time: facts.phase_at(time) for time in (0, TEN - 1, TEN, TEN * 2)}
    assert [state and state.name for state in states.values()] == ["set_up", "set_up", "in_use", "in_use"]
    assert facts.was("set_up", TEN - 5, TEN + 5) and not facts.was("set_up", TEN, TEN + 5)
    assert not facts.was("factory_default", 0, TEN)


def test_one_state_for_all_the_time() -> None:
    facts = parse(WHOLE, "lab.toml").about(["192.0.2.9"])
    assert facts is not None and facts.phases[0].line == 75
    phase = facts.phase_at(12345)
    assert phase is not None and phase.name == "factory_default"


def test_a_gap_between_states_is_unknown() -> None:
    text = '[[device]]\nid = "x"\n[[device.phase]]\nis = "in_use"\nfrom = 2026-05-01T10:00:00Z\n'
    text += "until = 2026-05-01T10:00:01Z\n"
    facts = parse(text, "lab.toml").about(["x"])
    assert facts is not None and facts.phase_at(TEN - 1) is None and facts.phase_at(TEN + 10**9) is None
    assert facts.phase_at(TEN + 10**9 - 1) is not None


def test_the_first_name_in_the_file_counts() -> None:
    facts = parse(WHOLE, "lab.toml")
    assert facts.about(["02:00:5e:00:53:01", "192.0.2.9"]) is facts.devices["192.0.2.9"]
    assert facts.about(["02:00:5e:00:53:01"]) is None
    assert parse("", "lab.toml").devices == {}


def device(more: str) -> str:
    return f'[[device]]\nid = "x"\n{more}\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (device('firmwear = "1"'), "lab.toml:3: unknown key 'firmwear' in device; did you mean firmware?"),
        (device('phase = "in use"'),
         "lab.toml:3: phase: 'in use' is not one of factory_default, set_up, in_use; did you mean in_use?"),
        (device('[[device.phase]]\nis = "set-up"'),
         "lab.toml:4: is: 'set-up' is not one of factory_default, set_up, in_use; did you mean set_up?"),
        (device("[[device.phase]]\nfrom = 2026-05-01T10:00:00Z"), "lab.toml:3: phase needs is"),
        (device('[[device.phase]]\nis = "set_up"\nfrom = 2026-05-01T10:00:00'),
         "lab.toml:5: from: must be a time with its zone"),
        (device('[[device.phase]]\nis = "set_up"\nfrom = 2026-05-01T10:00:00Z\nuntil = 2026-05-01T10:00:00Z'),
         "lab.toml:6: a phase must end after its beginning"),
        (device('[[device.phase]]\nis = "set_up"\nuntil = 2026-05-01T10:00:01Z\n'
                '[[device.phase]]\nis = "in_use"\nfrom = 2026-05-01T10:00:00Z'),
         "lab.toml:6: this phase overlaps the one of line 3"),
        (device('[[device.account]]\nuser = "a"\npasword = "x"'),
         "lab.toml:5: unknown key 'pasword' in account; known are"),
        (device('[[device.account]]\nset_by = "owner"'), "lab.toml:4: set_by: 'owner' is not one of user, factory"),
        (device('[[device.channel]]\ndata = "secret"'),
         "lab.toml:4: data: 'secret' is not one of public, protected, personal, sensitive"),
        (device('[device.disclosure]\npolicy = "https://x.example"'), "lab.toml:3: disclosure needs date"),
        (device('support = "2031"'), "lab.toml:3: support must be a table"),
        ('[[device]]\nmodel = "x"\n', "lab.toml:1: device needs id"),
        ('[[device]]\nid = "x"\n[[device]]\nid = "X"\n', "lab.toml:4: x is told of twice"),
        ('[[devices]]\nid = "x"\n', "lab.toml:1: unknown key 'devices'; did you mean device?"),
        ('[lab]\nnames = "x"\n', "lab.toml:2: unknown key 'names' in lab; did you mean name?"),
        ('lab = "x"\n', "lab.toml:1: lab must be a table"),
        ('[labs]\nname = "x"\n', "lab.toml:1: unknown key 'labs'; did you mean lab?"),
        ('[lab]\ninterception_ca = 5\n', "lab.toml:2: interception_ca: must be a text"),
        ('[device]\nid = "x"\n', "lab.toml:1: write [[device]], one for each"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named_with_file_and_line(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"lab\.toml") as caught:
        parse(text, "lab.toml")
    assert str(caught.value).startswith(complaint)


def test_no_password_can_be_written_down() -> None:
    assert not {key for keys in TABLES.values() for key in keys if "password" in key or "secret" in key}


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "lab.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"lab\.toml: is no UTF-8 text"):
        read_facts(path)
    path.write_text(WHOLE, "utf-8")
    assert set(read_facts(path).devices) == {"ec:71:db:00:53:02", "192.0.2.9"}


def test_a_phase_without_an_end_or_a_beginning_goes_on() -> None:
    text = '[[device]]\nid = "x"\n[[device.phase]]\nis = "in_use"\nfrom = 2026-05-01T10:00:00Z\n'
    for more, at, there in (
        ("", TEN - 1, False), ("", TEN, True), ("", TEN * 2, True),
        ("until = 2026-05-01T10:00:01Z\n", TEN + 10**9, False), ("until = 2026-05-01T10:00:01Z\n", TEN, True),
    ):  # fmt: skip
        facts = parse(text + more, "lab.toml").about(["x"])
        assert facts is not None and facts.was("in_use", at, at) is there, (more, at)
        assert (facts.phase_at(at) is not None) is there
    assert facts.was("in_use", 0, TEN) and not facts.was("in_use", 0, TEN - 1)


def phases(*ranges: str) -> DeviceFacts:
    text = "".join(f"[[device.phase]]\nis = 'in_use'\n{one}\n" for one in ranges)
    return parse("[[device]]\nid = 'x'\n" + text, "lab.toml").devices["x"]


@pytest.mark.parametrize(
    ("one", "two", "overlap"),
    [
        ("until = 2026-05-01T10:00:00Z", "from = 2026-05-01T10:00:00Z", False),
        ("until = 2026-05-01T10:00:01Z", "from = 2026-05-01T10:00:00Z", True),
        ("from = 2026-05-01T10:00:00Z", "until = 2026-05-01T09:00:00Z", False),
        ("from = 2026-05-01T10:00:00Z", "from = 2026-05-02T10:00:00Z", True),
        ("until = 2026-05-01T10:00:00Z", "until = 2026-05-02T10:00:00Z", True),
        ("", "from = 2026-05-02T10:00:00Z", True),
        ("", "until = 2026-05-02T10:00:00Z", True),
        ("from = 2026-05-01T10:00:00Z\nuntil = 2026-05-01T11:00:00Z",
         "from = 2026-05-01T11:00:00Z\nuntil = 2026-05-01T12:00:00Z", False),
        ("from = 2026-05-01T10:00:00Z\nuntil = 2026-05-01T11:00:00Z",
         "from = 2026-05-01T10:30:00Z\nuntil = 2026-05-01T10:40:00Z", True),
    ],
)  # fmt: skip
def test_phases_that_overlap_are_refused_in_either_order(one: str, two: str, overlap: bool) -> None:
    for given in ((one, two), (two, one)):
        if overlap:
            with pytest.raises(ValueError, match="overlaps the one of line 3"):
                phases(*given)
        else:
            assert len(phases(*given).phases) == 2


@pytest.mark.parametrize(
    ("given", "start", "end", "was"),
    [
        ("from = 1970-01-01T00:00:10Z", 0, 9, False), ("from = 1970-01-01T00:00:10Z", 0, 10, True),
        ("until = 1970-01-01T00:00:10Z", 9, 20, True), ("until = 1970-01-01T00:00:10Z", 10, 20, False),
        ("from = 1970-01-01T00:00:10Z\nuntil = 1970-01-01T00:00:12Z", 0, 99, True),
        ("from = 1970-01-01T00:00:10Z\nuntil = 1970-01-01T00:00:12Z", 12, 99, False), ("", 5, 5, True),
    ],
)  # fmt: skip
def test_whether_a_phase_was_at_some_time(given: str, start: int, end: int, was: bool) -> None:
    """From its beginning, to just before its end."""
    assert phases(given).was("in_use", start * 10**9, end * 10**9) is was
    assert not phases(given).was("set_up", start * 10**9, end * 10**9)


def test_a_phase_ends_after_it_begins() -> None:
    for until in ("2026-05-01T10:00:00Z", "2026-05-01T09:00:00Z"):
        with pytest.raises(ValueError, match="must end after its beginning"):
            phases(f"from = 2026-05-01T10:00:00Z\nuntil = {until}")


def test_the_first_name_that_the_file_has_counts() -> None:
    facts = parse("[[device]]\nid = 'A'\n[[device]]\nid = '192.0.2.1'\n", "lab.toml")
    for names, found in ((("b", "192.0.2.1", "a"), "192.0.2.1"), (("a", "192.0.2.1"), "a"), (("b",), None), ((), None)):
        about = facts.about(names)
        assert (about.id if about else None) == found
    with pytest.raises(ValueError, match="told of twice"):
        parse("[[device]]\nid = 'A'\n[[device]]\nid = ' a '\n", "lab.toml")
