"""What servers write when they refuse, as patterns for the classifier; in the order in which it looks.

The order is the knowledge: a reply names several things ("blocked using grey.rbl … Greylisting in action", "mailbox
unavailable. Your IP address is blacklisted"), and of these the rarer one is the reason. The evidence is
tests/smtp/replies.tsv, each reply with its source. Patterns see lower case, and repeat nothing without a bound, so that
no text takes long.
"""

import re
from typing import Final, TypeAlias

from postroom.mail.life import Why

Phrases: TypeAlias = tuple[tuple[Why, re.Pattern[str]], ...]


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


# Words that mean one thing, whatever code stands before them: full mailboxes are told with 5.1.1 and 4.1.1, unknown
# hosts with 5.2.1, and 5.7.1 goes with everything.
TELLING: Final[Phrases] = (
    (
        Why.GREYLISTED,
        _any(
            r"gr[ae]y[- ]?list",
            # Who never says it: rspamd and hMailServer, whose whole text this is by default, and Mimecast.
            r"^(?:4\.7\.1 )?(?:please )?try again later\W*$",
            r"internal resources? (?:is|are) temporarily unavailable",
        ),
    ),
    (Why.CONTENT, _any(r"duplicate header", r"\b(?:not|must be) rfc ?[0-9]+22\b", r"missing a valid")),
    (
        Why.PROTOCOL,
        _any(
            r"protocol violation",
            r"syntax error",
            r"bad sequence",
            r"out of sequence",
            r"helo command rejected",
            r"bad helo",
            r"amounts? of data",
            r"(?:unrecogni[sz]ed|unimplemented) command",
            r"per transaction is unsupported",
            r"helo/ehlo argument",
            r"identity changes",
        ),
    ),
    (
        Why.TLS,
        _any(
            r"starttls",
            r"\btls\b",
            r"mta-sts",
            r"requires? (?:encryption|high-strength ciphers)",
            r"\bcertificate\b",
        ),
    ),
    (
        Why.DOMAIN_AUTHENTICATION,
        _any(
            r"\b(?:spf|dkim|dmarc|ptr|rdns)\b",
            r"reverse (?:dns|host ?name|lookup)",
            r"cannot find your host ?name",
            r"unauthenticated (?:e?-?mail|sender)",
            r"sender policy framework",
            r"authentication level",
        ),
    ),
    (Why.BAD_SENDER, _any(r"sender verify failed")),
    # Before other sizes and limits.
    (Why.OVER_QUOTA, _any(r"mailbox (?:size )?limit", r"storage (?:allocation|limit)", r"quota limit")),
    (
        Why.TOO_BIG,
        _any(
            r"too (?:big|large)\b",
            r"\bsize (?:limit|exceed)",
            r"(?:maximum|max|fixed) (?:e?-?mail|message) size",
            r"message (?:is )?too long",
            r"message exceed\w* .{0,30}\b(?:limit|length|mb)\b",
            r"attachments .{0,20}exceed",
            r"taille limite",
        ),
    ),
    (
        Why.BLOCKED,
        _any(
            r"reputation",
            r"black ?list",
            r"block ?list",
            r"\b(?:dns|r)bl\b",
            r"dnsbl",
            r"spamhaus",
            r"\bsorbs\b",
            r"spamcop",
            r"blocked using",
            r"(?<!not )\blisted (?:at|by|in|on)\b",
            r"found on one or more",
            r"real-?time block",
            r"\bbanned\b(?! recipient)",
            r"spammer",
            r"\bspamming\b",
            r"user complaints",
            r"permanently deferred",
            r"\bip\b.{0,20} (?:has been|have been|is|was) (?:temporarily )?(?:blocked|rejected)",
            r"\bip (?:address )?\S{0,40} ?blocked",
            r"ip source bloquee",
            r"invalid ip for sending",
            r"forbidden by your ip",
            r"(?:domain|email address) has been blocked",
            r"badmailfrom",
            r"\bdial-?up\b",
            r"(?:too many invalid|excessive unknown) recipients",
            r"access denied, please try again later",
            r"bad outbound sender",
            r"spam abuse",
            r"client blocked",
            r"exceeded threshold",
            r"not accepted from this ip",
            r"not authorized to send e?-?mail directly",
            r"\(bl\)",
            r":blocked\)",
        ),
    ),
    (
        Why.RATE_LIMITED,
        _any(
            r"too many (?:\w+ ){0,2}(?:connections|sessions|messages|e?-?mails?|recipients|login attempts)",
            r"\brate[ -]limit",
            r"too (?:quickly|fast|frequent|much e?-?mail)",
            r"slower|slow down",
            r"excessive volume",
            r"unusual (?:rate|amount) of",
            r"at a rate that",
            r"\blimit (?:is |was |has been )?(?:exceeded|reached)",
            r"(?:exceeded|reached) (?:the|their|its|your|our|permitted)\b.{0,40}\blimits?\b",
            r"maximum number of (?:connections|sessions|messages|recipients)",
            r"(?:hourly|daily|per[ -](?:second|minute|hour|day)) .{0,20}\blimit",
            r"(?:message|sending|relay|submission) quota (?:is )?exceeded",
            r"quota for sending",
            r"messages? from \S{1,60} temporarily deferred",
            r"throttl",
            r"max(?:imum)? (?:number of )?(?:messages?|recipients) per",
            r"outbound thread limit",
            r"frequency (?:is )?limited",
        ),
    ),
    (
        Why.OVER_QUOTA,
        _any(
            r"over ?quota",
            r"quota (?:is )?(?:exceeded|full)",
            r"(?:mailbox|account) (?:is )?full",
            r"full mailbox",
            r"exceed\w* .{0,30}quota",
            r"out of storage",
            r"maximum mailbox size",
            r"boite .{0,20}pleine",
        ),
    ),
    (
        Why.RELAY_DENIED,
        _any(
            r"relay(?:ing)? (?:access |is |not )?(?:denied|permitted|allowed|prohibited)",
            r"unable to relay",
            r"credentials for relay",
            r"not allowed to relay",
            r"\bas a relay\b",
        ),
    ),
    (
        Why.CONTENT,
        _any(
            r"\bspam\b",
            r"mcspam",
            r"(?<!anti-)\bvirus",
            r"malware",
            r"phishing",
            r"unsolicited",
            r"malformed",
            r"improperly-formatted",
            r"disallowed header",
            r"content presents",
            r"nature of the content",
            r"mail score",
            r"message filtered",
            r"quarantined",
        ),
    ),
    (Why.POLICY, _any(r"sender (?:was )?not authenticated")),
    (
        Why.AUTHENTICATION,
        _any(
            r"authentication (?:is )?(?:required|failed|unsuccessful|not allowed|data|type|credentials)",
            r"(?:failed|cannot|must|unable) (?:to )?authenticate",
            r"not authenticated",
            r"smtp authentication",
            r"achieve .{0,30}authentication",
            r"authentication failure",
            r"authrequired",
            r"unauthenticated commands",
            r"username and password",
            r"log ?in (?:through|with|via)",
            r"specific password",
        ),
    ),
    (Why.UNROUTABLE, _any(r"no such domain", r"message expired")),
    (Why.POLICY, _any(r"user reject", r"inbounds disabled")),
)

