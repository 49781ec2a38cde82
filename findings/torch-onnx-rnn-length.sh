#!/usr/bin/env bash
# torch.onnx.export with dynamo=True keeps the example's length in an nn.RNN, though a dynamic one was
# asked for; an nn.GRU and an nn.LSTM run at any length, and declare the example's.
#
# Versions: torch 2.13.0, onnx 1.23.2, onnxscript 0.7.2, onnxruntime 1.32.0, Python 3.11.
# Seen, with dynamic_shapes={"x": {0: Dim("batch"), 1: Dim("time")}} and an example of length 6:
#   RNN   input ['batch', 6, 4], no operator RNN but six steps, one after the other; length 9 is refused
#   GRU   input ['batch', 'time', 4], output ['batch', 6, 5]; right at length 9, with a warning of the runtime
#   LSTM  the same
# torch.export refuses a Dim that it has to fix ("Constraints violated"); this exporter does not, and
# says so in no error and no warning. The older exporter (dynamo=False, dynamic_axes) gives all three
# with both dimensions free.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# a smaller torch, for the processor alone: PIP_EXTRA_INDEX_URL, as pytorch.org says
"$folder/venv/bin/python" -m pip install --quiet \
    torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch

SEEN = {  # the length of the input, that of the output, whether length 9 is right
    "RNN": (6, 6, False),
    "GRU": ("time", 6, True),
    "LSTM": ("time", 6, True),
}
onnxruntime.set_default_logger_severity(3)
changed = 0
for kind, seen in SEEN.items():
    class First(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = getattr(torch.nn, kind)(4, 5, batch_first=True)

        def forward(self, x):
            return self.inner(x)[0]

    torch.manual_seed(0)
    model = First().eval()
    free = {"x": {0: torch.export.Dim("batch"), 1: torch.export.Dim("time")}}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        torch.onnx.export(model, (torch.randn(2, 6, 4),), "a.onnx", dynamo=True, verbose=False,
                          input_names=["x"], output_names=["y"], dynamic_shapes=free)
    graph = onnx.load("a.onnx").graph
    shapes = [[dim.dim_param or dim.dim_value for dim in one.type.tensor_type.shape.dim]
              for one in (graph.input[0], graph.output[0])]
    x = torch.randn(2, 9, 4)
    try:
        found = onnxruntime.InferenceSession("a.onnx").run(None, {"x": x.numpy()})[0]
        right = bool(np.allclose(found, model(x).detach().numpy(), atol=1e-5))
    except onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument:
        right = False
    own = kind in {node.op_type for node in graph.node}
    about = [str(one.message)[:90] for one in said
             if any(word in str(one.message).lower() for word in ("dim", "special", "shape", "rnn"))]
    print(f"{kind:4} input {shapes[0]} output {shapes[1]} own operator {own} "
          f"right at length 9: {right} warnings {about}")
    if (shapes[0][1], shapes[1][1], right) != seen:
        changed += 1
        print(f"  changed: it was {seen}")
sys.exit(changed)
PY
