"""Who may do what: principals, scopes, grants, bearer tokens and the keys that protect secrets."""