# Words that decide where no code does.
LIKELY: Final[Phrases] = (
    (
        Why.UNROUTABLE,
        _any(
            r"host unknown",
            r"unrouteable",
            r"recipient domain",
            r"domain .{0,40}(?:not reachable|suspended)",
            r"\bhops\b",
            r"hop count",
            r"\bloop",
            r"time expired",
            r"domain failure",
            r"hostname used for inbounds",
        ),
    ),
    (
        Why.BAD_SENDER,
        _any(
            r"sender address(?: rejected|.{0,40}not (?:a )?valid)",
            r"(?:domain of|invalid) sender",
            r"emetteur invalide",
            r"\bfrom:? (?:domain|address)",
            r"valid from\b",
            r"envelope (?:sender|domain)",
            r"sender denied",
            r"domain name required",
            r"address is not verified",
            r"authorized to send from",
        ),
    ),
    (
        Why.BUSY,
        _any(
            r"temporarily unavailable",
            r"temporary system",
            r"unable to process",
            r"disk space",
            r"system full",
            r"connection expired",
        ),
    ),
    (
        Why.BAD_MAILBOX,
        _any(
            # The words of RFC 5321 §4.2.3 for 550; those for 450 have "mail action".
            r"(?<!mail )action not taken: mailbox unavailable",
            r"mailbox is not allowed",
            r"(?:user|recipient|address|mailbox|account) (?:is )?unknown",
            r"unknown (?:user|recipient|address|mailbox|account|or illegal)",
            r"no such (?:user|mailbox|recipient|account)",
            r"(?:user|mailbox|account|recipient)\b.{0,40} (?:not exist|not found|disabled|locked|suspend|inactive)",
            r"(?:doesn't|does not) have an? ",
            r"n't exist",
            r"no mailbox",
            r"not a valid (?:user|recipient|mailbox)",
            r"not listed in",
            r"no longer (?:valid|on server)",
            r"invalid (?:recipient|address|mailbox)",
            r"destinataire .{0,20}(?:invalide|archivee|bloque)",
            r"recipient (?:suspend|address rejected)",
            r"has been replaced",
            r"banned recipient",
        ),
    ),
    (
        Why.POLICY,
        _any(
            r"polic(?:y|ies)",
            r"not (?:allowed|in whitelist|accepted)",
            r"prohibit",
            r"denied",
            r"\bblock(?:ed)?\b",
            r"rejected by",
            r"host rejected",
        ),
    ),
    (Why.PROTOCOL, _any(r"too many errors")),
    (Why.BUSY, _any(r"try (?:again )?later", r"temporar(?:y|ily)", r"time ?out", r"essayer plus tard")),
)
