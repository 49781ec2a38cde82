"""``rnnbook train``."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path

from rnnbook import corpora, training
from rnnbook.checkpoints import Storage
from rnnbook.cli import text_options
from rnnbook.cli import training_report as report
from rnnbook.corpora import files
from rnnbook.errors import TrainingError
from rnnbook.recurrent import KINDS, LINEAR, NORMS, ModelConfig
from rnnbook.training import PRESETS, Interrupts, Parent, TrainingConfig
from rnnbook.training.interrupts import ENDING

_DESCRIPTION = """\
Train a network on text files, or on a corpus of the book by name.

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
    "precision": "auto, float32 or bfloat16: how to multiply (default: auto, by measuring)",
    "seed": "for the weights, the dropout and the samples",
}


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "train",
        help="learn to write like a text",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    text_options.add_options(parser)
    parser.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        metavar="NAME",
        help=f"a training of the book, with its corpus: {', '.join(PRESETS)}",
    )
    parser.add_argument("--out", help="the checkpoint (default: NAME.safetensors here)")
    parser.add_argument("--resume", action="store_true", help="go on with an unfinished training")
    parser.add_argument(
        "--continue-from",
        metavar="CHECKPOINT",
        help="train a finished network further, on its own text or another",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace a finished checkpoint, or an unfinished training, of the same name",
    )
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="where to train"
    )
    parser.add_argument(
        "--storage",
        choices=("float32", "float16", "int8"),
        help="how the checkpoint keeps its weights (default: float32)",
    )
    parser.add_argument(
        "--no-ngram", action="store_true", help="do not count n-grams, the baseline, first"
    )
    parser.add_argument(
        "--quiet", action="store_true", help="losses, but no progress bar and no samples"
    )
    _add_model_options(parser)
    _add_training_options(parser.add_argument_group("the training"))
    parser.set_defaults(run=run)


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the network")
    group.add_argument("--kind", choices=KINDS, help="(default: lstm)")
    group.add_argument("--hidden-size", type=int, metavar="H", help="hidden units a layer")
    group.add_argument(
        "--num-layers", type=int, metavar="L", help="(default: 1; of a linear recurrence 2)"
    )
    group.add_argument(
        "--embedding-size", type=int, metavar="E", help="(default: 64; 0: one-hot input)"
    )
    linear = parser.add_argument_group(f"the network, if it is one of {', '.join(LINEAR)}")
    linear.add_argument("--width", type=int, metavar="D", help="between blocks (default: H/2)")
    linear.add_argument("--state-size", type=int, metavar="N", help="of s6, a channel (default: 8)")
    linear.add_argument(
        "--conv-width", type=int, metavar="K", help="of the convolution (default: 4; 0: none)"
    )
    linear.add_argument(
        "--output-gate", action=argparse.BooleanOptionalAction, help="(default: there is one)"
    )
    linear.add_argument(
        "--mlp-factor", type=int, metavar="M/D", help="of a layer behind each (default: 0: none)"
    )
    linear.add_argument("--norm", choices=NORMS, help="before every block (default: rms)")


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
    "precision": str,
    "validations": int,
    "sample_steps": _steps,
    "seed": int,
}


def run(options: argparse.Namespace) -> int:
    """Train, print what came of it, and let it write."""
    _one_core_a_worker()
    _apply_preset(options)
    ending = _Ending()
    interrupts = Interrupts(ending.leave, ENDING)
    interrupts.install()
    try:
        return _train(options, ending, interrupts)
    finally:
        if ending.session is not None:
            ending.session.close()
        if interrupts.received is None:  # else this process is ending: more signals change nothing
            interrupts.uninstall()


def _train(options: argparse.Namespace, ending: _Ending, interrupts: Interrupts) -> int:
    is_first = os.environ.get("RANK", "0") == "0"  # of the processes of torchrun, if it runs us
    if options.out is not None:
        training.check_out(options.out)  # before the text is read
    session = ending.session = _open(options)
    if is_first:
        report.announce(session, counts_ngrams=not options.no_ngram)
    from rnnbook.training.trainer import resolve_device

    progress = session.start(
        resolve_device(options.device),
        interrupts,
        count_ngrams=not options.no_ngram,
        show_counting=not options.quiet,
        announce=print if is_first else lambda line: None,
    )
    try:
        with interrupts.held():
            report.follow(progress, quiet=options.quiet, is_first=is_first)
    except KeyboardInterrupt:  # after it has been saved
        if is_first:
            print(f"\n{ending.sentence()}", flush=True)
        return 128 + (interrupts.received or 2)
    if is_first:
        report.conclude(session, quiet=options.quiet)
    return 0


