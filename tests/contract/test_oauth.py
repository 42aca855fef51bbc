"""The contract of OAuth, section by section of docs/reference/wire.md: 4.1 to 4.12."""

import re
from dataclasses import replace

from tests.contract.actor import CALLBACK, CHALLENGE, SCOPES, VERIFIER
from tests.contract.case import TOKEN, USER_CODE, Ask, Case
from tests.contract.stage import Stage

AUTH = {"client_id": "{client_id}", "response_type": "code", "redirect_uri": CALLBACK, "scope": SCOPES}
SHOWN = {"client_id": "{client_id}", "client_secret": "{secret}"}
EXCHANGE = {"grant_type": "authorization_code", **SHOWN, "code": "{code}"}
WEB = {**EXCHANGE, "code": "{web_code}", "redirect_uri": CALLBACK}
REFRESH = {"grant_type": "refresh_token", **SHOWN, "refresh_token": "{refresh_token}"}
REVOKE = Ask("POST", "/oauth/v2/token/revoke", form={"token": "{refresh_token}"})
REVOKED = replace(REVOKE, form={"token": "{got_refresh_token}"})
DEVICE = {"client_id": "{client_id}", "grant_type": "device_request", "scope": SCOPES}
POLL = {"grant_type": "device_token", **SHOWN, "code": "{device_code}"}
BEGIN = Ask("POST", "/oauth/v3/device/code", form=DEVICE)
ASKED = Ask("POST", "/oauth/v3/device/token", form=POLL)
CONSENT = Ask("GET", "/oauth/v3/device?user_code={user_code}", visitor="member", accept=True)
CONTACT = Ask("GET", "/bigin/v2/Contacts/{contact}", bearer="{got_access_token}")
BOTH = {"access_token": TOKEN, "refresh_token": TOKEN, "scope": SCOPES, "api_domain": "{url}"}
GRANTED = {**BOTH, "token_type": "Bearer", "expires_in": 3600}
RENEWED = {name: value for name, value in GRANTED.items() if name != "refresh_token"}
THROTTLED = {
    "error": "Access Denied",
    "error_description": "You have made too many requests continuously. Please try again after some time.",
    "status": "failure",
}
JSON = {"content-type": "application/json;charset=UTF-8"}


def token(form: dict[str, str], **more: str) -> Ask:
    return Ask("POST", "/oauth/v2/token", form={**form, **more})


def auth(visitor: str = "member", accept: bool | None = None, **changed: str | None) -> Ask:
    query = {name: value for name, value in {**AUTH, **changed}.items() if value is not None}
    return Ask("GET", "/oauth/v2/auth", query=query, visitor=visitor, accept=accept)


def registered(kind: str, **typed: str) -> Ask:
    """The form for a new client, filled in and sent."""
    described = {"type": kind, "name": "Order desk"} | ({"redirect_uris": CALLBACK} if kind == "server" else {})
    return Ask("GET", "/clients/new", visitor="member", submit="/clients/new", typed=described | typed)


def console(form: str, **typed: str) -> Ask:
    """A form on the page of the actor's client, filled in and sent."""
    return Ask("GET", "/clients/edit?id={client_id}", visitor="member", submit=form, typed=typed)


def signing_in(**typed: str) -> Ask:
    """The first form of the sign-in page, filled in and sent."""
    return Ask("GET", "/signin?next=%2Faccount", visitor="nobody", submit="/signin", typed=typed)


def without(form: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in form.items() if name not in names}


