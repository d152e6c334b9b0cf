"""The page's panes one by one: pictures, consoles, drives, recordings; by mouse, by keyboard, in every width."""
import os
import subprocess
import tempfile

from checks import check
from session import do, pause, picture, stopped, tick, until, DEMO, Server

# Says a text on COM1, then sends back what comes in, each byte plus one.
CONSOLE = """
bits 16
org 0x7c00
    xor ax, ax
    mov ds, ax
    mov si, text
    cld
next:
    lodsb
    test al, al
    jz back
    call put
    jmp next
back:
    mov dx, 0x3fd
    in al, dx
    test al, 1
    jz back
    mov dx, 0x3f8
    in al, dx
    inc al
    call put
    jmp back
put:
    push ax
    mov dx, 0x3fd
full:
    in al, dx
    test al, 0x20
    jz full
    pop ax
    mov dx, 0x3f8
    out dx, al
    ret
text: incbin "text"
    db 0
times 510 - ($ - $$) db 0
dw 0xaa55
"""

# Waits for keys, and halts where one has come.
HALTS = """
bits 16
org 0x7c00
again:
    xor ah, ah
    int 0x16
    inc word [0x600]
    jmp again
times 510 - ($ - $$) db 0
dw 0xaa55
"""


def assemble(folder, name, source, **files):
    for file, content in files.items():
        with open(os.path.join(folder, file), "wb") as handle:
            handle.write(content)
    path = os.path.join(folder, name)
    with open(path + ".asm", "w") as file:
        file.write(source)
    subprocess.run(["nasm", "-f", "bin", "-o", path, name + ".asm"], check=True, cwd=folder)
    with open(path, "ab") as file:
        file.truncate(63 * 16 * 512)
    return path


def images(swemu, browser):
    """The pictures of what is hard to imagine."""
    server = Server(swemu, DEMO, "--stopped")
    page = browser.open(server.address)
    stopped(page)
    names = {"path": "box", "interrupt": "box", "frame": "cell", "map": "cell"}
    for name, part in names.items():
        check("a picture: " + name, page.wait("document.querySelectorAll('#%s .%s').length > 2" % (name, part)))
        told = page.value("(() => { const s = document.querySelector('#%s svg'); return [s.querySelector('title').textContent, "
                          "s.querySelector('desc').textContent, [...s.querySelectorAll('.%s')].every((e) => e.getAttribute('aria-label') && e.getAttribute('role')), "
                          "s.querySelectorAll('[tabindex=\"0\"]').length]; })()" % (name, part))
        check("it has a title, a description and names for its parts: " + name, told[0] and "Arrow keys" in told[1] and told[2] and told[3] == 1, told)
    check("arrows lead from box to box", page.value("document.querySelectorAll('#path .arrow').length === document.querySelectorAll('#path .box').length - 1"))
    check("boxes do not lie on each other", page.value("""(() => { const r = [...document.querySelectorAll('#path .box rect')].map((e) => e.getBoundingClientRect());
        return r.every((a, i) => r.slice(i + 1).every((b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top)); })()"""))
    check("letters stay in their boxes", page.value("""[...document.querySelectorAll('#path .box, #interrupt .box')].every((box) => {
        const right = box.querySelector('rect').getBoundingClientRect().right;
        return [...box.querySelectorAll('text')].every((text) => text.getBoundingClientRect().right <= right); })"""))
    check("in real mode three words are pushed", page.value("document.querySelectorAll('#frame .written').length") == 3)
    check("the map has the BIOS and marks", page.value("document.getElementById('map').textContent").count("◂") >= 2)
    # By keyboard: into the picture, to the last box, to its memory.
    page.value("document.querySelector('#path .box[tabindex=\"0\"]').focus()")
    page.key("End")
    check("arrow keys go through a picture", page.value("document.activeElement.getAttribute('aria-label').startsWith('Physical address')"))
    page.key("Enter")
    check("Enter shows the memory of a box", page.wait("document.getElementById('path-at').value.startsWith('0x')"))
    page.value("document.getElementById('interrupt-at').value = '0x10'; document.getElementById('interrupt-form').requestSubmit()")
    check("another vector, another stack", page.wait("document.querySelector('#frame title').textContent.includes('10h')"))
    page.value("document.getElementById('map-pane').scrollIntoView()")
    picture(page, "pictures")
    check("real mode has no descriptor tables", page.value("document.getElementById('tables').textContent.includes('in real mode selectors')"))
    page.click("#run")
    page.wait("document.getElementById('text').innerText.includes('Keyboard')")
    pause(page)
    stopped(page)
    check("protected mode has them, with the registers that hold selectors", page.wait("document.querySelectorAll('#tables .cell').length > 5 && "
          "[...document.querySelectorAll('#tables .mark')].some((e) => e.textContent.includes('CS'))"))
    check("a change of the ring has a stack of its own", page.wait("document.querySelectorAll('#frame .head').length === 2"))
    picture(page, "pictures-protected")
    for theme in ("light", "dark"):
        page.value("document.documentElement.style.colorScheme = '%s'" % theme)
        contrast = page.value("""(() => { const box = document.querySelector('#path rect'), text = document.querySelector('#path text');
            const light = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
            const [a, b] = [light(getComputedStyle(text).fill), light(getComputedStyle(box).fill)]; return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); })()""")
        check("letters of pictures can be read, " + theme, contrast >= 4.5, contrast)
    check("no complaint in the console", not page.complaints(), page.complaints())
    server.stop()


