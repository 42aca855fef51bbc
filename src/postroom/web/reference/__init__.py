"""The API's description of itself, made from its table of routes: ``/openapi.json``, and ``/reference`` for people."""
