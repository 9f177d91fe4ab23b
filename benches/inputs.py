#!/usr/bin/env python3
"""Generates the inputs of all measurements. Equal arguments give equal bytes on every machine.

    inputs.py tree DIR FILES BYTES             source-like files of about BYTES each
    inputs.py file PATH KIND BYTES             one file: source, log, line (no line ends) or base64
    inputs.py history DIR COMMITS [VALUES]     a bare repository in one pack; each line of the file VALUES
                                               is added by a separate commit
    inputs.py staged DIR FILES                 a work tree of FILES files with one changed line staged
    inputs.py rules DIR LINES                  rule files with LINES lines in total, two keyword rules for each prefix rule

The text contains no secret, but as many hits of a scanner's prefilter as real sources: names with "key" and
"token" in them, long identifiers, digests, URLs. Of Python's generator only `random()` is used, which alone is
guaranteed to give the same numbers in all versions. Needs Python 3.8 and git.
"""

import base64
import os
import random
import subprocess
import sys

WORDS = """
abort account active adapter address align append argument array assert async atomic attach attribute balance
batch before binary block body bool boundary branch break bridge bucket buffer build bundle bytes cache call
cancel capacity category chain change channel char check child chunk class clean client clone close cluster code
collect color column commit compare compile complete config connect const context control convert copy core
count create current cursor custom data database date debug decode default define delay delete depth detail
device diff digest direct disable dispatch display divide document domain done double drain driver drop dump
dynamic edge edit element else empty enable encode engine entry enum error escape event exact except execute
exit expand expect export extend extract factory failed false feature fetch field file fill filter final find
first fixed flag flat float flush fold folder force format frame free from front full function gather general
generate global graph grid group grow guard handle handler hash header heap height hidden hint history hold
hook host icon identity ignore image immutable import include index init inner input insert inside instance
integer interface internal invalid item iterator join keep kernel kind label large last layer layout lazy leaf
left length level limit line link list listen load local lock locate logger loop lower main manager map mark
marker mask match matrix maximum measure member memory merge message method metric middle minimum mirror missing
mock mode model module monitor mount move mutable name native nested network next node none normal notify null
number object observe offset open operator option order origin outer output owner pack padding page pair panel
parent parse part partial path pattern pause peer pending persist phase pixel place plain plan platform plugin
point policy pool port position post prefix prepare present pretty previous print private process produce
profile project promise property protocol provider proxy public publish pull push quality query queue quick
quote random range rank rate read ready receive record reduce reference region register reject related release
reload remote remove render replace reply report request require reset resize resolve resource response restore
result retry return reverse right root rotate round route rule runtime sample save scale schedule schema scope
score screen scroll search section segment select sender sequence serial server session setting shape share
shift show sibling signal silent simple single size skip slice slot small snapshot socket sort source space span
split stack stage start state static status step stop storage store stream strict string struct style submit
suffix sum support swap switch symbol sync syntax system table tail target task template test text thread
threshold tick time title toggle tool total trace track transfer transform tree trigger trim true tuple type
unique unit unlock update upper usage user valid value variable vector verify version view visible visit wait
walk warning watch weight width window worker wrap write writer yield zone key token secret auth api access pass
""".split()


