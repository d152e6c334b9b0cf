extension PageFile {
    /// The files that there are, in the order in which a single page needs them.
    public static let scripts = [
        "machine.js", "words.js", "terminal.js", "screen.js", "keyboard.js", "drives.js", "code.js", "registers.js", "columns.js",
        "pictures.js", "time.js", "memory.js",
        "lesson.js", "recording.js", "page.js",
    ]

    static func contents(_ name: String) -> [UInt8]? {
        switch name {
        case "index.html": PackageResources.index_html
        case "style.css": PackageResources.style_css
        case "machine.js": PackageResources.machine_js
        case "words.js": PackageResources.words_js
        case "screen.js": PackageResources.screen_js
        case "keyboard.js": PackageResources.keyboard_js
        case "code.js": PackageResources.code_js
        case "registers.js": PackageResources.registers_js
        case "columns.js": PackageResources.columns_js
        case "terminal.js": PackageResources.terminal_js
        case "drives.js": PackageResources.drives_js
        case "pictures.js": PackageResources.pictures_js
        case "time.js": PackageResources.time_js
        case "lesson.js": PackageResources.lesson_js
        case "recording.js": PackageResources.recording_js
        case "memory.js": PackageResources.memory_js
        case "page.js": PackageResources.page_js
        case "icon.svg": PackageResources.icon_svg
        default: nil
        }
    }
}
