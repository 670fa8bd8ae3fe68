"""`make mutants`: change the code in a fixed sample of places, and see whether a test notices.

mutmut makes the changes, learns which tests call each function, and runs those until one fails;
what is changed, and which tests may notice it, stands in pyproject.toml. A change that no test
notices is met by a test, or listed in mutants.toml with the reason why it changes nothing.
Afterwards `mutmut show NAME` shows one change and `mutmut run NAME` tries it again.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import click
from mutmut.__main__ import CatchOutput, create_mutants
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, walk_mutatable_files

LEAST_NOTICED = 0.9
NOTICED = {"killed", "timeout"}
LIST = Path(__file__).with_suffix(".toml")
FOLDER = Path("mutants")  # mutmut's
CALLED_AT_IMPORT = """
import insights_assets.definitions
from mutmut.state import state
print(*state()._stats)
"""


def generate(workers: int) -> None:
    """Write the package with all changes into `FOLDER`; `mutmut run` then finds it done."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    set_mutant_under_test("mutant_generation")
    with CatchOutput():
        copy_src_dir()
        copy_also_copy_files()
        create_mutants(workers)


def sample(size: int) -> list[str]:
    """Choose by a hash of the names, so that new code exchanges a few of them and not all.

    What is called while modules are imported (the descriptions of datasets and categories) is left
    out: mutmut cannot learn which tests it concerns.
    """
    environment = {"MUTANT_UNDER_TEST": "stats", "MUTMUT_DEPENDENCY_DEPTH": "-1", "PYTHONPATH": "."}
    imported = subprocess.run(
        [sys.executable, "-c", CALLED_AT_IMPORT],
        cwd=FOLDER,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    names = [
        name
        for path in walk_mutatable_files()
        for name in load(path).exit_code_by_key
        if name.rpartition("__mutmut_")[0] not in imported
    ]
    return sorted(names, key=lambda name: sha256(name.encode()).digest())[:size]


def load(path: Path) -> SourceFileMutationData:
    """Return what mutmut knows of the changes of one file."""
    data = SourceFileMutationData(path=path)
    data.load()
    return data


def unnoticed(names: list[str]) -> dict[str, str]:
    """Return the names of the changes that no test noticed, by what they change."""
    names_by_change = {}
    for name in names:
        data = find_mutant(name)
        if status_by_exit_code[data.exit_code_by_key[name]] not in NOTICED:
            names_by_change[_change(get_diff_for_mutant(name, path=data.path))] = name
    return names_by_change


def _change(diff: str) -> str:
    """Keep of a diff its file and the lines that it takes away and adds."""
    file, _, *lines = diff.splitlines()
    changed = [f"{line[0]} {line[1:].strip()}" for line in lines if line[:1] in ("-", "+")]
    return "\n".join([file.removeprefix("--- "), *changed])


def verdict(tried: int, survivors: Mapping[str, str], listed: Mapping[str, str]) -> str | None:
    """Return what is wrong, if anything is."""
    unlisted = [f"{name}\n{change}" for change, name in survivors.items() if change not in listed]
    if unlisted:
        return f"No test notices, and {LIST.name} does not list:\n\n" + "\n\n".join(unlisted)
    if len(survivors) > (1 - LEAST_NOTICED) * tried:
        return f"Tests are to notice {LEAST_NOTICED:.0%} of the changes."
    return None


@click.command(help=__doc__)
@click.option("--changes", default=300, show_default=True, help="How many to try.")
@click.option("--workers", default=2, show_default=True, help="How many at once.")
def main(changes: int, workers: int) -> None:
    """Try the sample, tell how many were noticed, and fail where one should have been."""
    generate(workers)
    names = sample(changes)
    mutmut = Path(sys.executable).with_name("mutmut")
    subprocess.run([mutmut, "run", "--max-children", str(workers), *names], check=True)
    survivors = unnoticed(names)
    listed = {
        mutant["change"].strip(): mutant["reason"]
        for mutant in tomllib.loads(LIST.read_text())["mutant"]
    }
    print(
        f"{len(names)} changes: {len(names) - len(survivors)} noticed,"
        f" {len(survivors.keys() & listed.keys())} listed as changing nothing."
    )
    if unneeded := [change for change in listed if change not in survivors]:
        print(f"In {LIST.name}, but noticed or not tried:", *unneeded, sep="\n\n")
    if wrong := verdict(len(names), survivors, listed):
        raise click.ClickException(wrong)


if __name__ == "__main__":
    main()
