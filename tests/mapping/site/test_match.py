"""Which profile a message belongs to: patterns of its header, the certificate and the address of its connection."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.mapping.sender import SenderUnclear
from adapter.mapping.site import Connection, Profile, SentBy, Site, plain_site
from tests.mapping.site.folders import header, site

LAB = SentBy(("LAB", "LAB-*"), ("HOSP",), frozenset({"lab.example.org"}))
ANY = Connection()


def of(*profiles: Profile, others: Profile | None = Profile()) -> Site:  # noqa: B008, RUF100
    return Site(plain_site().tables, profiles, others)


def chosen(found: Site, application: str, connection: Connection = ANY, facility: str = "HOSP") -> str:
    try:
        return found.profile_of(header(application, facility), connection).name or "others"
    except SenderUnclear as unclear:
        return unclear.code


@pytest.mark.parametrize(
    ("pattern", "application", "fits"),
    [
        ("LAB", "LAB", True),
        ("LAB", "lab", False),
        ("LAB", "LAB1", False),
        ("LAB*", "LAB1", True),
        ("LAB*", "XLAB", False),
        ("L?B", "LxB", True),
        ("*", "", True),
        ("?*", "", False),
        ("LAB[1]", "LAB[1]", True),
        ("LAB[1]", "LAB1", False),
        ("L.B", "LAB", False),
        ("*B", "L" * 2000 + "B", False),
        ("*", "L" * 2000, True),
    ],
)
def test_patterns_of_the_sending_application(pattern: str, application: str, fits: bool) -> None:
    assert SentBy((pattern,)).names(header(application)) is fits


def test_application_and_facility_have_both_to_fit_and_the_first_profile_is_taken() -> None:
    found = of(Profile("one", SentBy(("LAB",), ("A",))), Profile("two", SentBy(("LAB",))), Profile("three"))
    assert [chosen(found, "LAB", facility=f) for f in "AB"] == ["one", "two"]
    assert chosen(found, "RIS") == "three"


def test_many_stars_cost_no_time() -> None:
    assert not SentBy(("*a" * 60 + "b",)).names(header("a" * 999))


def test_without_profiles_everybody_is_a_sender() -> None:
    assert chosen(plain_site(), "ANY") == "others"


def test_unknown_senders_may_be_refused() -> None:
    assert chosen(of(Profile("lab", SentBy(("LAB",))), others=None), "RIS") == "sender-unknown"


def test_who_shows_no_certificate_of_the_sender_cannot_send_as_it() -> None:
    found = of(Profile("lab", LAB))
    assert chosen(found, "LAB", Connection("192.0.2.1", frozenset({"lab.example.org", "CN=lab.example.org"}))) == "lab"
    for names in (frozenset[str](), frozenset({"ris.example.org"}), frozenset({"LAB.example.org"})):
        assert chosen(found, "LAB", Connection("192.0.2.1", names)) == "sender-mismatch"


def test_a_certificate_that_a_profile_names_sends_as_that_sender_only() -> None:
    found = of(Profile("lab", LAB), Profile("ris", SentBy(("RIS",))))
    lab, other = (Connection("192.0.2.1", frozenset({name})) for name in ("lab.example.org", "other.example.org"))
    assert [chosen(found, name, lab) for name in ("LAB", "RIS", "ELSE")] == ["lab", *["sender-mismatch"] * 2]
    assert [chosen(found, name, other) for name in ("LAB", "RIS", "ELSE")] == ["sender-mismatch", "ris", "others"]


def test_an_engine_may_send_for_several_senders_with_one_certificate() -> None:
    engine = frozenset({"engine.example.org"})
    found = of(Profile("lab", SentBy(("LAB",), ("*",), engine)), Profile("ris", SentBy(("RIS",), ("*",), engine)))
    assert [chosen(found, name, Connection("", engine)) for name in ("LAB", "RIS")] == ["lab", "ris"]


@pytest.mark.parametrize(
    ("peer", "allowed"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8::1", True),
        ("::ffff:192.0.2.7", True),
        ("fe80::1%eth0", True),
        ("", False),
        ("somewhere", False),
    ],
)
def test_addresses(peer: str, allowed: bool) -> None:
    networks = tuple(map(ip_network, ("192.0.2.0/24", "2001:db8::/32", "fe80::/10")))
    found = of(Profile("lab", SentBy(peers=networks)))
    assert chosen(found, "LAB", Connection(peer)) == ("lab" if allowed else "sender-mismatch")


def test_two_senders_of_one_name_are_told_apart_by_their_connection() -> None:
    north, south = (
        Profile(name, SentBy(("LAB",), peers=(ip_network(net),)))
        for name, net in (("n", "10.0.0.0/8"), ("s", "172.16.0.0/12"))
    )
    found = of(north, south)
    assert [chosen(found, "LAB", Connection(peer)) for peer in ("10.1.1.1", "172.16.0.1")] == ["n", "s"]
    with pytest.raises(SenderUnclear, match="sender-ambiguous"):
        found.profile_of_stored(header("LAB"))


def test_of_a_stored_message_the_header_tells_the_only_profile_that_it_can_be() -> None:
    assert of(Profile("lab", LAB)).profile_of_stored(header("LAB")).name == "lab"
    assert of(Profile("lab", SentBy(("LAB",))), Profile("any")).profile_of_stored(header("LAB")).name == "lab"
    assert of(Profile("lab", LAB)).profile_of_stored(header("RIS")).name == ""


names = st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=2)
sent_by = st.builds(
    SentBy,
    st.sampled_from([("LAB",), ("*",), ("L*", "RIS")]),
    st.just(("*",)),
    names,
    st.sampled_from([(), (ip_network("10.0.0.0/8"),)]),
)


@given(st.lists(sent_by, max_size=4), st.sampled_from(["LAB", "RIS", "X"]), st.sampled_from(["", "10.1.1.1"]), names)
def test_what_a_stored_message_is_taken_for_is_what_it_was_received_as(
    found: list[SentBy], application: str, peer: str, certificate: frozenset[str]
) -> None:
    known = of(*(Profile(f"p{number}", one) for number, one in enumerate(found)))
    try:
        received = known.profile_of(header(application), Connection(peer, certificate))
        stored = known.profile_of_stored(header(application))
    except SenderUnclear:
        return
    assert stored == received


def test_a_name_outside_of_utf_8_can_be_matched(tmp_path: Path) -> None:
    text = 'senders: [{name: "l", sent_by: {application: ["L\\u00c4B"]}, authority: "A", character_set: "8859/1"}]'
    found = site(tmp_path, text)
    for charset in ("latin-1", "utf-8"):
        raw = "MSH|^~\\&|LÄB|HOSP|N|C|2026||ORU^R01|1|P|2.5\r".encode(charset)
        assert found.sender_of(raw).authority == "A", charset
