import time

import pytest

from cds_hooks.markdown import markdown_faults

HARMLESS = [
    "Bilirubin 34.2 umol/L (< 2 mg/dL) at 2026-01-10",
    "| rule | why |\n|---|---|\n| R1 | a <3 months, x<=y |",
    "[paper](https://example.org/a(b)) and [mail](mailto:a@example.org) and <https://example.org/x>",
    "[relative](#part)\n\n[1]: https://example.org\n",
    r"escaped: \<img src=x onerror=alert(1)> \[x\]\(javascript:alert(1)\) \!\[a\]\(http://203.0.113.9/p.png\)",
    r"escaped: \[x\](javascript:alert(1))",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "from OBX[3]: status F; missing data: bilirubin",
]

ACTIVE = {
    "markdown-html": [
        "<img src=x onerror=alert(1)>",
        "a <b>bold</b> word",
        "</div>",
        "<!-- hidden -->",
        "<?php",
        r"\\<script>alert(1)</script>",
        r"`\`<svg onload=alert(1)>",
        "<javascript:alert(1)>",
        "<https://example.org onclick=x>",
    ],
    "markdown-image": ["![a](http://203.0.113.9/p.png)", "![a][1]", r"\\![a](https://example.org/x.png)"],
    "markdown-link": [
        "[x](javascript:alert(1))",
        "[x]( JavaScript:alert(1))",
        "[x](java&#115;cript:alert(1))",
        "[x](javascript&colon;alert(1))",
        r"[x](javascript\:alert(1))",
        "[x](java&Tab;script:alert(1))",
        "[x](data:text/html;base64,x)",
        "[x](vbscript:x)",
        "[x](file:///etc/passwd)",
        "[x](\njavascript:alert(1))",
        "[x][1]\n\n[1]: javascript:alert(1)",
        "[x][1]\n\n> - [1]:\n  javascript:alert(1)",
        r"`a\`[x](javascript:alert(1))",
    ],
    "empty-value": ["", " \n"],
}


@pytest.mark.parametrize("markdown", HARMLESS)
def test_R6_github_flavoured_markdown_is_accepted(markdown: str) -> None:
    assert list(markdown_faults(markdown, "detail")) == []


@pytest.mark.hazard("HZ-X01")
@pytest.mark.parametrize(("code", "markdown"), [(code, text) for code, texts in ACTIVE.items() for text in texts])
def test_R6_active_content_is_a_fault(code: str, markdown: str) -> None:
    assert code in {fault.code for fault in markdown_faults(markdown, "detail")}


@pytest.mark.hazard("HZ-X17")
@pytest.mark.parametrize("piece", ["[", "](", "<", "\\", "![", "[a]:", "[x\n", "&#1;", "]( ", "<https://a"])
def test_markdown_is_judged_in_linear_time(piece: str) -> None:
    started = time.process_time()
    list(markdown_faults(piece * 50_000, "detail"))
    assert time.process_time() - started < 1.0
