#!/usr/bin/env python3
"""Checks the pages: links lead to files and headings that are there, tests that docs/security.md names exist, and its bounds are the program's;
and that docs/arrows.txt is what the sources, Package.swift and the tour say of the modules, and that public declarations have a comment.

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


TOOLCHAIN = {"Swift", "Glibc", "Musl", "Darwin", "Synchronization"}
IMPORT = re.compile(r"^\s*(?:(?:@\w+|public|internal|package|private)\s+)*import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)", re.M)


def dependencies(package, room):
    """Modules that Package.swift names for a target: its own and those of other packages."""
    target = re.search(r"\.(?:executableTarget|target|systemLibrary)\(\s*name: \"%s\"(.*?)(?=\n        \.\w+\(|\n    \]\n)" % room, package, re.S)
    found = re.search(r"dependencies: \[(.*?)\](?:,|\.map|\))", target.group(1), re.S) if target else None
    named = re.sub(r"\bpackage: \"[^\"]*\"|\btraits: \[[^\]]*", "", found.group(1)) if found else ""
    return set(re.findall(r"\"(\w+)\"", named)) if target else None


def check_arrows():
    """docs/arrows.txt is what the sources import, what Package.swift says and what the tour shows."""
    page = os.path.join(ROOT, "docs/arrows.txt")
    arrows = {}
    for line in text(page).splitlines():
        if line and not line.startswith("#"):
            room, _, names = line.partition(":")
            arrows[room] = set(names.split())
    package = text(os.path.join(ROOT, "Package.swift"))
    rooms = sorted(name for name in os.listdir(os.path.join(ROOT, "Sources")) if os.path.isdir(os.path.join(ROOT, "Sources", name)))
    for room in sorted(set(rooms) ^ set(arrows)):
        complain(page, "%s is %s" % (room, "not in Sources" if room in arrows else "a room of Sources without a line"))
    for room in set(rooms) & set(arrows):
        if dependencies(package, room) != arrows[room]:
            complain(page, "%s: Package.swift has %s" % (room, " ".join(sorted(dependencies(package, room) or []))))
        for path in files("Sources/" + room, ".swift"):
            for module in set(IMPORT.findall(text(path))) - arrows[room] - TOOLCHAIN:
                complain(path, "imports %s, and docs/arrows.txt has no arrow from %s to it" % (module, room))
    tour = os.path.join(ROOT, "docs/tour.md")
    shown = 0
    for room, names in re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", text(tour), re.M):
        if room not in arrows or names in ("all of them", "SwiftNIO"):
            continue
        shown += 1
        if {name for name in re.findall(r"\w+", names)} != {name for name in arrows[room] if name not in arrows or not re.match("C[A-Z]", name)}:
            complain(tour, "the room %s may import %s" % (room, " ".join(sorted(arrows[room]))))
    if shown < 10:
        complain(tour, "the table of rooms is not read")


def check_example():
    """docs/library.md shows the example as it is."""
    page = os.path.join(ROOT, "docs/library.md")
    if text(os.path.join(ROOT, "Examples/BootAMachine/main.swift")) not in text(page):
        complain(page, "Examples/BootAMachine/main.swift is another one")


ATTRIBUTES = r"(?:@\w+(?:\([^)]*\))?\s+)*"
KIND = r"(?P<kind>var|let|func|init|subscript|struct|class|enum|protocol|typealias|associatedtype|actor)\b(?!\s+(?:func|var|let|init)\b)"
MODIFIERS = r"(?:(?:final|indirect|static|class|mutating|nonmutating|convenience|required|weak|unowned|lazy|override|isolated|nonisolated|\w+\(\w+\))\s+)*"
PUBLIC = re.compile(r"\s*" + ATTRIBUTES + r"public\s+" + MODIFIERS + KIND + r"\s*(?P<name>[^\s:(]*)")
REQUIREMENT = re.compile(r"\s*" + ATTRIBUTES + MODIFIERS + KIND + r"\s*(?P<name>[^\s:(]*)")
# What protocols of Swift's library ask for.
STANDARD = {"description", "debugDescription", "hash", "==", "<", "rawValue", "encode", "next", "makeIterator", "id", "RawValue", "Element", "allCases"}
INITIALIZER = re.compile(r"init\??\((rawValue|from|arrayLiteral|stringLiteral|integerLiteral)\b")


def requirements(sources):
    """Names that protocols ask for. The comments of a public protocol's requirements are looked for."""
    names = set(STANDARD)
    for path, lines in sources.items():
        inside = None
        for number, line in enumerate(lines):
            begins = re.match(r"(\s*)(@\w+ )*(public |package |private |fileprivate )?protocol .*\{$", line)
            if begins:
                inside, end = begins, begins.group(1) + "}"
            elif inside and line == end:
                inside = None
            elif inside and (found := REQUIREMENT.match(line)):
                names.add(found["name"] or found["kind"])
                if inside.group(3) == "public " and "///" not in lines[number - 1] and found["name"] not in STANDARD:
                    complain(path, "line %d has no comment: %s" % (number + 1, line.strip()))
    return names - {"init", "subscript"}


def check_comments():
    """Public declarations of modules have a comment: all but cases, and what implements a requirement of a protocol, whose comment it shares."""
    sources = {path: text(path).split("\n") for path in files("Sources", ".swift") if "/Sources/swemu/" not in path}
    required = requirements(sources)
    for path, lines in sources.items():
        for number, line in enumerate(lines):
            found = PUBLIC.match(line)
            if not found or found["name"] in required or INITIALIZER.search(line):
                continue
            above = number - 1
            while re.fullmatch(r"\s*" + ATTRIBUTES, lines[above] + " ") and lines[above].strip():
                above -= 1
            if "///" not in lines[above]:
                complain(path, "line %d has no comment: %s" % (number + 1, line.strip()))


check_links()
check_comments()
check_example()
check_security()
check_arrows()
print("\n".join(wrong) or "pages: all links, tests, bounds and arrows are there")
sys.exit(1 if wrong else 0)
