"""Texts that try to be scripts: in every field that reaches the page they stay texts."""

from __future__ import annotations

import pytest
from browser import opened
from fixture import (
    FINDINGS,
    demand,
    districts,
    facilities,
    neighbours,
    scenario,
    standards,
    toy_result,
    words,
)

from geoplan.errors import Finding
from geoplan.output.page.page import render_page

pytestmark = pytest.mark.browser

HOSTILE = [
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "<svg onload=window.hacked=1>",
    '"><img src=x onerror=window.hacked=1>',
    "'><script>window.hacked=1</script>",
    "javascript:window.hacked=1",
    "${window.hacked=1}",
    "`${window.hacked=1}`",
    "{{constructor.constructor('window.hacked=1')()}}",
    "\\u003cscript\\u003ewindow.hacked=1\\u003c/script\\u003e",
    "<!--<script>",
    "--><script>window.hacked=1</script>",
    "]]><script>window.hacked=1</script>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'>",
    "<a href=javascript:window.hacked=1>x</a>",
    "<style>*{background:url(x)}</style>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=//evil.example>",
    "\u2028window.hacked=1//",
    "\u2029window.hacked=1//",
    "\\1 \\0 \\x",
    "$& $1 $$",
    "%3Cscript%3E",
    "&lt;script&gt;",
    '=HYPERLINK("x")',
    '<math><mi//xlink:href="data:x,<script>window.hacked=1</script>">',
    "<details open ontoggle=window.hacked=1>",
    "{n} {district} {__proto__}",
]


def hostile_result():
    """Put one payload into every field of text that reaches the page, a different one each."""
    bad = iter(HOSTILE * 40)
    people, places, area, around = demand(), facilities(), districts(), neighbours()
    for frame, columns in [
        (people, ["name_az", "name_ru", "name_en", "source"]),
        (places, ["name_az", "name_ru", "name_en", "operator", "source", "note", "settlement_name_az"]),
        (area, ["name_az", "name_ru", "name_en", "region_az", "note"]),
        (around, ["name_az", "name_en"]),
    ]:
        for name in columns:
            frame[name] = [next(bad) for _ in frame.index]
    norms = standards()
    norms["label_az"] = [next(bad) for _ in norms.index]
    found = [
        Finding("warning", f"odd-{i}", text, text, text, (("name", text),)) for i, text in enumerate(HOSTILE)
    ]
    found += [Finding("note", "facility-left-out", text, text, "", (("name", text),)) for text in HOSTILE]
    plan = scenario(title=words(HOSTILE[1]), description=words(HOSTILE[2]), id=HOSTILE[3])
    return toy_result(
        people=people, places=places, area=area, around=around, norms=norms, plan=plan,
        findings=[*FINDINGS, *found], attributions=tuple(HOSTILE),
    )  # fmt: skip


def test_hostile_texts_run_nothing(chromium, tmp_path):
    file = tmp_path / "hostile.html"
    file.write_text(render_page(hostile_result()), encoding="utf-8", newline="")
    with opened(chromium, file) as seen:
        assert len(HOSTILE) == 30
        assert seen.text("h1") == HOSTILE[1]
        for tab in ("settlements", "districts", "assumptions"):
            seen.set(tab=tab, theme="settlements")
        for service in range(5):
            seen.set(service=service)
        for i in range(8):
            for selection in (
                {"kind": "point", "i": i},
                {"kind": "district", "i": i},
                {"kind": "facilities", "rows": [i]},
            ):
                seen.set(selection=selection)
                seen.say("document.querySelectorAll('#gp-card details').forEach(d => { d.open = true; })")
        seen.page.locator(".gp-icon").first.hover()
        seen.page.mouse.move(800, 400)
        assert seen.say("window.hacked") is None
        assert (
            seen.say(
                "document.querySelectorAll('iframe, base, #gp-panel :is(img, script), #gp-card a').length"
            )
            == 0
        )
        seen.clean()
