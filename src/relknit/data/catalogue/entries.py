"""The datasets that the papers of this field report on.

Every address has a checksum: the SHA-256 of a file that was downloaded from that commit, or, for the train splits of nyt
and nyt11-hrl, which were not, the git blob id that the commit lists for them. A split without an address has to be
obtained manually.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from relknit.data.catalogue.address import Address, Checksum
from relknit.data.convert.assemble import Anchor
from relknit.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset: description, terms and addresses.

    annotation:    what an argument of a relation is: the "whole" name, its "last word" alone, or "none"
    splits:        the published number of sentences of each split (None if unknown)
    files:         the address of each split that has one
    source_format: the format of the files, and `anchor` how their names are to be read, for `convert`
    look:          where the splits without an address can be found
    """

    name: str
    about: str
    annotation: Literal["whole", "last word", "none"]
    terms: str
    citation: str
    splits: Mapping[str, int | None]
    files: Mapping[str, Address] = field(default_factory=dict)
    source_format: str = "triples"
    anchor: Anchor | None = None
    look: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The splits without an address."""
        return tuple(split for split in self.splits if split not in self.files)


def dataset(name: str) -> Dataset:
    """The dataset of this name; raises ConfigError that lists the known ones."""
    if name not in DATASETS:
        raise ConfigError(f"no dataset is called {name!r}, expected one of {', '.join(DATASETS)}")
    return DATASETS[name]


def _files(repository: str, commit: str, **files: tuple[str, int | None, str]) -> Mapping[str, Address]:
    """Addresses of a repository's files at a commit, from (path, bytes, SHA-256 or, without bytes, git blob id) by split."""
    root = f"https://raw.githubusercontent.com/{repository}/{commit}"
    return MappingProxyType(
        {
            split: Address(f"{root}/{path}", Checksum("git blob id" if size is None else "SHA-256", value), size)
            for split, (path, size, value) in files.items()
        }
    )


_PRGC: Final = ("hy-struggle/PRGC", "8bbaf340472d232f09a0b8004457b712e1ff1a66")
_PFN: Final = ("Coopercoppers/PFN", "6173b3e6b048d1307766ee5d2f8178b30d6675b2")
_BIRTE: Final = ("neukg/BiRTE", "c135841dc4556e036968be99bcdcac08fddcc7c6")
_WEBNLG_TERMS: Final = (
    "CC BY-NC-SA 4.0 (WebNLG 2017: attribution, no commercial use, share alike); the repository states no licence"
)
_NYT_TERMS: Final = (
    "from the New York Times Annotated Corpus, licensed by the LDC (LDC2008T19); the repository states no licence"
)
_GARDENT: Final = "Gardent et al. 2017, Creating Training Corpora for NLG Micro-Planners (ACL)"
_COPYRE: Final = "Zeng et al. 2018, Extracting Relational Facts by an End-to-End Neural Model with Copy Mechanism (ACL)"