class Text:
    """Source-like text, line by line."""

    def __init__(self, seed):
        self.draw = random.Random(seed).random

    def below(self, bound):
        return int(self.draw() * bound)

    def word(self):
        return WORDS[int(self.draw() * len(WORDS))]

    def hex(self, digits):
        return "".join("0123456789abcdef"[int(self.draw() * 16)] for _ in range(digits))

    def line(self):
        """Returns a line of code or a comment, without the newline."""
        word, kind = self.word, self.below(100)
        indent = "    " * self.below(4)
        if kind < 12:
            return ""
        if kind < 24:
            return f"{indent}// {' '.join(word() for _ in range(4 + self.below(9)))}."
        if kind < 40:
            return f"{indent}let {word()}_{word()} = {word()}.{word()}({word()}, {self.below(4096)});"
        if kind < 52:
            return f"{indent}if ({word()}->{word()} != {word()}_{word()}) return {word()};"
        if kind < 62:
            return f"{indent}fn {word()}_{word()}({word()}: &{word().title()}, {word()}: usize) -> {word().title()} {{"
        if kind < 72:
            return f'{indent}{word()}.{word()}("{word()} {word()} {{}} {word()}", {word()});'
        if kind < 80:
            return f"{indent}{word()}_key = {word()}[{word()}.{word()}()];"
        if kind < 86:
            return f"#include <{word()}/{word()}_{word()}.h>"
        if kind < 90:
            return f"{indent}{word()}{word().title()}{word().title()}{self.below(100)}({word()}, 0x{self.hex(8)});"
        if kind < 92:
            return f"{indent}// see https://example.com/{word()}/{word()}-{word()}?{word()}={self.below(9999)}"
        if kind < 93:
            return f'{indent}"{word()}": "sha1:{self.hex(40)}",'
        return indent + "}"

    def source(self, size):
        """Returns lines of about `size` bytes in total."""
        lines, length = [], 0
        while length < size:
            line = self.line()
            lines.append(line)
            length += len(line) + 1
        return "\n".join(lines) + "\n"

    def log(self, size):
        """Returns about `size` bytes of a server log."""
        lines, length, clock = [], 0, 0
        while length < size:
            clock += 1 + self.below(900)
            line = (
                f"2024-03-{1 + clock // 86400000 % 28:02}T{clock // 3600000 % 24:02}:{clock // 60000 % 60:02}:"
                f"{clock // 1000 % 60:02}.{clock % 1000:03}Z {('INFO', 'DEBUG', 'WARN')[self.below(3)]} "
                f"{self.word()}.{self.word()} request={self.hex(8)}-{self.hex(4)}-{self.hex(4)}-{self.hex(12)} "
                f"{self.word()}={self.below(100000)} path=/{self.word()}/{self.word()}/{self.below(9999)} "
                f"{self.word()} {self.word()} {self.word()}"
            )
            lines.append(line)
            length += len(line) + 1
        return "\n".join(lines) + "\n"

    def bytes(self, size):
        return bytes(int(self.draw() * 256) for _ in range(size))