def recordings(swemu, browser):
    """A recorded run as a page of its own."""
    with tempfile.TemporaryDirectory() as folder:
        image = assemble(folder, "keys.img", HALTS)
        path, out = os.path.join(folder, "run.txt"), os.path.join(folder, "run.html")
        step = ["--step", "wait: 20M", "--step", 'type: "abc"', "--step", "wait: 20M"]
        result = subprocess.run([swemu, "run", "keys.img", "--snapshot", "--headless", "--record", path, *step], cwd=folder, capture_output=True, text=True)
        check("a run is recorded", os.path.exists(path) and "\nbooted keys.img --snapshot\n" in open(path).read(), result.stderr)
        result = subprocess.run([swemu, "export", "run.txt", "--steps", "10", "-o", out], cwd=folder, capture_output=True, text=True)
        check("a recording is exported, and names its image itself", result.returncode == 0, result)
        page = browser.open("file://" + out)
        check("the page shows its last steps", page.wait("document.querySelectorAll('#code li').length > 5"))
        first = tick(page)
        check("they are near the end of the run", page.value("Number(document.getElementById('time').max) - %d < 3000000" % first), first)
        check("the line of time has the run's keys", page.value("document.querySelectorAll('#marks .key').length") >= 1)
        check("pictures are in it, too", page.value("['path', 'interrupt', 'frame', 'map'].every((id) => document.querySelector(`#${id} svg`))"))
        page.key("F7")
        check("it steps", page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') !== '%d'" % first))
        picture(page, "recording")
        check("no complaint in the console", not page.complaints(), page.complaints())
        check("nothing is asked of anybody", page.hosts() <= {""}, page.hosts())
        result = subprocess.run([swemu, "export", path, "--at", "1M", "--at", "2M", "--steps", "3", "-o", out], cwd=folder, capture_output=True, text=True)
        page = browser.open("file://" + out)
        page.wait("document.querySelectorAll('#code li').length > 5")
        check("at the moments that were asked for", result.returncode == 0 and tick(page) == 1000000, (result, tick(page)))
        for _ in range(4):
            page.key("F7")
        check("and at the next one", page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') === '2000000'"), tick(page))
        elsewhere = subprocess.run([swemu, "export", path, "-o", out], cwd="/", capture_output=True, text=True)
        check("an image that is elsewhere is one line", elsewhere.returncode == 30 and elsewhere.stderr.count("\n") == 1, elsewhere)
        other = subprocess.run([swemu, "export", DEMO, "--replay", path, "-o", out], capture_output=True, text=True)
        check("so is another image", other.returncode == 68 and other.stderr.count("\n") == 1, other)
        with open(path) as file:
            text = file.read().replace("booted keys.img", "booted keys.img --serial file:stolen")
        with open(path, "w") as file:
            file.write(text)
        evil = subprocess.run([swemu, "export", path, "-o", out], cwd=folder, capture_output=True, text=True)
        check("a recording cannot say where to write", evil.returncode == 68 and evil.stderr.count("\n") == 1
              and not os.path.exists(os.path.join(folder, "stolen")), evil)


def terminals(swemu, browser):
    """Consoles: what a program on a serial line expects of a terminal."""
    with tempfile.TemporaryDirectory() as folder:
        text = b"\x1b[2J\x1b[Hone\x1b[3;5Htwo\x1b[31mred\x1b[0m \xc3\xa4\xe2\x94\x80\x1b(0lqk\x1b(B\r\nfour"
        image = assemble(folder, "console.img", CONSOLE, text=text)
        server = Server(swemu, image)
        page = browser.open(server.address)
        page.wait("document.getElementById('tab-COM1').classList.contains('fresh')")
        page.click("#tab-COM1")
        lines = "[...document.querySelectorAll('#terminal div')].map((row) => row.textContent.trimEnd())"
        check("the cursor is put where it belongs", page.wait("(%s)[3] === 'four'" % lines) and page.value(lines)[:3] == ["one", "", "    twored ä─┌─┐"], page.value(lines))
        check("colours", page.value("[...document.querySelectorAll('#terminal span')].some((e) => e.textContent === 'red' && e.style.color)"))
        page.click("#terminal")
        page.key("a", "KeyA", "a")
        check("what is typed goes down the line, and comes back", page.wait("(%s)[3] === 'fourb'" % lines), page.value(lines))
        page.key("Tab", "Tab")
        check("Tab goes to the guest", page.wait("(%s)[4] !== undefined" % lines) and page.value("document.activeElement.id") == "terminal", page.value(lines))
        page.key("Tab", "Tab", modifiers=8)
        check("Shift+Tab leaves the console", page.value("document.activeElement.id") != "terminal")
        page.click("#tab-E9")
        check("tabs have panels", page.value("document.getElementById('panel-console').getAttribute('aria-labelledby')") == "tab-E9")
        server.stop()
    # The rest without a guest: the terminal itself.
    server = Server(swemu, DEMO, "--stopped")
    page = browser.open(server.address)
    stopped(page)

    def shown(text, columns=20, rows=4):
        return page.value("import('./terminal.js').then(({ Terminal }) => { const t = new Terminal(%d, %d); t.write(%s); "
                          "return [t.lines.map((l) => l.cells.map((c) => c?.[0] ?? ' ').join('').trimEnd()), t.x, t.y, t.answers, t.kept.length]; })"
                          % (columns, rows, repr(text.encode().decode("latin-1"))))
    for name, text, wanted in (
            ("lines go off the top", "1\r\n2\r\n3\r\n4\r\n5", (["2", "3", "4", "5"], 1, 3, "", 1)),
            ("a long line wraps, once something follows", "a" * 20, (["a" * 20, "", "", ""], 19, 0, "", 0)),
            ("and then it wraps", "a" * 21, (["a" * 20, "a", "", ""], 1, 1, "", 0)),
            ("a scrolling region", "\x1b[2;3r\x1b[1;1Htop\x1b[4;1Hend\x1b[3;1Ha\nb\nc", (["top", " b", "  c", "end"], 3, 2, "", 0)),
            ("lines are put in and taken out", "1\r\n2\r\n3\x1b[2;1H\x1b[L\x1b[3;1H\x1b[M", (["1", "", "3", ""], 0, 2, "", 0)),
            ("characters, too", "abcdef\x1b[1;2H\x1b[2P\x1b[@", (["a def", "", "", ""], 1, 0, "", 0)),
            ("erasing", "abcdef\x1b[1;3H\x1b[1K", (["   def", "", "", ""], 2, 0, "", 0)),
            ("the other screen comes and goes", "old\x1b[?1049h\x1b[Hnew\x1b[?1049l!", (["old!", "", "", ""], 4, 0, "", 0)),
            ("it says where the cursor is", "\x1b[99;99H\x1b[6n", (["", "", "", ""], 19, 3, "\x1b[4;20R", 0)),
            ("and how large it is", "\x1b[18t\x1b[c", (["", "", "", ""], 0, 0, "\x1b[8;4;20t\x1b[?6c", 0)),
            ("titles are passed over", "\x1b]0;name\x07a\x1b]0;b\x1b\\c", (["ac", "", "", ""], 2, 0, "", 0)),
            ("numbers without end do no harm", "\x1b[999999999999A\x1b[5;99999999999999@\x1b[" + "1;" * 400 + "mx", (["x", "", "", ""], 1, 0, "", 0))):
        found = shown(text)
        check("terminal: " + name, tuple(found) == wanted, found)
    random = page.value("""import('./terminal.js').then(({ Terminal }) => { const t = new Terminal(40, 10); let s = 1;
        for (let i = 0; i < 200000; i += 1) { s = (s * 1103515245 + 12345) % 2147483648; t.write(i % 3 ? String.fromCharCode((s >> 8) & 255) : '\\x1b['); if (i % 5000 === 0) t.resize(20 + (s % 100), 2 + (s % 40)); }
        return [t.lines.length === t.rows, t.x < t.columns && t.y < t.rows, t.kept.length <= 1000, t.answers.length <= 300, t.lines.every((l) => l.cells.length <= 300)]; })""")
    check("terminal: whatever comes, it stays in its bounds", all(random), random)
    check("no complaint in the console", not page.complaints(), page.complaints())
    server.stop()


def drives(swemu, browser):
    """Discs, diskettes, layouts."""
    with tempfile.TemporaryDirectory() as folder:
        image = assemble(folder, "keys.img", HALTS)
        for name in ("a.img", "b.img"):
            with open(os.path.join(folder, name), "wb") as file:
                file.truncate(1440 * 1024)
        with open(os.path.join(folder, "c.iso"), "wb") as file:
            file.truncate(2048 * 100)
        server = Server(swemu, "--hda", image, "--boot", "c", "--fda", os.path.join(folder, "a.img"), "--fda", os.path.join(folder, "b.img"),
                        "--cdrom", "none", "--cdrom", os.path.join(folder, "c.iso"))
        page = browser.open(server.address)
        page.wait("document.querySelectorAll('#drives select').length === 2")
        found = page.value("[...document.querySelectorAll('#drives label')].map((e) => [e.firstChild.textContent.trim(), "
                           "[...e.querySelectorAll('option')].map((o) => o.textContent), e.querySelector('select').selectedOptions[0].textContent])")
        check("the drives, with what was given for them and nothing else", found == [["CD-ROM", ["empty", "c.iso"], "empty"],
                                                                                     ["floppy A", ["empty", "a.img", "b.img"], "a.img"]], found)

        def choose(number, value):
            page.value("(() => { const s = document.querySelectorAll('#drives select')[%d]; s.value = '%s'; s.dispatchEvent(new Event('change')); })()" % (number, value))
            page.value("new Promise((done) => setTimeout(done, 300))")
            pause(page) if page.value("!document.getElementById('pause').disabled") else None
            stopped(page)
            shown = page.value("[...document.querySelectorAll('#drives select')][%d].selectedOptions[0].textContent" % number)
            page.click("#run")
            return shown
        check("a diskette is changed", choose(1, "1") == "b.img")
        check("it is taken out", choose(1, "") == "empty")
        check("a disc is put in", choose(0, "0") == "c.iso")
        pause(page)
        stopped(page)
        page.value("document.getElementById('memory-at').value = '0x600'; document.getElementById('memory-form').requestSubmit()")
        page.click("#run")
        page.value("document.getElementById('layout').value = 'de'; document.getElementById('type-text').value = 'z@ö漢'; document.getElementById('type-form').requestSubmit()")
        check("a character that no key has is told", page.wait("document.getElementById('log').textContent.includes('no key of the layout de types 漢')"),
              page.value("document.getElementById('log').textContent"))
        check("the layouts", page.value("[...document.getElementById('layout').options].map((o) => o.value).sort().join()") == "de,es,fr,it,uk,us")
        page.value("new Promise((done) => setTimeout(done, 1500))")
        pause(page)
        stopped(page)
        # AltGr gives no character of its own to a BIOS of the US layout: y, q and the key of ö are.
        typed = page.value("parseInt(document.querySelector('#memory .byte').textContent, 16)")
        check("the other characters are typed", typed >= 2, typed)
        check("no complaint in the console", not page.complaints(), page.complaints())
        server.stop()


def keyboard(swemu, browser):
    """All of it without a mouse."""
    server = Server(swemu, DEMO, "--stopped")
    page = browser.open(server.address)
    stopped(page)
    reached, order = set(), []
    page.value("document.activeElement.blur()")
    for _ in range(150):
        page.key("Tab", "Tab")
        where = page.value("(() => { const e = document.activeElement; return e.closest('[id]')?.id + '|' + (e.id || e.dataset.command || e.dataset.view || e.className?.baseVal || e.className || e.tagName); })()")
        if where in reached and where.startswith("undefined"):
            break
        if where.endswith("|screen"):
            # The guest has all keys, Tab too; Ctrl and Alt together go on behind it.
            page.ask("Input.dispatchKeyEvent", type="keyDown", key="Control", code="ControlLeft", modifiers=2)
            page.ask("Input.dispatchKeyEvent", type="keyDown", key="Alt", code="AltLeft", modifiers=3)
            page.ask("Input.dispatchKeyEvent", type="keyUp", key="Alt", code="AltLeft", modifiers=2)
            page.ask("Input.dispatchKeyEvent", type="keyUp", key="Control", code="ControlLeft")
            reached.add("screen|" + page.value("document.activeElement.id"))
        reached.add(where)
        order.append(where)
        visible = page.value("(() => { const e = document.activeElement; if (e === document.body) return true; const s = getComputedStyle(e); "
                             "return s.outlineStyle !== 'none' || e instanceof SVGElement; })()")
        if not visible:
            check("the focus is seen at " + where, False)
    names = {where.split("|")[1] for where in reached}
    for wanted in ("run", "step", "reset", "see", "help", "tab-screen", "screen", "type-text", "layout", "dot", "reading", "memory-at", "writer", "path-at",
                   "box passed", "interrupt-at", "log", "command", "time", "time-at", "event-back"):
        check("Tab comes to " + wanted, any(wanted in name for name in names), sorted(names))
    # A step, a breakpoint, the moment, by keys alone.
    page.value("document.getElementById('command').focus()")
    page.type("until 0x7c00")
    page.key("Enter")
    page.wait("document.querySelector('#code .next .place').textContent.endsWith(':7c00')")
    page.value("document.querySelector('.dot[tabindex=\"0\"]').focus()")
    first = page.value("document.activeElement.dataset.address")
    page.key("ArrowDown", "ArrowDown")
    check("arrow keys choose an instruction", page.value("document.activeElement.dataset.address") != first)
    page.key("ArrowUp", "ArrowUp")
    page.key("F2")
    check("F2 sets a breakpoint", page.wait("document.querySelectorAll('.dot[aria-pressed=true]').length === 1"))
    page.key("F5", modifiers=8)
    check("Shift+F5 runs back", page.wait("document.getElementById('tick').textContent === '0'"), tick(page))
    page.key("F5")
    check("F5 runs to it", page.wait("document.getElementById('reason').textContent.includes('breakpoint')"))
    page.key("F5", modifiers=8)
    page.wait("document.getElementById('tick').textContent === '0'")
    page.value("document.getElementById('time').focus()")
    page.key("ArrowRight", "ArrowRight")
    check("arrow keys move through time", page.wait("document.getElementById('tick').textContent === '1'"), tick(page))
    page.value("document.getElementById('sentence').focus()")
    page.key("?", "Slash", "?", modifiers=8)
    check("? lists the keys", page.value("document.getElementById('help-box').open"))
    page.key("Escape")
    check("Escape closes the list", page.wait("!document.getElementById('help-box').open"))
    page.key(":", "Semicolon", ":", modifiers=8)
    check(": goes to the commands", page.value("document.activeElement.id") == "command")
    page.key("F7")
    page.wait("document.getElementById('happened').textContent.length > 10")
    live = page.value("['happened', 'status', 'time-note', 'path-end'].map((id) => { const e = document.getElementById(id); return e.getAttribute('aria-live') || e.getAttribute('role'); })")
    check("what changes is said aloud", live == ["polite", "status", "status", "status"], live)
    names = [name for role, name in page.tree() if role in ("region", "main", "banner", "contentinfo")]
    check("panes are landmarks with names", {"What happened", "Code", "Registers", "Stack", "Memory", "The way of an address", "The way of an interrupt",
                                             "The stack at this interrupt", "The address space", "The descriptor tables", "Commands"} <= set(names), names)
    check("no complaint in the console", not page.complaints(), page.complaints())
    server.stop()


def views(swemu, browser):
    """From a tablet to a projector."""
    server = Server(swemu, DEMO)
    page = browser.open(server.address)
    page.wait("document.getElementById('text').innerText.includes('Keyboard')")
    pause(page)
    stopped(page)
    for width, height in ((768, 1024), (1024, 768), (1280, 800), (1920, 1080)):
        page.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 1000)
        for view in ("see", "step", "all"):
            page.click("#views [data-view=%s]" % view)
            page.value("new Promise((done) => setTimeout(done, 150))")
            wide = page.value("document.documentElement.scrollWidth")
            check("%s at %d: nothing is wider than the page" % (view, width), wide <= width, wide)
            apart = page.value("""(() => { const r = [...document.querySelectorAll('main > section')].filter((e) => e.offsetParent).map((e) => e.getBoundingClientRect());
                return r.every((a, i) => r.slice(i + 1).every((b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1)); })()""")
            check("%s at %d: panes do not lie on each other" % (view, width), apart)
        page.click("#views [data-view=all]")
        cut = page.value("[...document.querySelectorAll('.picture')].filter((e) => e.id === 'path' && e.scrollWidth > e.clientWidth + 1).map((e) => e.id)")
        check("ways fit at %d" % width, not cut, cut)
        picture(page, "view-%d" % width)
    text = page.value("""(() => { const range = document.createRange(); range.selectNodeContents(document.getElementById('text')); const s = getSelection();
        s.removeAllRanges(); s.addRange(range); return s.toString(); })()""")
    check("the guest's text is selected as text, row by row", "Keyboard" in text and text.count("\n") >= 20, text)
    # A picture of the same machine once more is the same picture.
    page.value("getSelection().removeAllRanges()")
    page.ask("Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=1, mobile=False)
    clip = "(() => { const r = document.getElementById('screen').getBoundingClientRect(); return {x: r.x, y: r.y + scrollY, width: r.width, height: r.height, scale: 1}; })()"
    one = page.ask("Page.captureScreenshot", format="png", clip=page.value(clip))["data"]
    other = browser.open(server.address)
    stopped(other)
    other.ask("Emulation.setDeviceMetricsOverride", width=1280, height=800, deviceScaleFactor=1, mobile=False)
    other.wait("document.getElementById('text').innerText.includes('Keyboard')")
    other.value("new Promise((done) => setTimeout(done, 300))")
    two = other.ask("Page.captureScreenshot", format="png", clip=other.value(clip))["data"]
    check("two pages show the same picture of the screen", one == two)
    server.stop()
