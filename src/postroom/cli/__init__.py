"""The command ``postroom``: starts things, and mends them.

``main`` holds the table of verbs and loads one only when it is called, so that the command answers at once; this is the
only room whose functions import. A verb reads its words with click, opens the program (``opening``) or the doors
(``doors``), and prints lines for people or JSON for machines (``say``). What goes wrong is one line on stderr: exit
code 1 for a problem, 2 for words that cannot be understood, 130 after Ctrl-C.
"""
