"""The table of routes: every call of the API, what it needs, what it takes and what it answers."""

from typing import Final

from postroom.access.permission import Permission
from postroom.access.scope import Need, Operation
from postroom.web.api import (
    attachments,
    coql,
    deleted,
    domain_keys,
    emails,
    fields,
    files,
    layouts,
    lists,
    locks,
    metadata,
    notes,
    org,
    owners,
    params,
    queue,
    records,
    related,
    scheduled,
    send,
    senders,
    shapes,
    templates,
    users,
)
from postroom.web.call import Handler
from postroom.web.cost import Cost
from postroom.web.routes import Endpoint
from postroom.web.shape import Shape

_R, _C, _U, _D = Operation.READ, Operation.CREATE, Operation.UPDATE, Operation.DELETE


def _module(operation: Operation) -> tuple[Need, ...]:
    return (Need(("modules", "{module}"), operation),)


def _with(name: str, operation: Operation) -> tuple[Need, ...]:
    """W 5.2: notes, attachments and locks need two scopes at once."""
    return (*_module(operation), Need(("modules", name), operation))


def _settings(name: str, operation: Operation = _R) -> tuple[Need, ...]:
    return (Need(("settings", name), operation),)


def _templates(operation: Operation) -> tuple[Need, ...]:
    return (Need(("templates", "email"), operation),)


def _files(operation: Operation) -> tuple[Need, ...]:
    return (Need(("files",), operation),)


_SEND_MAIL: Final = (Need(("send_mail", "{module}"), _C),)
_SEARCH: Final = (*_module(_R), Need(("securesearch",), _R, "zohosearch"))
_USERS: Final = (Need(("users",), _R),)
_ORG: Final = (Need(("org",), _R),)
_RENAME: Final = (Need(("users",), _U),)
_DELINK: Final = _module(Operation.DELINK)
_VIEW, _CREATE, _EDIT, _DELETE = Permission.VIEW, Permission.CREATE, Permission.EDIT, Permission.DELETE
_DELETE_MANY, _CUSTOMIZE = Permission.MASS_DELETE, Permission.CUSTOMIZE


def _on_chosen(action: str, handler: Handler, body: Shape) -> Endpoint:
    path, needs = f"/Emails/actions/{action}", (Need(("send_mail", "all"), _C),)
    return Endpoint("POST", path, handler, needs, Permission.SEND, shapes.MET, body=body)


