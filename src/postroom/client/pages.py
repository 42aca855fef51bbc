"""Lists that come in pages, and the way from one to the next (W 7.1)."""

from collections.abc import Mapping

from postroom.client import reading
from postroom.client.talk import Answer, Call, Object, Page, question, single


def paged(key: str, where: str, params: Mapping[str, str]) -> Call[Page[Object]]:
    """A page of the objects under ``key``; the next by its token, which does not end at 2,000, else by its number."""

    def read(answer: Answer) -> Page[Object]:
        found = reading.body(answer)
        info = found.get("info") or {}
        further: Mapping[str, str] | None = None
        if info.get("next_page_token"):
            further = {"page_token": str(info["next_page_token"])}
        elif info.get("more_records"):
            further = {"page": str(int(info.get("page", 1)) + 1)}
        following = None if further is None else paged(key, where, {**params, **further})
        return Page(items=found.get(key, []), following=following)

    return single(question(where, params), read)
