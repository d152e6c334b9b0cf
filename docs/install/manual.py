#!/usr/bin/env python3
"""Writes manual pages from what the program says of its own options: swemu.1, and one for each command.

    manual.py --swemu build/swemu FOLDER
"""
import argparse
import json
import os
import subprocess


def roff(text):
    """Text for troff: no line of it is a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def spelled(name):
    return ("-" if name["kind"] in ("short", "longWithSingleDash") else "--") + name["name"]


def option(argument):
    """An entry of the list of options."""
    value = argument.get("valueName", "")
    if argument["kind"] == "positional":
        head = "\\fI%s\\fR" % roff(value)
    else:
        head = ", ".join("\\fB%s\\fR" % roff(spelled(name)) for name in argument["names"])
        if argument["kind"] == "option":
            head += " \\fI%s\\fR" % roff(value)
    default = argument.get("defaultValue")
    words = argument.get("abstract", "")
    if default and argument["kind"] == "option":
        words += " (default: %s)" % default
    return ".TP\n%s\n%s\n" % (head, roff(words) or "\\&")


def paragraphs(text):
    """A discussion; indented lines stay as they are."""
    out = []
    for part in text.split("\n\n"):
        lines = part.split("\n")
        plain = [line for line in lines if not line.startswith("  ")]
        code = [line for line in lines if line.startswith("  ")]
        out.append(".PP\n" + roff("\n".join(plain)))
        if code:
            out.append(".PP\n.nf\n.RS 4\n%s\n.RE\n.fi" % roff("\n".join(line[2:] for line in code)))
    return "\n".join(out)


def page(command, names, version):
    title = "-".join(names)
    shown = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]
    subcommands = [c for c in command.get("subcommands", []) if c["commandName"] != "help"]
    text = '.TH %s 1 "" "swemu %s" "User Commands"\n.SH NAME\n%s \\- %s\n' % (roff(title.upper()), version, roff(title), roff(command.get("abstract", "")))
    text += ".SH SYNOPSIS\n.B %s\n" % roff(" ".join(names))
    if subcommands:
        text += "\\fIcommand\\fR ...\n"
    if shown:
        text += "[\\fIoptions\\fR] " + " ".join("[\\fI%s\\fR]" % roff(a["valueName"]) for a in shown if a["kind"] == "positional") + "\n"
    if command.get("discussion"):
        text += ".SH DESCRIPTION\n" + paragraphs(command["discussion"]) + "\n"
    if subcommands:
        text += ".SH COMMANDS\n" + "".join(".TP\n\\fB%s\\fR\n%s\n" % (roff(c["commandName"]), roff(c.get("abstract", ""))) for c in subcommands)
    sections = {}
    for argument in shown:
        sections.setdefault(argument.get("sectionTitle", "Options"), []).append(argument)
    for section, arguments in sections.items():
        text += ".SH %s\n" % roff(section.upper()) + "".join(option(a) for a in arguments)
    others = ["swemu"] if len(names) > 1 else ["swemu-" + c["commandName"] for c in subcommands]
    return text + ".SH SEE ALSO\n" + ",\n".join("\\fB%s\\fR(1)" % roff(other) for other in others) + "\n"


parser = argparse.ArgumentParser()
parser.add_argument("--swemu", required=True)
parser.add_argument("folder")
arguments = parser.parse_args()
os.makedirs(arguments.folder, exist_ok=True)
said = json.loads(subprocess.run([arguments.swemu, "--experimental-dump-help"], check=True, capture_output=True, text=True).stdout)
version = subprocess.run([arguments.swemu, "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
pending = [(said["command"], ["swemu"])]
while pending:
    command, names = pending.pop()
    with open(os.path.join(arguments.folder, "-".join(names) + ".1"), "w") as file:
        file.write(page(command, names, version))
    pending += [(c, names + [c["commandName"]]) for c in command.get("subcommands", []) if c["commandName"] != "help"]
