from relknit.metrics.unknown_labels import UnknownLabel, unknown_labels


def test_labels_that_the_model_does_not_have_are_counted_with_the_nearest_one(tiny_documents):
    found = unknown_labels(tiny_documents, ("lives in", "knows", "Left"), ("person",))
    assert found == (
        UnknownLabel("relation", "left", 2, "Left"),
        UnknownLabel("relation", "lives_in", 1, "lives in"),
        UnknownLabel("relation", "needs", 1, None),
        UnknownLabel("entity type", "Person", 3, "person"),
        UnknownLabel("entity type", "Place", 2, None),
    )
    assert "'Left'" in str(found[0])


def test_a_model_of_untyped_entities_misses_no_type(tiny_documents):
    assert {unknown.kind for unknown in unknown_labels(tiny_documents, (), ())} == {"relation"}
    assert unknown_labels(tiny_documents, ("lives_in", "knows", "left", "needs"), ("Person", "Place")) == ()
