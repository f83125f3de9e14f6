from __future__ import annotations

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.document import Document, Entity
from relknit.text.names import KnownNames, entity_name, hashed_names, name_hash, pack_hashes, unpack_hashes


def test_hash_is_the_first_ten_digits_of_blake2b_of_the_lower_cased_name():
    assert name_hash("Ada Holm") == blake2b(b"ada holm").hexdigest()[:10]


def test_case_and_spacing_do_not_change_the_hash():
    assert name_hash(" ADA  holm ") == name_hash("Ada Holm")
    assert name_hash("AdaHolm") != name_hash("Ada Holm")


def test_entity_name_joins_its_tokens_in_lower_case():
    document = Document("1", ("In", "New", "Holm", ","), (Entity(1, 3),))
    assert entity_name(document, document.entities[0]) == "new holm"


def test_hashed_names_contain_every_entity_once_and_no_text():
    documents = [
        Document("1", ("Holm", "and", "holm"), (Entity(0, 1), Entity(2, 3))),
        Document("2", ("Ada", "Brandt"), (Entity(0, 2), Entity(1, 2))),
    ]
    assert hashed_names(documents) == {name_hash("holm"), name_hash("ada brandt"), name_hash("brandt")}
    assert hashed_names([]) == frozenset()


def test_known_names_answer_for_text_and_for_hashes():
    known = KnownNames({"Ada  HOLM", name_hash("Brandt")})
    assert "ada holm" in known
    assert "BRANDT" in known
    assert "Ada" not in known


@given(st.text())
def test_a_name_is_known_by_its_text_and_by_its_hash(name):
    assert name in KnownNames([name])
    assert name in KnownNames([name_hash(name)])
    assert name not in KnownNames([])


@given(st.frozensets(st.text()))
def test_packed_hashes_are_those_that_were_packed(names):
    hashes = frozenset(map(name_hash, names))
    assert unpack_hashes(pack_hashes(hashes)) == hashes


@pytest.mark.parametrize(("packed", "match"), [("no base64!", "base64"), ("AAAA", "3 bytes")])
def test_a_string_that_holds_no_hashes_is_refused(packed, match):
    with pytest.raises(ValueError, match=match):
        unpack_hashes(packed)
