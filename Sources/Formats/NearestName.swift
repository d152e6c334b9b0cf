/// The remedy for a word that is none of `names`: the one that was meant, or `otherwise`; all of them where nothing else is said.
package func remedy(for word: String, among names: [String], otherwise: String? = nil) -> String {
    nearestName(to: word, among: names).map(didYouMean) ?? otherwise ?? "known: \(names.joined(separator: ", "))"
}

/// The question whether somebody meant `name`, as a remedy.
package func didYouMean(_ name: String) -> String { "did you mean \(name)?" }

/// The name that a user who typed `word` most likely meant: the least number of inserted, dropped, changed or swapped
/// characters, if that is less than half of the word.
package func nearestName(to word: String, among names: [String]) -> String? {
    let typed = Array(word)
    let scored = names.map { (name: $0, distance: editDistance(typed, Array($0)), start: commonStart(word, $0)) }
    // Of two that are equally near, the one that begins alike: people stop typing early.
    let nearest = scored.min { ($0.distance, -$0.start) < ($1.distance, -$1.start) }
    guard let best = nearest, best.distance * 2 <= max(typed.count, 2) else { return nil }
    return best.name
}

private func commonStart(_ a: String, _ b: String) -> Int { zip(a, b).prefix { $0 == $1 }.count }

/// Damerau–Levenshtein distance, restricted to swaps of neighbours.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
            row.append(best)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
