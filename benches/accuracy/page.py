"""Tables in Markdown, and the generated parts of a page."""

import os
import sys

DOCS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs")


def table(head, rows, left=1):
    """Returns a Markdown table whose first `left` columns are text and whose others are numbers."""
    lines = [head, ["---"] * left + ["---:"] * (len(head) - left), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def percent(part, whole):
    return f"{100 * part / whole:.1f}" if whole else ""


def replace(text, name, body):
    """Returns the page with `body` between the marker comments of its part `name`."""
    begin, end = f"<!-- {name}: generated -->\n", f"<!-- {name}: end -->\n"
    if text.count(begin) != 1 or text.count(end) != 1:
        sys.exit(f"the page lacks the marker comments of the part {name}")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{body.strip()}\n\n{end}{after}"


def write(path, parts):
    """Replaces the named parts of an existing page."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name, body in parts.items():
        text = replace(text, name, body)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
