"""The page in a real browser: no errors, no requests, every figure shows."""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
import subprocess

import pytest
from synthetic_runs import SHAPES, realistic, write_run

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
    errors, figures, requests: requests.filter(name => !name.startsWith("data:")),
    overflow: document.documentElement.scrollWidth - innerWidth});
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


def open_page(browser, folder, text):
    """What the checking script found in a copy of the page, and what the console said."""
    copy = folder / "copy.html"
    copy.write_text(text.replace("<head>", f"<head>{CHECK}", 1))
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
    assert len(found["figures"]) == 4
    assert faults(found) == []
    assert found["overflow"] <= 0


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
    assert "<script" not in page
    assert "<link" not in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert not re.findall(r"url\(|@import", page)
    assert page.index("Verdict</h2>") < page.index("Figures</h2>") < page.index("Tables</h2>")
