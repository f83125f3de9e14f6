"""relknit predict: a model's predictions for a dataset, as JSONL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import (
    Entities,
    JsonFlag,
    LimitOptions,
    Model,
    Overwrite,
    RuntimeOptions,
    SkipBad,
    print_json,
    progress_bar,
    use_this_process,
)
from relknit.cli.filters import NO_FILTERS, FilterOptions
from relknit.cli.min_precision import MinPrecision, note_thresholds
from relknit.display import amount
from relknit.document.jsonl import DEFAULT_LIMITS
from relknit.files import check_target
from relknit.runtime import Runtime
from relknit.sources import DEFAULT_MODEL


def predict(
    data: Annotated[Path, Parameter(help="A dataset file (JSONL, plain or .gz).")],
    *,
    out: Annotated[Path, Parameter(help="Where the predictions go (.jsonl or .jsonl.gz).")],
    model: Model = DEFAULT_MODEL,
    entities: Entities = "predicted",
    coreference: Annotated[
        bool,
        Parameter(help="Put names in place of pronouns and descriptions, if the model has learned to.", negative=""),
    ] = False,
    min_precision: MinPrecision = None,
    filters: FilterOptions = NO_FILTERS,
    overwrite: Overwrite = False,
    skip_bad: SkipBad = False,
    limits: LimitOptions = DEFAULT_LIMITS,
    as_json: JsonFlag = False,
    runtime: RuntimeOptions = Runtime(),
) -> int:
    """Predict the tokens of every document and write them with what was found, in the same order and with the same ids.

    With --entities given only the relations between the entities of the input are predicted. These may also be given by
    characters, in records {"text", "entities": [{"start", "end", "type"}]} without tokens.
    """
    from relknit.checkpoint import load_model
    from relknit.data.given_entities import read_given
    from relknit.data.readers import read_documents
    from relknit.document.jsonl import write_jsonl
    from relknit.predict import Predictor, label_filter
    from relknit.sources import find_model

    check_target(out, suffixes=(".jsonl", ".jsonl.gz"), overwrite=overwrite)
    use_this_process()
    saved = load_model(find_model(model))
    predictor = Predictor(
        saved.model,
        max_tokens=saved.trained_on.max_tokens,
        runtime=runtime,
        min_precision=min_precision,
        coreference=coreference,
        wanted=label_filter(saved, **filters.values(saved)),
    )
    given = entities == "given"
    if given:
        read = read_given(data, rule=saved.trained_on.token_rule, skip_bad=skip_bad, limits=limits)
    else:
        read = read_documents(data, skip_bad=skip_bad, limits=limits)
    note_thresholds(predictor.thresholds, saved.model.labels.relations)
    with progress_bar("predicting", len(read.documents)) as progress:
        found = (predictor.relations_between if given else predictor)(read.documents, progress=progress)
    documents = [d.with_prediction(p) for d, p in zip(read.documents, found, strict=True)]
    write_jsonl(out, documents)
    if as_json:
        print_json({"out": str(out), "documents": len(documents), "skipped": [str(error) for error in read.skipped]})
        return 0
    skipped = f", {amount(len(read.skipped), 'bad line')} left out" if read.skipped else ""
    terminal.print_note(f"{amount(len(documents), 'document')} to {out}{skipped}")
    return 0
