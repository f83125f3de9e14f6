from __future__ import annotations

import pytest
import torch

from relknit.encoders.base import Encoder, Sentence
from relknit.errors import ConfigError
from relknit.models.rin.batch import Batch, Example
from relknit.predict import choose_device
from relknit.predict.device import computing

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")


def test_the_cpu_is_always_there():
    assert choose_device("cpu") == torch.device("cpu")


def test_auto_takes_a_gpu_where_there_is_one(monkeypatch):
    for there, expected in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert choose_device("auto") == torch.device(expected)


def test_a_gpu_is_named_by_its_number(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("cuda") == torch.device("cuda")
    assert choose_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ConfigError, match="device is cuda:2, but torch sees no such GPU here; use cpu or auto"):
        choose_device("cuda:2")


@no_gpu
@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:7"])
def test_a_gpu_that_is_not_there_is_refused_in_one_line(name):
    with pytest.raises(ConfigError, match=f"device is {name}, but torch sees no such GPU here; use cpu or auto") as e:
        choose_device(name)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("name", ["", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:²", "cpu:0", "meta"])
def test_other_names_are_refused(name):
    with pytest.raises(ConfigError, match="expected auto, cpu or cuda"):
        choose_device(name)


def test_a_batch_stays_as_it_is_on_the_cpu():
    batch = Batch.of([Example(Sentence(torch.ones(3, 2, dtype=torch.int64)), (0, 1, 2))], Encoder())
    assert batch.to(torch.device("cpu")).inputs.table is batch.inputs.table


@pytest.mark.parametrize("precision", ["auto", "fp32"])
def test_products_on_the_cpu_keep_their_precision(precision):
    with computing(torch.device("cpu"), precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_on_a_gpu_only_full_precision_asked_for_is_kept():
    if not torch.cuda.is_available():
        pytest.skip("needs a GPU: there is nothing to cast elsewhere")
    for precision, expected in (("auto", torch.bfloat16), ("fp32", torch.float32)):
        with computing(torch.device("cuda"), precision):
            ones = torch.ones(2, 2, device="cuda")
            assert (ones @ ones).dtype == expected
