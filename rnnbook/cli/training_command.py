"""``rnnbook train``."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from dataclasses import asdict, fields
from pathlib import Path

from tqdm import tqdm

from rnnbook import checkpoints, corpora, training
from rnnbook.errors import TrainingError
from rnnbook.recurrent import GATES, ModelConfig, count_parameters
from rnnbook.training import PRESETS, Progress, TrainingConfig

_DESCRIPTION = """\
Train a network on a UTF-8 text file, or on a corpus of the book by name.

The last tenth of the text is held out: the loss on it, beside that of the best
n-gram, says how good the network is. Without options, the sizes suit the length
of the text, and the whole command ends in about five minutes. Interrupt it at any
time: it saves, and --resume goes on.

Several processes train one network together with

    torchrun --nproc-per-node 2 -m rnnbook train ...
"""

_HELP = {
    "minutes": "how long the whole command may take (default: 4.5)",
    "steps": "a fixed number of steps instead of a time",
    "batch_size": "B: streams of text read side by side",
    "seq_len": "T: characters that gradients flow back through",
    "learning_rate": "the highest rate, after the warm-up",
    "final_learning_rate": "the last rate, as a share of the highest",
    "warmup_steps": "steps until the highest rate is reached",
    "optimizer": "muon, adamw, rmsprop, adagrad or sgd",
    "weight_decay": "pull of the weight matrices towards zero",
    "clip": "largest norm of the gradient",
    "dropout": "share of hidden units dropped, others for every window",
    "embedding_dropout": "share of symbols whose embedding is dropped",
    "weight_dropout": "share of the recurrent weights dropped",
    "reset": "chance that a stream starts a window with an empty state",
    "average": "decay of the moving average of the weights",
    "validation_fraction": "share of the text held out at its end",
    "validations": "how often the validation loss is measured on the way",
    "sample_steps": "further steps at which to keep a sample, as in 100,300,500",
    "seed": "for the weights, the dropout and the samples",
}


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "train",
        help="learn to write like a text",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "corpus", nargs="?", help=f"a text file, or one of: {', '.join(corpora.names())}"
    )
    parser.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        metavar="NAME",
        help=f"a training of the book, with its corpus: {', '.join(PRESETS)}",
    )
    parser.add_argument("--out", type=Path, help="the checkpoint (default: NAME.safetensors here)")
    parser.add_argument("--resume", action="store_true", help="go on with an unfinished training")
    parser.add_argument("--overwrite", action="store_true", help="replace a finished checkpoint")
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="where to train"
    )
    parser.add_argument(
        "--storage",
        choices=("float32", "float16", "int8"),
        help="how the checkpoint keeps its weights (default: float32)",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no samples")
    _add_model_options(parser.add_argument_group("the network"))
    _add_training_options(parser.add_argument_group("the training"))
    parser.set_defaults(run=run)


def _add_model_options(group) -> None:
    group.add_argument("--kind", choices=tuple(GATES), help="(default: lstm)")
    group.add_argument("--hidden-size", type=int, metavar="H", help="hidden units a layer")
    group.add_argument("--num-layers", type=int, metavar="L", help="(default: 1)")
    group.add_argument(
        "--embedding-size", type=int, metavar="E", help="(default: 64; 0: one-hot input)"
    )


def _add_training_options(group) -> None:
    for field in fields(TrainingConfig):
        option = "--" + field.name.replace("_", "-")
        group.add_argument(option, type=_TYPES.get(field.name, float), help=_HELP[field.name])


def _steps(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


_TYPES = {
    "steps": int,
    "batch_size": int,
    "seq_len": int,
    "warmup_steps": int,
    "optimizer": str,
    "validations": int,
    "sample_steps": _steps,
    "seed": int,
}


def run(options: argparse.Namespace) -> int:
    """Train, print what came of it, and let it write."""
    _one_core_a_worker()
    _apply_preset(options)
    from rnnbook.training.trainer import resolve_device

    device = resolve_device(options.device)
    corpus = corpora.load(options.corpus)
    out = options.out or Path(f"{options.preset or Path(corpus.name).stem}.safetensors")
    is_first = os.environ.get("RANK", "0") == "0"  # of the processes of torchrun, if it runs us
    model_config, config = settings(options, len(corpus.text))
    if is_first:
        _check_out(out, options)
        _announce(corpus, model_config, config)
    progress = training.train(
        corpus,
        model_config,
        config,
        out,
        device=device,
        resume=options.resume,
        storage=options.storage or "float32",
        command=_command(options, corpus),
    )
    try:
        _follow(progress, quiet=options.quiet or not is_first)
    except KeyboardInterrupt:
        progress.close()
        if not is_first:
            return 130
        print(f"\nstopped and saved; go on with the same command and --resume\n  {out}")
        return 130
    if is_first:
        _conclude(out)
    return 0


def _apply_preset(options: argparse.Namespace) -> None:
    """Take from the preset what was not given; remember what was."""
    options.given = {name: value for name, value in vars(options).items() if value is not None}
    if options.preset is None:
        if options.corpus is None:
            raise TrainingError("give a text file, the name of a corpus, or a --preset")
        return
    preset = PRESETS[options.preset]
    if options.corpus is not None:
        raise TrainingError(f"--preset {options.preset} brings its own corpus, {preset.corpus}")
    chosen = {**asdict(preset.network), **preset.settings}
    for name, value in {**chosen, "corpus": preset.corpus, "storage": preset.storage}.items():
        if getattr(options, name) is None:
            setattr(options, name, value)


def settings(
    options: argparse.Namespace, num_characters: int
) -> tuple[ModelConfig, TrainingConfig]:
    """The defaults for a text of this length, changed by the options that were given."""
    model_config, config = training.defaults_for(num_characters, options.minutes)
    given = vars(options)
    try:
        names = [field.name for field in fields(ModelConfig)]
        model_config = training.with_settings(model_config, **{n: given[n] for n in names})
    except ValueError as error:
        raise TrainingError(str(error)) from error
    names = [field.name for field in fields(TrainingConfig)]
    return model_config, training.with_settings(config, **{n: given[n] for n in names})


def _one_core_a_worker() -> None:
    """Let every worker thread compute on one core; must come before torch is loaded."""
    if "torch" not in sys.modules:
        os.environ.setdefault("OMP_NUM_THREADS", "1")


def _check_out(out: Path, options: argparse.Namespace) -> None:
    if not out.parent.is_dir():
        raise TrainingError(f"there is no folder {out.parent}; make it, or choose another --out")
    unfinished = training.state_path(out).exists()
    if out.exists() and not unfinished and not options.overwrite:
        raise TrainingError(
            f"{out} is a finished checkpoint; choose another --out, or replace it with --overwrite"
        )
    if options.overwrite and not options.resume:
        training.state_path(out).unlink(missing_ok=True)


def _command(options: argparse.Namespace, corpus: corpora.Corpus) -> str:
    """The command that repeats this training: the options that differ from the defaults."""
    words = ["rnnbook", "train", corpus.name]
    if options.preset:
        words = ["rnnbook", "train", "--preset", options.preset]
    own = [field.name for field in (*fields(ModelConfig), *fields(TrainingConfig))]
    for name in (*own, "storage"):
        value = options.given.get(name)
        if value is None or (name == "storage" and value == "float32"):
            continue
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        words += ["--" + name.replace("_", "-"), text]
    return shlex.join(words)


def _announce(corpus: corpora.Corpus, model_config: ModelConfig, config: TrainingConfig) -> None:
    symbols = len(set(corpus.text))
    size = count_parameters(model_config, symbols)
    print(f"{corpus.name}: {len(corpus.text):,} characters, {symbols} different")
    print(
        f"{model_config.kind}: {model_config.num_layers} x {model_config.hidden_size} units, "
        f"{size:,} parameters; batches of {config.batch_size} x {config.seq_len} characters"
    )
    print("counting n-grams, the baseline, comes first", flush=True)


def _follow(progress, *, quiet: bool) -> None:
    """Show a bar that moves with every progress, and a line for every validation."""
    with tqdm(unit="step", disable=quiet or None, dynamic_ncols=True) as bar:
        for point in progress:
            bar.total = point.steps
            bar.n = point.step
            bar.set_postfix_str(f"loss {point.loss:.3f}", refresh=False)
            bar.refresh()
            if point.validation_loss is not None and not quiet:
                bar.write(_line(point))


def _line(point: Progress) -> str:
    start = " ".join((point.sample or "").split())[:60]
    return (
        f"step {point.step:>6}  training {point.loss:.3f}  "
        f"validation {point.validation_loss:.3f}  {start}"
    )


def _conclude(out: Path) -> None:
    checkpoint = checkpoints.load(out)
    info = checkpoint.info
    ngram = info["ngram"]
    print(f"\nvalidation loss {info['validation_loss']:.4f} nats per character")
    print(f"  {info['measured']}")
    if info["block_loss"] is not None:
        print(f"  {info['block_loss']:.4f} without carried state, in blocks of 256 characters")
    print(f"  {ngram['loss']:.4f} for the best n-gram, of order {ngram['order']:.0f}")
    print(f"after {info['seconds']:.0f} seconds and {info['steps']:,} steps; saved as {out}\n")
    print(training.draw_sample(checkpoint.model(), info["training"]["seed"], 500).strip())
