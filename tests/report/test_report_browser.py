"""The page in a real browser: no errors, no requests, every figure shows, filters choose rows."""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
import subprocess

import pytest
from synthetic_models import bench, curve, limit_rows, write_models
from synthetic_runs import SHAPES, pair, realistic, write_run

pytest.importorskip("matplotlib")

from spbench.report.build import build_report

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHECK = """<script>
const errors = [];
addEventListener("error", event => errors.push(String(event.message || event.target.outerHTML)), true);
addEventListener("load", async () => {
  const figures = [];
  for (const image of document.images) {
    const canvas = document.createElement("canvas");
    canvas.width = 400; canvas.height = 300;
    const pen = canvas.getContext("2d");
    let colours = new Set(), ink = 0;
    try {
      await image.decode();
      pen.drawImage(image, 0, 0, 400, 300);
      const pixels = pen.getImageData(0, 0, 400, 300).data;
      for (let at = 0; at < pixels.length; at += 4) {
        colours.add(pixels[at] << 16 | pixels[at + 1] << 8 | pixels[at + 2]);
        ink += pixels[at + 3] > 0 && pixels[at] + pixels[at + 1] + pixels[at + 2] < 700;
      }
    } catch (error) { errors.push(String(error)); }
    const box = image.getBoundingClientRect();
    figures.push({alt: image.alt, width: box.width, height: box.height,
                  colours: colours.size, ink: ink / 120000});
  }
  const requests = performance.getEntriesByType("resource").map(entry => entry.name);
  document.body.dataset.found = JSON.stringify({
    errors, figures, cut: [...document.querySelectorAll(".wide")].filter(
      table => table.scrollWidth > table.clientWidth).map(table => table.textContent.slice(0, 60)),
    requests: requests.filter(name => !name.startsWith("data:")),
    overflow: document.documentElement.scrollWidth - innerWidth});
});
</script>"""

FILTERS = """<script>
function choose(facet, value) {
  const select = document.querySelector(`.filters select[name=${facet}]`);
  select.value = value;
  select.dispatchEvent(new Event("change"));
}
const visible = element => element.getClientRects().length > 0;
function tables() {
  const found = {};
  for (const table of document.querySelectorAll("table")) {
    const title = table.parentElement.parentElement.querySelector("h4") && [
      ...document.querySelectorAll("h4")].filter(
        head => head.compareDocumentPosition(table) & Node.DOCUMENT_POSITION_FOLLOWING).pop();
    found[title.textContent] = {
      heads: [...table.tHead.rows[0].cells].filter(visible).map(head => head.textContent),
      rows: [...table.tBodies[0].rows].filter(visible).map(
        row => [...row.cells].filter(visible).map(cell => cell.textContent)),
    };
  }
  return found;
}
addEventListener("load", () => {
  const steps = {all: tables()};
  for (const [facet, value] of WANTED) { choose(facet, value); steps[facet] = tables(); }
  steps.limit = document.querySelector(".filters small").textContent;
  steps.told = document.querySelector(".filters output").value;
  document.querySelector(".filters button").click();
  setTimeout(() => {
    steps.reset = tables();
    document.body.dataset.found = JSON.stringify(steps);
  }, 10);
});
</script>"""

COUNT = """<script>
addEventListener("load", () => {
  const inner = document.querySelector("iframe").contentDocument;
  document.body.dataset.found = JSON.stringify({
    bars: inner.querySelectorAll(".filters").length,
    rows: [...inner.querySelectorAll("tr")].filter(row => row.getClientRects().length).length,
    figures: [...inner.images].filter(image => image.naturalWidth).length});
});
</script>"""


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium")
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    rows = realistic(SHAPES[:3], (1, 128), (0.7, 0.8, 0.9), layers=2)
    return build_report(write_run(tmp_path_factory.mktemp("run"), rows)).html.read_text()


def open_page(browser, folder, text, script=CHECK):
    """What the script found in a copy of the page, and what the console said."""
    copy = folder / "copy.html"
    copy.write_text(text.replace("<head>", f"<head>{script}", 1))
    done = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            f"--user-data-dir={folder / 'profile'}",
            "--window-size=1200,1000",
            "--virtual-time-budget=20000",
            "--dump-dom",
            copy.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = re.search(r'data-found="([^"]*)"', done.stdout)
    assert found, "the checking script did not finish"
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return json.loads(html.unescape(found[1])), console


def faults(found):
    """Figures that do not show."""
    return [
        figure
        for figure in found["figures"]
        if figure["width"] < 600
        or figure["height"] < 100
        or figure["colours"] < 5
        or not 0.005 < figure["ink"] < 0.5
    ]


def test_every_figure_shows_and_nothing_complains(browser, page, tmp_path):
    found, console = open_page(browser, tmp_path, page)
    assert found["errors"] == []
    assert console == []
    assert found["requests"] == []
    assert len(found["figures"]) == 8
    assert faults(found) == []
    assert found["overflow"] <= 0
    assert found["cut"] == [], "tables wider than the page"


