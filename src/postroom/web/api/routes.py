"""The table of routes: every call of the API, what it needs, what it takes and what it answers."""

from typing import Final

from postroom.access.permission import Permission
from postroom.access.scope import Need, Operation
from postroom.web.api import emails, files, metadata, org, params, records, send, senders, shapes, users
from postroom.web.routes import Endpoint

_R, _C, _U, _D = Operation.READ, Operation.CREATE, Operation.UPDATE, Operation.DELETE


def _module(operation: Operation) -> tuple[Need, ...]:
    return (Need(("modules", "{module}"), operation),)


def _settings(name: str) -> tuple[Need, ...]:
    return (Need(("settings", name), _R),)


def _files(operation: Operation) -> tuple[Need, ...]:
    return (Need(("files",), operation),)


_SEND_MAIL: Final = (Need(("send_mail", "{module}"), _C),)
_USERS: Final = (Need(("users",), _R),)
_ORG: Final = (Need(("org",), _R),)
_VIEW, _CREATE, _EDIT, _DELETE = Permission.VIEW, Permission.CREATE, Permission.EDIT, Permission.DELETE
_DELETE_MANY: Final = Permission.MASS_DELETE

ROUTES: Final = (
    Endpoint(
        "POST",
        "/{module}/{id}/actions/send_mail",
        send.send_mail,
        _SEND_MAIL,
        Permission.SEND,
        shapes.ACCEPTED,
        body=shapes.MAILS,
    ),
    Endpoint("GET", "/{module}/{id}/Emails", emails.listing, _module(_R), _VIEW, shapes.EMAILS, params.EMAILS),
    Endpoint("GET", "/{module}/{id}/Emails/{message_id}", emails.get, _module(_R), _VIEW, shapes.ONE_EMAIL),
    Endpoint(
        "GET",
        "/settings/emails/actions/from_addresses",
        senders.from_addresses,
        _settings("emails"),
        _VIEW,
        shapes.FROM_ADDRESSES,
        params.FROM_ADDRESSES,
    ),
    Endpoint("POST", "/files", files.upload, _files(_C), _CREATE, shapes.UPLOADED, body=shapes.UPLOAD),
    Endpoint("GET", "/files", files.download, _files(_R), _VIEW, shapes.DOWNLOAD, params.DOWNLOAD),
    Endpoint("POST", "/{module}", records.insert, _module(_C), _CREATE, shapes.INSERTED, body=shapes.NEW_RECORDS),
    Endpoint("GET", "/{module}", records.listing, _module(_R), _VIEW, shapes.RECORDS, params.RECORDS),
    Endpoint("PUT", "/{module}", records.update_many, _module(_U), _EDIT, shapes.UPDATED, body=shapes.CHANGES),
    Endpoint("DELETE", "/{module}", records.delete_many, _module(_D), _DELETE_MANY, shapes.DELETED, params.DELETE_MANY),
    Endpoint("GET", "/{module}/{id}", records.get, _module(_R), _VIEW, shapes.ONE_RECORD, params.ONE_RECORD),
    Endpoint("PUT", "/{module}/{id}", records.update, _module(_U), _EDIT, shapes.UPDATED_ONE, body=shapes.CHANGE),
    Endpoint("DELETE", "/{module}/{id}", records.delete, _module(_D), _DELETE, shapes.DELETED_ONE),
    Endpoint("GET", "/settings/modules", metadata.modules, _settings("modules"), _VIEW, shapes.MODULES),
    Endpoint("GET", "/settings/modules/{module}", metadata.module, _settings("modules"), _VIEW, shapes.MODULES),
    Endpoint("GET", "/settings/fields", metadata.fields, _settings("fields"), _VIEW, shapes.FIELDS, params.FIELDS),
    Endpoint("GET", "/users", users.listing, _USERS, _VIEW, shapes.USERS, params.USERS),
    Endpoint("GET", "/users/{id}", users.get, _USERS, _VIEW, shapes.ONE_USER),
    Endpoint("GET", "/org", org.get, _ORG, _VIEW, shapes.ORG),
)
