"""The page in a browser: both passes step by step, with keys and with the mouse."""

import pytest

from chainrule import expression, named, sin

a, b, c, x = map(expression, "abcx")
L = named("L", c * named("e", a + named("d", 2 * b)))
LINES = [
    "c = 3, given",
    "a = 1, given",
    "b = 2, given",
    "d = 2·b = 2·2 = 4",
    "e = a + d = 1 + 4 = 5",
    "L = c·e = 3·5 = 15",
    "dL/dL = 1: the way back starts at the output",
    "dL/dc += dL/dL · ∂L/∂c = 1 · 5 = 5",
    "dL/de += dL/dL · ∂L/∂e = 1 · 3 = 3",
    "dL/da += dL/de · ∂e/∂a = 3 · 1 = 3",
    "dL/dd += dL/de · ∂e/∂d = 3 · 1 = 3",
    "dL/db += dL/dd · ∂d/∂b = 3 · 2 = 6",
    "Done: dL/dc = 5, dL/da = 3, dL/db = 6",
]
CHAIN = "∂L/∂e · ∂e/∂d · ∂d/∂b = c · 1 · 2 = 3 · 1 · 2 = 6"


@pytest.fixture
def example(visit):
    return visit(L.graph({"a": 1, "b": 2, "c": 3}))


def seen(page, kind):
    """The numbers of the chips that show, by the name of their node."""
    return page.page.evaluate(
        """kind => Object.fromEntries([...document.querySelectorAll("g.node")]
            .map(node => [node.querySelector(".name").textContent, node.querySelector(kind)])
            .filter(([_, text]) => getComputedStyle(text).opacity === "1")
            .map(([name, text]) => [name, text.textContent]))""",
        kind,
    )


def still(page):
    """Let no chip be half faded in."""
    page.page.add_style_tag(content="* { transition: none !important }")
    return page


def test_every_line_forth_and_back(example):
    found = []
    for _ in LINES:
        example.press("ArrowRight")
        found.append(example.text("#says"))
    assert LINES == found
    for line in LINES[-2::-1]:
        example.press("ArrowLeft")
        assert line == example.text("#says")
    example.press("ArrowLeft")
    assert "whole picture" == example.text("#count")


def test_values_appear_as_they_are_computed_and_derivatives_as_they_are_summed(example):
    still(example)
    example.press(*["ArrowRight"] * 5)
    assert {"c": "3", "a": "1", "b": "2", "d": "4", "e": "5"} == seen(example, ".value")
    assert {} == seen(example, ".adjoint")
    assert "forward 5 of 6" == example.text("#count")
    example.press(*["ArrowRight"] * 4)
    assert {"L": "1", "c": "5", "e": "3"} == seen(example, ".adjoint")
    assert "backward 3 of 6" == example.text("#count")
    assert "n6-n8-1" == example.page.get_attribute(".edge.now-backward", "data-edge")
    assert "L e dL/dL = 1 ∂L/∂e = c = 3 3 dL/de = 3 product" == " ".join(
        example.page.locator("tr.now > *").all_inner_texts()
    )
    example.press("Home")
    assert {"c": "5", "a": "3", "b": "6", "d": "3", "e": "3", "L": "1"} == seen(example, ".adjoint")


def test_a_derivative_of_two_uses_grows_by_its_shares(visit):
    page = visit((sin(x) * x).graph({"x": 0.0}))
    page.press("End", *["ArrowLeft"] * 2)
    assert page.text("#says").endswith("Sum so far 0; 1 more to come")
    page.press("ArrowRight")
    assert page.text("#says").endswith("Sum so far 0: all of it")


def test_the_buttons_do_what_the_keys_do(example):
    press = example.page.click
    press("#last")
    assert LINES[-1] == example.text("#says")
    assert example.page.is_disabled("#step")
    press("#back")
    assert LINES[-2] == example.text("#says")
    press("#first")
    press("#step")
    assert LINES[0] == example.text("#says")
    example.page.locator("#position").fill("5")
    assert LINES[4] == example.text("#says")


def test_it_plays_until_it_is_paused(visit):
    page = visit(L.graph({"a": 1, "b": 2, "c": 3}), color_scheme="light")  # a clock of its own
    page.page.clock.install()
    page.press("Space")
    page.page.clock.run_for(1600)
    assert LINES[1] == page.text("#says")
    assert "Pause" == page.page.get_attribute("#play", "aria-label")
    page.press("Space")
    page.page.clock.run_for(9000)
    assert LINES[1] == page.text("#says")
    page.page.click("#play")
    page.page.clock.run_for(60_000)
    assert LINES[-1] == page.text("#says")
    assert "Play" == page.page.get_attribute("#play", "aria-label")


def test_from_load_to_the_chain_rule_of_b_by_keyboard_alone(example):
    focus = ""
    for _ in range(20):
        example.press("Tab")
        focus = example.page.evaluate("document.activeElement.getAttribute('aria-label')") or ""
        if focus.startswith("Input b"):
            break
    assert "Input b, value: 2, gradient: dL/db = 6, to L: 3 edges" == focus
    example.press("Enter")
    assert CHAIN == example.text(".rule:visible .paths li")
    assert "dL/db = 6" == example.text(".rule:visible .sum")
    assert "Input b" == example.text("#picked-title")
    example.press("Escape")
    assert 0 == example.page.locator(".rule:visible").count()


def test_a_click_tells_all_about_a_node_and_an_edge(example):
    example.page.click("[data-node=n6] .badge")
    facts = "formula e = a + d value 1 + 4 = 5 gradient dL/de = 3 to L 1 edge"
    assert facts == " ".join(example.page.locator("#facts > *").all_inner_texts())
    example.page.locator("[data-edge=n6-n8-1]").dispatch_event("click")
    assert "Edge from e to L" == example.text("#picked-title")
    facts = "local derivative ∂L/∂e = c = 3 rule product flows in dL/dL = 1 flows on "
    facts += "dL/dL · ∂L/∂e = 1 · 3 = 3"
    assert facts == " ".join(example.page.locator("#facts > *").all_inner_texts())
    assert facts.split()[0] in example.text("#told")


def test_edges_show_numbers_or_formulas(example):
    local, formula = "[data-edge=n6-n8-1] .local", "[data-edge=n6-n8-1] .formula"
    assert [True, False] == [example.page.is_visible(local), example.page.is_visible(formula)]
    example.press("f")
    assert [False, True] == [example.page.is_visible(local), example.page.is_visible(formula)]
    assert ["3", "c"] == [example.text(local), example.text(formula)]
    example.page.click("#labels")
    assert example.page.is_visible(local)


def test_each_path_has_a_stroke_and_a_key(visit):
    page = visit((sin(x) * x).graph({"x": 2.0}, wrt="x"))
    strands = page.page.locator(".strand")
    assert ["strand way1", "strand way1", "strand way2"] == sorted(
        strand.get_attribute("class") for strand in strands.all()
    )
    strokes = {strand.evaluate("p => getComputedStyle(p).stroke") for strand in strands.all()}
    assert 2 == len(strokes)
    page.press("2")
    assert ["strand way2"] == [strand.get_attribute("class") for strand in strands.all()]
    page.press("2")
    assert 3 == strands.count()


def test_keys_can_be_turned_off(example):
    example.page.uncheck("#keys")
    example.press("ArrowRight")
    assert "whole picture" == example.text("#count")
