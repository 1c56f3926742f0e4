"""The table of dossiers as a page of the documentation.

``python -m ocop_api.dossiers.documentation > docs/dossier-states.md`` writes it anew.
"""

import sys

from ocop_api.domain.dossier import State, render_table
from ocop_api.domain.regimes import REGIMES

_HEAD = """# The way of a dossier

Generated from the table in `ocop_api.domain.dossier_table`; do not edit. `GET /v1/regimes/{code}` gives the
same rows as JSON, and every dossier lists the ones its reader may use in `allowed_actions`.

A dossier's place is its state and the level that holds it. A dossier follows the regime of the day it was
lodged. Rows marked "our default" rest on nothing in the decisions.

A closed file is opened again by nothing but a decision that upholds an appeal against its rating. While a
panel rates it anew, a recognition it led to stands: `confirm` ends the matter unless more stars were found.

After 30/06/2025 districts are gone: what the table gives to a district is done by the office, advisory group
and authority of the province that covers the old area (our default).
"""


def render() -> str:
    """Return the page in Markdown, ending in a newline."""
    final = ", ".join(f"`{state}`" for state in State if state.is_final)
    parts = [_HEAD, f"Final states: {final}.\n"]
    for law in REGIMES:
        acts = ", ".join(decision.number for decision in law.decisions)
        until = "open" if law.valid_to is None else law.valid_to.isoformat()
        parts.append(f"## `{law.code}`\n\n{acts}; {law.valid_from.isoformat()} to {until}.\n")
        parts.append(render_table(law))
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(render())
