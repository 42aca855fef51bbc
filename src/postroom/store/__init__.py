"""The only room that holds SQL: one module per noun, each with its row types and functions that take a transaction.

A function ``f(tx, items)`` serves many callers at once and answers one result per item, in order:
``Database.write_together`` and ``read_together`` gather the callers. A function ``f(tx, ...)`` with single values
serves one caller.
"""
