"""What a domain publishes about its mail, held against what it should publish for the mail that we send.

``check.check`` asks for all of it: who may send (``spf``), what mails are signed with, and what receivers shall do
(``vouching``), where answers go, what our addresses are called, and how mail to the domain is protected (``reaching``).
Each answer is a ``Finding``, with the record to publish where one is missing or wrong.
"""