class _Ending:
    """What is to be said when a signal ends the command."""

    session: training.Session | None = None

    def sentence(self) -> str:
        """What is true now: of the files that lie there."""
        outputs = self.session.outputs if self.session is not None else None
        if outputs is not None and outputs.has_state:
            return f"stopped and saved; go on with the same command and --resume\n  {outputs.out}"
        if outputs is not None and outputs.has_checkpoint:
            return f"stopped; the training had ended, and its network is saved as {outputs.out}"
        return "stopped before anything was learnt; there is nothing to save"

    def leave(self, number: int) -> None:
        """End this process at once, with nothing under way that could be torn."""
        with suppress(Exception):  # whatever the signal interrupted, or a terminal that has gone
            sys.stdout.flush()
        if os.environ.get("RANK", "0") == "0":
            with suppress(OSError):
                os.write(1, f"\n{self.sentence()}\n".encode())
        if self.session is not None:
            self.session.close()
        os._exit(128 + number)


def _open(options: argparse.Namespace) -> training.Session:
    """The training that the options ask for, checked, and with the right to write its files."""
    parent = Parent.load(options.continue_from) if options.continue_from else None
    if not options.corpus and parent is not None:
        options.corpus = [text_options.own_corpus(parent.checkpoint.info.get("corpus"))]
    if not options.corpus:
        raise TrainingError("give a text file, the name of a corpus, or a --preset")
    corpus = text_options.load(options)
    out = options.out or f"{_name(options, parent)}.safetensors"
    model_config, config, storage = settings(options, corpus, out, parent)
    return training.open_session(
        corpus,
        model_config,
        config,
        out,
        resume=options.resume,
        overwrite=options.overwrite,
        storage=storage,
        command=_command(options),
        continue_from=options.continue_from,
        texts=[path for name in options.corpus for path in files.paths(name)],
    )


def _name(options: argparse.Namespace, parent: Parent | None) -> str:
    if parent is not None:
        return f"{Path(parent.name).stem}-continued"
    return options.preset or text_options.stem(options.corpus)


def _apply_preset(options: argparse.Namespace) -> None:
    """Take from the preset what was not given; remember what was."""
    options.given = {name: value for name, value in vars(options).items() if value is not None}
    if options.preset is None:
        return
    if options.continue_from is not None:
        raise TrainingError(
            f"--preset {options.preset} trains a new network, and --continue-from goes on with one "
            "that is there; give one of them"
        )
    preset = PRESETS[options.preset]
    if options.corpus:
        raise TrainingError(f"--preset {options.preset} brings its own corpus, {preset.corpus}")
    chosen = {**asdict(preset.network), **preset.settings}
    options.corpus = [preset.corpus]
    for name, value in {**chosen, "storage": preset.storage}.items():
        if getattr(options, name) is None:
            setattr(options, name, value)


def settings(
    options: argparse.Namespace, corpus: corpora.Corpus, out: str, parent: Parent | None = None
) -> tuple[ModelConfig, TrainingConfig, Storage]:
    """The network, how to train it and how to keep it: the defaults, but for what was given.

    The defaults are those that suit the text, or the settings of what there is to go on with.
    """
    state = training.state_path(out)
    storage: Storage = "float32"
    if options.resume and state.exists():
        run = training.read_state(state)[0]
        model_config, config, storage = run.model_config, run.config, run.storage
    elif parent is not None:
        model_config = parent.checkpoint.config
        config = parent.defaults(corpus, options.minutes)
    else:
        model_config, config = training.defaults_for(
            len(corpus.text), options.minutes, len(set(corpus.text)), options.kind or "lstm"
        )
    given = vars(options)
    try:
        names = [field.name for field in fields(ModelConfig)]
        model_config = training.with_settings(model_config, **{n: given[n] for n in names})
    except ValueError as error:
        raise TrainingError(str(error)) from error
    names = [field.name for field in fields(TrainingConfig)]
    config = training.with_settings(config, **{n: given[n] for n in names})
    return model_config, config, options.storage or storage


def _one_core_a_worker() -> None:
    """Let every worker thread compute on one core; must come before torch is loaded."""
    if "torch" not in sys.modules:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # where cores share, wait 0.1 ms awake


def _command(options: argparse.Namespace) -> str:
    """The command that repeats this training: the options that differ from the defaults."""
    words = ["rnnbook", "train", *text_options.words(options)]
    if options.continue_from:
        words += ["--continue-from", Path(options.continue_from).name]
    own = [field.name for field in (*fields(ModelConfig), *fields(TrainingConfig))]
    for name in (*own, "storage"):
        value = options.given.get(name)
        if value is None or (name == "storage" and value == "float32"):
            continue
        option = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
            continue
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        words += [f"--{option}", text]
    if options.no_ngram:
        words.append("--no-ngram")
    return shlex.join(words)
