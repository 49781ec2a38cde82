"""Models that count: what they share, their smoothings, and what can be made of them.

The n-gram with Witten and Bell's smoothing, which stands beside every loss of the book, is
:class:`rnnbook.ngram.NGram`.

Taught in the chapter *Counting*.
"""
