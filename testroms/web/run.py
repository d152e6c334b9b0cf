#!/usr/bin/env python3
"""Opens machines in a real browser without a window and does what people do: looks, clicks, types, drags; and what nobody should do.

    run.py --swemu build/tests/release/swemu [--pictures FOLDER] [--only NAME]
    run.py --swemu build/tests/release/swemu --docs       takes the pictures that docs/browser.md has
"""
import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "state")]
from browser import Browser  # noqa: E402
from checks import check, failures  # noqa: E402
from measures import grows, pace  # noqa: E402
from panes import drives, images, keyboard, recordings, terminals, views  # noqa: E402
from session import pause, picture, servers, stopped, tick, DEMO, Pictures, Server  # noqa: E402
from strangers import hostile, lost, refusals, strangers  # noqa: E402


# What people do.

def looks(swemu, browser):
    server = Server(swemu, DEMO)
    page = browser.open(server.address)
    check("the demo's page of text is there", page.wait("document.getElementById('text').innerText.includes('Keyboard')"),
          page.value("document.getElementById('text').innerText"))
    pause(page)
    check("it stops", stopped(page))
    check("code, with the next instruction marked", page.value("document.querySelectorAll('#code .next').length") == 1)
    check("registers", page.value("document.querySelectorAll('#registers tr').length") >= 20)
    check("the way of CS:EIP", page.value("document.querySelectorAll('#path .box').length") >= 4)
    check("the way of IRQ 0 ends in a handler", "Handler" in page.value("document.getElementById('interrupt').textContent"))
    picture(page, "demo")
    for name, wanted in (("see", False), ("all", True)):
        page.click("#views [data-view=%s]" % name)
        check("view " + name, page.value("getComputedStyle(document.getElementById('code-pane')).display !== 'none'") == wanted)
    page.value("document.documentElement.style.colorScheme = 'dark'")
    picture(page, "demo-dark")
    page.ask("Emulation.setDeviceMetricsOverride", width=800, height=1100, deviceScaleFactor=1, mobile=False)
    check("on a tablet nothing is wider than the page", page.value("document.documentElement.scrollWidth") <= 800,
          page.value("document.documentElement.scrollWidth"))
    picture(page, "demo-tablet")
    check("no complaint in the console", not page.complaints(), page.complaints())
    check("nothing comes from another host", page.hosts() == {server.host}, page.hosts())
    check("the run ends in order", server.stop() == 18)


def steps(swemu, browser):
    server = Server(swemu, DEMO, "--stopped")
    page = browser.open(server.address)
    check("it stands at the beginning", stopped(page) and tick(page) == 0)
    page.click("[data-command=step]")
    page.wait("document.getElementById('tick').textContent === '1'")
    check("a click steps", tick(page) == 1)
    sentence = page.value("document.getElementById('happened').innerText")
    check("the sentence says what happened", "jmp" in sentence, sentence)
    page.key("F7")
    page.wait("document.getElementById('tick').textContent === '2'")
    check("F7 steps", tick(page) == 2)
    page.key("F7", modifiers=8)
    page.wait("document.getElementById('tick').textContent === '1'")
    check("Shift+F7 goes back", tick(page) == 1)
    page.click("#command")
    page.type("until 0x7c00")
    page.key("Enter")
    page.wait("document.querySelector('#code .next .place').textContent.endsWith(':7c00')")
    check("a command is typed", "7c00" in page.value("document.querySelector('#code .next .place').textContent"))
    page.click("#code li:nth-child(4) .dot")
    check("a breakpoint is clicked", page.wait("document.querySelectorAll('.dot[aria-pressed=true]').length === 1"))
    wanted = page.value("document.querySelector('.dot[aria-pressed=true]')?.dataset.address")
    page.click("#run")
    check("the run stops there", page.wait("document.querySelector('#code .next')?.dataset.address === '%s'" % wanted),
          page.value("document.getElementById('reason').textContent"))
    check("the reason is told", "breakpoint" in page.value("document.getElementById('reason').textContent"))
    for _ in range(4):
        before = tick(page)
        page.key("F7")
        page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') !== '%d'" % before)
    check("changed registers are lit", page.value("document.querySelectorAll('#registers tr.changed').length") >= 1)
    end = tick(page)
    check("the address tells the moment", page.value("location.hash").startswith("#t=%d" % end), page.value("location.hash"))
    page.value("document.querySelector('[data-register=esp] button').click()")
    check("a number is a link to memory", page.wait("document.getElementById('memory-at').value.startsWith('0x')"))
    page.value("document.querySelector('#memory .byte').click()")
    page.click("#watch")
    check("a byte is watched", page.wait("document.getElementById('points').textContent.includes('watchpoint')"))
    picture(page, "steps")
    check("the speaking parts have roles", {"toolbar", "log", "tablist", "slider", "status", "main", "banner", "contentinfo"}
          <= {role for role, _ in page.tree()}, {role for role, _ in page.tree()})
    unnamed = [role for role, name in page.tree() if role in ("button", "textbox", "slider", "combobox", "tab") and not name]
    check("everything that can be used has a name", not unnamed, unnamed)
    second = browser.open(server.address + "#t=1")
    stopped(second)
    check("the address of a moment leads there", second.wait("document.getElementById('tick').textContent === '1'"), tick(second))
    check("and the other page follows", page.wait("document.getElementById('tick').textContent === '1'"))
    check("no complaint in the console", not page.complaints() and not second.complaints(), page.complaints() + second.complaints())
    server.stop()


