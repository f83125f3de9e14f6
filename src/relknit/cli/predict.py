"""relknit predict: a model's predictions for a dataset, as JSONL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import (
    Device,
    MemoryBudget,
    Overwrite,
    SkipBad,
    Threads,
    memory_bytes,
    progress_bar,
    use_this_process,
    worker_threads,
)
from relknit.cli.min_precision import MinPrecision, tell_cuts
from relknit.data.readers import read_documents
from relknit.document.jsonl import write_jsonl
from relknit.files import check_target


def predict(
    model: Annotated[str, Parameter(help="A model folder or the name of a shipped model.")],
    data: Annotated[Path, Parameter(help="A dataset file (JSONL, plain or .gz).")],
    *,
    out: Annotated[Path, Parameter(help="Where the predictions go (.jsonl or .jsonl.gz).")],
    min_precision: MinPrecision = None,
    overwrite: Overwrite = False,
    skip_bad: SkipBad = False,
    threads: Threads = 0,
    device: Device = "cpu",
    memory_budget: MemoryBudget = None,
) -> int:
    """Predict the tokens of every document and write them with what was found, in the same order and with the same ids."""
    from relknit import predict as prediction
    from relknit.checkpoint import load_model
    from relknit.sources import find_model

    check_target(out, suffixes=(".jsonl", ".jsonl.gz"), overwrite=overwrite)
    use_this_process()
    saved = load_model(find_model(model))
    saved.model.to(prediction.choose_device(device))
    read = read_documents(data, skip_bad=skip_bad)
    predictor = prediction.Predictor(
        saved.model,
        max_tokens=saved.trained_on.max_tokens,
        threads=worker_threads(threads),
        memory_budget=memory_bytes(memory_budget),
        min_precision=min_precision,
    )
    tell_cuts(terminal.to_people(), predictor.thresholds, saved.model.labels.relations)
    with progress_bar("predicting", len(read.documents)) as progress:
        found = predictor(read.documents, progress=progress)
    documents = [d.with_prediction(p) for d, p in zip(read.documents, found, strict=True)]
    write_jsonl(out, documents)
    skipped = f", {len(read.skipped)} bad lines left out" if read.skipped else ""
    terminal.to_people().print(f"{len(documents)} documents to {out}{skipped}", markup=False, highlight=False)
    return 0
