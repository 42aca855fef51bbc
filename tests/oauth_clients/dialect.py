"""Where Zoho's dialect departs from the standards, and what a client of a standard library does about it.

Whatever the tests of this folder hand to a library beyond what its own manual shows stands here, and nothing else does.

=================================  ============================  ===============================================
the standard                       Zoho                          what a client does
=================================  ============================  ===============================================
scopes have blanks between them    commas (W 5.1)                names all of them as one scope: ``joined``
RFC 6749 §3.3                                                    (blanks are understood in a request, but the
                                                                 answer has commas)
a refresh token as the server      with access_type=offline      adds two parameters to the authorisation
likes; RFC 6749 §1.5               only (W 4.2)                  request: ``OFFLINE``
one token endpoint, known from     that of the centre in which   takes it from the answer: ``token_endpoint``
documents; RFC 6749 §3.2           the user lives (W 4.12)
an implicit token is never         by /oauth/v2/auth/refresh,    asks there with the same parameters:
renewed; RFC 6749 §4.2.2           without a page (W 4.7)        ``RENEWAL``
a code was always asked for by     a self client's was not       leaves out redirect_uri and state (a library
the client; RFC 6749 §4.1          (W 4.4)                       does so when it is given the bare code)
grant_type of a device is          device_token, with the code   either; a library speaks the standard's, and
urn:...:device_code; RFC 8628      in ``code`` (W 4.9)           ``ZOHO_DEVICE`` is the other
=================================  ============================  ===============================================

Understood by the libraries as they are, though no standard has it so: refusals with the status 200, the errors
``invalid_code``, ``expired`` and ``Access Denied``, and a revocation that takes no client credentials.
"""

from typing import Final
from urllib.parse import parse_qs, urlsplit

OFFLINE: Final = {"access_type": "offline", "prompt": "consent"}
RENEWAL: Final = "/oauth/v2/auth/refresh"
ZOHO_DEVICE: Final = {"begin": "device_request", "poll": "device_token"}


def joined(*scopes: str) -> str:
    """Several scopes as the one word that Zoho makes of them."""
    return ",".join(scopes)


def token_endpoint(callback: str) -> str:
    """Where the code in this callback is exchanged."""
    (accounts,) = parse_qs(urlsplit(callback).query)["accounts-server"]
    return f"{accounts}/oauth/v2/token"