def make_tree(folder, files, size):
    for number in range(int(files)):
        text = Text(number)
        path = os.path.join(folder, text.word(), text.word(), f"{text.word()}_{number}.rs")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", newline="\n") as file:
            file.write(text.source(int(size) // 2 + text.below(int(size))))


def make_file(path, kind, size):
    """Writes a block of at most 8 MiB repeatedly; the repetition does not matter, since no measured program keeps earlier
    content."""
    size = int(size)
    block, text = min(size, 8 << 20), Text(1)
    if kind == "source":
        made = text.source(block).encode()
    elif kind == "log":
        made = text.log(block).encode()
    elif kind == "line":
        made = " ".join(line.strip() for line in text.source(block).splitlines()).encode()
    elif kind == "base64":
        made = base64.b64encode(text.bytes(block * 3 // 4))
    else:
        sys.exit(f"no kind of file: {kind}")
    with open(path, "wb") as file:
        left = size
        while left > 0:
            left -= file.write(made[:left])


def git(folder, *arguments, **options):
    """Runs git without any user or system configuration."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment.update(GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull, HOME=os.path.abspath(folder))
    command = ["git", "-C", folder, "-c", "core.autocrlf=false", "-c", "gc.auto=0", *arguments]
    return subprocess.run(command, env=environment, check=True, **options)


def start_repository(folder, *arguments):
    os.makedirs(folder)
    git(folder, "init", "-q", "-b", "main", *arguments, ".")


class Import:
    """A stream for `git fast-import`; identity and dates are fixed."""

    def __init__(self):
        self.parts, self.commits = [], 0

    def commit(self, branch, parents, files):
        self.commits += 1
        who = f"Bench <bench@example.com> {1700000000 + 600 * self.commits} +0000"
        self.parts.append(f"commit refs/heads/{branch}\nmark :{self.commits}\nauthor {who}\ncommitter {who}\n")
        self.data(f"Change {self.commits}\n")
        for word, parent in zip(["from", "merge"], parents):
            self.parts.append(f"{word} :{parent}\n")
        for path, content in files.items():
            self.parts.append(f"M 100644 inline {path}\n")
            self.data(content)
        return self.commits

    def data(self, content):
        self.parts.append(f"data {len(content.encode())}\n{content}\n")

    def run(self, folder):
        stream = "".join(self.parts).encode()
        git(folder, "fast-import", "--quiet", input=stream, stdout=subprocess.DEVNULL)


def make_history(folder, commits, values=None):
    """Each commit changes two lines in each of two files; every sixteenth one is merged from a side branch."""
    commits, text, stream = int(commits), Text(2), Import()
    planted = open(values).read().splitlines() if values else []
    names = [f"{text.word()}/{text.word()}_{number}.rs" for number in range(120)]
    files = {name: text.source(6000).splitlines() for name in names}

    def change(name, line=None):
        lines = files[name]
        for _ in range(2):
            lines[text.below(len(lines))] = text.line()
        if line is not None:
            lines.insert(text.below(len(lines)), line)
        return "\n".join(lines) + "\n"

    head = stream.commit("main", [], {name: "\n".join(lines) + "\n" for name, lines in files.items()})
    interval = max(1, (commits - 1) // (len(planted) + 1))
    while stream.commits < commits:
        changed = {names[text.below(len(names))] for _ in range(2)}
        line = None
        if planted and stream.commits % interval == 0:
            line = f'let setting = "{planted.pop()}";'
        new = {name: change(name, line) for name in sorted(changed)}
        if stream.commits % 16 == 0 and stream.commits + 1 < commits:
            side = stream.commit("side", [head], new)
            head = stream.commit("main", [head, side], new)
        else:
            head = stream.commit("main", [head], new)
    start_repository(folder, "--bare")
    stream.run(folder)
    # Every setting that git would choose by the machine is given, so that the pack is equal everywhere.
    settings = ["pack.threads=1", "pack.window=10", "pack.depth=50", "core.compression=6", "pack.compression=6"]
    chosen = [word for setting in settings for word in ("-c", setting)]
    git(folder, *chosen, "-c", "repack.writeBitmaps=false", "repack", "-a", "-d", "-f", "-q")


def make_staged(folder, files):
    """The changed file does not depend on the number of other files."""
    text, stream, changed = Text(3), Import(), "main/changed.rs"
    names = [f"{text.word()}/{text.word()}/{text.word()}_{number}.rs" for number in range(int(files) - 1)]
    content = {name: text.source(200) for name in names}
    content[changed] = Text(4).source(2000)
    stream.commit("main", [], content)
    start_repository(folder)
    stream.run(folder)
    git(folder, "reset", "-q", "--hard")
    with open(os.path.join(folder, changed), "a", newline="\n") as file:
        file.write("changed // here\n")
    git(folder, "add", changed)


RULE = """# https://example.com/{word}
provider: {title}
rules:
  - id: made-up-{word}-key
    name: {title} API key
    severity: high
    confidence: medium
{matching}
    entropy: 3.0
{checks}    help: >-
      Acts for your account at {title}. Revoke it there and read the new one from the environment
      or a secret store.
    revoke:
      how: Revoke it on the settings page.
    examples:
      - '{upper}_API_KEY={{sample}}'
      - '{word}_token: "{{sample}}"'
    counter_examples:
      - {upper}_API_KEY=your_api_key_goes_here
      - '{word}_token: "${{{upper}_TOKEN}}"'
"""


def make_rules(folder, lines):
    """Uses words that occur nowhere else, so that only the number of rules differs."""
    text, total, number = Text(5), 0, 0
    os.makedirs(folder, exist_ok=True)
    while total < int(lines):
        number += 1
        word = f"{text.word()}{text.word()}{number}"
        length = [32, 40, 64][text.below(3)]
        if number % 3:
            matching = (f"    keywords: [{word}, {word}-api]\n"
                        "    name_words: [key, token, secret, password, auth, api, access]\n"
                        f"    pattern: '[0-9a-f]{{{length}}}'")
            checks = "    checks:\n      - letters-and-digits\n"
        else:
            matching = (f"    literals: ['{word}_live_', '{word}_test_']\n"
                        f"    pattern: '{word}_(?:live|test)_[A-Za-z0-9]{{{length}}}'")
            checks = ""
        rule = RULE.format(word=word, upper=word.upper(), title=word.title(), matching=matching, checks=checks)
        with open(os.path.join(folder, f"{word}.yaml"), "w", newline="\n") as file:
            file.write(rule)
        total += rule.count("\n")


MAKERS = {"rules": make_rules, "tree": make_tree, "file": make_file, "history": make_history, "staged": make_staged}

if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in MAKERS:
        sys.exit(__doc__)
    MAKERS[sys.argv[1]](*sys.argv[2:])
