import pickle

import pytest
import torch

from relknit.errors import ConfigError
from relknit.runtime import Runtime


def test_a_runtime_can_be_sent_to_another_process():
    runtime = Runtime("auto", 3, "1GB", "float32")
    assert pickle.loads(pickle.dumps(runtime)) == runtime  # noqa: S301


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (None, None),
        (10, 10),
        ("123456", 123_456),
        ("10B", 10),
        ("64KB", 64_000),
        ("200 mb", 200_000_000),
        ("1.5GB", 1_500_000_000),
        (" 2gb ", 2_000_000_000),
    ],
)
def test_a_memory_budget_is_read_as_it_is_written(written, meant):
    assert Runtime(memory_budget=written).budget_bytes == meant


@pytest.mark.parametrize(
    "written", ["", "MB", "much", "-1", "-1MB", "1e9", "5TB", "1,5GB", "200MiB", "٣MB", "nan", True, 1.5, b"1MB"]
)
def test_any_other_budget_is_refused_with_an_example(written):
    with pytest.raises(ConfigError, match="memory_budget is .*, expected a size such as 200MB, 1.5GB or 200000000"):
        Runtime(memory_budget=written)


@pytest.mark.parametrize(
    "device",
    ["", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:²", "cpu:0", "meta", "tpu", None, torch.device("cpu")],
)
def test_other_devices_are_refused(device):
    with pytest.raises(ConfigError, match="expected auto, cpu or cuda"):
        Runtime(device)


@pytest.mark.parametrize("threads", [-1, 257, 1.5, "2", True, None])
def test_other_numbers_of_threads_are_refused(threads):
    with pytest.raises(ConfigError, match=r"threads is .*, expected 0 \(one per core\) to 256"):
        Runtime(threads=threads)


@pytest.mark.parametrize("dtype", ["fp32", "float64", None])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(ConfigError, match="dtype is .*, expected auto or float32"):
        Runtime(dtype=dtype)


def test_there_is_at_least_one_worker():
    assert Runtime(threads=3).workers == 3
    assert Runtime().workers >= 1


def test_auto_takes_a_gpu_where_there_is_one(monkeypatch):
    for there, expected in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert Runtime("auto").torch_device() == torch.device(expected)


def test_a_gpu_is_named_by_its_number_and_has_to_be_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert Runtime("cpu").torch_device() == torch.device("cpu")
    assert Runtime("cuda").torch_device() == torch.device("cuda")
    assert Runtime("cuda:1").torch_device() == torch.device("cuda:1")
    with pytest.raises(ConfigError, match="device is cuda:2, but torch sees no such GPU here; use cpu or auto"):
        Runtime("cuda:2").torch_device()


@pytest.mark.parametrize("budget", [0, -5, "0", "0MB"])
def test_a_budget_of_nothing_is_refused(budget):
    with pytest.raises(ConfigError, match="memory_budget is"):
        Runtime(memory_budget=budget)


@pytest.mark.parametrize("values", [{"device": "cuda:" + "9" * 20}, {"memory_budget": "9" * 400}])
def test_numbers_that_nothing_can_hold_are_refused(values):
    with pytest.raises(ConfigError, match=next(iter(values))):
        Runtime(**values)
