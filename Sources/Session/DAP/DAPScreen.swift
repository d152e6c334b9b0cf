/// The guest's text screen as a client is told of it: the lines that are new since it was told last.
struct DAPScreen {
    private var told: [String] = []

    /// A line of output for each line of the screen that is new, with its number from 1. A screen that has scrolled is one with new lines at its end.
    mutating func news(_ lines: [String]) -> [String] {
        defer { told = lines }
        let scrolled = (0..<told.count).first { lines.starts(with: told.dropFirst($0)) } ?? 0
        let known = told.dropFirst(scrolled)
        return lines.enumerated().compactMap { number, line in
            let old = number < known.count ? known[known.startIndex + number] : ""
            return line == old || line.isEmpty ? nil : "screen line \(number + 1): \(line)"
        }
    }
}
