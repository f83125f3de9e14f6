import pytest

from relknit.nearest import did_you_mean, nearest

KNOWN = ("birthPlace", "birthDate", "was a crew member of", "10", "…")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("birthplace", "birthPlace"),
        ("birth_place", "birthPlace"),
        ("birthPlac", "birthPlace"),
        ("Was_A_Crew_Member", "was a crew member of"),
        ("BIRTHDATE", "birthDate"),
        ("…", "…"),
        ("mayor", None),
        ("", None),
    ],
)
def test_the_nearest_name_differs_in_letters_and_not_in_case_or_punctuation(name, meant):
    assert nearest(name, KNOWN) == meant
    assert (repr(meant) in did_you_mean(name, KNOWN)) == (meant is not None)


def test_nothing_is_near_where_nothing_is_known():
    assert nearest("birthPlace", ()) is None
