import numpy as np
import pytest

import sentences
from relknit.data.readers import read_documents
from relknit.document.jsonl import write_jsonl


class TestLengths:
    def test_nyt_sentences_have_nyt_lengths(self):
        drawn = sentences.lengths(4000, sentences.PRESETS["nyt"])
        assert 37.0 < np.mean(drawn) < 38.6
        assert 13 < np.std(drawn) < 15
        assert min(drawn) >= 5
        assert max(drawn) <= 100


class TestDocuments:
    def test_nyt_sentences_have_two_relations_of_24_types(self):
        documents = sentences.documents("shipped-nyt")
        assert len(documents) == 2000
        assert {len(document.relations) for document in documents} == {2}
        assert len({r.type for document in documents for r in document.relations}) == 24

    def test_one_sentence_is_a_valid_document_of_that_length(self, tmp_path):
        made = tuple(sentences.one_sentence(tokens, 3) for tokens in (1, 4, 700))
        assert [len(document) for document in made] == [1, 4, 700]
        write_jsonl(tmp_path / "made.jsonl", made)
        assert read_documents(tmp_path / "made.jsonl").documents == made


class TestData:
    def test_without_webnlg_the_shipped_corpus_is_the_default(self, tmp_path, monkeypatch):
        monkeypatch.setattr(sentences, "WEBNLG", tmp_path / "train.jsonl.gz")
        assert sentences.default_data() == "shipped"

    @pytest.mark.parametrize("split", ["train", "test"])
    def test_webnlg_is_the_default_where_it_lies_beside_the_repository(self, split, tmp_path, monkeypatch):
        monkeypatch.setattr(sentences, "WEBNLG", tmp_path / "train.jsonl.gz")
        (tmp_path / f"{split}.jsonl.gz").touch()
        assert sentences.default_data(split=split) == str(tmp_path / f"{split}.jsonl.gz")

    def test_a_report_names_folder_and_file_but_no_path(self, tmp_path):
        assert sentences.data_name(str(tmp_path / "data" / "train.jsonl")) == "data/train.jsonl"
        assert "NYT" in sentences.data_name("shipped-nyt")
        assert "WebNLG" in sentences.data_name("shipped")
