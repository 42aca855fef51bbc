"""The API's resources, one file each: a handler reads a ``Call``, asks the store or an act, and answers."""
