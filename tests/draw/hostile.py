"""Names that would break a picture, a page or a document that does not escape them."""

HOSTILE = [
    "a\"b'c",
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "]]>",
    "&amp;&lt;",
    "a\\b\\n\\",
    "line\nbreak\ttab",
    "a`b`c",
    "{x}_^~$%#",
    "|a|b|",
    "-->",
    "\N{ROCKET}\N{GRINNING FACE}",
    "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET}\N{RIGHT-TO-LEFT OVERRIDE}abc",
    "\N{LINE SEPARATOR}\N{ZERO WIDTH SPACE}\x00\x1b[31m",
    "__proto__",
    "a" * 200,
    "petal length (cm)",
    " ",
    "%% comment",
    "end",
]