# fmt: off
CASES = [
    # --- 4.1 the kinds of clients -------------------------------------------------------------------------------------
    Case(section="4.1", row="client-based", what="gets a token in the fragment", kind="client", status=303,
         ask=auth(accept=True, response_type="token"), to=f"{CALLBACK}#", fragment=True, carries={"access_token": TOKEN}),
    Case(section="4.1", row="client-based", what="gets no code", kind="client", status=302,
         ask=auth(), to=f"{CALLBACK}?", carries={"error": "unauthorized_client"}),
    Case(section="4.1", row="server-based", what="gets a code", kind="server", status=303,
         ask=auth(accept=True), to=f"{CALLBACK}?", carries={"code": TOKEN}),
    Case(section="4.1", row="server-based", what="gets no token in a URL", kind="server", status=302,
         ask=auth(response_type="token"), to=f"{CALLBACK}#", fragment=True, carries={"error": "unauthorized_client"}),
    Case(section="4.1", row="mobile-based", what="may leave its secret out", kind="mobile",
         ask=token(without(WEB, "client_secret"), code_verifier=VERIFIER), answer={"access_token": TOKEN}),
    Case(section="4.1", row="mobile-based", what="a wrong secret is wrong all the same", kind="mobile",
         ask=token(WEB, client_secret="0" * 42, code_verifier=VERIFIER), answer={"error": "invalid_client_secret"}, exactly=True),
    Case(section="4.1", row="non-browser", what="asks for a device code", kind="device",
         ask=Ask("POST", "/oauth/v3/device/code", form=DEVICE), answer={"device_code": TOKEN}),
    Case(section="4.1", row="non-browser", what="other kinds of clients get none", kind="server",
         ask=Ask("POST", "/oauth/v3/device/code", form=DEVICE), answer={"error": "invalid_client"}, exactly=True),
    Case(section="4.1", row="self client", what="has no redirect URI", status=400, ask=auth(), page="invalid_redirect_uri"),
    Case(section="4.1", row="self client", what="exchanges its code", ask=token(EXCHANGE), answer=GRANTED, exactly=True),
    Case(section="4.1", what="registered: an id of 30, a secret of 42 characters", ask=registered("server"),
         page=re.compile(r'id="client_id">1000\.[A-Z0-9]{30}<.*id="client_secret">[0-9a-f]{42}<', re.DOTALL)),
    Case(section="4.1", what="_ and & may stand in a name", ask=registered("self", name="Desk_1 & more"), page="Desk_1 &amp; more"),
    Case(section="4.1", what="other special characters may not", status=400, ask=registered("self", name="Desk!"), page="no special characters"),
    Case(section="4.1", what="the id that it has in another centre", ask=registered("self", client_id="1000." + "{letters}"), page="1000." + "{letters}"),
    Case(section="4.1", what="an id of another form", status=400, ask=registered("self", client_id="2000." + "A" * 30), page="1000. and 30 capital letters"),
    Case(section="4.1", what="a web application needs a redirect URI", status=400, ask=registered("server", redirect_uris=""), page="needs a redirect URI"),
    Case(section="4.1", what="of http or https", status=400, ask=registered("server", redirect_uris="javascript:alert(1)"), page="is not an http or https URL"),
    Case(section="4.1", what="without a fragment", status=400, ask=registered("server", redirect_uris=f"{CALLBACK}#x"), page="without a fragment"),
    Case(section="4.1", what="a scheme of its own is a program's", ask=registered("mobile", redirect_uris="com.example.app:/back"), page='id="client_secret"'),
    Case(section="4.1", what="a self client has none", status=400, ask=registered("self", redirect_uris=CALLBACK), page="has no redirect URIs"),
    Case(section="4.1", what="a new secret ends the old one", before=(console("/clients/secret"),), ask=token(EXCHANGE),
         answer={"error": "invalid_client_secret"}, exactly=True),
    # --- 4.2 asking the user ------------------------------------------------------------------------------------------
    Case(section="4.2", row="client_id", what="missing", kind="server", status=400, ask=auth(client_id=None), page="invalid_client"),
    Case(section="4.2", row="client_id", what="unknown", kind="server", status=400,
         ask=auth(client_id="1000." + "A" * 30), page="invalid_client"),
    Case(section="4.2", row="client_id", what="switched off", kind="server", status=400, ask=auth(client_id="{off_id}"), page="invalid_client"),
    Case(section="4.2", row="response_type", what="missing", kind="server", status=302,
         ask=auth(response_type=None), to=f"{CALLBACK}?", carries={"error": "invalid_request"}),
    Case(section="4.2", row="response_type", what="unknown", kind="server", status=302,
         ask=auth(response_type="id_token"), to=f"{CALLBACK}?", carries={"error": "unsupported_response_type"}),
    Case(section="4.2", row="redirect_uri", what="missing", kind="server", status=400, ask=auth(redirect_uri=None), page="invalid_redirect_uri"),
    Case(section="4.2", row="redirect_uri", what="not registered", kind="server", status=400,
         ask=auth(redirect_uri="https://evil.example/callback"), page="invalid_redirect_uri"),
    Case(section="4.2", row="redirect_uri", what="registered, and longer", kind="server", status=400,
         ask=auth(redirect_uri=f"{CALLBACK}/more"), page="invalid_redirect_uri"),
    Case(section="4.2", row="scope", what="missing", kind="server", status=302, ask=auth(scope=None), to=f"{CALLBACK}?", carries={"error": "invalid_scope"}),
    Case(section="4.2", row="scope", what="no scope at all", kind="server", status=302,
         ask=auth(scope="contacts"), to=f"{CALLBACK}?", carries={"error": "invalid_scope"}),
    Case(section="4.2", row="scope", what="shown to the user", kind="server", ask=auth(), page="ZohoBigin.settings.emails.READ"),
    Case(section="4.2", row="access_type", what="online by default: no refresh token", kind="server",
         before=(auth(accept=True),), ask=token(WEB, code="{online_code}"), answer=RENEWED, exactly=True),
    Case(section="4.2", row="access_type", what="offline: a refresh token", kind="server", ask=token(WEB), answer=GRANTED, exactly=True),
    Case(section="4.2", row="access_type", what="anything else", kind="server", status=302,
         ask=auth(access_type="forever"), to=f"{CALLBACK}?", carries={"error": "invalid_request"}),
    Case(section="4.2", row="prompt", what="without it, who consented is not asked again", kind="server", status=302,
         before=(auth(accept=True),), ask=auth(), to=f"{CALLBACK}?", carries={"code": TOKEN}),
    Case(section="4.2", row="prompt", what="consent: asked again", kind="server",
         before=(auth(accept=True),), ask=auth(prompt="consent"), page="Accept"),
    Case(section="4.2", row="prompt", what="further scopes are asked for", kind="server",
         before=(auth(accept=True),), ask=auth(scope=f"{SCOPES},ZohoBigin.users.READ"), page="ZohoBigin.users.READ"),
    Case(section="4.2", row="state", what="comes back unchanged", kind="server", status=303,
         ask=auth(accept=True, state="a&b=c#d é\r\nX: y"), to=f"{CALLBACK}?", carries={"state": "a&b=c#d é\r\nX: y"}),
    Case(section="4.2", row="state", what="none comes back where none was sent", kind="server", status=303,
         ask=auth(accept=True), to=f"{CALLBACK}?", carries={"code": TOKEN}, without=("state",)),
    Case(section="4.2", what="back with code, location and accounts-server", kind="server", status=303, ask=auth(accept=True),
         to=f"{CALLBACK}?", carries={"code": TOKEN, "location": "us", "accounts-server": "{url}"}),
    Case(section="4.2", what="refused by the user", kind="server", status=303, ask=auth(accept=False, state="s"),
         to=f"{CALLBACK}?", carries={"error": "access_denied", "state": "s"}, without=("code",)),
    Case(section="4.2", what="nobody is signed in", kind="server", status=302, ask=auth(visitor="nobody"), to="/signin?next=%2Foauth%2Fv2%2Fauth"),
    Case(section="4.2", what="one of several organisations is chosen", kind="server", ask=auth(visitor="guest"), page="For which organisation?"),
    Case(section="4.2", what="a code is good for two minutes", kind="server", minutes=1.9, ask=token(WEB), answer=GRANTED),
    Case(section="4.2", what="and no longer", kind="server", minutes=2, ask=token(WEB), answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.2", what="a code is used once", kind="server", before=(token(WEB),), ask=token(WEB), answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.2", what="who signs in goes on with the request", kind="server", status=303, to="/oauth/v2/auth?client_id={client_id}",
         ask=Ask("POST", "/signin", visitor="nobody", form={"form_token": "{form_token}", "email": "{email}", "password": "{password}", "next": "{auth}"})),
    Case(section="4.2", what="and nowhere else", kind="server", status=303, to="/account",
         ask=Ask("POST", "/signin", visitor="nobody", form={"form_token": "{form_token}", "email": "{email}", "password": "{password}", "next": "//evil.example"})),
    Case(section="4.2", what="a wrong password", kind="server", page="That is not the right password",
         ask=Ask("POST", "/signin", visitor="nobody", form={"form_token": "{form_token}", "email": "{email}", "password": "x", "next": "{auth}"})),
    Case(section="4.2", what="a form of another site is no answer", kind="server", status=403, page="Not accepted",
         ask=Ask("POST", "/oauth/v2/auth", visitor="member", form={"decision": "accept", "query": "client_id={client_id}"})),
    Case(section="4.2", what="the token belongs to the organisation chosen", kind="server", ask=CONTACT,
         before=(auth(visitor="guest", accept=True), token(WEB, code="{got_code}"))),
    Case(section="4.2", what="and to no other", kind="server", status=204, ask=CONTACT,
         before=(replace(auth(visitor="guest", accept=True), typed={"user": "{second}"}), token(WEB, code="{got_code}"))),
    Case(section="4.2", what="an organisation that is not the user's", kind="server", status=400, page="Choose one of your organisations",
         ask=replace(auth(accept=True), typed={"user": "{second}"})),
    # --- 4.3 a code for tokens ----------------------------------------------------------------------------------------
    Case(section="4.3", row="grant_type", what="missing", ask=token(without(EXCHANGE, "grant_type")), answer={"error": "general_error"}, exactly=True),
    Case(section="4.3", row="grant_type", what="unknown", ask=token(EXCHANGE, grant_type="password"), answer={"error": "general_error"}, exactly=True),
    Case(section="4.3", row="client_id", what="another client's code", ask=token(EXCHANGE, client_id="{other_id}", client_secret="{other_secret}"),
         answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.3", row="client_secret", what="missing", ask=token(without(EXCHANGE, "client_secret")),
         answer={"error": "invalid_client_secret"}, exactly=True),
    Case(section="4.3", row="code", what="as a form", ask=token(EXCHANGE), answer=GRANTED, exactly=True, headers=JSON),
    Case(section="4.3", row="code", what="as a query string", ask=Ask("POST", "/oauth/v2/token", query=EXCHANGE), answer=GRANTED, exactly=True),
    Case(section="4.3", row="code", what="as multipart/form-data", ask=Ask("POST", "/oauth/v2/token", form=EXCHANGE, multipart=True),
         answer=GRANTED, exactly=True),
    Case(section="4.3", row="code", what="with the client in a Basic header", answer=GRANTED, exactly=True,
         ask=Ask("POST", "/oauth/v2/token", form=without(EXCHANGE, "client_id", "client_secret"), headers={"Authorization": "{basic}"})),
    Case(section="4.3", row="redirect_uri", what="as it was", kind="server", ask=token(WEB), answer=GRANTED, exactly=True),
    Case(section="4.3", row="redirect_uri", what="missing", kind="server", ask=token(without(WEB, "redirect_uri")),
         answer={"error": "invalid_redirect_uri"}, exactly=True),
    Case(section="4.3", what="a refresh token at the first consent only", kind="server", before=(token(WEB),),
         ask=token(WEB, code="{next_code}"), answer=RENEWED, exactly=True),
    Case(section="4.3", what="prompt=consent gives another one", kind="server", before=(token(WEB),),
         ask=token(WEB, code="{prompted_code}"), answer=GRANTED, exactly=True),
    Case(section="4.3", what="a refresh token again where none is left", kind="server", before=(token(WEB), REVOKED),
         ask=token(WEB, code="{next_code}"), answer=GRANTED, exactly=True),
    Case(section="4.3", what="the body wins over the query", answer=GRANTED,
         ask=Ask("POST", "/oauth/v2/token", query={**EXCHANGE, "code": "1000.a.b"}, form={"code": "{code}"})),
    Case(section="4.3", what="both win over the Basic header", answer={"error": "invalid_client_secret"}, exactly=True,
         ask=Ask("POST", "/oauth/v2/token", form=EXCHANGE | {"client_secret": "x"}, headers={"Authorization": "{basic}"})),
    Case(section="4.3", what="a code shown twice ends what it gave", status=401, answer={"code": "INVALID_TOKEN"},
         before=(token(EXCHANGE), Ask("POST", "/oauth/v2/token", form=EXCHANGE, refused=True)), ask=CONTACT),
    # --- 4.4 self client ----------------------------------------------------------------------------------------------
    Case(section="4.4", what="no redirect URI is asked for", ask=token(EXCHANGE), answer=GRANTED, exactly=True),
    Case(section="4.4", what="a code of three minutes", minutes=2.9, ask=token(EXCHANGE), answer=GRANTED),
    Case(section="4.4", what="and no longer", minutes=3, ask=token(EXCHANGE), answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.4", what="the console offers 3, 5, 7 and 10 minutes", page='<option value="7">7 minutes</option>',
         ask=Ask("GET", "/clients/edit?id={client_id}", visitor="member")),
    Case(section="4.4", what="a code from the console", ask=console("/clients/code", scope=SCOPES, minutes="10"),
         page=re.compile(f'id="code">{TOKEN.pattern}<')),
    Case(section="4.4", what="four minutes are not on offer", status=400, ask=console("/clients/code", scope=SCOPES, minutes="4"), page="how long the code lives"),
    Case(section="4.4", what="nor is what is no scope", status=400, ask=console("/clients/code", scope="mail", minutes="3"), page="is not a scope"),
    Case(section="4.4", what="other kinds have no such form", kind="server", status=403,
         ask=Ask("POST", "/clients/code", visitor="member", form={"form_token": "{form_token:member}", "id": "{client_id}", "once": "x", "scope": SCOPES, "minutes": "3"}),
         page="codes are made for self clients"),
    # --- 4.5 refresh --------------------------------------------------------------------------------------------------
    Case(section="4.5", what="an access token and no refresh token", ask=token(REFRESH), answer=RENEWED, exactly=True),
    Case(section="4.5", what="as a query string", ask=Ask("POST", "/oauth/v2/token", query=REFRESH), answer=RENEWED, exactly=True),
    Case(section="4.5", what="as multipart/form-data", ask=Ask("POST", "/oauth/v2/token", form=REFRESH, multipart=True), answer=RENEWED, exactly=True),
    Case(section="4.5", what="an access token is none", ask=token(REFRESH, refresh_token="{access_token}"), answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.5", what="another client's", ask=token(REFRESH, client_id="{other_id}", client_secret="{other_secret}"),
         answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.5", what="without the secret", ask=token(without(REFRESH, "client_secret")), answer={"error": "invalid_client_secret"}, exactly=True),
    Case(section="4.5", what="the refresh token stays good", before=(token(REFRESH),), times=3, ask=token(REFRESH), answer=RENEWED, exactly=True),
    # --- 4.6 revoke ---------------------------------------------------------------------------------------------------
    Case(section="4.6", what="a refresh token, in the query", ask=Ask("POST", "/oauth/v2/token/revoke", query={"token": "{refresh_token}"}),
         answer={"status": "success"}, exactly=True),
    Case(section="4.6", what="in the body", ask=Ask("POST", "/oauth/v2/token/revoke", form={"token": "{refresh_token}"}),
         answer={"status": "success"}, exactly=True),
    Case(section="4.6", what="an access token", ask=Ask("POST", "/oauth/v2/token/revoke", form={"token": "{access_token}"}),
         answer={"status": "success"}, exactly=True),
    Case(section="4.6", what="what is none", ask=Ask("POST", "/oauth/v2/token/revoke", form={"token": "1000.a.b"}),
         answer={"status": "failure", "error": "invalid_code"}, exactly=True),
    Case(section="4.6", what="it gives no more", before=(Ask("POST", "/oauth/v2/token/revoke", form={"token": "{refresh_token}"}),),
         ask=token(REFRESH), answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.6", what="and its access tokens end", status=401, answer={"code": "INVALID_TOKEN"},
         before=(Ask("POST", "/oauth/v2/token/revoke", form={"token": "{refresh_token}"}),), ask=Ask("GET", "/bigin/v2/org", bearer="{access_token}")),
    # --- 4.7 client-based flow ----------------------------------------------------------------------------------------
    Case(section="4.7", what="everything in the fragment, no refresh token", kind="client", status=303, to=f"{CALLBACK}#", fragment=True,
         ask=auth(accept=True, response_type="token", state="s", access_type="offline"), without=("refresh_token", "code"),
         carries={"access_token": TOKEN, "expires_in": "3600", "api_domain": "{url}", "location": "us", "token_type": "Bearer", "scope": SCOPES, "state": "s"}),
    Case(section="4.7", what="refused by the user", kind="client", status=303, to=f"{CALLBACK}#", fragment=True,
         ask=auth(accept=False, response_type="token"), carries={"error": "access_denied"}),
    *(
        Case(section="4.7", what=f"renewed through {path}", kind="client", status=302, to=f"{CALLBACK}#", fragment=True,
             before=(auth(accept=True, response_type="token"),), carries={"access_token": TOKEN},
             ask=Ask("GET", path, query={**AUTH, "response_type": "token"}, visitor="member"))
        for path in ("/oauth/v2/auth/refresh", "/oauth/v2/refresh")
    ),
    Case(section="4.7", what="no renewal without consent", kind="client", status=302, to=f"{CALLBACK}#", fragment=True,
         ask=Ask("GET", "/oauth/v2/auth/refresh", query={**AUTH, "response_type": "token"}, visitor="member"), carries={"error": "access_denied"}),
    Case(section="4.7", what="no renewal for nobody", kind="client", status=302, to=f"{CALLBACK}#", fragment=True,
         ask=Ask("GET", "/oauth/v2/auth/refresh", query={**AUTH, "response_type": "token"}, visitor="nobody"), carries={"error": "access_denied"}),
    # --- 4.8 mobile and desktop ---------------------------------------------------------------------------------------
    Case(section="4.8", what="S256", kind="mobile", ask=token(WEB, code_verifier=VERIFIER), answer=GRANTED, exactly=True),
    Case(section="4.8", what="plain, which is the default", kind="mobile", ask=token(WEB, code="{plain_code}", code_verifier=CHALLENGE), answer=RENEWED),
    Case(section="4.8", what="the wrong verifier", kind="mobile", ask=token(WEB, code_verifier=CHALLENGE), answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.8", what="no verifier", kind="mobile", ask=token(WEB), answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.8", what="a verifier for a code without a challenge", kind="server", ask=token(WEB, code_verifier=VERIFIER),
         answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.8", what="no challenge", kind="mobile", status=302, ask=auth(), to=f"{CALLBACK}?", carries={"error": "invalid_request"}),
    Case(section="4.8", what="a method that is none", kind="mobile", status=302, to=f"{CALLBACK}?", carries={"error": "invalid_request"},
         ask=auth(code_challenge=CHALLENGE, code_challenge_method="S512")),
    # --- 4.9 devices --------------------------------------------------------------------------------------------------
    Case(section="4.9", what="a user code, a device code, where to type it", kind="device", ask=Ask("POST", "/oauth/v3/device/code", form=DEVICE),
         answer={"user_code": USER_CODE, "device_code": TOKEN, "verification_url": "{url}/oauth/v3/device", "expires_in": 300}),
    Case(section="4.9", what="no scope", kind="device", ask=Ask("POST", "/oauth/v3/device/code", form={**DEVICE, "scope": "x"}),
         answer={"error": "invalid_scope"}, exactly=True),
    Case(section="4.9", what="another grant type", kind="device", ask=Ask("POST", "/oauth/v3/device/code", form={**DEVICE, "grant_type": "x"}),
         answer={"error": "general_error"}, exactly=True),
    Case(section="4.9", what="tokens once the user has consented", kind="device", answer=RENEWED, exactly=True,
         before=(Ask("GET", "/oauth/v3/device?user_code={user_code}", visitor="member", accept=True),),
         ask=Ask("POST", "/oauth/v3/device/token", form=POLL)),
    Case(section="4.9", what="and only once", kind="device", answer={"error": "invalid_code"}, exactly=True, minutes=1,
         before=(Ask("GET", "/oauth/v3/device?user_code={user_code}", visitor="member", accept=True), Ask("POST", "/oauth/v3/device/token", form=POLL)),
         ask=Ask("POST", "/oauth/v3/device/token", form=POLL)),
    Case(section="4.9", what="a code that no device shows", kind="device", status=404, page="No device waits for this code",
         ask=Ask("GET", "/oauth/v3/device?user_code=BCDF-GHJK", visitor="member")),
    Case(section="4.9", row="slow_down", what="twice within 30 seconds", kind="device", before=(Ask("POST", "/oauth/v3/device/token", form=POLL),),
         ask=Ask("POST", "/oauth/v3/device/token", form=POLL), answer={"error": "slow_down"}, exactly=True),
    Case(section="4.9", row="slow_down", what="not after 30 seconds", kind="device", minutes=0.5,
         before=(Ask("POST", "/oauth/v3/device/token", form=POLL),), ask=Ask("POST", "/oauth/v3/device/token", form=POLL),
         answer={"error": "authorization_pending"}, exactly=True),
    Case(section="4.9", row="authorization_pending", what="at first", kind="device", ask=Ask("POST", "/oauth/v3/device/token", form=POLL),
         answer={"error": "authorization_pending"}, exactly=True),
    Case(section="4.9", row="other_dc", what="the user lives in another centre", kind="device",
         before=(Ask("POST", "/signin", visitor="nobody", form={"form_token": "{form_token}", "email": "x@y.example", "data_center": "eu",
                                                               "next": "/oauth/v3/device?user_code={user_code}"}),),
         ask=Ask("POST", "/oauth/v3/device/token", form=POLL), answer={"error": "other_dc", "user_location": "eu"}, exactly=True),
    Case(section="4.9", row="access_denied", what="the user refused", kind="device", answer={"error": "access_denied"}, exactly=True,
         before=(Ask("GET", "/oauth/v3/device?user_code={user_code}", visitor="member", accept=False),),
         ask=Ask("POST", "/oauth/v3/device/token", form=POLL)),
    Case(section="4.9", row="expired", what="after five minutes", kind="device", minutes=5, ask=Ask("POST", "/oauth/v3/device/token", form=POLL),
         answer={"error": "expired"}, exactly=True),
    Case(section="4.9", what="offline: a refresh token too", kind="device", answer=GRANTED, exactly=True,
         before=(replace(BEGIN, form={**DEVICE, "access_type": "offline"}),
                 replace(CONSENT, path="/oauth/v3/device?user_code={got_user_code}")),
         ask=replace(ASKED, form={**POLL, "code": "{got_device_code}"})),
    Case(section="4.9", what="the secret is asked for", kind="device", ask=replace(ASKED, form={**POLL, "client_secret": "x"}),
         answer={"error": "invalid_client_secret"}, exactly=True),
    Case(section="4.9", what="a device code that is none", kind="device", ask=replace(ASKED, form={**POLL, "code": "1000.a.b"}),
         answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.9", what="the standard's words are answered", kind="device", ask=BEGIN,
         answer={"verification_uri": "{url}/oauth/v3/device", "interval": 30, "verification_uri_complete": re.compile(r"http://.*/oauth/v3/device\?user_code=.{9}")}),
    Case(section="4.9", what="and understood", kind="device", answer=RENEWED, exactly=True, before=(CONSENT,),
         ask=replace(ASKED, form={**without(POLL, "code"), "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "{device_code}"})),
    Case(section="4.9", what="no flow of organisations", status=404, answer={"code": "INVALID_URL_PATTERN"}, ask=Ask("GET", "/oauth/v2/org/auth")),
    # --- 4.10 life times and counts -----------------------------------------------------------------------------------
    Case(section="4.10", row="access token", what="lives an hour", minutes=59.9, status=401, answer={"code": "OAUTH_SCOPE_MISMATCH"},
         ask=Ask("GET", "/bigin/v2/org", bearer="{access_token}")),
    Case(section="4.10", row="access token", what="and no longer", minutes=60, status=401, answer={"code": "INVALID_TOKEN"},
         ask=Ask("GET", "/bigin/v2/org", bearer="{access_token}")),
    Case(section="4.10", row="refresh token", what="lives for years", minutes=60 * 24 * 800, ask=token(REFRESH), answer=RENEWED),
    Case(section="4.10", row="refresh tokens a minute", what="the sixth is too much", strict=True, status=400, answer=THROTTLED, exactly=True,
         before=(token(EXCHANGE, code="{new_code}"),), times=5, ask=token(EXCHANGE)),
    Case(section="4.10", row="codes", what="the eleventh in ten minutes is refused", kind="server", strict=True, status=302, to=f"{CALLBACK}?",
         before=(auth(accept=True), auth()), times=9, ask=auth(), carries={"error": "access_denied"}),
    Case(section="4.10", row="access tokens of a refresh token", what="the eleventh in ten minutes is throttled", strict=True, status=400,
         before=(token(REFRESH),), times=9, ask=token(REFRESH), answer=THROTTLED, exactly=True),
    Case(section="4.10", row="access tokens of a refresh token", what="after ten minutes there are more", strict=True, minutes=10,
         before=(token(REFRESH),), times=9, ask=token(REFRESH), answer=RENEWED, exactly=True),
    Case(section="4.10", row="live access tokens of a refresh token", what="the sixteenth ends the first", status=401, answer={"code": "INVALID_TOKEN"},
         before=(token(REFRESH),), times=15, ask=Ask("GET", "/bigin/v2/org", bearer="{access_token}")),
    Case(section="4.10", row="live access tokens of a refresh token", what="the fifteenth ends none", status=401, answer={"code": "OAUTH_SCOPE_MISMATCH"},
         before=(token(REFRESH),), times=14, ask=Ask("GET", "/bigin/v2/org", bearer="{access_token}")),
    Case(section="4.10", row="refresh tokens of a user", what="the twenty-first ends the first", strict=True, answer={"error": "invalid_code"},
         before=(token(REFRESH), token(EXCHANGE, code="{new_code}")), times=20, pause=0.5, ask=token(REFRESH), exactly=True),
    Case(section="4.10", row="refresh tokens of a user", what="the twentieth ends none", strict=True, answer=RENEWED, exactly=True,
         before=(token(REFRESH), token(EXCHANGE, code="{new_code}")), times=19, pause=0.5, ask=token(REFRESH)),
    Case(section="4.10", row="codes", what="the tenth is not", kind="server", strict=True, status=302, to=f"{CALLBACK}?",
         before=(auth(accept=True), auth()), times=8, ask=auth(), carries={"code": TOKEN}),
    Case(section="4.10", row="access tokens of a refresh token", what="the tenth is not", strict=True, before=(token(REFRESH),), times=8,
         ask=token(REFRESH), answer=RENEWED, exactly=True),
    Case(section="4.10", row="refresh tokens a minute", what="the fifth is not", strict=True, answer=GRANTED, exactly=True,
         before=(token(EXCHANGE, code="{new_code}"),), times=4, ask=token(EXCHANGE)),
    Case(section="4.10", row="refresh tokens a minute", what="a code that gave nothing for it stays good", strict=True, answer=GRANTED, exactly=True, minutes=1,
         before=(*[token(EXCHANGE, code="{new_code}")] * 5, Ask("POST", "/oauth/v2/token", form=EXCHANGE, refused=True)), ask=token(EXCHANGE)),
    # --- 4.11 errors of the token endpoint ----------------------------------------------------------------------------
    Case(section="4.11", row="unknown client", what="unknown", ask=token(EXCHANGE, client_id="1000." + "Z" * 30), answer={"error": "invalid_client"},
         exactly=True, headers=JSON),
    Case(section="4.11", row="unknown client", what="switched off", ask=token(EXCHANGE, client_id="{off_id}", client_secret="{off_secret}"),
         answer={"error": "invalid_client"}, exactly=True),
    Case(section="4.11", row="unknown client", what="no client at all", ask=token(without(EXCHANGE, "client_id")), answer={"error": "invalid_client"},
         exactly=True),
    Case(section="4.11", row="bad, used or expired code", what="bad", ask=token(EXCHANGE, code="1000.a.b"), answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.11", row="bad, used or expired code", what="used", before=(token(EXCHANGE),), ask=token(EXCHANGE),
         answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.11", row="bad, used or expired code", what="expired", ask=token(EXCHANGE, code="{old_code}"), answer={"error": "invalid_code"},
         exactly=True),
    Case(section="4.11", row="bad, used or expired code", what="bad refresh token", ask=token(REFRESH, refresh_token="x"), answer={"error": "invalid_code"},
         exactly=True),
    Case(section="4.11", row="wrong secret", what="another client's", ask=token(EXCHANGE, client_secret="{other_secret}"),
         answer={"error": "invalid_client_secret"}, exactly=True),
    Case(section="4.11", row="wrong redirect URI", what="another one", kind="server", ask=token(WEB, redirect_uri=f"{CALLBACK}?"),
         answer={"error": "invalid_redirect_uri"}, exactly=True),
    Case(section="4.11", row="anything else", what="a body that cannot be read", answer={"error": "general_error"}, exactly=True,
         ask=Ask("POST", "/oauth/v2/token", form=EXCHANGE, headers={"Content-Type": "multipart/form-data"})),
    Case(section="4.11", row="throttled", what="400, with its sentence", strict=True, status=400, before=(token(REFRESH),), times=9, ask=token(REFRESH),
         answer=THROTTLED, exactly=True, headers=JSON),
    # --- 4.12 data centres --------------------------------------------------------------------------------------------
    Case(section="4.12", row="US", what="is this one", ask=Ask("GET", "/oauth/serverinfo"), answer={"result": "success"}, headers=JSON),
    *(
        Case(section="4.12", row=name, what="is known, and people are sent there", kind="server", status=303,
             to=f"https://accounts.{name.lower()}.example/oauth/v2/auth?client_id=", carries={"state": "s t", "login_hint": "x@y.example"},
             ask=Ask("POST", "/signin", visitor="nobody", form={"form_token": "{form_token}", "email": "x@y.example", "data_center": name.lower(),
                                                               "next": "{auth}&state=s+t"}))
        for name in ("EU", "IN", "AU", "JP", "SA", "CA", "UK")
    ),
    Case(section="4.12", row="CN", what="stands alone", kind="server", status=400, page="must start there",
         ask=Ask("POST", "/signin", visitor="nobody", form={"form_token": "{form_token}", "email": "x@y.example", "data_center": "cn", "next": "{auth}"})),
    Case(section="4.12", what="who is known to live elsewhere is sent there", kind="server", status=303, to="https://accounts.eu.example/oauth/v2/auth?client_id=",
         carries={"login_hint": "{maria}"}, ask=Ask("POST", "/signin", visitor="nobody", form={"form_token": "{form_token}", "email": "{maria}", "next": "{auth}"})),
    Case(section="4.12", what="who has nothing to go on with signs in there", status=303, to="https://accounts.eu.example/signin", carries={"login_hint": "{maria}"},
         ask=signing_in(email="{maria}")),
    Case(section="4.12", what="all are listed, this one first", ask=Ask("GET", "/oauth/serverinfo"), exactly=True, answer={"result": "success", "locations": {
        "us": "{url}", **{name: f"https://accounts.{name}.example" for name in ("eu", "in", "au", "cn", "jp", "sa", "ca", "uk")}}}),
    Case(section="4.12", what="another centre's code", ask=token(EXCHANGE, code="1000." + "a" * 32 + "." + "b" * 32), answer={"error": "invalid_code"}, exactly=True),
    Case(section="4.12", what="another centre's token", status=401, ask=Ask("GET", "/bigin/v2/org", bearer="1000." + "a" * 32 + "." + "b" * 32),
         answer={"code": "INVALID_TOKEN"}),
    Case(section="4.12", what="api_domain is this centre's", ask=token(EXCHANGE), answer={"api_domain": "{url}"}),
]
# fmt: on


def test_it(case: Case, stage: Stage) -> None:
    stage.play(case)
