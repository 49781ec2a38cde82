"""Training steps in PyTorch: the optimiser, the averaged weights, and the workers.

On a CPU, small products are not worth cutting into pieces. So a step gives each worker
thread some rows of the batch and one core, and adds up the gradients in a fixed order: on one
machine and with as many workers, the same numbers in every run. Large products are worth it:
there a step reads the whole batch, and all cores share each product. Under ``torchrun`` every
process is a worker.

Taught in the chapters *A trained LSTM* and *Training for real*.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import Tensor

from rnnbook import evaluation
from rnnbook.batches import count_windows, streams
from rnnbook.errors import TrainingError
from rnnbook.language_model import State
from rnnbook.recurrent import ModelConfig, is_exact
from rnnbook.text import Ids, Vocab
from rnnbook.torch_networks.linear import from_weights, new_model
from rnnbook.torch_networks.rnn import TorchModel, to_arrays
from rnnbook.torch_networks.window import Room
from rnnbook.training.config import TrainingConfig
from rnnbook.training.cores import cores, keep_freed_memory, use_one_core
from rnnbook.training.optimizers import optimizers
from rnnbook.training.precision import LENGTH, Choice, choose
from rnnbook.training.processes import Processes

Weights = Mapping[str, NDArray[np.float32]]

_ROWS_A_WORKER = 16
_CHARACTERS_A_WORKER = 1024  # of a window, in a linear recurrence
_WHOLE = 640  # from this many units on, all cores share one product


def resolve_device(name: str) -> str:
    """``auto`` is the fastest device there is; any other name must exist here.

    Raises :class:`TrainingError` for a device that this machine does not have.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return next(device for device, is_there in there.items() if is_there)
    if not there.get(name, False):
        raise TrainingError(
            f"there is no device {name!r} here; use --device auto, or one of: "
            + ", ".join(device for device, is_there in there.items() if is_there)
        )
    return name


