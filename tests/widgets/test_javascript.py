"""The engine in the browser: Python's numbers, and its texts where no rounding decides them."""

from __future__ import annotations

import base64
import functools
import http.server
import itertools
import tempfile
import threading
from pathlib import Path

import compile_kernel
import numpy as np
import pytest
from browser import visit
from conftest import KINDS, own_ids, random_checkpoint
from margins import ENOUGH, sure_text
from safetensors.numpy import load_file

from rnnbook import checkpoints, inspection, recurrent, sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.inspection.steering import held_at, write_held
from rnnbook.numpy_networks import rnn
from rnnbook.text import Vocab
from rnnbook.widgets import assets

pytestmark = pytest.mark.browser

#: By how much logits may be off where the state is multiplied in whole numbers of 32 bits.
BYTES = 1e-7

_ENGINE = """
<!doctype html><html lang="en"><meta charset="utf-8"><title>engine</title>
<link rel="icon" href="data:,">
<script type="module">
import { defaultRng } from "./rng.js";
import { readCheckpoint } from "./safetensors.js";
import { encode, openNetwork, untrainedWeights as firstWeights } from "./recurrent.js";
import { generate, nextCharProbs } from "./sampling.js";
import { Reading } from "./reading.js";
import { labelsOf, rank } from "./properties.js";
import { influence } from "./memory.js";
import { MinCharRnn, lossAndGradients } from "./min_char_rnn.js";
const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
window.uniforms = (seed, count) => {
  const random = defaultRng(BigInt(seed));
  return Array.from({ length: count }, random);
};
window.open = (data) => openNetwork(readCheckpoint(bytes(data)));
window.logits = (data, ids) => {
  const network = open(data);
  const state = network.initialState();
  return ids.map((id) => Array.from(network.step(id, state)));
};
window.text = (data, prompt, length, settings) => {
  const network = open(data);
  const draws = [...generate(network, encode(network.vocab, prompt).ids, length, settings)];
  return draws.filter((draw) => draw?.char).map((draw) => draw.char).join("");
};
window.logitsWithout = (data, ids) => {
  const kept = WebAssembly;
  delete window.WebAssembly;
  try { return logits(data, ids); } finally { window.WebAssembly = kept; }
};
window.labels = (text, property, pattern) => labelsOf(text, property, pattern);
window.ranked = (data, ids, quantity, labels) => {
  const reading = new Reading(open(data), ids, 0);
  for (const _ of reading.steps());
  return [...rank(reading.values[quantity], reading.size, labels)].at(-1).ranked;
};
window.influences = (data, ids) => {
  const bits = ids.map(() => -1);
  for (const step of influence(open(data), ids)) if (step) bits[step.t] = step.bits;
  return bits;
};
window.untrainedWeights = (data) => {
  const weights = firstWeights(open(data), 0);
  const entries = Object.entries(weights).map(([name, { data }]) => [name, Array.from(data)]);
  return Object.fromEntries(entries);
};
const floats = (weights) =>
  Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, Float64Array.from(w)]));
window.gradients = (weights, x, y, h) => {
  const { loss, gradients, reach } = lossAndGradients(floats(weights), x, y, Float64Array.from(h));
  const found = Object.entries(gradients).map(([name, g]) => [name, Array.from(g)]);
  return { loss, gradients: Object.fromEntries(found), reach };
};
window.training = (settings, steps) => {
  const trainer = new MinCharRnn({ ...settings, weights: floats(settings.weights) });
  return Array.from({ length: steps }, () => trainer.step().loss);
};
window.reading = (data, ids, layer, quantity, unit) => {
  const reading = new Reading(open(data), ids, layer);
  for (const _ of reading.steps());
  return {
    values: Array.from(reading.unit(quantity, unit)),
    surprise: Array.from(reading.surprise),
    guesses: reading.guesses,
  };
};
window.probs = (logits, t, k, p) => Array.from(nextCharProbs(logits, t, k, p));
window.refusal = (data) => { try { open(data); return ""; } catch (e) { return e.message; } };
window.ready = true;
</script></html>
"""


