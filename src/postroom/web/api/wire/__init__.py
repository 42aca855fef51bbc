"""The API's JSON and our values, both ways. Pure, and the only home of the API's field names."""
