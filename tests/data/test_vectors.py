"""Pretrained vectors: text plain, packed and with a header, .npz, and everything that can be wrong with them."""

import gzip
import io
import random
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.vectors import WordVectors, join_vectors, load_vectors, save_vectors
from relknit.errors import DataError

TEXT = "the 0.1 -0.2 3\nStöger 1e-3 2 0\n. 4 5 6\n"
WORDS = ("the", "Stöger", ".")
NUMBERS = np.array([[0.1, -0.2, 3], [1e-3, 2, 0], [4, 5, 6]], dtype=np.float32)


@pytest.fixture
def write(tmp_path):
    """Write text (or bytes) under a name and give the path."""

    def writer(content, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return writer


def packed(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def check(vectors):
    assert vectors.words == WORDS
    assert vectors.dim == 3
    assert vectors.vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors.vectors, NUMBERS)


SPACED = TEXT.replace("\n", " \r\n\r\n")


@pytest.mark.parametrize("content", [TEXT, "3 3\n" + TEXT, SPACED, gzip.compress(TEXT.encode(), mtime=0)])
@pytest.mark.parametrize("name", ["vectors.txt", "vectors.txt.gz"])
def test_text_plain_packed_with_a_header_and_with_blank_lines_is_read(write, content, name):
    check(load_vectors(write(content, name)))
    check(load_vectors(str(write(content, name))))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_npz_is_read(tmp_path, save, dtype):
    save(tmp_path / "v.npz", words=np.array(WORDS), vectors=NUMBERS.astype(dtype))
    vectors = load_vectors(tmp_path / "v.npz")
    assert vectors.words == WORDS
    assert all(type(word) is str for word in vectors.words)
    np.testing.assert_array_equal(vectors.vectors, NUMBERS.astype(dtype).astype(np.float32))


def test_a_first_line_of_two_numbers_with_a_point_is_a_word_and_its_vector(write):
    assert load_vectors(write("7 0.5\n8 0.25\n")).words == ("7", "8")


def test_rescaling_sets_the_standard_deviation_and_keeps_directions():
    vectors = WordVectors(WORDS, NUMBERS).rescaled(0.25)
    assert vectors.vectors.std() == pytest.approx(0.25, rel=1e-5)
    assert vectors.vectors.dtype == np.float32
    np.testing.assert_allclose(vectors.vectors / vectors.vectors[0, 0], NUMBERS / NUMBERS[0, 0], rtol=1e-4)


@pytest.mark.parametrize(
    ("rows", "value"), [(np.zeros((1, 2)), "0"), (np.ones((2, 3)), "1"), (np.full((3, 50), 0.1), "0.1")]
)
def test_vectors_that_are_all_alike_have_no_standard_deviation_to_rescale(rows, value):
    alike = WordVectors(WORDS[: len(rows)], rows.astype(np.float32))
    for rescale in (lambda: alike.rescaled(0.5), lambda: join_vectors([WordVectors(WORDS, NUMBERS), alike])):
        with pytest.raises(DataError, match=f"all {len(rows)} vectors are {value}, so they cannot be rescaled"):
            rescale()


def test_words_of_text_may_have_spaces_once_the_width_is_known(write):
    text = "the 0.1 -0.2 3\n. . . 1 2 3\nat name@domain.com 4 5 6\n"
    vectors = load_vectors(write(text))
    assert vectors.words == ("the", ". . .", "at name@domain.com")
    assert vectors.vectors.tolist()[1:] == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    "line",
    [
        "the 1 2 3 4",
        "at 1 home 2 3 4",
        "the 1 2",
        "at home 2 3",
        "at home 2 3 x",
        " the 1 2 3",
        "the  1 2 3",
        "the 1x 2 3 4",
    ],
)
def test_a_number_too_many_or_too_few_is_not_part_of_the_word(write, line):
    with pytest.raises(DataError, match=r"vectors\.txt:2: "):
        load_vectors(write(f"a 1 2 3\n{line}\n"))


@pytest.mark.filterwarnings("error")
def test_a_number_too_large_for_a_vector_is_refused_without_a_warning(write):
    with pytest.raises(DataError, match="not finite"):
        load_vectors(write("a 1 2 1e39\n"))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("the 0.1 0.2\nof 0.1\n", 2, "1 numbers, the lines before have 2"),
        ("the 0.1 0.2\nof 0.1 0.2 0.3\n", 2, "3 numbers, the lines before have 2"),
        ("the 0.1 0.2\n\nof 0.1 x\n", 3, "expected a word and numbers, found 'of 0.1 x'"),
        ("the\nof 0.1\n", 1, "expected a word and numbers, found 'the'"),
        ("2 1\nthe\n", 2, "expected a word and numbers"),
        (" 0.1 0.2\n", 1, "expected a word and numbers"),
        ("the 0.1\n2 1 \nx y\n", 3, "expected a word and numbers"),
        ("the\t0.1\t0.2\n", 1, "expected a word and numbers"),
        ("the 0.1  0.2\n", 1, "expected a word and numbers"),
        ("the 0.1 0.2\nof nan 0.2\n", 2, "the vector of 'of' has a number that is not finite"),
        ("the inf 0.2\n", 1, "not finite"),
        ("the 1e99 0.2\n", 1, "not finite"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_malformed_text_is_refused_with_its_line(write, text, line, message):
    path = write(text)
    with pytest.raises(DataError) as caught:
        load_vectors(path)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert message in caught.value.message
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "\n\n", "3 100\n"])
def test_text_without_vectors_is_refused(write, text):
    with pytest.raises(DataError, match="no vectors in it"):
        load_vectors(write(text))


