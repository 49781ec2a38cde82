#!/usr/bin/env bash
# The first optimizer of torch.optim that a program builds imports PyTorch's compiler front end,
# torch._dynamo, with sympy and torch.distributed.fsdp, though nothing is compiled and nothing is
# distributed. `import torch` alone imports none of them; neither do a module, a forward or a backward pass.
#
# Versions: torch 2.13.0 (processor build), Python 3.11.
# Seen, in a fresh process each:
#   import torch, nn.Linear, forward, backward   no torch._dynamo, no sympy, no fsdp
#   torch.optim.SGD(...)                         all three, over 700 modules more; on the machine of the
#                                                first run 2.4 s, when `import torch` took 2.2 s
#   the step written by hand, p -= lr * p.grad   none of the three
#   TORCHDYNAMO_DISABLE=1, then torch.optim.SGD  all three all the same
# The reason: Optimizer.add_param_group is decorated so that the compiler leaves it alone, and the
# decorator imports the compiler at the first call. A short training pays as much for it as for PyTorch.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# a smaller torch, for the processor alone: PIP_EXTRA_INDEX_URL, as pytorch.org says
"$folder/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
cat >one.py <<'PY'
import sys
import time

begun = time.perf_counter()
import torch

imported = time.perf_counter() - begun
model = torch.nn.Linear(3, 2)
model(torch.ones(4, 3)).sum().backward()
before = len(sys.modules)
begun = time.perf_counter()
if sys.argv[1] == "SGD":
    torch.optim.SGD(model.parameters(), lr=0.1).step()
elif sys.argv[1] == "hand":
    with torch.no_grad():
        for p in model.parameters():
            p -= 0.1 * p.grad
took = time.perf_counter() - begun
watched = ("torch._dynamo", "sympy", "torch.distributed.fsdp")
print(int(all(name in sys.modules for name in watched)), int(any(name in sys.modules for name in watched)),
      len(sys.modules) - before, f"{took:.2f} s, import torch {imported:.2f} s")
PY
changed=0
check() { # a label, what is expected of the first two numbers, the command
    local label=$1 expected=$2 found
    shift 2
    "$@" >/dev/null # a first run compiles the bytecode
    found=$("$@")
    echo "$label: $found"
    if [ "${found:0:3}" != "$expected" ]; then
        echo "  changed: all and any of the three were '$expected'"
        changed=1
    fi
}
check "no optimizer" "0 0" "$folder/venv/bin/python" one.py none
check "by hand" "0 0" "$folder/venv/bin/python" one.py hand
check "torch.optim.SGD" "1 1" "$folder/venv/bin/python" one.py SGD
check "with TORCHDYNAMO_DISABLE=1" "1 1" env TORCHDYNAMO_DISABLE=1 "$folder/venv/bin/python" one.py SGD
exit $changed
