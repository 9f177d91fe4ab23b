"""The command of each scanner: default settings, validation of secrets off, equal numbers of threads.

The exit code for findings is set to a value that no failure has, so that a scanner that fails early is not counted as
a fast one. The programs are started directly, not through their Python wrappers, which would add their own start-up
time.
"""

import glob
import os
import subprocess


class Scanner:
    """`commands` contains a command for each kind of job, with {path} in it; `good` are the exit codes of a complete
    run. A `reference` is shown in the tables, and not used for the ratios."""

    def __init__(self, name, program, version, commands, good, variables=None, reference=False):
        self.name, self.program, self.commands, self.good = name, program, commands, good
        self.variables, self.reference = variables or {}, reference
        self.version = version_of(program, version) if program else None

    def command(self, kind, path, threads):
        """Returns the arguments of the command and its text for the page, or `None` if the scanner cannot do the job."""
        if kind not in self.commands:
            return None
        words = self.commands[kind].format(path="\0", threads=threads).split()
        shown = [*(f"{name}={value}".format(threads=threads) for name, value in self.variables.items())]
        shown += [os.path.basename(self.program), *(word.replace("\0", PLACES.get(kind, "")) for word in words)]
        return [self.program, *(word.replace("\0", path) for word in words)], " ".join(shown)

    def environment(self, threads):
        return {name: value.format(threads=threads) for name, value in self.variables.items()}


# The placeholder for the path in the commands on the page.
PLACES = {"directory": "DIR", "file": "FILE", "history": "REPO.git"}


def version_of(program, arguments):
    """Returns the version that the program prints, without its name."""
    answer = subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = answer.stdout.strip().splitlines() or ["unknown"]
    return lines[0].split()[-1]


def binary(venv, name):
    """Returns the path of the program in the package, or `None`."""
    found = glob.glob(f"{venv}/lib/python*/site-packages/*/bin/{name}") + glob.glob(f"{venv}/bin/{name}")
    programs = [path for path in found if open(path, "rb").read(4) == b"\x7fELF"]
    return os.path.abspath((programs or found)[0]) if found else None


def scanners(venv, stopleak):
    """Returns the installed scanners, stopleak first, and the names of those that are missing."""
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
