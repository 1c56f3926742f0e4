"""A sign-in's program and system in a few words."""

import re

_PROGRAMS = (
    ("Edge", re.compile(r"\bEdg(?:A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"\bOPR/(\d+)")),
    ("Cốc Cốc", re.compile(r"\bcoc_coc_browser/(\d+)")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/(\d+)")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS)/(\d+)")),
    ("Safari", re.compile(r"\bVersion/(\d+).*\bSafari/")),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_OTHER = re.compile(r"[\w .+-]{1,40}(?:/[\w.+-]{1,20})?", re.ASCII)


def short_agent(header: str | None) -> str | None:
    """Such as ``Chrome 138, Android``, enough for the owner to recognise it and no fingerprint.

    A program that is no browser gives its name (``ocop-importer/1.2``); nothing readable gives None.
    """
    header = (header or "")[:500]
    program = next(
        (f"{name} {found.group(1)}" for name, mark in _PROGRAMS if (found := mark.search(header))), None
    )
    if program is None:
        other = _OTHER.match(header)
        return other.group().strip() or None if other else None
    system = next((name for mark, name in _SYSTEMS if mark in header), None)
    return program if system is None else f"{program}, {system}"
