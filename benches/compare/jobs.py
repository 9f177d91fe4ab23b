"""The jobs and their inputs. Existing inputs are reused: with a kept scratch folder, a later run need not repack large
repositories again, which takes git hours."""

import os
import shutil
import subprocess
import sys
from collections import namedtuple

# `kind` selects each scanner's command, into which `path` is inserted. `target` is the intended ratio to the fastest
# other scanner: (wall, CPU), each can be `None`. `many` is true for jobs of milliseconds, which are run more often.
Job = namedtuple("Job", "group name kind folder path target many")

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "inputs.py")
GROUPS = ["start", "hook", "directory", "history", "large", "growth"]


class Inputs:
    """The folder of the inputs, and the environment in which git and the scanners run."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.home = self.path("home")
        os.makedirs(self.home, exist_ok=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.home,
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_PAGER": "cat",
        }

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def made(self, name, make):
        """Returns the path of the input `name`. If it does not exist, `make` creates it at a temporary path, which is then
        renamed."""
        path = self.path(name)
        if not os.path.exists(path):
            print(f"generating {name}", file=sys.stderr)
            unfinished = path + ".unfinished"
            if os.path.isdir(unfinished):
                shutil.rmtree(unfinished)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            make(unfinished)
            os.rename(unfinished, path)
        return path

    def generated(self, maker, name, *arguments):
        words = [str(argument) for argument in arguments]
        return self.made(name, lambda path: subprocess.run([sys.executable, SCRIPT, maker, path, *words], check=True))

    def git(self, *words, **variables):
        environment = {**self.environment, **variables}
        answer = subprocess.run(["git", *words], env=environment, check=True, stdout=subprocess.PIPE)
        return os.fsdecode(answer.stdout.strip())


def repository(text):
    """Parses NAME=PATH or PATH, and returns (name, path)."""
    name, sign, path = text.partition("=")
    if not sign:
        name, path = "", text
    path = os.path.abspath(path)
    base = os.path.basename(path)
    for end in [".git", "-bare"]:
        base = base[: -len(end)] if base.endswith(end) else base
    if not os.path.isdir(path):
        sys.exit(f"no such folder: {path}")
    return name or base, path


def check_out(inputs, name, source):
    """Writes the files of HEAD to a directory outside of a repository; a folder that is no repository is copied."""

    def make(path):
        os.makedirs(path)
        try:
            git_dir = inputs.git("-C", source, "rev-parse", "--absolute-git-dir")
        except subprocess.CalledProcessError:
            shutil.copytree(source, path, symlinks=True, dirs_exist_ok=True)
            return
        index = {"GIT_INDEX_FILE": inputs.path("index"), "GIT_DIR": git_dir, "GIT_WORK_TREE": path}
        inputs.git("read-tree", "HEAD", **index)
        inputs.git("checkout-index", "--all", f"--prefix={path}/", **index)
        os.remove(inputs.path("index"))

    return inputs.made(os.path.join("trees", name), make)


def histories(inputs, name, source):
    """Returns a copy of the repository, and another one with its objects repacked."""

    def cloned(path):
        shutil.copytree(inputs.git("-C", source, "rev-parse", "--absolute-git-dir"), path, symlinks=True)
        inputs.git("-C", path, "config", "core.bare", "true")

    def repacked(path):
        shutil.copytree(as_cloned, path, symlinks=True)
        inputs.git("-C", path, "repack", "-a", "-d", "-f", "-q")

    as_cloned = inputs.made(f"{name}/cloned.git", cloned)
    return as_cloned, inputs.made(f"{name}/repacked.git", repacked)


def prepare(inputs, groups, repositories, trees):
    """Generates the inputs of the jobs in `groups`, and returns these jobs."""
    jobs = []
    small = inputs.generated("staged", "staged-20", 20)
    if "start" in groups:
        clean = inputs.generated("staged", "staged-nothing", 20)
        inputs.git("-C", clean, "reset", "-q", "--hard")
        jobs.append(Job("start", "`--version`", "version", small, "", (None, None), True))
        jobs.append(Job("start", "hook, nothing staged", "nothing", clean, "", (None, None), True))
    if "hook" in groups:
        large = inputs.generated("staged", "staged-50000", 50000)
        jobs.append(Job("hook", "hook, one line, small repository", "staged", small, "", (20, None), True))
        jobs.append(Job("hook", "hook, one line, index of 50,000 files", "staged", large, "", (7, None), True))
    if "directory" in groups:
        for name, source in [*repositories, *trees]:
            check_out(inputs, name, source)
        folder = inputs.path("trees")
        if os.path.isdir(folder):
            name = f"directory: {', '.join(sorted(os.listdir(folder)))} ({extent(folder)})"
            jobs.append(Job("directory", name, "directory", folder, folder, (10, 10), False))
    if "history" in groups:
        for name, source in repositories:
            cloned, repacked = histories(inputs, name, source)
            for path, state, ratio in [(repacked, "repacked", 20), (cloned, "as cloned", 8)]:
                title = f"history: {name}, {state} ({extent(os.path.join(path, 'objects'))})"
                jobs.append(Job("history", title, "history", path, path, (None, ratio), False))
    if "large" in groups:
        for kind, name in [("log", "log"), ("line", "one line"), ("base64", "base64")]:
            path = inputs.generated("file", f"large/{kind}", kind, 1000000000)
            title = f"one file of 1 GB: {name}"
            jobs.append(Job("large", title, "file", os.path.dirname(path), path, (None, None), False))
    return jobs


def extent(folder):
    """Returns the size of a folder and its number of files. Reads all of it, so that it is in the page cache."""
    files = size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if not os.path.islink(path):
                files += 1
                with open(path, "rb") as file:
                    while block := file.read(1 << 20):
                        size += len(block)
    return f"{size / 1e6:,.0f} MB in {files:,} files"
