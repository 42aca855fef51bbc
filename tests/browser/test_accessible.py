"""What every page owes to everybody: those who hear it, who use keys only, who have a small screen or weak eyes."""

from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page

from tests.browser.chromium import seat_at
from tests.browser.gallery import WALKS, settings
from tests.oauth_clients.scene import scene

NARROW: Final = {"width": 320, "height": 640}  # WCAG 2.2, 1.4.10: no scrolling in two directions

# What a page lacks, in words. WCAG 2.2: 3.1.1, 2.4.2, 1.3.1, 3.3.2, 1.4.10.
_LACKS: Final = """() => {
  const lacks = [], all = (what) => [...document.querySelectorAll(what)];
  if (!document.documentElement.lang) lacks.push("a language");
  if (!document.title.trim()) lacks.push("a title");
  for (const one of ["main", "h1"]) if (all(one).length !== 1) lacks.push("one " + one);
  for (const field of all("input:not([type=hidden]), select, textarea"))
    if (!field.labels.length || !field.labels[0].innerText.trim()) lacks.push("a label for " + field.name);
  for (const button of all("button, a").filter(each => each.checkVisibility()))
    if (!button.innerText.trim()) lacks.push("words on " + button.outerHTML);
  for (const choice of all("input[type=radio]"))
    if (!choice.closest("fieldset")?.querySelector("legend")) lacks.push("a question above " + choice.name);
  const ids = all("[id]").map(each => each.id);
  if (new Set(ids).size < ids.length) lacks.push("ids that differ");
  if (document.documentElement.scrollWidth > innerWidth) lacks.push("room: " + document.documentElement.scrollWidth);
  return lacks;
}"""

# Text whose colour is too close to what is behind it: WCAG 2.2, 1.4.3 (AA).
_FAINT: Final = """() => {
  const light = (colour) => colour.map(each => each / 255)
    .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, n) => sum + each * [0.2126, 0.7152, 0.0722][n], 0);
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parts(getComputedStyle(element).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), faint = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const both = [parts(getComputedStyle(element).color).slice(0, 3), behind(element)].map(light).sort((a, b) => b - a);
    const contrast = (both[0] + 0.05) / (both[1] + 0.05);
    if (contrast < 4.5) faint.push(texts.currentNode.data.trim() + ": " + contrast.toFixed(2));
  }
  return faint;
}"""

_FOCUS: Final = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const place = [...document.querySelectorAll("body *")].indexOf(at);
  return [at.tagName === "BODY" ? "" : `${place}: ${at.outerHTML}`, seen];
}"""

MANY: Final = 18  # places of one page that are walked to: the rest of a long one is more of the same
_STOPS: Final = "a[href], button, select, textarea, input:not([type=hidden]):not([type=radio])"


@pytest.mark.parametrize("walk", WALKS)
async def test_every_page_has_what_everybody_needs(chromium: Browser, walk: str, tmp_path: Path) -> None:
    async with scene(tmp_path, settings=settings(tmp_path)) as at, seat_at(chromium, viewport=NARROW) as seat:
        wrong: dict[str, list[str]] = {}
        async for name in WALKS[walk](at, seat.page):
            wrong[name] = [f"lacks {each}" for each in await seat.page.evaluate(_LACKS)]
            for scheme in ("light", "dark"):
                await seat.page.emulate_media(color_scheme=scheme)
                wrong[name] += [f"faint when {scheme}: {each}" for each in await seat.page.evaluate(_FAINT)]
            wrong[name] += await _unreached(seat.page)
        assert wrong
        assert {name: faults for name, faults in wrong.items() if faults} == {}


async def _unreached(page: Page) -> list[str]:
    """What the Tab key does not reach, or reaches unseen (WCAG 2.2, 2.1.1 and 2.4.7)."""
    stops = await page.locator(_STOPS).count() + await page.locator("fieldset:has(input[type=radio])").count()
    stops = min(stops, MANY)
    reached, wrong = set(), []
    for _ in range(stops + 1):  # one more: past the last one the browser's own window comes, then the first
        await page.keyboard.press("Tab")
        element, seen = await page.evaluate(_FOCUS)
        reached.add(element)
        if element and not seen:
            wrong.append(f"the focus is not seen on {element}")
    if len(reached - {""}) < stops:
        wrong.append(f"of {stops} places the Tab key reaches {len(reached - {''})}")
    return wrong