def test_the_check_sees_a_figure_that_is_blank_or_broken(browser, page, tmp_path):
    blank = b'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="400"/>'
    sources = re.findall(r'src="(data:[^"]+)"', page)
    head = "data:image/svg+xml;base64,"
    spoilt = page.replace(sources[0], head + base64.b64encode(blank).decode(), 1)
    spoilt = spoilt.replace(sources[1], head + "AAAA", 1)
    found, _ = open_page(browser, tmp_path, spoilt)
    assert len(faults(found)) == 2
    assert found["errors"]


def test_the_page_needs_nothing_else(page):
    assert "<link" not in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert not re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|import\(", page)
    parts = ["Verdict", "From which sparsity on it pays", "Where it pays", "To repeat it"]
    places = [page.index(f"{part}</h2>") for part in parts]
    assert places == sorted(places)


def test_links_lead_to_parts(page):
    anchors = re.findall(r'href="#([^"]*)"', page)
    assert len(anchors) == len(set(anchors)) > 5
    for anchor in anchors:
        assert page.count(f'id="{anchor}"') == 1


def filtered(browser, page, folder, *wanted):
    script = FILTERS.replace("WANTED", json.dumps(wanted))
    found, console = open_page(browser, folder, page, script)
    assert console == []
    return found


def table_of(tables, start):
    return next(table for title, table in tables.items() if title.startswith(start))


def test_filters_choose_rows_and_columns(browser, page, tmp_path):
    wanted = [("n", "128"), ("sparsity", "80 %"), ("shape", "256x256"), ("backend", "onednn")]
    found = filtered(browser, page, tmp_path, *wanted)
    by_shape = "Speed-up over onednn (dense int8) by shape"
    assert len(table_of(found["all"], by_shape)["rows"]) == 6
    assert [row[1] for row in table_of(found["n"], by_shape)["rows"]] == ["128"] * 3
    heads = table_of(found["sparsity"], by_shape)["heads"]
    assert heads == ["MxK", "N", "80 %", "pays from"]
    (row,) = table_of(found["shape"], by_shape)["rows"]
    assert row[:2] == ["256x256", "128"]
    times = table_of(found["backend"], "Times by backend, random")
    assert times["heads"] == ["MxK", "N", "zeros", "onednn"]
    assert [row[:3] for row in times["rows"]] == [["256x256", "128", "80 %"]]
    commands = table_of(found["backend"], "Commands")
    assert [row[0] for row in commands["rows"]] == ["256x256x128 80 %"]
    facts = "The machine"
    assert table_of(found["backend"], facts) == table_of(found["all"], facts)
    assert found["reset"] == found["all"]
    shown = sum(len(table["rows"]) for table in found["backend"].values())
    everything = sum(len(table["rows"]) for table in found["all"].values())
    assert found["told"] == f"{shown} of {everything} rows shown"
    assert found["limit"] == "Figures always show all rows."


def test_filters_by_verdict_look_at_what_is_shown(browser, tmp_path):
    rows = pair(0.5, 0.01, sparsity=0.7) + pair(3.0, 0.01, sparsity=0.9) + pair(4.0, 0.01, n=1)
    page = build_report(write_run(tmp_path / "run", rows)).html.read_text()
    wanted = [("verdict", "slower"), ("sparsity", "90 %")]
    found = filtered(browser, page, tmp_path, *wanted)
    by_shape = "Speed-up over onednn (dense int8) by shape"
    assert [row[1] for row in table_of(found["verdict"], by_shape)["rows"]] == ["128"]
    assert table_of(found["sparsity"], by_shape)["rows"] == []


def test_everything_is_there_without_script(browser, page, tmp_path):
    frame = f'<iframe sandbox="allow-same-origin" srcdoc="{html.escape(page)}"></iframe>'
    found, _ = open_page(
        browser, tmp_path, f"<html><head></head><body>{frame}</body></html>", COUNT
    )
    assert found == {"bars": 0, "rows": page.count("<tr"), "figures": 8}
    assert "@media screen { .out { display: none; } }" in page, "hidden rows must be in print"


def test_whole_models_show_and_are_filtered(browser, tmp_path):
    models, qualities = curve(["4x1", "16x1"], (0.8, 0.9))
    folder = write_models(tmp_path / "run", models + bench() + limit_rows(), qualities)
    page = build_report(folder).html.read_text()
    found, console = open_page(browser, tmp_path, page)
    assert (found["errors"], console, faults(found)) == ([], [], [])
    assert len(found["figures"]) == 5
    assert found["overflow"] <= 0
    tables = filtered(browser, page, tmp_path, ("model", "bert-base"), ("runtime", "torch-f32"))
    shown = table_of(tables["runtime"], "Latency and throughput")
    assert [row[:6] for row in shown["rows"]] == [
        ["bert-base", "4x1", zeros, "1x128", "1", "torch-f32 [1]"] for zeros in ("80 %", "90 %")
    ]
