"""Figures and proofs of whole processes: ``bench.postfix``, ``bench.records``, ``bench.crash``, ``bench.faults``, …

Everything listens on 127.0.0.1, keeps its data in a temporary folder, ends by itself, and stops what it started.
"""
