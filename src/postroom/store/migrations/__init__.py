"""The way from any older schema to the one in ``store.tables``: one numbered file per step, never edited once released.

Steps lead forward only: the way back is the backup taken before. A new step is ``versions/NNNN_what_it_does.py``; its
number is its revision.
"""
