"""Model cards and tables of facts, as HTML, from what a checkpoint says of itself.

Every text from a model or a corpus is escaped. Shown in the book's appendix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from rnnbook import checkpoints
from rnnbook.checkpoints import Checkpoint
from rnnbook.counters.measured import Baseline, baseline
from rnnbook.evaluation import Loss
from rnnbook.recurrent import count_parameters, label


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a caption; the first cell of every row is its heading."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = ""
    for first, *rest in rows:
        cells = "".join(f"<td>{escape(str(cell))}</td>" for cell in rest)
        body += f'<tr><th scope="row">{escape(str(first))}</th>{cells}</tr>'
    return (
        '<div class="rnnbook-table" style="overflow-x: auto" tabindex="0" role="region" '
        f'aria-label="{escape(caption)}"><table class="table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def facts(checkpoint: Checkpoint) -> dict[str, object]:
    """What the list of models says of one: sizes, losses in nats, and what they mean."""
    info, config = checkpoint.info, checkpoint.config
    loss, counter = Loss(info["validation_loss"], 0), _counter(checkpoint)
    return {
        "corpus": info["corpus"]["name"],
        "network": f"{label(config.kind)} {config.num_layers}x{config.hidden_size}",
        "parameters": count_parameters(config, len(checkpoint.vocab)),
        "loss": loss.nats,
        "block_loss": info.get("block_loss"),
        "bits": loss.bits_per_char,
        "perplexity": loss.perplexity,
        "counted": counter.loss,
        "counter": counter.name,
    }


def _counter(checkpoint: Checkpoint) -> Baseline:
    found = baseline(checkpoint.info)
    if found is None:
        raise ValueError("a card needs a counter beside the loss, and nobody counted")
    return found


def models_table(models: Mapping[str, Checkpoint]) -> str:
    """All models beside each other, with the best static counter beside every loss."""
    rows = []
    for name, checkpoint in models.items():
        found = facts(checkpoint)
        rows.append(
            (
                name,
                found["network"],
                f"{found['parameters']:,}",
                f"{found['loss']:.3f}",
                f"{found['counted']:.3f} ({found['counter']})",
                f"{found['bits']:.3f}",
            )
        )
    header = ("model", "network", "parameters", "loss", "best static counter", "bits")
    return table("The models of the book. Losses in nats per character", header, rows)


def corpora_table(models: Mapping[str, Checkpoint]) -> str:
    """The text that every model was trained on, each once."""
    rows: dict[str, tuple[object, ...]] = {}
    for checkpoint in models.values():
        corpus = checkpoint.info["corpus"]
        rows[corpus["name"]] = (
            corpus["name"],
            f"{corpus['characters']:,}",
            len(checkpoint.vocab),
            corpus["source"],
            corpus["licence"],
            corpus["sha256"][:12],
        )
    header = ("corpus", "characters", "symbols", "package", "licence", "SHA-256 begins")
    return table("The texts of the book, after cleaning", header, rows.values())


def verdict(checkpoint: Checkpoint) -> str:
    """Whether the network beats counting, in a sentence."""
    found = facts(checkpoint)
    gain = float(found["counted"]) - float(found["loss"])  # type: ignore[arg-type]
    said = f"the best static counter ({found['counter']}) by {abs(gain):.3f} nats per character"
    if gain > 0:
        return f"Better than {said}."
    if not checkpoint.info["steps"]:
        return f"Worse than {said}: it was never trained. It is here to be compared with."
    return f"Worse than {said}."


def card(name: str, checkpoint: Checkpoint, path: Path | None = None) -> str:
    """The card of one model: what it is, what it read, how good it is, and a sample."""
    info, found = checkpoint.info, facts(checkpoint)
    blocks = found["block_loss"]
    rows: list[tuple[str, object]] = [
        ("network", f"{found['network']}, {found['parameters']:,} parameters"),
        ("knows", f"{len(checkpoint.vocab)} symbols"),
        ("corpus", f"{_corpus(info['corpus'])}"),
        ("licence of the text", info["corpus"]["licence"]),
        ("trained by", info["command"]),
        ("training", _training(info)),
        ("loss", f"{_loss(found)}, {info['measured']}" if info["steps"] else _loss(found)),
        ("without carried state", "" if blocks is None else f"{blocks:.4f}, blocks of 256"),
        ("counter", f"{found['counted']:.4f} nats per character, {found['counter']}"),
        ("verdict", verdict(checkpoint)),
    ]
    if "test_loss" in info:  # older trainings chose on the whole part
        place = [name for name, _ in rows].index("loss") + 1
        told = f"{info['test_loss']:.4f} on its second half, on which nothing was chosen"
        rows.insert(place, ("loss of the test", told))
    if path is not None:
        rows.insert(1, ("file", f"{path.stat().st_size / 1e6:.2f} MB"))
    facts_table = table(f"Card of the model {name}", ("model", name), rows)
    return facts_table + _sample(info)


def _corpus(corpus: Mapping[str, Any]) -> str:
    return f"{corpus['name']}: {corpus['characters']:,} characters, from {corpus['source']}"


def _training(info: Mapping[str, Any]) -> str:
    config = info["training"]
    return (
        f"{info['steps']:,} steps of {config['batch_size']} x {config['seq_len']} characters by "
        f"{config['optimizer']}, {info['seconds'] / 60:.1f} minutes"
    )


def _loss(found: Mapping[str, Any]) -> str:
    return (
        f"{found['loss']:.4f} nats per character ({found['bits']:.3f} bits, "
        f"perplexity {found['perplexity']:.2f})"
    )


def _sample(info: Mapping[str, Any]) -> str:
    """The last sample that the training kept, as it came."""
    if not info.get("history"):
        return ""
    text, seed = escape(info["history"][-1]["sample"].strip()), info["training"]["seed"]
    return (
        f"<details><summary>A sample, unedited: temperature 0.8, seed {seed}</summary>"
        f'<pre dir="auto">{text}</pre></details>'
    )


def shipped_models() -> dict[str, Checkpoint]:
    """Every shipped checkpoint, by name."""
    return {name: checkpoints.load(name) for name in checkpoints.shipped()}
