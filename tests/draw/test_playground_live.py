"""The page of gradient descent in a browser: dragged, typed into, raced, played, read."""

import re

import numpy as np
import pytest

from chainrule import minimize, parse
from chainrule.draw.playground import playground
from chainrule.optimize import landscapes
from chainrule.optimize.methods import method_named

PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1200, "height": 900}
BOWL = "x**2 + 3*y**2"


def descended(text, start, method, rate, n_epochs):
    """The points of a descent, by Python."""
    loss, maker = parse(text), method_named(method)
    names = sorted(loss.variables)
    points = [np.array(start, dtype=float)]
    state = maker.init(points[0])
    for _ in range(n_epochs):
        slopes = loss.diff(dict(zip(names, points[-1], strict=True)))
        gradient = np.array([slopes[name] for name in names])
        step, state = maker.update(gradient, state, points[-1], rate)
        points.append(points[-1] + step)
    return points, [loss.eval(dict(zip(names, point, strict=True))) for point in points]


def number(text):
    return float(text.replace("−", "-"))


def rows(page):
    """The numbers of the table of epochs."""
    page.page.evaluate("() => { document.getElementById('steps').open = true; }")
    page.page.locator("#steps-body tr").first.wait_for()
    settled(page)
    found = page.page.locator("#steps-body tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )
    return [[number(word) for word in row if not word.startswith("(")] for row in found]


def settled(page):
    """Wait until what changed is drawn."""
    page.page.evaluate(
        "() => new Promise(done => setTimeout(() => requestAnimationFrame(() => setTimeout(done))))"
    )


def at_rest(page, selector):
    settled(page)
    return page.text(selector)


def start_of(page):
    return tuple(float(page.page.input_value(f"#start{axis}")) for axis in (0, 1))


def middle(page, selector):
    box = page.page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_it_begins_as_it_was_asked_to(visit):
    page = visit(playground(BOWL, start={"x": -1, "y": 2}, method="adam", rate=0.3, n_epochs=12))
    points, losses = descended(BOWL, (-1, 2), "adam", 0.3, 12)
    found = rows(page)
    assert list(range(13)) == [row[0] for row in found]
    wanted = [[*point, loss] for point, loss in zip(points, losses, strict=True)]
    assert pytest.approx(np.array(wanted), rel=1e-6) == np.array([row[1:4] for row in found])
    assert page.text("#says").startswith("Epoch 12 of 12: x = ")


def test_the_start_is_dragged_and_all_follows(visit):
    page = visit(playground(BOWL, start=(-1, 2), rate=0.1, n_epochs=20))
    mouse = page.page.mouse
    from_x, from_y = middle(page, "#handle")
    mouse.move(from_x, from_y)
    mouse.down()
    seen = []
    for part in (0.3, 0.6, 1.0):
        mouse.move(from_x + 120 * part, from_y + 60 * part)
        seen.append(start_of(page))
        assert descended(BOWL, seen[-1], "gradient descent", 0.1, 20)[1][-1] == pytest.approx(
            rows(page)[-1][3], rel=1e-6
        )
    mouse.up()
    mouse.move(0, 0)
    assert seen[-1] == start_of(page)
    assert sorted(set(seen)) == seen
    assert [second for _, second in seen] == sorted((s[1] for s in seen), reverse=True)
    assert pytest.approx((from_x + 120, from_y + 60), abs=1.5) == middle(page, "#handle")


def test_a_finger_sets_the_start(visit):
    page = visit(playground(BOWL, start=(-1, 2)), has_touch=True, viewport=PHONE)
    box = page.page.locator("#plot").bounding_box()
    page.page.touchscreen.tap(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.7)
    x, y = start_of(page)
    assert 0 < x < 2
    assert -2.5 < y < -0.5
    # Beside each other, the buttons leave the picture to the finger.
    buttons = page.page.locator(".zoom").bounding_box()
    assert buttons["height"] < buttons["width"] / 2


def test_a_formula_is_typed_and_descended_on(visit):
    page = visit(playground(BOWL))
    page.page.fill("#formula", "sin(m)*cos(b) + (m - b)**2/9")
    assert ["b", "m"] == page.page.locator("fieldset label").all_text_contents()
    page.page.fill("#start0", "0.5")
    page.page.fill("#start1", "-1.25")
    page.page.fill("#rate", "0.2")
    page.page.fill("#epochs", "15")
    points, losses = descended(
        "sin(m)*cos(b) + (m - b)**2/9", (0.5, -1.25), "gradient descent", 0.2, 15
    )
    assert [*points[-1], losses[-1]] == pytest.approx(rows(page)[-1][1:4], rel=1e-6)
    assert "your own" == page.text("#landscape option:checked")


def test_a_wrong_formula_is_refused_in_its_place_and_the_picture_stays(visit):
    page = visit(playground(BOWL, n_epochs=5))
    before = rows(page)
    page.page.fill("#formula", "x**2 + 2y")
    assert "an operator is missing after 2: a product is 2*... (column 9)." in page.text(
        "#formula-wrong"
    )
    assert "x**2 + 2y\n        ^" == page.page.locator("#formula-wrong pre").text_content()
    assert "true" == page.page.get_attribute("#formula", "aria-invalid")
    page.page.fill("#formula", "x*y*z")
    assert "'z' is a third variable" in page.text("#formula-wrong")
    assert before == rows(page)
    page.page.fill("#formula", "x**2 + 2*y**2")
    assert not page.page.is_visible("#formula-wrong")
    assert before != rows(page)


def test_fields_that_make_no_sense_say_so(visit):
    page = visit(playground(BOWL, n_epochs=5))
    for field, value, words in [
        ("rate", "-1", "Enter a rate above 0"),
        ("epochs", "2.5", "a whole number from 1 to 10000"),
        ("start0", "", "Enter a number"),
    ]:
        page.page.fill(f"#{field}", value)
        assert words in page.text(f"#{field}-wrong")
        assert "true" == page.page.get_attribute(f"#{field}", "aria-invalid")
    assert 6 == len(rows(page))


def test_methods_race_and_each_takes_the_steps_of_python(visit):
    page = visit(playground("rosenbrock", start=(-1.2, 1.0), rate=0.001, n_epochs=30))
    raced = {"momentum": "0.0005", "adam": "0.05", "lion": "0.02"}
    for name, rate in raced.items():
        page.page.check(f"#race tr:has(label:text-is('{name}')) input[type=checkbox]")
        page.page.get_by_label(f"Rate of {name}", exact=True).fill(rate)
    settled(page)
    assert 4 == page.page.locator("#drawing .run").count()
    assert 4 == page.page.locator("#losses .run").count()
    strokes = page.page.locator("#drawing .run > path:nth-child(2)").evaluate_all(
        "all => all.map(p => getComputedStyle(p).stroke + getComputedStyle(p).strokeDasharray)"
    )
    assert 4 == len(set(strokes))
    formula = landscapes.rosenbrock().expression.to_text()
    for name, rate in [("gradient descent", "0.001"), *raced.items()]:
        losses = descended(formula, (-1.2, 1.0), name, float(rate), 30)[1]
        shown = page.text(f"#race tr:has(label:text-is('{name}')) td:nth-child(3)")
        assert losses[-1] == pytest.approx(number(shown), rel=1e-4)
    page.page.uncheck("#race tr:has(label:text-is('adam')) input[type=checkbox]")
    settled(page)
    assert 3 == page.page.locator("#drawing .run").count()


def test_keys_move_the_start_and_step_through_the_epochs(visit):
    page = visit(playground(BOWL, start=(-1, 2), box={"x": (-5, 5), "y": (-5, 5)}, n_epochs=40))
    page.page.focus("#handle")
    page.press("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowLeft")
    assert (-0.62, 1.8) == start_of(page)
    settled(page)  # the picture follows a frame later
    assert "x = −0.62, y = 1.8" in page.page.get_attribute("#handle", "aria-label")
    page.page.evaluate("document.activeElement.blur()")
    page.press("Home")
    assert "Epoch 0 of 40: x = −0.62, y = 1.8" in at_rest(page, "#says")
    page.press("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft")
    assert "epoch 2 of 40" == at_rest(page, "#count")
    page.press("End")
    assert "epoch 40 of 40" == at_rest(page, "#count")
    page.page.focus("#formula")
    page.press("Home")
    assert "epoch 40 of 40" == at_rest(page, "#count")
    page.page.uncheck("#keys")
    page.press("Home")
    assert "epoch 40 of 40" == at_rest(page, "#count")


def test_it_plays_from_the_start_to_the_end(visit):
    page = visit(playground(BOWL, n_epochs=30))
    settled(page)
    page.page.evaluate(
        """() => {
          window.seen = [];
          const count = document.getElementById("count");
          new MutationObserver(() => window.seen.push(parseInt(count.textContent.slice(6))))
            .observe(count, { childList: true, characterData: true, subtree: true });
        }"""
    )
    page.press(" ")
    assert "Pause" == page.page.get_attribute("#play", "aria-label")
    page.press(" ")
    page.page.fill("#position", "24")
    page.page.click("#play")
    page.page.locator("#play[aria-label=Play]").wait_for()
    settled(page)
    seen = page.page.evaluate("window.seen")
    assert [0, 30] == [seen[0], seen[-1]]
    assert sorted(set(seen)) == seen
    assert {24, 27, 30} <= set(seen)


def test_who_wants_no_motion_gets_few_pictures(visit):
    page = visit(playground(BOWL, n_epochs=1000), reduced_motion="reduce")
    page.press(" ")
    page.page.locator("#count:text-is('epoch 100 of 1000')").wait_for()
    page.press(" ")
    assert "Play" == page.page.get_attribute("#play", "aria-label")
    duration = "p => getComputedStyle(p).transitionProperty"
    assert "none" == page.page.locator("#play").evaluate(duration)


def test_the_rate_is_explained_at_every_epoch(visit):
    page = visit(playground("x**2 + 3*y**2", start=(1, 1), rate=0.4, n_epochs=30))
    assert "Stable limit: 0.333333" in at_rest(page, "#explained")
    assert "Rate 0.4 is above the stable limit 0.333333 along y" in page.text("#explained")
    assert "divergence: the loss grew" in page.text("#symptoms")
    assert "rate 0.4 is above the stable limit 0.333333 along y; try 0.25" in page.text("#symptoms")
    page.page.fill("#rate", "0.25")
    assert "overshoots" in at_rest(page, "#explained")
    assert "arrived" in page.text("#symptoms")
    page.page.select_option("#method", "adam")
    assert "These are the rates of plain gradient descent" in at_rest(page, "#explained")


def test_the_state_is_in_the_link(visit):
    page = visit(playground(BOWL, n_epochs=7, race=["lion"]))
    page.page.fill("#formula", "u**2 + v**4")
    page.page.fill("#start0", "1.5")
    page.page.select_option("#method", "nadam")
    page.page.fill("#rate", "0.125")
    page.page.fill("#epochs", "9")
    wanted = rows(page)
    page.page.wait_for_url("**method=nadam*epochs=9*")
    link = page.page.evaluate("location.hash")
    other = visit(playground("x**4"))
    other.page.evaluate("link => { location.hash = link; }", link)
    other.page.locator("#count:text-is('epoch 9 of 9')").wait_for()
    assert wanted == rows(other)
    assert "0.125" == other.page.input_value("#rate")
    assert 2 == other.page.locator("#drawing .run").count()


def test_a_link_that_makes_no_sense_changes_nothing(visit):
    page = visit(playground(BOWL, n_epochs=5))
    before = rows(page)
    for link in ["#f=x%2B", "#f=%3Cimg src=x onerror=alert(1)%3E", "#nonsense", "#f=x*y*z"]:
        page.page.evaluate("link => { location.hash = link; }", link)
        assert before == rows(page)


def test_names_and_numbers_of_a_link_are_text_and_nothing_else(visit):
    page = visit(playground(BOWL))
    name = "<img src=x onerror=alert(1)>"
    page.page.evaluate(
        "name => { location.hash = new URLSearchParams({f: '`' + name + '`**2 + y**2',"
        " start: 'a,b', rate: '-1', epochs: '1e9', view: '1,0', race: '__proto__:1,adam'}); }",
        name,
    )
    page.page.locator(f"fieldset label:text-is('{name}')").wait_for()
    settled(page)
    assert 0 == page.page.locator("img").count()
    assert name == page.page.locator("[data-name='0']").first.text_content()
    assert 2 == page.page.locator("#drawing .run").count()
    assert "100" == page.page.input_value("#epochs")


def python_of(page):
    """Run the code that the page shows, and return what it made."""
    page.page.evaluate("() => { document.getElementById('code').open = true; }")
    page.page.locator("#python:not(:empty)").wait_for()
    settled(page)
    made = {}
    exec(page.page.locator("#python").text_content(), made)  # noqa: S102  # as a reader would
    return made


def test_the_python_that_is_copied_does_the_same(visit, capsys):
    text = '(1 - α)**2 + `y "2"`**4'
    page = visit(playground(text, start=(2, 1), method="nadam", rate=0.05, n_epochs=60))
    wanted = rows(page)[-1][1:3]
    trace = python_of(page)["trace"]
    assert wanted == pytest.approx([*trace.final.parameters.values()], rel=1e-7)
    page.page.check("#race tr:has(label:text-is('lion')) input[type=checkbox]")
    assert {"nadam": 0.05, "lion": 0.06} == python_of(page)["rates"]
    shown = page.text("#race tr:has(label:text-is('lion')) td:nth-child(3)")
    assert number(shown) == pytest.approx(python_of(page)["trace"].final.loss, rel=1e-4)
    assert "lion" in capsys.readouterr().out


def test_a_function_of_one_variable_is_a_curve_with_tangents(visit):
    page = visit(playground("x**4 - 3*x**2 + x", start=[2.0], rate=0.02, n_epochs=8))
    settled(page)
    assert 1 == page.page.locator("#drawing .curve").count()
    assert 9 == page.page.locator("#drawing .tangent").count()
    assert not page.page.is_visible("#start1")
    points, losses = descended("x**4 - 3*x**2 + x", [2.0], "gradient descent", 0.02, 8)
    assert pytest.approx([*points[-1], losses[-1]], rel=1e-6) == rows(page)[-1][1:3]
    page.press("Home")
    settled(page)
    line = page.page.locator("#drawing .tangent.now").get_attribute("d")
    (x0, y0), (x1, y1) = [map(float, pair.split()) for pair in re.findall(r"[ML]([^ML]+)", line)]
    # The slope at 2 is 21, as long as the picture's own units say; the screen counts downwards.
    left, right, low, high = page.page.locator("#drawing .curve").evaluate(
        "curve => { const b = curve.getBBox(); return [b.x, b.x + b.width, b.y + b.height, b.y]; }"
    )
    values = [t**4 - 3 * t**2 + t for t in np.linspace(-3, 3, 601)]
    units = (max(values) - min(values)) / (low - high) / (6 / (right - left))
    assert pytest.approx(21, rel=0.02) == (y0 - y1) / (x1 - x0) * units
    page.page.fill("#formula", "x*y")
    settled(page)
    assert 0 == page.page.locator("#drawing .curve").count()
    assert page.page.is_visible("#start1")


def test_a_start_without_a_value_leaves_the_curve(visit):
    # A path without a height would make the browser complain, which fails the visit.
    page = visit(playground("x*log(x)", start=-1.5))
    settled(page)
    assert 1 == page.page.locator("#drawing .curve").count()
    assert 0 == page.page.locator("#drawing .run path, #drawing .run circle").count()
    assert "start where it is a number" in page.text("#symptoms")
    page.page.fill("#start0", "2")
    settled(page)
    assert 1 == page.page.locator("#drawing .run circle").count()


def test_a_run_that_explodes_leaves_the_others_room(visit):
    page = visit(playground("x**4", start=-1.5, rate=0.5, race=["adam"], n_epochs=1000))
    settled(page)
    ticks = page.page.locator("#losses text.beside").all_text_contents()
    assert all(number(tick) < 1e8 for tick in ticks if tick[0].isdigit())
    assert "1,000" == page.page.locator("#losses text.below").all_text_contents()[-1]


def test_an_arrow_of_rounding_is_not_drawn(visit):
    page = visit(playground(BOWL, start=(-1, 2), rate=0.2, n_epochs=200))
    settled(page)
    assert 0 == page.page.locator("#drawing .downhill path").count()
    page.page.click("#back")
    page.page.click("#first")
    settled(page)
    assert 2 == page.page.locator("#drawing .downhill path").count()


def test_a_loss_over_a_table_is_descended_on(visit):
    data = {"u": [-1.0, 0.0, 1.0, 2.0], "v": [-1.0, 1.0, 3.0, 5.5]}
    for loss in ("mean((v - (m*u + b))**2)", "mean_absolute_error(m*u + b, v)"):
        page = visit(playground(loss, data=data, start={"m": 0, "b": 0}, rate=0.1, n_epochs=5))
        trace = minimize(parse(loss), {"b": 0.0, "m": 0.0}, data, learning_rate=0.1, n_epochs=5)
        found = rows(page)[-1]
        assert [*trace.path[-1], trace.loss[-1]] == pytest.approx(found[1:4], rel=1e-6)


@pytest.mark.parametrize("box", [(-4, 4), (-3, 3), (0, 7), (-1e-3, 2e-3), (-512, 512), (1, 1.9)])
def test_axes_of_a_phone_have_three_numbers_or_more(visit, box):
    page = visit(playground(BOWL, box={"x": box, "y": box}), viewport=PHONE)
    settled(page)
    found = page.page.locator("#drawing .below").all_text_contents()
    assert 3 <= len(found) <= 7


def test_landscapes_come_with_their_box_and_their_minima(visit):
    page = visit(playground())
    page.page.select_option("#landscape", "rosenbrock")
    settled(page)
    assert "100*(y - x**2)**2 + (1 - x)**2" == page.page.input_value("#formula")
    assert 1 == page.page.locator("#drawing .minimum").count()
    page.page.select_option("#landscape", "himmelblau")
    settled(page)
    assert 4 == page.page.locator("#drawing .minimum").count()
    page.page.select_option("#landscape", "forrester")
    settled(page)
    assert 1 == page.page.locator("#drawing .curve").count()


def test_the_picture_is_closer_and_further_away_and_fits(visit):
    page = visit(playground(BOWL, start=(-1, 2), rate=0.25, box={"x": (-6, 6), "y": (-3, 3)}))
    page.page.click("summary:text('Box')")
    page.page.click("#closer")
    assert "-4" == page.page.input_value("#view00")
    page.press("-")
    assert ["-6", "6"] == [page.page.input_value(f"#view0{end}") for end in (0, 1)]
    page.page.click("#fit")
    # From the start down to where the first step goes, and 15 % more.
    assert ["-1.45", "2.45"] == [page.page.input_value(f"#view1{end}") for end in (0, 1)]


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_to_object_to(visit, axe, theme, viewport):
    page = visit(playground(race=["adam"], n_epochs=4), color_scheme=theme, viewport=viewport)
    for summary in page.page.locator("summary").all():
        summary.click()
    page.page.fill("#epochs", "0")
    page.page.fill("#formula", "x^2")
    settled(page)
    page.page.evaluate(axe)
    found = page.page.evaluate("() => axe.run()")
    assert [] == [(item["id"], item["nodes"][0]["html"]) for item in found["violations"]]
    assert len(found["passes"]) > 20
    assert page.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_without_scripts_the_page_says_so(visit):
    page = visit(playground(), java_script_enabled=False)
    assert "Scripts are off" in page.text("noscript")
    assert not page.page.is_visible("#walk")


def test_it_runs_in_the_frame_of_a_notebook(visit):
    class Shown:
        def to_html(self):
            return "<title>n</title>" + playground(BOWL)._repr_mimebundle_()["text/html"]

    page = visit(Shown())
    frame = page.page.frame_locator("iframe")
    frame.locator("#last").click()
    assert "epoch 100 of 100" == frame.locator("#count").text_content()
    page.requests[:] = [url for url in page.requests if url != "about:srcdoc"]
