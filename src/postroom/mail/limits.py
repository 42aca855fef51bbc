"""Every size and time limit, each with its source. ``W n`` is a section of ``docs/reference/wire.md``."""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# addresses
LOCAL_PART_OCTETS: Final = 64  # RFC 5321 §4.5.3.1.1
DOMAIN_OCTETS: Final = 255  # RFC 5321 §4.5.3.1.2
PATH_OCTETS: Final = 256  # RFC 5321 §4.5.3.1.3, the angle brackets included
ADDRESS_CHARACTERS: Final = 255  # W 1.2, email and user_name alike

# the mail object
RECIPIENTS_PER_LIST: Final = 50  # W 1.7
SUBJECT_CHARACTERS: Final = 1000  # W 1.7
CONTENT_CHARACTERS: Final = 100_000  # W 1.7
ATTACHMENTS_PER_MAIL: Final = 10  # W 1.7
ATTACHMENT_OCTETS_PER_MAIL: Final = 10 * MIB  # W 1.7, before base64
REFERENCES_PER_MAIL: Final = 100  # ours: below 30 KB of header, however long the domains; some servers take 32 in all
MAILS_PER_REQUEST: Final = 100  # W 1.1
SCHEDULE_DAYS: Final = 366  # ours: a typing error in the year is not a mail for the next century

# templates; W 8.2 names no number
TEMPLATES_PER_REQUEST: Final = 10
TEMPLATES_AT_MOST: Final = 1000  # of one organisation
TEMPLATE_NAME_CHARACTERS: Final = 255
TEMPLATE_DESCRIPTION_CHARACTERS: Final = 1000

# keys to sign with
KEYS_PER_DOMAIN: Final = 16  # ours: two that sign, two that are to follow, and some whose mails are still on their way
KEYS_AT_MOST: Final = 1000  # of one organisation
KEYS_PER_REQUEST: Final = 4  # each costs a tenth of a second

# files
FILE_OCTETS: Final = 20 * MIB  # W 3.1
FILES_PER_UPLOAD: Final = 10  # W 3.1
FILE_NAME_OCTETS: Final = 255  # ours: the longest name of a common file system

# requests
RECORDS_PER_REQUEST: Final = 100  # W 7.2
OWNED_PER_REQUEST: Final = 500  # W 7.6: records that change their owner
BODY_OCTETS: Final = 64 * MIB  # ours: 100 mails of 100,000 characters, escaped, with room
JSON_DEPTH: Final = 64  # ours

# the message
LINE_OCTETS: Final = 998  # RFC 5322 §2.1.1, without CRLF
FOLDED_OCTETS: Final = 78  # RFC 5322 §2.1.1, without CRLF
ENCODED_WORD_OCTETS: Final = 75  # RFC 2047 §2
ENCODED_LINE_OCTETS: Final = 76  # RFC 2045 §6.7 and §6.8

# the queue
MAILS_PER_HAND: Final = 500  # W 8.5, ours: so many are held, released, cancelled ... in one transaction, some 20 ms
URGENT_RECIPIENTS: Final = 5  # ours: a mail to more people, or one for later, may stand behind those of the moment

# retries
UNKNOWN_MINUTES: Final = 10  # RFC 5321 §4.5.3.2.6: so long the answer to the final dot may take
GIVE_UP_DAYS: Final = 5  # RFC 5321 §4.5.4.1: at least four to five days
