"""How each scanner is called: everything on that is on by default, all validation off, equal threads.

An exit code is asked for that says "findings" and nothing else, so that a scanner that broke off is not
taken for a fast one. The programs are called as such, not through the Python scripts around them, which
would add their own start.
"""

import glob
import os
import subprocess


class Scanner:
    """`commands` has a command for each kind of job, with {path} in it; `good` are the exit codes of a
    complete run. A `reference` is shown beside the scanners and never compared with."""

    def __init__(self, name, program, version, commands, good, variables=None, reference=False):
        self.name, self.program, self.commands, self.good = name, program, commands, good
        self.variables, self.reference = variables or {}, reference
        self.version = said(program, version) if program else None

    def command(self, kind, path, threads):
        """The words of the command and of how people read it; `None` where the job is not for it."""
        if kind not in self.commands:
            return None
        words = self.commands[kind].format(path="\0", threads=threads).split()
        shown = [*(f"{name}={value}".format(threads=threads) for name, value in self.variables.items())]
        shown += [os.path.basename(self.program), *(word.replace("\0", PLACES.get(kind, "")) for word in words)]
        return [self.program, *(word.replace("\0", path) for word in words)], " ".join(shown)

    def environment(self, threads):
        return {name: value.format(threads=threads) for name, value in self.variables.items()}


# What stands for the path in the commands that people read.
PLACES = {"directory": "DIR", "file": "FILE", "history": "REPO.git"}


def said(program, arguments):
    """The version that the program tells, without its name."""
    answer = subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = answer.stdout.strip().splitlines() or ["unknown"]
    return lines[0].split()[-1]


def binary(venv, name):
    """The program that the package ships, or `None`."""
    found = glob.glob(f"{venv}/lib/python*/site-packages/*/bin/{name}") + glob.glob(f"{venv}/bin/{name}")
    programs = [path for path in found if open(path, "rb").read(4) == b"\x7fELF"]
    return os.path.abspath((programs or found)[0]) if found else None


def scanners(venv, stopleak):
    """All that are there, stopleak first, and the names of those that are not."""
    plan = [
        Scanner(
            "stopleak",
            os.path.abspath(stopleak),
            ["--version"],
            {
                "version": "--version",
                "nothing": "staged --threads {threads}",
                "staged": "staged --threads {threads}",
                "directory": "scan {path} --threads {threads}",
                "file": "scan {path} --threads {threads} --max-blob-size 4GB",
                "history": "history {path} --threads {threads}",
            },
            good={0, 1},
        ),
        Scanner(
            "betterleaks",
            binary(venv, "betterleaks"),
            ["--version"],
            {
                "staged": "git --staged --no-banner --exit-code=42",
                "directory": "{path}/ --no-banner --exit-code=42",
                "file": "{path} --no-banner --exit-code=42",
                "history": "git {path} --no-banner --exit-code=42",
            },
            good={0, 42},
            variables={"GOMAXPROCS": "{threads}"},
        ),
        Scanner(
            "gitleaks",
            binary(venv, "gitleaks"),
            ["version"],
            {
                "staged": "git --staged --no-banner --exit-code=42",
                "directory": "dir {path} --no-banner --exit-code=42",
                "file": "dir {path} --no-banner --exit-code=42",
                "history": "git {path} --no-banner --exit-code=42",
            },
            good={0, 42},
            variables={"GOMAXPROCS": "{threads}"},
        ),
        Scanner(
            "kingfisher",
            binary(venv, "kingfisher"),
            ["--version"],
            {
                "staged": "scan . --staged --no-validate --no-update-check --jobs {threads}",
                "directory": "scan {path} --git-history none --no-validate --no-update-check --jobs {threads}",
                "file": "scan {path} --max-file-size 0 --no-validate --no-update-check --jobs {threads}",
                "history": "scan {path} --no-validate --no-update-check --jobs {threads} --git-repo-timeout 0",
            },
            good={0, 200},
        ),
        Scanner(
            "git alone",
            "git",
            ["--version"],
            {
                "staged": "diff-index --cached --raw HEAD",
                "history": "-C {path} log -p -U0 --all",
            },
            good={0},
            reference=True,
        ),
    ]
    return [s for s in plan if s.program], [s.name for s in plan if not s.program]
