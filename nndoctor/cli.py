"""The command line: which commands there are, and how each ends in an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import click

from nndoctor.commands.check import check
from nndoctor.commands.consult import consult
from nndoctor.commands.demo import demo
from nndoctor.commands.examine import examine
from nndoctor.commands.explain import explain
from nndoctor.commands.fix import fix
from nndoctor.commands.new import new
from nndoctor.commands.options import INTERRUPTED
from nndoctor.commands.probes import probes
from nndoctor.commands.recheck import recheck
from nndoctor.commands.report import report
from nndoctor.commands.resume import resume
from nndoctor.commands.rules import rules
from nndoctor.commands.symptoms import symptoms
from nndoctor.commands.tree import tree
from nndoctor.version import version

COMMANDS = (examine, fix, recheck, demo, resume, report, explain, rules, probes, symptoms, tree, check, new)
BROKEN_PIPE = 141
"""What a shell reports of a program whose reader went away (128 + SIGPIPE)."""


class Front(click.Group):
    """The commands; whatever is none of them is a target."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the hidden command in front of a bare target, and in front of nothing."""
        own = {"--help", "-h", "--version"}
        if not args or (args[0] not in self.commands and args[0] not in own):
            args = ["consult", *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of use, not of the alphabet."""
        del ctx
        return list(self.commands)


def _tell_version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's way
    del parameter
    if wanted:
        click.echo(f"nndoctor {version()}")
        ctx.exit()


@click.group(cls=Front, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_tell_version, help="Print it.")
def cli() -> None:
    """Find out why a neural network does not train, on your own unmodified script.

    \b
      nndoctor                                   the app: choose a script, say what you see
      nndoctor train.py -- --lr 0.1              the app on that script
      nndoctor resume                            the app on the case that was saved last
      nndoctor examine train.py                  without the app: examine, print what is wrong
      nndoctor examine train.py --html r.html    ... and write a report with pictures
      nndoctor fix                               show the change that cures it, and make it if you say yes
      nndoctor explain loss/softmax-before-cross-entropy
      nndoctor demo                              a sick patient to try it on

    The script runs in a scratch copy of its directory, in your own Python; nothing of yours is changed (but by `fix`,
    when you say yes), nothing is sent anywhere.
    """


for _command in (*COMMANDS, consult):
    cli.add_command(_command)


def main() -> None:
    """Runs the command line and ends the process with the exit code."""
    try:
        code = exit_code(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # the interpreter flushes stdout once more at its end, and would complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = BROKEN_PIPE
    sys.exit(code)


def exit_code(args: list[str]) -> int:
    """Runs the command line; gives the exit code. Raises BrokenPipeError where the reader of stdout went away.

    Not click's own main: it gives 1 to a broken pipe and to Ctrl+C, and 1 is our word for findings.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal without UTF-8 shows ?
    try:
        with cli.make_context("nndoctor", args) as context:
            code: object = cli.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("nndoctor: interrupted", err=True)
        return INTERRUPTED
    return code if isinstance(code, int) else 0
