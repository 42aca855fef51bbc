"""The table of routes: every call of the API, what it needs, what it takes and what it answers."""

from typing import Final

from postroom.access.permission import Permission
from postroom.access.scope import Need, Operation
from postroom.web.api import (
    attachments,
    coql,
    deleted,
    emails,
    fields,
    files,
    layouts,
    lists,
    metadata,
    notes,
    org,
    owners,
    params,
    records,
    related,
    send,
    senders,
    users,
)
from postroom.web.routes import Endpoint

_R, _C, _U, _D = Operation.READ, Operation.CREATE, Operation.UPDATE, Operation.DELETE


def _module(operation: Operation) -> tuple[Need, ...]:
    return (Need(("modules", "{module}"), operation),)


def _with(name: str, operation: Operation) -> tuple[Need, ...]:
    """W 5.2: notes and attachments need two scopes at once."""
    return (*_module(operation), Need(("modules", name), operation))


def _settings(name: str, operation: Operation = _R) -> tuple[Need, ...]:
    return (Need(("settings", name), operation),)


_SEND_MAIL: Final = (Need(("send_mail", "{module}"), _C),)
_USERS: Final = (Need(("users",), _R),)
_VIEW, _CUSTOMIZE = Permission.VIEW, Permission.CUSTOMIZE

