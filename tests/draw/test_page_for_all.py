"""The page for everyone: offline, in the dark, on a phone, read aloud, and whatever the names."""

import pytest
from tests.draw.hostile import HOSTILE

from chainrule import expression, named, sin

a, b, c, x = map(expression, "abcx")
GRAPH = named("L", c * named("e", a + named("d", 2 * b))).graph({"a": 1, "b": 2, "c": 3})
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1200, "height": 900}
# Source: WCAG 2.2, the definitions of relative luminance and contrast ratio.
CONTRASTS = """() => {
  const parse = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const linear = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = colour => {
    const [r, g, b] = parse(colour).map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((p, q) => p - q);
    return (high + 0.05) / (low + 0.05);
  };
  const fill = (group, kind) => getComputedStyle(group.querySelector(kind)).fill;
  const pairs = [[".value", ".forward"], [".adjoint", ".backward"], [".name", ".card"],
                 [".symbol", ".badge"]];
  const found = [...document.querySelectorAll("g.node")].flatMap(node => pairs
    .filter(pair => pair.every(kind => node.querySelector(kind)))
    .map(([text, under]) => ratio(fill(node, text), fill(node, under))));
  const paper = getComputedStyle(document.querySelector(".paper")).fill;
  return found.concat([...document.querySelectorAll(".local")].map(
    text => ratio(getComputedStyle(text).fill, paper)));
}"""


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_to_object_to(visit, axe, theme, viewport):
    page = visit(GRAPH, color_scheme=theme, viewport=viewport)
    page.page.evaluate(axe)
    page.press(*["ArrowRight"] * 9)
    page.page.locator("[data-node=n3]").dispatch_event("click")
    page.press("1")
    found = page.page.evaluate("() => axe.run()")
    assert [] == [(item["id"], item["nodes"][0]["html"]) for item in found["violations"]]
    assert len(found["passes"]) > 20


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_of_the_picture_can_be_read(visit, theme):
    page = visit(GRAPH, color_scheme=theme)
    for _ in range(2):
        contrasts = page.page.evaluate(CONTRASTS)
        assert len(contrasts) > 20
        assert min(contrasts) >= 4.5
        page.page.click("#theme")


def test_the_button_turns_the_page_and_its_picture_dark(visit):
    page = visit(GRAPH, color_scheme="light")
    style = (
        "p => [getComputedStyle(p).fill, getComputedStyle(document.documentElement).colorScheme]"
    )
    paper = page.page.locator(".paper")
    assert ["rgb(255, 255, 255)", "light"] == paper.evaluate(style)
    page.page.click("#theme")
    assert ["rgb(21, 24, 29)", "dark"] == paper.evaluate(style)
    assert "Light" == page.text("#theme")


def test_nothing_is_wider_than_a_phone(visit):
    page = visit(GRAPH, viewport=PHONE)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.press("End", *["ArrowLeft"] * 6)
    node = page.page.locator(".node.now-backward").bounding_box()
    assert 0 <= node["x"] <= PHONE["width"] - node["width"]


def test_who_wants_no_motion_gets_none(visit):
    page = visit(GRAPH, reduced_motion="reduce")
    duration = (
        "p => getComputedStyle(p).transitionDuration + getComputedStyle(p).transitionProperty"
    )
    assert "none" in page.page.locator(".card").first.evaluate(duration)


def test_without_scripts_the_picture_and_the_tables_stand(visit):
    page = visit(GRAPH, java_script_enabled=False)
    assert page.page.is_visible("#picture svg")
    assert "6" == page.text("[data-node=n3] .adjoint")
    assert "dL/db = 6" == page.text("table.backward tr:last-child td:nth-child(6)")
    assert "3 · 1 · 2" in page.text("#chain")
    assert not page.page.is_visible("#walk")
    assert "Scripts are off" in page.text("noscript")


def test_names_are_text_and_nothing_else(visit):
    total = x
    for name in HOSTILE:
        total = sin(total * expression(name))
    page = visit(total.graph(dict.fromkeys(HOSTILE, 0.5) | {"x": 2.0}))
    assert 0 == page.page.locator("body img").count()
    assert 1 == page.page.locator("script").count()
    assert len(HOSTILE) + 1 == page.page.locator("#by button").count()
    page.press(*["ArrowRight"] * 3)
    assert "<script>alert(1)</scrip… = 0.5, given" == page.text("#says")
    page.page.locator("#by button").nth(1).click()
    page.page.get_by_label(HOSTILE[1], exact=True).fill("0.25")
    assert "0.25" == page.text("g.node:has(> title:text('<script>')) .value >> nth=0")
