"""What large providers tell their customers to send through, so that nobody need look it up."""

from dataclasses import dataclass
from typing import Final

_FOR_APPS: Final = "the account's own password is refused: make an app password"


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """``domains``: those of its addresses; ``issuer``: whose tokens it takes (``--oauth``), empty where none of ours.

    ``hint`` is what to do where it refuses a password; ``source`` is the page where it says so.
    """

    name: str
    domains: tuple[str, ...]
    host: str
    tls: str
    hint: str
    source: str
    issuer: str = ""
    takes_passwords: bool = True


PROVIDERS: Final = (
    Provider(
        name="Gmail",
        domains=("gmail.com", "googlemail.com"),
        host="smtp.gmail.com",
        tls="starttls",
        hint=f"{_FOR_APPS} (it needs 2-Step Verification), or sign in with --oauth google",
        source="https://support.google.com/mail/answer/7126229",
        issuer="google",
    ),
    Provider(
        name="Outlook.com",
        domains=("outlook.com", "hotmail.com", "live.com", "msn.com"),
        host="smtp-mail.outlook.com",
        tls="starttls",
        hint="Microsoft takes no password any more: sign in with --oauth microsoft",
        source="https://support.microsoft.com/office/d088b986-291d-42b8-9564-9c414e2aa040",
        issuer="microsoft",
        takes_passwords=False,
    ),
    Provider(
        name="Microsoft 365",
        domains=("onmicrosoft.com",),
        host="smtp.office365.com",
        tls="starttls",
        hint="Microsoft takes no password any more: sign in with --oauth microsoft, and have «Authenticated SMTP»"
        " switched on for the mailbox",
        source="https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/"
        "authenticated-client-smtp-submission",
        issuer="microsoft",
        takes_passwords=False,
    ),
    *(
        Provider(
            name="Zoho Mail",
            domains=domains,
            host=host,
            tls="tls",
            hint="with two-factor authentication make an application-specific password; the server is that of the"
            " account's data centre (smtp.zoho.com, .eu, .in …), for a domain of one's own smtppro.zoho.com",
            source="https://www.zoho.com/mail/help/zoho-smtp.html",
        )
        for domains, host in (
            (("zohomail.com", "zoho.com"), "smtp.zoho.com"),
            (("zohomail.eu", "zoho.eu"), "smtp.zoho.eu"),
            (("zohomail.in", "zoho.in"), "smtp.zoho.in"),
        )
    ),
    Provider(
        name="Fastmail",
        domains=("fastmail.com", "fastmail.fm"),
        host="smtp.fastmail.com",
        tls="tls",
        hint=_FOR_APPS,
        source="https://www.fastmail.help/hc/en-us/articles/1500000278342",
    ),
    Provider(
        name="iCloud Mail",
        domains=("icloud.com", "me.com", "mac.com"),
        host="smtp.mail.me.com",
        tls="starttls",
        hint=f"{_FOR_APPS} (an app-specific one, as Apple says)",
        source="https://support.apple.com/102525",
    ),
    Provider(
        name="Yahoo Mail",
        domains=("yahoo.com", "ymail.com"),
        host="smtp.mail.yahoo.com",
        tls="tls",
        hint=_FOR_APPS,
        source="https://help.yahoo.com/kb/SLN4724.html",
    ),
    Provider(
        name="AOL Mail",
        domains=("aol.com",),
        host="smtp.aol.com",
        tls="tls",
        hint=_FOR_APPS,
        source="https://help.aol.com/articles/how-do-i-use-other-email-applications-to-send-and-receive-my-aol-mail",
    ),
)


def of_address(domain: str) -> Provider | None:
    """Whose addresses have this domain."""
    return next((each for each in PROVIDERS if domain.lower() in each.domains), None)


def of_host(host: str) -> Provider | None:
    """Whose server this is."""
    return next((each for each in PROVIDERS if host.lower() == each.host), None)
