"""The server behind the dashboard: Voila, less what a visitor has no business with.

``wakeup`` repairs why a page of Voila could wait for ever, ``kernels`` keeps rendered
pages ready and the number of kernels bounded, ``places`` says whose kernel is whose,
``handlers`` answer requests, and ``application`` puts them together. Nothing here
imports matplotlib, ipywidgets or a model: that is the kernels' work.
"""
