"""The page: complete, escaped, self-contained, and alive in a real browser without a network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from typer.testing import CliRunner

import synthetic_suite
from surp.cli import app
from surp.figures import style as _style
from surp.figures.plots import paired_differences
from surp.report.findings import findings, shortfall
from surp.report.page import page
from surp.tables import Measurements

PROBE = """
window.addEventListener("error", (event) => document.body.setAttribute("data-error", event.message));
document.addEventListener("securitypolicyviolation", (e) => document.body.setAttribute("data-error", e.blockedURI));
window.addEventListener("load", () => {
  const table = document.querySelector("#accuracy table");
  const column = (n) => [...table.tBodies[0].rows].map((row) => row.cells[n].dataset.value ?? row.cells[n].textContent);
  const said = {before: column(1)};
  table.tHead.rows[0].cells[1].querySelector("button").click();
  said.down = column(1);
  table.tHead.rows[0].cells[1].querySelector("button").click();
  said.up = column(1);
  table.tHead.rows[0].cells[0].querySelector("button").click();
  said.names = column(0);
  said.tables = document.querySelectorAll("figure.table table").length;
  said.drawn = [...document.images].every((image) => image.complete && image.naturalWidth > 0);
  said.requests = performance.getEntriesByType("resource").map((e) => e.name).filter((n) => !n.startsWith("data:"));
  said.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const said_here = document.createElement("pre");
  said_here.id = "probe";
  said_here.textContent = JSON.stringify(said);
  document.body.append(said_here);
});
"""


@pytest.fixture(scope="module")
def data():
    table = synthetic_suite.summary(methods=("surp", "global_magnitude_norm", "lamp", "random"))
    return Measurements(table, synthetic_suite.layers(table))


@pytest.fixture(scope="module")
def content(data, tmp_path_factory):
    figure = tmp_path_factory.mktemp("figures") / "paired_differences.svg"
    _style.save(paired_differences.draw(data.summary), [figure])
    return page(data, [figure], {"suites": {"mnist": {"seeds": [0, 1]}}}, "mnist")


def test_everything_of_a_suite_is_on_the_page(content):
    for anchor in ("verdict", "figures", "comparison", "accuracy", "matched_size", "factors", "methods", "reproduce"):
        assert f'id="{anchor}"' in content
        assert f'href="#{anchor}"' in content
    assert "Against the best baseline, SuRP wins" in content
    assert "--config suite=mnist" in content
    assert "surp 0 numpy 0" in content
    assert "seeds:" in content
    assert content.count("data:image/svg+xml;base64,") == 1


def test_the_page_names_nothing_outside_itself(content):
    outside = re.findall(r"""(?:src|href|action|data)\s*=\s*["'](?!#|data:)([^"']*)""", content)
    assert outside == []
    assert "default-src 'none'" in content
    assert not re.search(r"url\(|@import|https?://", content)


def test_names_are_escaped(data):
    table = data.summary.assign(machine="<img src=x onerror=alert(1)>")
    assert "<img src=x" not in page(Measurements(table, data.layers), [], {"a": "</pre><b>"}, "<b>suite</b>")


def test_shortfalls_are_counted_from_the_rows(data):
    found = findings(data)
    assert found.tallies[0].cells == 14
    assert sum(found.tallies[0].counts.values()) == 14
    assert any("largest shortfall" in sentence for sentence in found.shortfalls)
    assert any("nncodec end to end" in sentence for sentence in found.sizes)
    assert any("times smaller than CSR, 32-bit indices" in sentence for sentence in found.sizes)
    assert shortfall("LAMP", []) == ["Against LAMP, SuRP wins 0, ties 0 and loses 0 of 0 cells."]


def test_a_suite_without_surp_or_with_one_method_has_a_page(data):
    for name in ("surp", "lamp"):
        table = data.summary[data.summary["method"] == name]
        assert "No cell of this suite has both SuRP and another method" in page(Measurements(table), [])


def test_the_stage_writes_the_page_twice(data, tmp_path):
    data.summary.to_csv(tmp_path / "summary.csv", index=False)
    (tmp_path / "layers.json").write_text(json.dumps([row.model_dump() for row in data.layers]))
    outputs = [tmp_path / "a.html", tmp_path / "b/c.html"]
    arguments = ["report", str(tmp_path / "summary.csv"), "--layers", str(tmp_path / "layers.json")]
    result = CliRunner().invoke(app, [*arguments, *(part for path in outputs for part in ("-o", str(path)))])
    assert result.exit_code == 0, result.output
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    wrong = CliRunner().invoke(app, [*arguments, "--parameters", "{", "-o", str(outputs[0])])
    assert "--parameters: not JSON" in str(wrong.exception)


@pytest.fixture(scope="module")
def browser():
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("this machine has no Chromium and `make test` could not install it: the page was opened nowhere")
    return found


def opened(browser, content, folder, size="1200,900"):
    """What the page's probe said, from a browser that can reach no host."""
    file = folder / "page.html"
    file.write_text(content.replace("<script>", f"<script>{PROBE}</script><script>", 1))
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    options += [f"--window-size={size}", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000"]
    run = subprocess.run(
        [browser, *options, "--enable-logging=stderr", "--dump-dom", file.as_uri()],
        text=True,
        capture_output=True,
        check=True,
        timeout=300,
    )
    assert "CONSOLE" not in run.stderr, [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    assert "data-error" not in run.stdout.partition("<main>")[0]
    found = re.search(r'<pre id="probe">(.*?)</pre>', run.stdout)
    assert found, run.stdout[-2000:]
    return json.loads(found.group(1).replace("&amp;", "&"))


def test_a_browser_shows_tables_and_figures_sorts_and_asks_for_nothing(browser, content, tmp_path):
    said = opened(browser, content, tmp_path)
    assert said["tables"] >= 8
    assert said["drawn"]
    assert said["requests"] == []
    numbers = [float(value) for value in said["before"]]
    assert [float(value) for value in said["down"]] == sorted(numbers, reverse=True)
    assert [float(value) for value in said["up"]] == sorted(numbers) != numbers
    assert said["names"] == sorted(said["names"], key=str.lower, reverse=True)


def test_nothing_is_wider_than_a_phone(browser, content, tmp_path):
    assert opened(browser, content, tmp_path, "500,900")["wide"] <= 0