@pytest.fixture(scope="module")
def engine(browser, tmp_path_factory):
    """A page that has loaded the modules, by http: modules may not be imported from a disk."""
    folder = tmp_path_factory.mktemp("engine")
    for path in (assets.FOLDER / "engine").glob("*.js"):
        (folder / path.name).write_text(path.read_text())
    (folder / "index.html").write_text(_ENGINE)
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with visit(browser, f"http://127.0.0.1:{server.server_port}/index.html") as (page, record):
        page.wait_for_function("window.ready")
        yield page
        record.assert_clean()
    server.shutdown()
    server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def encoded(checkpoint, storage="float32") -> str:
    return base64.b64encode(checkpoint.to_bytes(storage)).decode()


@pytest.mark.parametrize("seed", [0, 1, 42, 2**32 - 1, 2**32, 2**70 + 12345, 2**140 + 7])
def test_uniforms_are_numpys(engine, seed):
    ours = engine.evaluate("([seed]) => uniforms(seed, 50)", [str(seed)])
    assert ours == np.random.default_rng(seed).random(50).tolist()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("embedding_size", [0, 5])
def test_logits_are_numpys(engine, kind, num_layers, embedding_size):
    checkpoint = random_checkpoint(kind, num_layers=num_layers, embedding_size=embedding_size)
    compare(engine, checkpoint, encoded(checkpoint))


#: What surrounds a linear recurrence: as little as can be, and all of it.
AROUND = {
    "bare": {
        "width": 7, "conv_width": 0, "output_gate": False, "norm": "none", "embedding_size": 0
    },
    "usual": {},
    "whole": {"width": 20, "conv_width": 2, "mlp_factor": 2, "norm": "layer"},
}  # fmt: skip


def linear_checkpoint(kind, around="usual", num_layers=2):
    """A linear recurrence with other than its first weights, as a checkpoint."""
    settings = {"hidden_size": 12, "num_layers": num_layers, "embedding_size": 5, **AROUND[around]}
    config = recurrent.ModelConfig(kind, **settings)
    vocab, rng = Vocab.from_text("\n abcdefgh."), np.random.default_rng(0)
    first = recurrent.untrained_weights(config, len(vocab), rng)
    weights = {
        name: (array + rng.normal(scale=0.2, size=array.shape)).astype(np.float32)
        for name, array in first.items()
    }
    return Checkpoint(config, vocab, weights, {"corpus": {"name": "none"}})


@pytest.mark.parametrize("kind", recurrent.LINEAR)
@pytest.mark.parametrize("around", AROUND)
def test_logits_of_linear_recurrences_are_numpys(engine, kind, around):
    checkpoint = linear_checkpoint(kind, around)
    compare(engine, checkpoint, encoded(checkpoint))
    arguments = [encoded(checkpoint), own_ids(checkpoint.model(), 30)]
    slow = engine.evaluate("([data, ids]) => logitsWithout(data, ids)", arguments)
    np.testing.assert_allclose(
        slow, engine.evaluate("([data, ids]) => logits(data, ids)", arguments), atol=ENOUGH / 10
    )


@pytest.mark.parametrize("kind", recurrent.LINEAR)
def test_a_linear_recurrence_reads_and_writes_as_in_python(engine, kind, text):
    checkpoint = linear_checkpoint(kind)
    trace = checkpoint.model().trace(text[:40])
    ids = checkpoint.vocab.encode(text[:40])
    for quantity in ("h", *recurrent.LINEAR[kind]):
        found = engine.evaluate(
            "([data, ids, quantity]) => reading(data, ids, 1, quantity, 4)",
            [encoded(checkpoint), ids.tolist(), quantity],
        )
        values = trace.hidden if quantity == "h" else trace.gates[quantity]
        np.testing.assert_allclose(found["values"], values[1, :, 4], atol=1e-5)
    theirs = engine.evaluate(
        "([d, ids]) => influences(d, ids)", [encoded(checkpoint), ids.tolist()]
    )
    ours = inspection.influence(checkpoint.model(), ids)
    np.testing.assert_allclose(theirs, ours, rtol=1e-2, atol=1e-6)
    written = engine.evaluate(
        "([data, prompt, settings]) => text(data, prompt, 100, settings)",
        [encoded(checkpoint), "a", {"temperature": 0.7, "seed": 3}],
    )
    assert written == sure_text(checkpoint.model(), "a", 100, 3, temperature=0.7)