def test_text_that_is_not_utf_8_or_cut_off_is_refused(write):
    with pytest.raises(DataError, match=r"vectors\.txt:1: not UTF-8"):
        load_vectors(write("Stöger 1 2\n".encode("latin-1")))
    with pytest.raises(DataError, match="gzip stream is damaged"):
        load_vectors(write(gzip.compress(TEXT.encode() * 50)[:60], "cut.gz"))


@pytest.mark.parametrize("name", ["none.txt", "none.npz", "none.gz", "folder", "folder.npz"])
def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path, name):
    if name.startswith("folder"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match=name if name.startswith("folder") else "no such file"):
        load_vectors(tmp_path / name)


A, V = np.array(["a", "b"]), np.zeros((2, 3))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"words": A}, "vectors"),
        ({"vectors": V}, "words"),
        ({"words": np.array([b"a", b"b"]), "vectors": V}, "expected a list of strings"),
        ({"words": np.array([1, 2]), "vectors": V}, "expected a list of strings"),
        ({"words": A[:, None], "vectors": V}, "expected a list of strings"),
        ({"words": A, "vectors": A}, "expected a list of strings and numbers"),
        ({"words": A, "vectors": V + 1j}, "expected a list of strings and numbers"),
        ({"words": A, "vectors": V[0]}, "one row per word"),
        ({"words": A, "vectors": V[:1]}, "one row per word"),
        ({"words": A, "vectors": V[:, :0]}, "at least one"),
        ({"words": A[:0], "vectors": V[:0]}, "at least one"),
        ({"words": A, "vectors": np.array([[1.0], [np.nan]])}, "the vector of 'b' has a number that is not finite"),
        ({"words": A, "vectors": np.array([[1e300], [1.0]])}, "the vector of 'a' has a number that is not finite"),
        ({"words": np.array(["a", 1], dtype=object), "vectors": V}, "plain arrays"),
    ],
)
def test_npz_with_something_else_in_it_is_refused(write, arrays, message):
    path = write(packed(**arrays), "v.npz")
    with pytest.raises(DataError) as caught:
        load_vectors(path)
    assert message in caught.value.message
    assert caught.value.path == str(path)


def test_npz_that_is_something_else_is_refused(write):
    single = io.BytesIO()
    np.save(single, V)
    for content in (b"", b"PK", TEXT.encode(), single.getvalue(), packed(words=A, vectors=V)[:-30]):
        with pytest.raises(DataError, match=r"not a readable \.npz"):
            load_vectors(write(content, "v.npz"))


def test_npz_with_a_header_that_promises_more_than_there_is_is_refused_without_taking_the_memory(tmp_path):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 100), }"
    header += b" " * (118 - 1 - len(header)) + b"\n"
    with zipfile.ZipFile(tmp_path / "v.npz", "w") as archive:
        for name in ("words.npy", "vectors.npy"):
            archive.writestr(name, b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(DataError, match="not a readable"):
        load_vectors(tmp_path / "v.npz")


@pytest.mark.filterwarnings("ignore")
def test_damaged_npz_raises_nothing_but_data_errors(tmp_path):
    generator = random.Random(0)
    path, refused = tmp_path / "v.npz", []
    np.savez_compressed(path, words=np.array(WORDS), vectors=NUMBERS)
    compressed = path.read_bytes()
    for whole in (packed(words=np.array(WORDS), vectors=NUMBERS), compressed):
        for _ in range(300):
            damaged = bytearray(whole)
            for _ in range(generator.choice((1, 1, 4))):
                damaged[generator.randrange(len(damaged))] = generator.randrange(256)
            path.write_bytes(damaged[: generator.choice((len(damaged), generator.randrange(len(damaged))))])
            try:
                load_vectors(path)
            except DataError as error:
                refused.append(error.message)
    assert len(refused) > 300
    assert not [message for message in refused if "\n" in message]


@given(st.binary(max_size=80))
def test_any_bytes_are_vectors_or_a_data_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    try:
        vectors = load_vectors(path)
    except DataError:
        return
    assert len(vectors.words) == len(vectors.vectors) > 0
    assert np.isfinite(vectors.vectors).all()


def test_saved_vectors_come_back_bit_for_bit_and_a_failed_save_keeps_the_existing_file(tmp_path):
    vectors = WordVectors(WORDS, NUMBERS)
    save_vectors(tmp_path / "v.npz", vectors)
    found = load_vectors(tmp_path / "v.npz")
    assert found.words == WORDS
    assert np.array_equal(found.vectors, NUMBERS)
    (tmp_path / "kept.npz").mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        save_vectors(tmp_path / "kept.npz", vectors)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.npz", "v.npz"]


def test_joined_vectors_are_side_by_side_each_part_with_the_same_standard_deviation():
    other = WordVectors((".", "the", ".", "else"), np.array([[1], [3], [9], [5]], dtype=np.float32))
    joined = join_vectors([WordVectors(WORDS, NUMBERS), other], std=0.5)
    assert joined.words == WORDS
    assert joined.vectors.shape == (3, 4)
    assert joined.vectors[:, :3].std() == pytest.approx(0.5, rel=1e-5)
    scale = 0.5 / other.vectors.std()
    np.testing.assert_allclose(joined.vectors[:, 3], [3 * scale, 0, 1 * scale], rtol=1e-5)
    with pytest.raises(DataError, match="no vectors to join"):
        join_vectors([])
