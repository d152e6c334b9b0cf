#!/usr/bin/env python3
"""Checks the pages: links lead to files and headings that are there, tests that docs/security.md names exist, and its bounds are the program's.

    docs/check.py

Links to other hosts are not followed. Exit status: 1 when something is wrong.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
wrong = []


def complain(place, words):
    wrong.append("%s: %s" % (os.path.relpath(place, ROOT), words))


def text(path):
    with open(path) as file:
        return file.read()


def files(folder, ending):
    return [os.path.join(place, name) for place, _, names in os.walk(os.path.join(ROOT, folder)) for name in sorted(names) if name.endswith(ending)]


def anchors(page):
    """Names of a page's headings, as GitHub makes them."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page, flags=re.M | re.S), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def check_links():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    for name in listed:
        page = os.path.join(ROOT, name)
        if not os.path.exists(page):
            continue
        for link in LINK.findall(re.sub(r"^```.*?^```", "", text(page), flags=re.M | re.S)):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if not os.path.exists(target):
                complain(page, "no such file: " + link)
            elif anchor and target.endswith(".md") and anchor not in anchors(text(target)):
                complain(page, "no such heading: " + link)


def check_security():
    page = os.path.join(ROOT, "docs/security.md")
    tests = "\n".join(text(path) for path in files("Tests", ".swift") + files("testroms", ".py"))
    promises, bounds = text(page).split("## Bounds")
    for group in re.findall(r"\((`[^)]*`)\)", promises):
        for name in re.findall(r"`([^`]*)`", group):
            if not re.search(r"\b(func|def) %s\(" % re.escape(name), tests) and '"%s"' % name not in tests:
                complain(page, "no such test: " + name)
    rows = re.findall(r"^\| .* \| (`.*`) \|$", bounds, re.M)
    for row in rows:
        source = ""
        for word in re.findall(r"`([^`]*)`", row):
            if word.endswith(".swift"):
                source = text(os.path.join(ROOT, "Sources", word))
            elif word not in source:
                complain(page, "not in the source: " + word)
    if len(rows) < 10:
        complain(page, "bounds are not read")


def check_example():
    """docs/library.md shows the example as it is."""
    page = os.path.join(ROOT, "docs/library.md")
    if text(os.path.join(ROOT, "Examples/BootAMachine/main.swift")) not in text(page):
        complain(page, "Examples/BootAMachine/main.swift is another one")


check_links()
check_example()
check_security()
print("\n".join(wrong) or "pages: all links, tests and bounds are there")
sys.exit(1 if wrong else 0)
