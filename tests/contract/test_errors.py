"""Every code that the code raises has a text in both languages, and every text has a code."""

import ast
import re
from pathlib import Path

import ocop_api
from ocop_api.web.texts import catalogue, fill, negotiate

ROOT = Path(ocop_api.__file__).parent
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
RAISED = {
    "NotFound",
    "Forbidden",
    "Conflict",
    "StaleVersion",
    "RuleViolation",
    "Invalid",
    "Unauthenticated",
    "Gone",
    "Unavailable",
    "HTTPProblem",
}


def _raised_codes() -> dict[str, str]:
    """Literal codes given to error constructors and to constraints' ``info``, with where they stand."""
    found: dict[str, str] = {}
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            literals: list[ast.expr] = []
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in RAISED:
                    literals += node.args[:2]
            if isinstance(node, ast.Dict):
                literals += [
                    value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if isinstance(key, ast.Constant) and key.value == "code"
                ]
            for literal in literals:
                value = literal.value if isinstance(literal, ast.Constant) else None
                if isinstance(value, str) and CODE.fullmatch(value):
                    found[value] = f"{path.relative_to(ROOT)}:{literal.lineno}"
    return found


def test_every_raised_code_has_a_text() -> None:
    missing = {code: where for code, where in _raised_codes().items() if code not in catalogue()}
    assert not missing


def test_every_text_belongs_to_a_code_of_the_sources() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in ROOT.rglob("*.py"))
    unused = sorted(code for code in catalogue() if f'"{code}"' not in sources)
    assert not unused


def test_placeholders_agree_between_the_languages() -> None:
    for code, texts in catalogue().items():
        names = [set(re.findall(r"{(\w+)}", texts[language])) for language in ("vi", "en")]
        assert names[0] == names[1], code


def test_language_is_vietnamese_unless_english_is_preferred() -> None:
    assert negotiate("") == "vi"
    assert negotiate("fr, de") == "vi"
    assert negotiate("en-GB") == "en"
    assert negotiate("vi, en;q=0.9") == "vi"
    assert negotiate("vi;q=0.2, en-US;q=0.9") == "en"


def test_a_text_never_reaches_into_its_data() -> None:
    texts = {"vi": "{value.__class__}", "en": "{value.__class__}"}
    assert fill(texts["en"], {"value": "harmless"}) == "?"