class Trainer:
    """A network in training: one call of :meth:`train_step` a step."""

    def __init__(
        self,
        vocab: Vocab,
        model_config: ModelConfig,
        config: TrainingConfig,
        ids: Ids,
        device: str = "cpu",
        processes: Processes | None = None,
        workers: int | None = None,
    ):
        """``workers`` is the number of cores to use on a CPU: by default, all."""
        rng = np.random.default_rng(config.seed)
        self.ids, self.device = ids, torch.device(device)
        self.processes = processes or Processes()
        if model_config.is_linear and device == "cpu":
            keep_freed_memory()
        self.choice = self._settle(vocab, model_config, config)
        self.config = config = replace(config, precision=self.choice.precision)
        self.model = new_model(
            vocab,
            model_config,
            rng,
            dropout=config.dropout,
            embedding_dropout=config.embedding_dropout,
            weight_dropout=config.weight_dropout,
            precision=config.precision,
        ).to(self.device)
        self.parameters = list(self.model.parameters())
        self.decaying = [
            value
            for name, value in self.model.named_parameters()
            if value.ndim > 1 and not is_exact(name)
        ]
        self.step = self.epoch = self.window = 0
        self._start_workers(rng, workers)
        self.forward = self.processes.parallel(self.model)
        run = self.pool.map if self.pool else map
        self.optimizers = optimizers(self.model, config, run, len(self.rows))
        self.average = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.best = {name: value.clone() for name, value in self.average.items()}
        self._start_epoch()

    def _settle(self, vocab: Vocab, model_config: ModelConfig, config: TrainingConfig) -> Choice:
        """The arithmetic of this training; under ``torchrun``, the first process chooses."""
        rows = -(-config.batch_size // (os.cpu_count() or 1))
        if model_config.is_linear:  # it multiplies the characters of all steps at once
            rows = -(-rows * config.seq_len // LENGTH)
        choice = choose(config.precision, vocab, model_config, rows, self.device.type)
        half, gain = self.processes.agree(choice.precision == "bfloat16", choice.gain or 0)
        return Choice("bfloat16" if half else "float32", gain or None)

    def _start_workers(self, rng: np.random.Generator, workers: int | None) -> None:
        """Share out the cores and the rows of the batch, and seed the dropout masks."""
        shares, rank = self.processes.shares(self.config.batch_size), self.processes.rank
        available = max(1, workers or (os.cpu_count() or 1) // self.processes.count)
        count = workers or min(available, max(1, len(shares[0]) // _ROWS_A_WORKER))
        is_whole = self.model.config.hidden_size >= _WHOLE
        if self.model.config.is_linear:  # whose products are as large as rows are long
            enough = len(shares[0]) * self.config.seq_len // _CHARACTERS_A_WORKER
            count = workers or max(1, min(available, enough, len(shares[0])))
            is_whole = count < min(available, enough)
        if self.device.type != "cpu" or self.processes.count > 1 or is_whole:
            count = 1
        seeds = rng.integers(2**62, size=(self.processes.count, count))
        self.cores = available if is_whole else 1  # that share one product
        self.rows = np.array_split(shares[rank], count)
        self.masks = [torch.Generator().manual_seed(int(seed)) for seed in seeds[rank]]
        self.rooms = [[Room() for _ in self.model.layers] for _ in range(count)]
        self.pool = ThreadPoolExecutor(count, initializer=use_one_core) if count > 1 else None

    def _start_epoch(self) -> None:
        """Cut the text into streams again, from another random offset, with empty states."""
        config = self.config
        rng = np.random.default_rng([config.seed, self.epoch])
        spare = max(0, len(self.ids) - config.batch_size * (config.seq_len + 1))
        offset = int(rng.integers(min(config.seq_len, spare) + 1))
        self.streams = streams(self.ids, config.batch_size, offset)  # (B, N')
        self.num_windows = count_windows(len(self.ids), config.batch_size, config.seq_len, offset)
        self.states = [dict(self.model.initial_state(len(rows))) for rows in self.rows]

    def train_step(self, learning_rate: float) -> float:
        """Read one window (B, T), update the weights; the loss before the update."""
        with cores(self.cores):
            return self._train_step(learning_rate)

    def _train_step(self, learning_rate: float) -> float:
        if self.window == self.num_windows:
            self.epoch, self.window = self.epoch + 1, 0
            self._start_epoch()
        start = self.window * self.config.seq_len
        stop = min(start + self.config.seq_len, self.streams.shape[1] - 1)
        x, y = self.streams[:, start:stop], self.streams[:, start + 1 : stop + 1]
        self._reset_states()
        run = self.pool.map if self.pool else map
        results = list(run(lambda worker: self._gradients(worker, x, y), range(len(self.rows))))
        self._update([gradients for _, gradients in results], learning_rate)
        loss = self.processes.sum(float(sum(share for share, _ in results)))
        self.step, self.window = self.step + 1, self.window + 1
        return loss

    def _reset_states(self) -> None:
        """Empty the states of a few streams, chosen anew for every window.

        A network that only ever sees carried states can fall into a state of
        which it never learnt the way out when it starts from nothing, as every
        sample does.
        """
        rng = np.random.default_rng([self.config.seed, self.epoch, self.window])
        kept = rng.random(self.config.batch_size) >= self.config.reset
        for worker, rows in enumerate(self.rows):
            mask = torch.as_tensor(kept[rows], dtype=torch.float32, device=self.device)
            self.states[worker] = {  # (L, B, H)
                name: value * mask[:, None] for name, value in self.states[worker].items()
            }

    def _gradients(self, worker: int, x: Ids, y: Ids) -> tuple[Tensor, tuple[Tensor, ...]]:
        """One worker's share of the loss, and its gradients."""
        rows = self.rows[worker]
        ids = torch.as_tensor(x[rows], device=self.device)
        targets = torch.as_tensor(y[rows], device=self.device)
        logits, state = self.forward(
            ids, self.states[worker], self.masks[worker], self.rooms[worker]
        )  # (B, T, V)
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), reduction="sum"
        ) / (self.config.batch_size * ids.shape[1])
        if self.processes.count > 1:
            gradients = self.processes.gradients(loss, self.parameters)
        else:
            gradients = torch.autograd.grad(loss, self.parameters)
        self.states[worker] = {name: value.detach() for name, value in state.items()}
        return loss.detach(), gradients

    def _update(self, shares: list[tuple[Tensor, ...]], learning_rate: float) -> None:
        for parameter, first, *others in zip(self.parameters, *shares, strict=True):
            for other in others:
                first.add_(other)
            parameter.grad = first
        torch.nn.utils.clip_grad_norm_(self.parameters, self.config.clip)
        self._decay(learning_rate)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * group["share"]
            optimizer.step()
        # a young average forgets faster, so that it does not remember the start
        decay = min(self.config.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            current = self.model.state_dict()
            torch._foreach_lerp_(
                list(self.average.values()), [current[name] for name in self.average], 1 - decay
            )

    @torch.no_grad()
    def _decay(self, learning_rate: float) -> None:
        """Pull the matrices towards zero, apart from the gradient, as AdamW does.

        Those that say how fast a linear recurrence forgets are left alone: at zero they would say
        something, too.

        Source: Loshchilov and Hutter (2019), arXiv 1711.05101.
        """
        for parameter in self.decaying:
            parameter.mul_(1 - learning_rate * self.config.weight_decay)

    def change_weights(self, change: Callable[[Mapping[str, NDArray[np.float32]]], None]) -> None:
        """Let ``change`` write into the first weights, arrays under the book's names."""
        current = self.model.state_dict()
        arrays = {name: value.cpu().numpy() for name, value in current.items()}
        change(arrays)
        with torch.no_grad():
            for name, value in current.items():
                value.copy_(torch.from_numpy(arrays[name]))
                self.average[name].copy_(value)

    def load_weights(self, weights: Weights) -> None:
        """Start from these weights, under the book's names; they are the best so far."""

        def change(arrays: Mapping[str, NDArray[np.float32]]) -> None:
            for name, array in arrays.items():
                array[...] = weights[name]

        self.change_weights(change)
        self.keep_best()

    def averaged_weights(self) -> dict[str, NDArray[np.float32]]:
        return to_arrays(self.average)

    def best_weights(self) -> dict[str, NDArray[np.float32]]:
        return to_arrays(self.best)

    def keep_best(self) -> None:
        """Remember the averaged weights as the best so far."""
        self.best = {name: value.clone() for name, value in self.average.items()}

    def evaluate(self, ids: Ids, weights: Weights) -> evaluation.Loss:
        """The carried-state loss of weights under the book's names."""
        with cores(self.cores):
            return evaluation.evaluate(self._for_inference(weights), ids)

    def log_probs(self, ids: Ids, weights: Weights) -> NDArray[np.float64]:
        """ln P (N - 1,) of every one of ids (N,) but the first, with the state carried."""
        with cores(self.cores):
            return evaluation.log_probs(self._for_inference(weights), ids)

    def evaluate_blocks(self, ids: Ids, weights: Weights) -> evaluation.Loss | None:
        """The stateless loss in blocks of 256 characters; None if there is not one."""
        if len(ids) < 257:
            return None
        with cores(self.cores):
            return evaluation.evaluate_blocks(self._for_inference(weights), ids)

    def _for_inference(self, weights: Weights) -> _InParallel:
        model = from_weights(self.model.vocab, self.model.config, weights)
        return _InParallel(model.to(self.device), self.pool, len(self.rows))

    def to_bytes(self, run_json: str) -> bytes:
        """Everything a resume needs, as a safetensors file with ``run_json`` in its header.

        Under ``torchrun`` every process must call this; the first one's has it all.
        """
        arrays = {name: _array(value) for name, value in self._tensors()}
        for rank, theirs in enumerate(self.processes.gather(self._own_tensors())):
            for name, value in theirs.items():
                kind, worker, *rest = name.split("/")
                number = rank * len(self.rows) + int(worker)
                arrays["/".join([kind, str(number), *rest])] = _array(value)
        position = np.array([self.step, self.epoch, self.window], dtype=np.int64)
        return save({**arrays, "position": position}, {"rnnbook-training": run_json})

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Every tensor that changes in training, by name."""
        for name, value in self.model.state_dict().items():
            yield f"model/{name}", value
            yield f"average/{name}", self.average[name]
            yield f"best/{name}", self.best[name]
        for index, parameter in enumerate(self.parameters):
            for name, value in self._moments(parameter).items():
                if isinstance(value, Tensor):
                    yield f"optimizer/{index}/{name}", value

    def _own_tensors(self) -> dict[str, Tensor]:
        """Every tensor that is different in every process."""
        tensors = {}
        for worker, state in enumerate(self.states):
            tensors[f"masks/{worker}"] = self.masks[worker].get_state()
            for name, value in state.items():
                tensors[f"state/{worker}/{name}"] = value.cpu()
        return tensors

    def _moments(self, parameter: Tensor) -> dict[str, Any]:
        """What the optimiser that has this parameter remembers of it."""
        for optimizer in self.optimizers:
            if any(parameter is p for group in optimizer.param_groups for p in group["params"]):
                return optimizer.state[parameter]
        raise AssertionError("every parameter has an optimiser")

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go back to what :meth:`to_bytes` stored.

        Raises :class:`TrainingError` if it was stored with another number of workers, and
        what PyTorch raises if it is another network.
        """
        stored = sum(name.startswith("masks/") for name in arrays)
        workers = len(self.rows) * self.processes.count
        if stored != workers:
            raise TrainingError(
                f"this training ran with {stored} workers, and here it would have {workers}; "
                "resume it with as many processes, where it began, or start again"
            )
        self.step, self.epoch, self.window = (int(number) for number in arrays["position"])
        self._start_epoch()
        tensors = {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                places = {"model": value, "average": self.average[name], "best": self.best[name]}
                for kind, place in places.items():
                    place.copy_(tensors[f"{kind}/{name}"].reshape(place.shape))
        for name, value in tensors.items():
            kind, *path = name.split("/")
            if kind == "optimizer":
                moment = value if path[1] == "step" else value.to(self.device)
                self._moments(self.parameters[int(path[0])])[path[1]] = moment
            elif kind in ("masks", "state"):
                worker = int(path[0]) - self.processes.rank * len(self.rows)
                if not 0 <= worker < len(self.rows):
                    continue  # another process's
                if kind == "masks":
                    self.masks[worker].set_state(value)
                else:
                    self.states[worker][path[1]] = value.to(self.device)

    def close(self) -> None:
        if self.pool:
            self.pool.shutdown()


def _array(value: Tensor) -> NDArray[Any]:
    return value.detach().cpu().contiguous().numpy()


class _InParallel:
    """A network that reads the rows of a batch in several threads. A ``Reader``."""

    def __init__(self, model: TorchModel, pool: ThreadPoolExecutor | None, workers: int):
        self.model, self.pool, self.workers = model, pool, workers
        self.vocab, self.initial_state = model.vocab, model.initial_state

    def read(self, ids: Ids, state: State) -> tuple[NDArray[np.floating], State]:
        if self.pool is None or len(ids) < self.workers:
            return self.model.read(ids, state)
        rows = np.array_split(np.arange(len(ids)), self.workers)
        states = [{name: value[:, part] for name, value in state.items()} for part in rows]
        parts = list(self.pool.map(self.model.read, [ids[part] for part in rows], states))
        after = {name: torch.cat([part[1][name] for part in parts], dim=1) for name in state}
        return np.concatenate([logits for logits, _ in parts]), after