ROUTES: Final = (
    Endpoint("POST", "/{module}/{id}/actions/send_mail", send.send_mail, _SEND_MAIL, Permission.SEND),
    Endpoint(
        "GET",
        "/{module}/{id}/Emails",
        emails.listing,
        _module(_R),
        _VIEW,
        params=(params.EMAILS_TYPE, params.EMAILS_INDEX),
    ),
    Endpoint("GET", "/{module}/{id}/Emails/{message_id}", emails.get, _module(_R), _VIEW),
    Endpoint(
        "GET",
        "/settings/emails/actions/from_addresses",
        senders.from_addresses,
        _settings("emails"),
        _VIEW,
        params=(params.USER_ID,),
    ),
    Endpoint("POST", "/files", files.upload, (Need(("files",), _C),), Permission.CREATE),
    Endpoint("GET", "/files", files.download, (Need(("files",), _R),), _VIEW, params=(params.FILE_ID,)),
    Endpoint("POST", "/coql", coql.query, coql.NEEDS, _VIEW),
    Endpoint("POST", "/{module}", records.insert, _module(_C), Permission.CREATE),
    Endpoint(
        "GET",
        "/{module}",
        lists.listing,
        _module(_R),
        _VIEW,
        params=(
            params.FIELDS_OF_LIST,
            *params.PAGED,
            params.ONLY_IDS,
            params.CVID,
            params.APPROVED,
            params.SINCE,
        ),
    ),
    Endpoint("PUT", "/{module}", records.update_many, _module(_U), Permission.EDIT),
    Endpoint(
        "DELETE",
        "/{module}",
        records.delete_many,
        _module(_D),
        Permission.MASS_DELETE,
        params=(params.RECORD_IDS, params.WORKFLOW),
    ),
    # Before the records of a module: these words are no ids.
    Endpoint(
        "GET",
        "/{module}/search",
        lists.search,
        (*_module(_R), Need(("securesearch",), _R, "zohosearch")),
        _VIEW,
        params=(params.CRITERIA, params.EMAIL, params.PHONE, params.WORD, params.FIELDS, *params.NUMBERED),
    ),
    Endpoint(
        "GET",
        "/{module}/deleted",
        deleted.listing,
        _module(_R),
        _VIEW,
        params=(params.DELETED_TYPE, params.PAGE, params.RECORDS_PER_PAGE, params.SINCE),
    ),
    Endpoint("POST", "/{module}/upsert", records.upsert, (*_module(_C), *_module(_U)), Permission.EDIT),
    Endpoint("GET", "/{module}/{id}", records.get, _module(_R), _VIEW, params=(params.FIELDS, params.SINCE)),
    Endpoint("PUT", "/{module}/{id}", records.update, _module(_U), Permission.EDIT),
    Endpoint("DELETE", "/{module}/{id}", records.delete, _module(_D), Permission.DELETE, params=(params.WORKFLOW,)),
    Endpoint("GET", "/{module}/{id}/Notes", notes.listing, _with("notes", _R), _VIEW, params=params.RELATED),
    Endpoint("POST", "/{module}/{id}/Notes", notes.insert, _with("notes", _C), Permission.CREATE),
    Endpoint(
        "GET",
        "/{module}/{id}/Notes/{note_id}",
        notes.get,
        _with("notes", _R),
        _VIEW,
        params=(params.FIELDS, params.SINCE),
    ),
    Endpoint("PUT", "/{module}/{id}/Notes/{note_id}", notes.update, _with("notes", _U), Permission.EDIT),
    Endpoint(
        "DELETE",
        "/{module}/{id}/Notes/{note_id}",
        notes.delete,
        _with("notes", _D),
        Permission.DELETE,
        params=(params.WORKFLOW,),
    ),
    Endpoint(
        "GET",
        "/{module}/{id}/Attachments",
        attachments.listing,
        _with("attachments", _R),
        _VIEW,
        params=(params.FIELDS_OF_LIST, params.PAGE, params.FILES_PER_PAGE),
    ),
    Endpoint("POST", "/{module}/{id}/Attachments", attachments.upload, _with("attachments", _C), Permission.CREATE),
    Endpoint(
        "GET", "/{module}/{id}/Attachments/{attachment_id}", attachments.download, _with("attachments", _R), _VIEW
    ),
    Endpoint(
        "DELETE",
        "/{module}/{id}/Attachments/{attachment_id}",
        attachments.delete,
        _with("attachments", _D),
        Permission.DELETE,
    ),
    Endpoint("POST", "/{module}/{id}/actions/change_owner", owners.change, _module(_U), Permission.EDIT),
    Endpoint("POST", "/{module}/actions/change_owner", owners.change_many, _module(_U), Permission.EDIT),
    # After all that has a word in the place of a list's name.
    Endpoint("GET", "/{module}/{id}/{related}", related.listing, _module(_R), _VIEW, params=params.RELATED),
    Endpoint("PUT", "/{module}/{id}/{related}", related.link, _module(_U), Permission.EDIT),
    Endpoint(
        "DELETE",
        "/{module}/{id}/{related}",
        related.delink_many,
        _module(Operation.DELINK),
        Permission.EDIT,
        params=(params.RECORD_IDS,),
    ),
    Endpoint(
        "DELETE",
        "/{module}/{id}/{related}/{related_id}",
        related.delink,
        _module(Operation.DELINK),
        Permission.EDIT,
    ),
    Endpoint("GET", "/settings/modules", metadata.modules, _settings("modules"), _VIEW),
    Endpoint("GET", "/settings/modules/{module}", metadata.module, _settings("modules"), _VIEW),
    Endpoint("GET", "/settings/fields", fields.listing, _settings("fields"), _VIEW, params=(params.MODULE,)),
    Endpoint("POST", "/settings/fields", fields.add, _settings("fields", _C), _CUSTOMIZE, params=(params.MODULE,)),
    Endpoint("GET", "/settings/fields/{id}", fields.get, _settings("fields"), _VIEW, params=(params.MODULE,)),
    Endpoint(
        "DELETE", "/settings/fields/{id}", fields.remove, _settings("fields", _D), _CUSTOMIZE, params=(params.MODULE,)
    ),
    Endpoint("GET", "/settings/layouts", layouts.listing, _settings("layouts"), _VIEW, params=(params.MODULE,)),
    Endpoint("GET", "/settings/layouts/{id}", layouts.get, _settings("layouts"), _VIEW, params=(params.MODULE,)),
    Endpoint(
        "GET",
        "/settings/related_lists",
        metadata.related_lists,
        _settings("related_lists"),
        _VIEW,
        params=(params.MODULE,),
    ),
    Endpoint("GET", "/settings/tags", metadata.tags, _settings("tags"), _VIEW, params=(params.MODULE,)),
    Endpoint("GET", "/settings/roles", metadata.roles, _settings("roles"), _VIEW),
    Endpoint(
        "GET",
        "/users",
        users.listing,
        _USERS,
        _VIEW,
        params=(params.USERS_TYPE, params.PAGE, params.USERS_PER_PAGE),
    ),
    Endpoint("PUT", "/users", users.update_many, (Need(("users",), _U),), Permission.EDIT),
    Endpoint("GET", "/users/{id}", users.get, _USERS, _VIEW),
    Endpoint("PUT", "/users/{id}", users.update, (Need(("users",), _U),), Permission.EDIT),
    Endpoint("GET", "/org", org.get, (Need(("org",), _R),), _VIEW),
)
