"""`insights doctor`: what a run needs, looked at from here."""

import click
from pydantic import BaseModel
from rich.console import Console
from rich.text import Text

from insights_assets.cli.read import json_option
from insights_assets.cli.show import show_json
from insights_assets.doctor import Finding, examine
from insights_assets.settings import load_settings

STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red"}


class Examination(BaseModel):
    """What was found; it is sound if nothing is wrong that stops runs or readers."""

    sound: bool
    findings: list[Finding]


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Examine vendors, MongoDB and Redis: connections, rights, indexes, keys, clocks, versions.

    Ends with exit 1 if something is wrong that stops runs or readers.
    """
    console = Console(soft_wrap=True)
    findings = []
    for finding in examine(load_settings()):
        findings.append(finding)
        if not as_json:
            console.print(_line(finding))
    sound = all(finding.verdict != "wrong" for finding in findings)
    if as_json:
        show_json(Examination(sound=sound, findings=findings))
    if not sound:
        raise SystemExit(1)


def _line(finding: Finding) -> Text:
    line = Text(f"{finding.verdict:<8}", style=STYLES[finding.verdict])
    sentences = [f"{finding.area}, {finding.subject}: {finding.found}", finding.advice]
    text = "; ".join(sentence.removesuffix(".") for sentence in sentences if sentence)
    return line.append(f"{text}.", style="default")
