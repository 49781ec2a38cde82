"""The networks in PyTorch, for training: the layers, and what is built from them.

``rnn`` holds the character models, ``recurrence`` the gradients through time underneath,
``stepper`` reads one character after the other for the sampler; ``linear`` holds the networks
whose recurrence is linear, over ``linear_layers``, ``passes``, ``scan`` and ``selective``;
``adapting`` goes on learning from a text that is scored;
``sequences``, ``translation`` and ``transformer`` are the networks of other tasks. Nothing
is imported here, so that nobody waits for PyTorch who does not need it.
"""