def drags(swemu, browser):
    server = Server(swemu, DEMO)
    page = browser.open(server.address)
    page.wait("document.getElementById('text').innerText.includes('Keyboard')")
    time.sleep(1)
    pause(page)
    stopped(page)
    end = tick(page)
    page.drag("#time", 0.99, 0.3)
    page.wait("document.getElementById('status').textContent.includes('past')")
    page.wait("(({value, max}) => value < 0.4 * max)(document.getElementById('time'))")
    page.wait("!document.getElementById('time-note').textContent.includes('going')")
    page.wait("(({value}) => document.getElementById('tick').textContent.replace(/\\D/g, '') === value)(document.getElementById('time'))")
    stopped(page)
    middle = tick(page)
    check("the line of time is dragged", 0.2 * end < middle < 0.4 * end, (middle, end))
    check("the machine is in its past", "past" in page.value("document.getElementById('status').textContent"))
    check("marks stand on the line", page.value("document.querySelectorAll('#marks i').length") > 3)
    picture(page, "time")
    page.click("#event-back")
    page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') !== '%d'" % middle)
    before = tick(page)
    check("to the event before", before < middle, (before, middle, end))
    page.click("#event-back")
    page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') !== '%d'" % before)
    page.click("#event-forward")
    check("and to the next one", page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') === '%d'" % before), (tick(page), before))
    page.value("document.getElementById('time-at').value = '%d'; document.getElementById('time-at').dispatchEvent(new Event('change'))" % end)
    page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') === '%d'" % end)
    check("and to the present again", tick(page) == end, tick(page))
    server.stop()


def types(swemu, browser):
    server = Server(swemu, DEMO)
    page = browser.open(server.address)
    page.wait("document.getElementById('text').innerText.includes('Keyboard')")
    before = page.value("document.getElementById('text').innerText")
    page.click("#screen")
    check("the screen has the focus", page.value("document.activeElement.id") == "screen")
    page.type("2")
    check("a key changes what the guest shows", page.wait("document.getElementById('text').innerText !== %r" % before))
    page.ask("Input.dispatchKeyEvent", type="keyDown", key="Control", code="ControlLeft", modifiers=2)
    page.ask("Input.dispatchKeyEvent", type="keyDown", key="Alt", code="AltLeft", modifiers=3)
    check("Ctrl+Alt gives the keys back", page.value("document.activeElement.id") != "screen")
    picture(page, "typed")
    server.stop()


def lessons(swemu, browser):
    """The first lesson as a newcomer does it: a slip, a mistake, a hint, right; by mouse and keys."""
    folder = tempfile.mkdtemp(prefix="swemu-lesson-")
    results = os.path.join(folder, "ann.json")
    server = Server(swemu, "1", "--results", results, command="learn")
    page = browser.open(server.address)
    check("the lesson's text is there", page.wait("document.getElementById('lesson-text').textContent.includes('A register is a place')"))
    said = "document.getElementById('task-%d-said').textContent"

    def attempt(task, text, expected):
        page.click("#task-%d" % task)
        page.value("document.getElementById('task-%d').select()" % task)
        page.ask("Input.insertText", text=text)
        page.click("#task-%d-box form .inline button" % task)
        return page.wait((said + ".includes(%r)") % (task, expected))
    check("a slip is told with its line", attempt(0, "mov ax 5", "line 1"), page.value(said % 0))
    check("a mistake is understood", attempt(0, "mov bx, 5", "in another register"), page.value(said % 0))
    check("the machine is the one that was tried", page.wait("document.querySelector('[data-register=ebx] button').textContent === '00000005'"))
    page.value("[...document.querySelectorAll('#task-0-box button')].find((b) => b.textContent === 'hint').click()")
    check("a hint helps", page.wait((said + ".includes('MOV copies')") % 0))
    check("and right is right", attempt(0, "mov ax, 5", "Right"))
    check("the machine's program is shown", page.value("[...document.querySelectorAll('#lesson-text .sample')].some((e) => e.textContent.includes('YOURS'))"))
    check("a task's text stands under its title", page.value("document.querySelector('#task-1-box h3').nextElementSibling.tagName") == "P")
    page.value("document.getElementById('command').value = ':print 6 * 7'; document.getElementById('command-form').requestSubmit()")
    check("commands are taken as the lessons write them", page.wait("document.body.innerText.includes('= 42')"))
    picture(page, "lesson")
    page.click("[data-command=step-back]")
    check("the attempt can be pulled back", page.wait("document.querySelector('[data-register=eax] button').textContent === '00000000'"))
    check("the second task", attempt(1, "mov bx, 1000\nmov cx, 234\nmov ax, bx\nadd ax, cx", "Right"), page.value(said % 1))
    check("a wrong answer is understood", attempt(2, "65536", "There are 65536 numbers"), page.value(said % 2))
    check("the third task", attempt(2, "65535", "Right"), page.value(said % 2))
    check("what is done is told, not by colour alone", page.value("[...document.querySelectorAll('.task.done .right')].every((e) => e.textContent.startsWith('✓'))"))
    check("no complaint in the console", not page.complaints(), page.complaints())
    check("a lesson that is done is told", server.stop() == 0)
    with open(results) as file:
        tasks = json.load(file)["tasks"]
    check("the results are for who gives marks", [t["attempts"] for t in tasks] == [3, 1, 2] and tasks[0]["hints"] == 1
          and all(t["end"] == "done" and not t["solution"] for t in tasks), tasks)
    server = Server(swemu, "1", command="learn")
    server.get(server.path)
    check("an unfinished lesson is told", server.stop() == 20)
    # An instruction is not covered by the symbol behind it, in the narrow column beside a lesson.
    server = Server(swemu, "2", command="learn")
    page = browser.open(server.address)
    check("the second lesson is there", page.wait("document.querySelectorAll('#task-0 , #code li .text').length > 1"))
    overlap = """[...document.querySelectorAll('#code li')].map((row) => {
      const [text, note] = [row.querySelector('.text'), row.querySelector('.note')];
      if (!text || !note) return 0;
      const range = document.createRange();
      range.selectNodeContents(text);
      return range.getBoundingClientRect().right - note.getBoundingClientRect().left;
    })"""
    page.click("#task-0")
    page.ask("Input.insertText", text="mov eax, 0x11223344")
    page.click("#task-0-box form .inline button")
    check("its code has a symbol", page.wait("[...document.querySelectorAll('#code li')].some((row) => row.textContent.includes('0x11223344') && row.querySelector('.note'))"), page.value("document.getElementById('code').innerText"))
    widths = page.value(overlap)
    check("the symbol stands behind the instruction", widths and max(widths) <= 1, widths)
    picture(page, "lesson-2")
    server.stop()


def exports(swemu, browser):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "boot.html")
        result = subprocess.run([swemu, "export", DEMO, "--command", "until 0x7c00", "--steps", "20", "-o", path], capture_output=True, text=True)
        check("a run is exported", result.returncode == 0 and os.path.getsize(path) < 1 << 20, (result, os.path.exists(path) and os.path.getsize(path)))
        page = browser.open("file://" + path)
        check("the page shows the first state", page.wait("document.querySelector('#code .next .place')?.textContent.endsWith(':7c00')"))
        first = tick(page)
        page.key("F7")
        check("it steps", page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') === '%d'" % (first + 1)), tick(page))
        check("with the explanation", page.value("document.querySelectorAll('#happened code').length") >= 1)
        page.key("F7", modifiers=8)
        check("and back", page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') === '%d'" % first), tick(page))
        picture(page, "export")
        check("no complaint in the console", not page.complaints(), page.complaints())
        check("nothing is asked of anybody", page.hosts() <= {""}, page.hosts())
        result = subprocess.run([swemu, "export", DEMO, "--command", "until nowhere", "-o", path], capture_output=True, text=True)
        check("a wrong command", result.returncode == 62 and result.stderr.count("\n") == 1, result)


def documents(swemu, browser, folder, renews):
    """The pictures of the documentation: taken anew, or compared with how the page looks now."""
    server = Server(swemu, DEMO, "--stopped")
    page = browser.open(server.address)
    page.ask("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
    stopped(page)
    page.value("document.documentElement.style.colorScheme = 'light'")
    page.value("document.getElementById('command').value = 'continue 12000000'; document.getElementById('command-form').requestSubmit()")
    page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') === '12000000'", 300)
    stopped(page)
    for name, place in (("page", "header"), ("page-pictures", "#path-pane")):
        page.value("(() => { const e = document.querySelector('%s'); scrollTo(0, e.getBoundingClientRect().y + scrollY - 60); document.activeElement.blur(); })()" % place)
        page.value("new Promise((done) => setTimeout(done, 300))")
        path = os.path.join(folder, name + ".png")
        if renews:
            page.picture(path)
        elif os.path.exists(path):
            with open(path, "rb") as file:
                old = base64.b64encode(file.read()).decode()
            new = page.ask("Page.captureScreenshot", format="png")["data"]
            # Fonts differ between hosts: what is compared is how dark each of 40 by 28 fields is.
            far = page.value("""(async () => {
                const fields = async (data) => { const image = new Image(); image.src = 'data:image/png;base64,' + data; await image.decode();
                  const canvas = new OffscreenCanvas(40, 28), context = canvas.getContext('2d'); context.imageSmoothingQuality = 'high'; context.drawImage(image, 0, 0, 40, 28);
                  return context.getImageData(0, 0, 40, 28).data; };
                const [a, b] = [await fields('%s'), await fields('%s')];
                return a.reduce((sum, value, index) => sum + (Math.abs(value - b[index]) > 40 ? 1 : 0), 0) / a.length; })()""" % (old, new))
            check("docs/screen/%s.png looks as the page does; --docs takes it anew" % name, far < 0.1, far)
        else:
            check("docs/screen/%s.png is there; --docs takes it" % name, False)
    server.stop()


PARTS = [looks, steps, drags, types, lessons, exports, recordings, images, terminals, drives, keyboard, views, pace, grows,
         strangers, hostile, lost, refusals]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--swemu", required=True)
    parser.add_argument("--pictures", help="keep pictures of the page in this folder")
    parser.add_argument("--docs", action="store_true", help="take the pictures of docs/screen anew, and nothing else")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    Pictures.folder = options.pictures
    if Pictures.folder:
        os.makedirs(Pictures.folder, exist_ok=True)
    swemu = os.path.abspath(options.swemu)
    browser = Browser()
    try:
        if options.docs or options.only in ("", "documents"):
            documents(swemu, browser, os.path.join(ROOT, "docs", "screen"), options.docs)
        for part in PARTS:
            if options.only in ("", part.__name__) and not options.docs:
                part(swemu, browser)
    finally:
        browser.kill()
        for server in servers:
            server.process.kill()
    print("%d checks failed" % len(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