@pytest.mark.parametrize("kind", recurrent.LINEAR)
def test_a_linear_recurrence_is_read_from_a_smaller_file(engine, kind):
    checkpoint = linear_checkpoint(kind)
    compare_stored(engine, checkpoint)


def test_logits_are_numpys_from_a_file_of_float16(engine, tmp_path):
    checkpoint = random_checkpoint("lstm", num_layers=2)
    checkpoint.save(tmp_path / "stored.safetensors", "float16")
    stored = checkpoints.load(tmp_path / "stored.safetensors")
    compare(engine, stored, encoded(checkpoint, "float16"))


@pytest.mark.parametrize("hidden_size", [1, 7, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_a_browser_without_webassembly_gives_the_same(engine, kind, hidden_size):
    checkpoint = random_checkpoint(kind, hidden_size, num_layers=2)
    arguments = [encoded(checkpoint), own_ids(checkpoint.model(), 30)]
    slow = engine.evaluate("([data, ids]) => logitsWithout(data, ids)", arguments)
    np.testing.assert_allclose(
        slow, engine.evaluate("([data, ids]) => logits(data, ids)", arguments), atol=ENOUGH / 10
    )
    compare(engine, checkpoint, encoded(checkpoint))


def test_the_kernels_are_their_sources_compiled():
    held = (compile_kernel.FOLDER / "kernel_code.js").read_text(encoding="utf-8")
    assert held == compile_kernel.script(), "run python tests/compile_kernel.py"


#: Rows of 1 to more than 2048 columns, with and without a rest; layers above layers; no embedding.
STORED = [
    ("rnn", 8, 1, 5), ("gru", 13, 2, 0), ("lstm", 16, 1, 5), ("gru", 23, 1, 9), ("rnn", 1, 1, 0),
    ("lstm", 35, 2, 7), ("lstm", 80, 1, 64), ("gru", 77, 1, 0), ("rnn", 61, 3, 3),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "hidden_size", "num_layers", "embedding_size"), STORED)
def test_bytes_are_multiplied_as_numpy_multiplies_what_they_stand_for(
    engine, kind, hidden_size, num_layers, embedding_size
):
    drawn = random_checkpoint(kind, hidden_size, num_layers, embedding_size)
    scale = 1 / np.sqrt(hidden_size)  # so that nothing is chaotic
    weights = {name: (value * scale).astype(np.float32) for name, value in drawn.weights.items()}
    compare_stored(engine, Checkpoint(drawn.config, drawn.vocab, weights, drawn.info))


def test_rows_of_more_than_2048_columns_have_room_for_their_sums(engine):
    """Every product is as large as it can be, so that sums of 32 bits would run over."""
    width = 2050
    config = recurrent.ModelConfig("rnn", hidden_size=3, num_layers=1, embedding_size=width)
    vocab, rng = Vocab.from_text("ab"), np.random.default_rng(0)
    shapes = recurrent.weight_shapes(config, len(vocab))
    weights = {
        name: (rng.choice([-1, 1], shape) / 4096).astype(np.float32)
        for name, shape in shapes.items()
    }
    weights["embedding"][:] = 1
    weights["layers.0.W_xh"][:] = [[1 / 4096], [-1 / 4096], [1 / 4096]]
    compare_stored(engine, Checkpoint(config, vocab, weights, {"corpus": {"name": "none"}}))


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_a_network_whose_unit_is_held_writes_the_text_of_numpy(engine, kind):
    checkpoint = random_checkpoint(kind, num_layers=2)
    model, written = checkpoint.model().in_double(), {}
    for unit in (3, 14):  # of the first layer, and of the last, whose logits change at once
        at = held_at(model.trace("abc de"), unit, 3)
        written[unit] = engine.evaluate(
            "([data, prompt, settings]) => text(data, prompt, 60, settings)",
            [encoded(checkpoint), "a", {"temperature": 0.7, "seed": 3, "held": {
                "layer": unit // 12, "column": unit % 12, "values": at}}],
        )  # fmt: skip
        rng = np.random.default_rng(3)
        (ours,) = write_held(model, ["a"], 60, unit=unit, at=at, temperature=0.7, rng=rng)
        assert written[unit] == ours
    assert written[3] != written[14]


@pytest.mark.parametrize("name", ["shakespeare", "numbers-en"])
def test_a_shipped_model_stored_in_bytes_writes_the_text_of_numpy(engine, name):
    stored = compare_stored(engine, checkpoints.load(name))
    settings = {"temperature": 0.8, "seed": 5}
    written = engine.evaluate(
        "([data, prompt, settings]) => text(data, prompt, 150, settings)",
        [encoded(stored, "int8"), "\n", settings],
    )
    assert written == sure_text(stored.model(), "\n", 150, 5, temperature=0.8)


def compare_stored(engine, checkpoint):
    """Hold a network of int8 to NumPy's on the same rounded weights, in both kernels."""
    data = encoded(checkpoint, "int8")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "stored.safetensors").write_bytes(base64.b64decode(data))
        stored = checkpoints.load(Path(folder, "stored.safetensors"))
    ids = own_ids(stored.model(), 60)
    model = stored.model().in_double()
    ours, _ = model.read(np.array([ids]), model.initial_state())
    for way in ("logits", "logitsWithout"):
        theirs = engine.evaluate(f"([data, ids]) => {way}(data, ids)", [data, ids])
        np.testing.assert_allclose(theirs, ours[0], atol=BYTES, err_msg=way)
    return stored


@pytest.mark.parametrize("name", checkpoints.shipped())
def test_logits_are_numpys_on_the_shipped_models(engine, name):
    data = base64.b64encode(checkpoints.shipped_path(name).read_bytes()).decode()
    is_exact = all("scale" not in key for key in load_file(checkpoints.shipped_path(name)))
    compare(engine, checkpoints.load(name), data, atol=ENOUGH / 10 if is_exact else 1e-5)


def compare(engine, checkpoint, data, atol=ENOUGH / 10):
    ids = own_ids(checkpoint.model(), 100)
    theirs = engine.evaluate("([data, ids]) => logits(data, ids)", [data, ids])
    model = checkpoint.model().in_double()
    ours, _ = model.read(np.array([ids]), model.initial_state())
    np.testing.assert_allclose(theirs, ours[0], atol=atol)


@pytest.mark.parametrize(("kind", "quantity"), [("rnn", "h"), ("gru", "r"), ("lstm", "c")])
def test_a_reading_is_the_trace(engine, kind, quantity):
    checkpoint, text = random_checkpoint(kind, num_layers=2), "abc\n.ha"
    trace = checkpoint.model().trace(text)
    ids = checkpoint.vocab.encode(text)
    found = engine.evaluate(
        "([data, ids, quantity]) => reading(data, ids, 1, quantity, 4)",
        [encoded(checkpoint), ids.tolist(), quantity],
    )
    values = {"h": trace.hidden, "c": trace.cell, **trace.gates}[quantity][1, :, 4]
    values = np.tanh(values) if quantity == "c" else values
    np.testing.assert_allclose(found["values"], values, atol=1e-5)
    surprise = -np.log(trace.probs[np.arange(len(ids) - 1), ids[1:]])
    np.testing.assert_allclose(found["surprise"][1:], surprise, atol=1e-4)
    for guesses, probs in zip(found["guesses"], trace.probs, strict=True):
        np.testing.assert_allclose(
            [prob for _, prob in guesses], np.sort(probs)[::-1][:5], atol=1e-5
        )
        assert guesses[0][0] == probs.argmax()


SETTINGS = [
    {"temperature": 0},
    {"temperature": 0.5},
    {"temperature": 1.0},
    {"temperature": 1.3, "top_k": 5},
    {"temperature": 0.9, "top_p": 0.8},
    {"temperature": 1.1, "top_k": 7, "top_p": 0.9},
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", [*checkpoints.shipped(), "random"])
def test_it_writes_every_text_that_no_rounding_decides(engine, settings, name):
    checkpoint = random_checkpoint() if name == "random" else checkpoints.load(name)
    prompt = checkpoint.vocab[-1]
    theirs = {"topK": settings.get("top_k"), "topP": settings.get("top_p"), "seed": 11}
    written = engine.evaluate(
        "([data, prompt, settings]) => text(data, prompt, 200, settings)",
        [encoded(checkpoint), prompt, {**theirs, "temperature": settings["temperature"]}],
    )
    assert written == sure_text(checkpoint.model(), prompt, 200, 11, **settings)


@pytest.mark.parametrize(
    "settings",
    [(0, None, None), (0.3, None, None), (1, 3, None), (1, None, 0.6), (2, 4, 0.7),
     (1e-300, None, None)],
)  # fmt: skip
def test_probabilities_are_pythons(engine, settings):
    logits = np.random.default_rng(0).normal(scale=3, size=20)
    theirs = engine.evaluate("([l, [t, k, p]]) => probs(l, t, k, p)", [logits.tolist(), settings])
    np.testing.assert_allclose(theirs, sampling.next_char_probs(logits, *settings), atol=1e-14)


@pytest.mark.parametrize("settings", [(0, None, None), (1, 2, None), (1, None, 0.5)])
def test_logits_that_are_equal_but_for_rounding_are_equal_there_too(engine, settings):
    off = [3.0, 3.0 + 1e-13, 3.0 - 1e-13, 3.0 + 2e-13]
    theirs = engine.evaluate("([l, [t, k, p]]) => probs(l, t, k, p)", [off, settings])
    assert theirs == sampling.next_char_probs(np.array(off), *settings).tolist()
    assert theirs[0] >= 0.5


@pytest.mark.parametrize("kept", [0, 5, 100, 600, -1])
def test_a_truncated_checkpoint_is_refused(engine, kept):
    data = base64.b64encode(random_checkpoint().to_bytes()[:kept]).decode()
    assert "not a whole, unchanged" in engine.evaluate("([data]) => refusal(data)", [data])


@pytest.fixture
def text():
    rng = np.random.default_rng(4)
    return "".join(rng.choice(list("\n abcdefgh."), 300))


PROPERTY_TEXT = """KING LEAR:
O Fool, "I shall go (mad [or] not)" 12 times;
see [[a link]] or https://example.org/a now # and so on // to the end
THE DUKE OF YORK: 'tis 🙂 "very" late in this long long long line (really))
"""


@pytest.mark.parametrize("name", [*inspection.PROPERTIES, *inspection.COUNTS])
def test_labels_are_pythons(engine, name):
    theirs = engine.evaluate("([t, p]) => labels(t, p, null)", [PROPERTY_TEXT, name])
    ours = {**inspection.PROPERTIES, **inspection.COUNTS}[name](PROPERTY_TEXT)
    assert theirs == [int(label) for label in ours] and any(theirs)


def test_a_readers_expression_gives_pythons_labels(engine):
    theirs = engine.evaluate("([t, p]) => labels(t, null, p)", [PROPERTY_TEXT, "[aeiou]{2}|^O.*?l"])
    ours = inspection.matches(PROPERTY_TEXT, "[aeiou]{2}|^O.*?l")
    assert theirs == [int(label) for label in ours] and any(theirs)


@pytest.mark.parametrize("name", ["in a vowel", "position in the line"])
@pytest.mark.parametrize("quantity", ["h", "c"])
def test_units_are_ranked_as_in_python(engine, text, name, quantity):
    checkpoint = random_checkpoint()
    if name == "in a vowel":
        labels = inspection.matches(text, "[ae]").astype(int)
    else:
        labels = inspection.COUNTS[name](text)
    ids = checkpoint.vocab.encode(text).tolist()
    theirs = engine.evaluate(
        "([d, ids, q, l]) => ranked(d, ids, q, l)",
        [encoded(checkpoint), ids, quantity, labels.tolist()],
    )
    trace = checkpoint.model().trace(text)
    values = trace.hidden[0] if quantity == "h" else np.tanh(trace.cell[0])
    ours = inspection.rank_units(values, labels)
    assert [(u["unit"], u["sign"]) for u in theirs] == [(u.unit, u.sign) for u in ours]
    found = [u["score"] for u in theirs]
    np.testing.assert_allclose(found, [u.score for u in ours], atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_influence_is_pythons(engine, text, kind):
    checkpoint = random_checkpoint(kind, num_layers=2)
    ids = checkpoint.vocab.encode(text[:40])
    theirs = engine.evaluate(
        "([d, ids]) => influences(d, ids)", [encoded(checkpoint), ids.tolist()]
    )
    ours = inspection.influence(checkpoint.model(), ids)
    assert ours.max() > 1e-3
    np.testing.assert_allclose(theirs, ours, rtol=1e-2, atol=1e-6)


@pytest.mark.parametrize("kind", recurrent.KINDS)
def test_an_untrained_network_has_pythons_weights(engine, kind):
    checkpoint = random_checkpoint(kind)
    theirs = engine.evaluate("([data]) => untrainedWeights(data)", [encoded(checkpoint)])
    rng = np.random.default_rng(0)
    ours = recurrent.untrained_weights(checkpoint.config, len(checkpoint.vocab), rng)
    assert theirs.keys() == ours.keys()
    for name, array in ours.items():
        np.testing.assert_allclose(theirs[name], array.ravel(), atol=1e-6)


def test_the_gradient_is_numpys(engine):
    rng = np.random.default_rng(0)
    weights = rnn.init_weights(6, 5, rng, scale=0.5)
    x, y, h = rng.integers(6, size=(1, 9)), rng.integers(6, size=(1, 9)), rng.normal(size=(1, 5))
    theirs = engine.evaluate(
        "([w, x, y, h]) => gradients(w, x, y, h)",
        [flat(weights), x[0].tolist(), y[0].tolist(), h[0].tolist()],
    )
    loss, gradients, _ = rnn.loss_and_gradients(weights, x, y, h)
    assert theirs["loss"] == pytest.approx(loss, abs=1e-12)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(theirs["gradients"][name], gradient.ravel(), atol=1e-12)
    # the reach: the last step's loss alone, with respect to the states before it
    hidden, probs = rnn.forward(weights, x, h)
    d = (probs[-1, 0] - np.eye(6)[y[0, -1]]) @ weights["W_hy"]
    sizes = [np.linalg.norm(d)]
    for t in range(8, 0, -1):
        d = ((1 - hidden[t + 1, 0] ** 2) * d) @ weights["W_hh"]
        sizes.append(np.linalg.norm(d))
    np.testing.assert_allclose(theirs["reach"], np.array(sizes) / sizes[0], atol=1e-12)


def test_training_takes_numpys_steps(engine):
    checkpoint = random_checkpoint()
    ids = checkpoint.vocab.encode("bad cafe.\n" * 30)
    weights = rnn.init_weights(len(checkpoint.vocab), 8, np.random.default_rng(0))
    settings = {
        "ids": ids.tolist(), "vocab": list(checkpoint.vocab), "hiddenSize": 8, "seqLen": 25,
        "learningRate": 0.1, "clipAt": 5, "seed": 0, "weights": flat(weights),
    }  # fmt: skip
    theirs = engine.evaluate("([s, n]) => training(s, n)", [settings, 40])
    ours = [p.loss for p in itertools.islice(rnn.train(ids, weights), 40)]
    np.testing.assert_allclose(theirs, ours, atol=1e-9)
    assert ours[-1] < ours[0]


def flat(weights) -> dict[str, list[float]]:
    return {name: array.ravel().tolist() for name, array in weights.items()}