_ALL: Final = (
    Dataset(
        "nyt",
        about="New York Times, distant supervision, CopyRE's splits",
        annotation="last word",
        terms=_NYT_TERMS,
        citation="Riedel et al. 2010, Modeling Relations and Their Mentions without Labeled Text (ECML PKDD); "
        + _COPYRE,
        splits=MappingProxyType({"train": 56195, "dev": 4999, "test": 5000}),
        files=_files(
            *_PRGC,
            # never downloaded: its git blob id is known, its size is not
            train=("data/NYT-star/train_triples.json", None, "fa19372b0fb2b433879dbae7e251d754f38bb6db"),
            dev=(
                "data/NYT-star/val_triples.json",
                2396319,
                "7806f41df90238b43712943af4580ebd32c424027419b9f00d66399967e8127b",
            ),
            test=(
                "data/NYT-star/test_triples.json",
                2414580,
                "a5f84b8b84df0a8bbd9ef5c348f00901243a83a4c1b26c844bc4a93827b30de2",
            ),
        ),
        anchor="last",
    ),
    Dataset(
        "webnlg",
        about="DBpedia facts put into sentences, CopyRE's splits",
        annotation="last word",
        terms=_WEBNLG_TERMS,
        citation=f"{_GARDENT}; {_COPYRE}",
        splits=MappingProxyType({"train": 5019, "dev": 500, "test": 703}),
        files=_files(
            *_PRGC,
            train=(
                "data/WebNLG-star/train_triples.json",
                2280602,
                "1e807587524c3aeb2ca3963c7b00e7e822ed21f9491a6dde2ce011c6cee84fe2",
            ),
            dev=(
                "data/WebNLG-star/val_triples.json",
                217847,
                "4426b1720db34a4c66b08d21884225fd1cc5102801f08ad10a5828973afaeb94",
            ),
            test=(
                "data/WebNLG-star/test_triples.json",
                313409,
                "cc0b6160fb7f0f51f987ff105105607f1ba3bef3c64f380a81a3e0587d3ead53",
            ),
        ),
        anchor="last",
    ),
    Dataset(
        "webnlg-exact",
        about="WebNLG with whole names; ETL-Span's splits, not webnlg's",
        annotation="whole",
        terms=_WEBNLG_TERMS,
        citation=_GARDENT
        + "; Yu et al. 2020, Joint Extraction of Entities and Relations Based on a Novel Decomposition Strategy (ECAI)",
        splits=MappingProxyType({"train": 5019, "dev": 500, "test": 703}),
        files=_files(
            *_PRGC,
            train=(
                "data/WebNLG/train_triples.json",
                2342780,
                "8c3dc0ac35f335753899e270b6b1c410a1305239bf27a2a9af99587c9a3966d5",
            ),
            dev=(
                "data/WebNLG/val_triples.json",
                246628,
                "a79cd7cd424e919cc7d483eccf1a62f7aeab158e74ee3ceb7d8f11aed88a4add",
            ),
            test=(
                "data/WebNLG/test_triples.json",
                336135,
                "d343f72899e7d92137499b9675768d68c736d02fa72c295c782ee5eb0361bf1d",
            ),
        ),
        anchor="whole",
    ),
    Dataset(
        "nyt11-hrl",
        about="New York Times, 12 relations, test set annotated manually",
        annotation="whole",
        terms=_NYT_TERMS,
        citation="Hoffmann et al. 2011, Knowledge-Based Weak Supervision for Information Extraction of Overlapping "
        "Relations (ACL); Takanobu et al. 2019, A Hierarchical Framework for Relation Extraction with Reinforcement "
        "Learning (AAAI)",
        splits=MappingProxyType({"train": None, "dev": 313, "test": 369}),
        files=_files(
            *_BIRTE,
            # never downloaded: its git blob id is known, its size is not
            train=("datasets/NYT11/train.json", None, "25a1c4ede5a7736e1d0270affb814cda42420995"),
            dev=(
                "datasets/NYT11/dev.json",
                140983,
                "5ec6248742fd0a26cb5d650497df296ddf570c3706f2a4dee9f9257b9acb9d61",
            ),
            test=(
                "datasets/NYT11/test.json",
                149158,
                "8e2f588d0f4de3e2b0cf35b7431ce67d28a5f726fe5ff99d9b9530a18662ed0c",
            ),
        ),
        anchor="whole",
    ),
    Dataset(
        "conll04",
        about="newswire, 4 entity types, 5 relations, SpERT's splits",
        annotation="whole",
        terms="the repository is MIT; none is stated for the newswire sentences themselves",
        citation="Roth and Yih 2004, A Linear Programming Formulation for Global Inference in Natural Language Tasks "
        "(CoNLL)",
        splits=MappingProxyType({"train": 922, "dev": 231, "test": 288}),
        files=_files(
            *_PFN,
            train=(
                "data/CONLL04/train_triples.json",
                474194,
                "65c52d5b6134c72c44277c74c5ecb354bf33aa352fc7b856edf6bda0bb436eea",
            ),
            dev=(
                "data/CONLL04/dev_triples.json",
                124823,
                "3965a5110a79671fb74a78c0fd0113c4da6583c3833bd418c1ca414bb491e010",
            ),
            test=(
                "data/CONLL04/test_triples.json",
                151092,
                "347f45cf181b5641d2373248a1af0592954415234f72536835dde1df1b504556",
            ),
        ),
        source_format="spert",
    ),
    Dataset(
        "scierc",
        about="computer science abstracts, 6 entity types, 7 relations",
        annotation="whole",
        terms="the repository is MIT; none is stated for the abstracts themselves",
        citation="Luan et al. 2018, Multi-Task Identification of Entities, Relations, and Coreference for Scientific "
        "Knowledge Graph Construction (EMNLP)",
        splits=MappingProxyType({"train": 1861, "dev": 275, "test": 551}),
        files=_files(
            *_PFN,
            train=(
                "data/SCIERC/train_triples.json",
                1002473,
                "40879beb794a2d947c60f4e7e936c269b5f35ce516e9e155cbff1feea0c3e8da",
            ),
            dev=(
                "data/SCIERC/dev_triples.json",
                144713,
                "77506c1a9d9e6a3f596fdce937a1d80679c24df75a8b7cb836737c2a43ff0ec0",
            ),
            test=(
                "data/SCIERC/test_triples.json",
                298943,
                "ecc88eca58a88cf2087aaa996dada9edad433c3c2f3f8f5be93625b098c20703",
            ),
        ),
        source_format="spert",
    ),
    Dataset(
        "nofact",
        about="sentences with names but without a triple",
        annotation="none",
        terms="those of the corpora it was drawn from: Brown is for non-commercial use",
        citation="a substitute drawn from NLTK's corpora for this project, not annotated by people",
        splits=MappingProxyType({"train": 1500, "dev": 300, "test": 500}),
        look="it is not published; any sentences with empty entities and relations serve, in a folder nofact",
    ),
)

DATASETS: Final[Mapping[str, Dataset]] = MappingProxyType({entry.name: entry for entry in _ALL})
