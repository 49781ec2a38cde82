"""How the book is built: Sphinx extensions of our own, and the command that runs the build.

Nothing here is needed to read a chapter as a notebook.
"""
