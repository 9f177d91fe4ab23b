"""Tables in Markdown, and the generated parts of a page."""

import os
import sys

DOCS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs")


def table(head, rows, left=1):
    """A Markdown table whose first `left` columns are text and the others numbers."""
    lines = [head, ["---"] * left + ["---:"] * (len(head) - left), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def percent(part, whole):
    return f"{100 * part / whole:.1f}" if whole else ""


def replace(text, name, body):
    """The page with another text between the marks of its part `name`."""
    begin, end = f"<!-- {name}: generated -->\n", f"<!-- {name}: end -->\n"
    if text.count(begin) != 1 or text.count(end) != 1:
        sys.exit(f"the page lacks the marks of the part {name}")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n{body.strip()}\n\n{end}{after}"


def write(path, parts):
    """Rewrites the named parts of a page that is there."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name, body in parts.items():
        text = replace(text, name, body)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