ROUTES: Final = (
    Endpoint(
        "POST",
        "/{module}/{id}/actions/send_mail",
        send.send_mail,
        _SEND_MAIL,
        Permission.SEND,
        shapes.ACCEPTED,
        params.SEND,
        shapes.MAILS,
    ),
    Endpoint("GET", "/{module}/{id}/Emails", emails.listing, _module(_R), _VIEW, shapes.EMAILS, params.EMAILS),
    Endpoint("GET", "/{module}/{id}/Emails/{message_id}", emails.get, _module(_R), _VIEW, shapes.ONE_EMAIL),
    Endpoint(
        "GET",
        "/{module}/{id}/Emails/actions/download_attachments",
        emails.download,
        _module(_R),
        _VIEW,
        shapes.DOWNLOAD,
        params.ATTACHED,
    ),
    Endpoint(
        "PUT",
        "/{module}/{id}/Emails/{message_id}",
        scheduled.move,
        _SEND_MAIL,
        Permission.SEND,
        shapes.MOVED,
        body=shapes.MOMENT,
    ),
    Endpoint(
        "DELETE",
        "/{module}/{id}/Emails/{message_id}",
        scheduled.cancel,
        _SEND_MAIL,
        Permission.SEND,
        shapes.CALLED_BACK,
    ),
    Endpoint(
        "POST",
        "/{module}/{id}/Emails/{message_id}/actions/send_now",
        scheduled.send_now,
        _SEND_MAIL,
        Permission.SEND,
        shapes.CALLED_BACK,
    ),
    Endpoint(
        "POST",
        "/{module}/{id}/Emails/{message_id}/actions/hold",
        scheduled.hold,
        _SEND_MAIL,
        Permission.SEND,
        shapes.CALLED_BACK,
    ),
    Endpoint(
        "POST",
        "/{module}/{id}/Emails/{message_id}/actions/release",
        scheduled.release,
        _SEND_MAIL,
        Permission.SEND,
        shapes.CALLED_BACK,
    ),
    Endpoint(
        "POST",
        "/{module}/{id}/Emails/{message_id}/actions/retry",
        scheduled.retry,
        _SEND_MAIL,
        Permission.SEND,
        shapes.CALLED_BACK,
    ),
    _on_chosen("hold", queue.hold, shapes.TO_HOLD),
    _on_chosen("release", queue.release, shapes.TO_RELEASE),
    _on_chosen("cancel", queue.cancel, shapes.TO_CANCEL),
    _on_chosen("retry", queue.retry, shapes.TO_RETRY),
    _on_chosen("reschedule", queue.reschedule, shapes.TO_MOVE),
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
    Endpoint(
        "POST",
        "/{module}",
        records.insert,
        _module(_C),
        _CREATE,
        shapes.INSERTED,
        body=shapes.NEW_RECORDS,
        cost=Cost.RECORDS,
    ),
    Endpoint("GET", "/{module}", lists.listing, _module(_R), _VIEW, shapes.RECORDS, params.RECORDS, cost=Cost.LIST),
    Endpoint(
        "PUT",
        "/{module}",
        records.update_many,
        _module(_U),
        _EDIT,
        shapes.UPDATED,
        body=shapes.CHANGES,
        cost=Cost.RECORDS,
    ),
    Endpoint("DELETE", "/{module}", records.delete_many, _module(_D), _DELETE_MANY, shapes.DELETED, params.DELETE_MANY),
    # Before the records of a module: these words are no ids.
    Endpoint("GET", "/{module}/search", lists.search, _SEARCH, _VIEW, shapes.FOUND, params.SEARCH),
    Endpoint(
        "POST",
        "/{module}/upsert",
        records.upsert,
        (*_module(_C), *_module(_U)),
        _EDIT,
        shapes.UPSERTED,
        body=shapes.UPSERT,
        cost=Cost.RECORDS,
    ),
    Endpoint("GET", "/{module}/deleted", deleted.listing, _module(_R), _VIEW, shapes.GONE, params.GONE),
    Endpoint("GET", "/{module}/{id}", records.get, _module(_R), _VIEW, shapes.ONE_RECORD, params.ONE_RECORD),
    Endpoint("PUT", "/{module}/{id}", records.update, _module(_U), _EDIT, shapes.UPDATED_ONE, body=shapes.CHANGE),
    Endpoint("DELETE", "/{module}/{id}", records.delete, _module(_D), _DELETE, shapes.DELETED_ONE, params.DELETE),
    Endpoint("GET", "/{module}/{id}/Notes", notes.listing, _with("notes", _R), _VIEW, shapes.NOTES, params.RELATED),
    Endpoint(
        "POST",
        "/{module}/{id}/Notes",
        notes.insert,
        _with("notes", _C),
        _CREATE,
        shapes.INSERTED,
        body=shapes.NEW_NOTES,
        cost=Cost.RECORDS,
    ),
    Endpoint(
        "GET",
        "/{module}/{id}/Notes/{note_id}",
        notes.get,
        _with("notes", _R),
        _VIEW,
        shapes.ONE_NOTE,
        params.ONE_RECORD,
    ),
    Endpoint(
        "PUT",
        "/{module}/{id}/Notes/{note_id}",
        notes.update,
        _with("notes", _U),
        _EDIT,
        shapes.UPDATED_ONE,
        body=shapes.CHANGED_NOTE,
    ),
    Endpoint(
        "DELETE",
        "/{module}/{id}/Notes/{note_id}",
        notes.delete,
        _with("notes", _D),
        _DELETE,
        shapes.DELETED_ONE,
        params.DELETE,
    ),
    Endpoint(
        "GET",
        "/{module}/{id}/Attachments",
        attachments.listing,
        _with("attachments", _R),
        _VIEW,
        shapes.ATTACHMENTS,
        params.ATTACHMENTS,
    ),
    Endpoint(
        "POST",
        "/{module}/{id}/Attachments",
        attachments.upload,
        _with("attachments", _C),
        _CREATE,
        shapes.ATTACHED,
        body=shapes.ONE_UPLOAD,
    ),
    Endpoint(
        "GET",
        "/{module}/{id}/Attachments/{attachment_id}",
        attachments.download,
        _with("attachments", _R),
        _VIEW,
        shapes.ATTACHMENT,
    ),
    Endpoint(
        "DELETE",
        "/{module}/{id}/Attachments/{attachment_id}",
        attachments.delete,
        _with("attachments", _D),
        _DELETE,
        shapes.ATTACHMENT_DELETED,
    ),
    Endpoint(
        "POST",
        "/{module}/{id}/actions/change_owner",
        owners.change,
        _module(_U),
        _EDIT,
        shapes.OWNED_ONE,
        body=shapes.OWNER,
    ),
    Endpoint(
        "POST",
        "/{module}/actions/change_owner",
        owners.change_many,
        _module(_U),
        _EDIT,
        shapes.OWNED,
        body=shapes.OWNER_OF_MANY,
    ),
    Endpoint(
        "GET",
        "/{module}/{id}/Locking_Information__s",
        locks.listing,
        _with("lockinginformation", _R),
        _VIEW,
        shapes.LOCKS,
        params.LOCKS,
    ),
    Endpoint(
        "POST",
        "/{module}/{id}/Locking_Information__s",
        locks.add,
        _with("lockinginformation", _C),
        _EDIT,
        shapes.LOCKED,
        body=shapes.LOCK,
    ),
    Endpoint(
        "GET",
        "/{module}/{id}/Locking_Information__s/{lock_id}",
        locks.get,
        _with("lockinginformation", _R),
        _VIEW,
        shapes.LOCKS,
        params.LOCKS,
    ),
    Endpoint(
        "PUT",
        "/{module}/{id}/Locking_Information__s/{lock_id}",
        locks.change,
        _with("lockinginformation", _U),
        _EDIT,
        shapes.LOCK_CHANGED,
        body=shapes.LOCK,
    ),
    Endpoint(
        "DELETE",
        "/{module}/{id}/Locking_Information__s/{lock_id}",
        locks.remove,
        _with("lockinginformation", _D),
        _EDIT,
        shapes.UNLOCKED,
    ),
    # After all that has a word in the place of a list's name.
    Endpoint("GET", "/{module}/{id}/{related}", related.listing, _module(_R), _VIEW, shapes.RELATED, params.RELATED),
    Endpoint("PUT", "/{module}/{id}/{related}", related.link, _module(_U), _EDIT, shapes.RELATION, body=shapes.IDS),
    Endpoint(
        "DELETE", "/{module}/{id}/{related}", related.delink_many, _DELINK, _EDIT, shapes.RELATION, params.DELINK_MANY
    ),
    Endpoint("DELETE", "/{module}/{id}/{related}/{related_id}", related.delink, _DELINK, _EDIT, shapes.DELETED_ONE),
    Endpoint("GET", "/settings/modules", metadata.modules, _settings("modules"), _VIEW, shapes.MODULES),
    Endpoint("GET", "/settings/modules/{module}", metadata.module, _settings("modules"), _VIEW, shapes.MODULES),
    Endpoint("GET", "/settings/fields", fields.listing, _settings("fields"), _VIEW, shapes.FIELDS, params.FIELDS),
    Endpoint(
        "POST",
        "/settings/fields",
        fields.add,
        _settings("fields", _C),
        _CUSTOMIZE,
        shapes.FIELDS_ADDED,
        params.METADATA,
        shapes.NEW_FIELDS,
    ),
    Endpoint("GET", "/settings/fields/{id}", fields.get, _settings("fields"), _VIEW, shapes.FIELDS, params.METADATA),
    Endpoint(
        "DELETE",
        "/settings/fields/{id}",
        fields.remove,
        _settings("fields", _D),
        _CUSTOMIZE,
        shapes.FIELD_REMOVED,
        params.METADATA,
    ),
    Endpoint("GET", "/settings/layouts", layouts.listing, _settings("layouts"), _VIEW, shapes.LAYOUTS, params.METADATA),
    Endpoint(
        "GET", "/settings/layouts/{id}", layouts.get, _settings("layouts"), _VIEW, shapes.LAYOUTS, params.METADATA
    ),
    Endpoint(
        "GET",
        "/settings/related_lists",
        metadata.related_lists,
        _settings("related_lists"),
        _VIEW,
        shapes.RELATED_LISTS,
        params.METADATA,
    ),
    Endpoint("GET", "/settings/tags", metadata.tags, _settings("tags"), _VIEW, shapes.TAGS, params.METADATA),
    Endpoint(
        "GET",
        "/settings/email_templates",
        templates.listing,
        _templates(_R),
        _VIEW,
        shapes.TEMPLATES,
        params.TEMPLATES,
    ),
    Endpoint(
        "POST",
        "/settings/email_templates",
        templates.add,
        _templates(_C),
        _CREATE,
        shapes.TEMPLATES_ADDED,
        body=shapes.NEW_TEMPLATES,
    ),
    Endpoint("GET", "/settings/email_templates/{id}", templates.get, _templates(_R), _VIEW, shapes.ONE_TEMPLATE),
    Endpoint(
        "PUT",
        "/settings/email_templates/{id}",
        templates.change,
        _templates(_U),
        _EDIT,
        shapes.TEMPLATE_CHANGED,
        body=shapes.CHANGED_TEMPLATE,
    ),
    Endpoint(
        "DELETE",
        "/settings/email_templates/{id}",
        templates.remove,
        _templates(_D),
        _DELETE,
        shapes.TEMPLATE_REMOVED,
    ),
    Endpoint(
        "GET",
        "/settings/domain_keys",
        domain_keys.listing,
        _settings("domain_keys"),
        _CUSTOMIZE,
        shapes.DOMAIN_KEYS,
        params.DOMAIN_KEYS,
    ),
    Endpoint(
        "POST",
        "/settings/domain_keys",
        domain_keys.add,
        _settings("domain_keys", _C),
        _CUSTOMIZE,
        shapes.DOMAIN_KEYS_MADE,
        body=shapes.NEW_DOMAIN_KEYS,
    ),
    Endpoint(
        "POST",
        "/settings/domain_keys/{id}/actions/start",
        domain_keys.start,
        _settings("domain_keys", _U),
        _CUSTOMIZE,
        shapes.DOMAIN_KEY,
    ),
    Endpoint(
        "DELETE",
        "/settings/domain_keys/{id}",
        domain_keys.remove,
        _settings("domain_keys", _D),
        _CUSTOMIZE,
        shapes.DOMAIN_KEY,
    ),
    Endpoint("GET", "/settings/roles", metadata.roles, _settings("roles"), _VIEW, shapes.ROLES),
    Endpoint("POST", "/coql", coql.query, coql.NEEDS, _VIEW, shapes.QUERIED, body=shapes.QUERY),
    Endpoint("GET", "/users", users.listing, _USERS, _VIEW, shapes.USERS, params.USERS),
    Endpoint("PUT", "/users", users.update_many, _RENAME, _EDIT, shapes.RENAMED, body=shapes.NAMES),
    Endpoint("GET", "/users/{id}", users.get, _USERS, _VIEW, shapes.ONE_USER),
    Endpoint("PUT", "/users/{id}", users.update, _RENAME, _EDIT, shapes.RENAMED_ONE, body=shapes.NAME),
    Endpoint("GET", "/org", org.get, _ORG, _VIEW, shapes.ORG),
)
