import pytest
import torch

import rates
from meter import Meter, peak_mb, reset_peak, resident_mb


class TestRates:
    @pytest.fixture(autouse=True)
    def short(self, monkeypatch):
        monkeypatch.setattr(rates, "SECONDS", 1e-5)
        monkeypatch.setattr(rates, "STREAM", 1000)

    @pytest.mark.parametrize("threads", [1, 2])
    def test_every_rate_is_positive(self, threads):
        measured = rates.measure(torch.device("cpu"), 8, 5, threads)
        assert set(measured) == {"forward", "backward", "bytes", "add", "sigmoid"}
        assert all(value > 0 for value in measured.values())

    def test_a_rate_is_the_amount_over_the_shortest_time(self, monkeypatch):
        times = iter([0.5, 4.0, 2.0, 3.0])
        monkeypatch.setattr(rates, "_seconds", lambda *_: next(times))
        assert rates._best(lambda: None, 10.0, torch.device("cpu")) == 5.0

    def test_the_amounts_are_those_of_the_products(self):
        works = rates._works(torch.device("cpu"), 8, 5, 3)
        assert works["forward"][1] == 2 * 3 * 8 * 5
        assert works["backward"][1] == 2 * works["forward"][1]
        assert works["bytes"][1] == 8 * 1000


class TestMeter:
    def test_what_was_held_and_given_back_counts_until_the_next_reset(self):
        meter = Meter(torch.device("cpu"))
        block = torch.ones(20_000_000)
        del block
        assert meter.peak() > 70
        before = peak_mb()
        reset_peak()
        if peak_mb() < before:  # the system lets a peak be forgotten
            meter.reset()
            assert meter.peak() < 40

    def test_the_peak_is_never_below_what_is_held(self):
        assert peak_mb() >= 0.99 * resident_mb()
