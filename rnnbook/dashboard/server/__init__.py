"""The server behind the dashboard: Voila, less what a visitor has no business with.

``page`` renders the one page, ``kernels`` keeps kernels ready and their number bounded,
``provisioner`` has them forked from a warmed process, ``folders`` holds what visitors bring,
``places`` says whose kernel is whose, ``login`` who may come in, ``traffic`` what may come over
a socket of ``channels``, ``handlers`` answer requests, and ``application`` puts them together.
``wakeup`` repairs why a page of Voila could wait for ever. Nothing here imports matplotlib,
ipywidgets or a model: that is the kernels' work.
"""
