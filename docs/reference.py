#!/usr/bin/env python3
"""Writes docs/reference.md from what the program says of itself: commands, options, exit statuses.

    docs/reference.py --swemu build/swemu [--check]

With --check nothing is written, and the exit status is 1 when the page says something else.
"""
import argparse
import json
import os
import subprocess
import sys

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.md")


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def option(argument):
    value = argument.get("valueName", "")
    if argument["kind"] == "positional":
        head = value.upper()
    else:
        head = ", ".join(("-" if n["kind"] in ("short", "longWithSingleDash") else "--") + n["name"] for n in argument["names"])
        if argument["kind"] == "option":
            head += " " + value.upper()
    default = argument.get("defaultValue")
    words = argument.get("abstract", "") + (" Default: %s." % default if default and argument["kind"] == "option" else "")
    return "| `%s` | %s |\n" % (head.replace("|", "\\|"), cell(words))


def section(command, names):
    text = "## %s\n\n%s\n\n" % (" ".join(names), command.get("abstract", ""))
    shown = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True) and a.get("names", [{}])[0].get("name") not in ("help", "version")]
    if shown:
        text += "| option | meaning |\n|---|---|\n" + "".join(option(a) for a in shown) + "\n"
    for inner in command.get("subcommands", []):
        if inner["commandName"] != "help":
            text += section(inner, names + [inner["commandName"]])
    return text


def page(swemu):
    def say(*words):
        return subprocess.run([swemu, *words], check=True, capture_output=True, text=True).stdout
    command = json.loads(say("--experimental-dump-help"))["command"]
    text = "# Reference\n\n`swemu --help`, `swemu help COMMAND` and `swemu help statuses` as a page; `docs/reference.py` writes it. "
    text += "What the options are for: [options](options.md).\n\n"
    for inner in command["subcommands"]:
        if inner["commandName"] != "help":
            text += section(inner, ["swemu", inner["commandName"]])
    text += "## Exit status\n\n| status | meaning |\n|--:|---|\n"
    for line in say("help", "statuses").splitlines():
        status, meaning = line.split("  ", 1)
        text += "| %s | %s |\n" % (status, cell(meaning.strip()))
    return text


parser = argparse.ArgumentParser()
parser.add_argument("--swemu", required=True)
parser.add_argument("--check", action="store_true")
arguments = parser.parse_args()
text = page(arguments.swemu)
if arguments.check:
    with open(PAGE) as file:
        same = file.read() == text
    print("docs/reference.md is %s" % ("what the program says" if same else "old; run docs/reference.py --swemu build/swemu"))
    sys.exit(0 if same else 1)
with open(PAGE, "w") as file:
    file.write(text)
