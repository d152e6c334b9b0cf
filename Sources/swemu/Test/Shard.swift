import Session

/// The part of the tests that this process runs: number `index` (from 0) of `count`.
struct Shard: Equatable {
    let index: Int
    let count: Int

    /// Variables by which systems tell a job its number and how many there are, and whether they count from 1.
    private static let variables: [(index: String, count: String, first: Int)] = [
        // Kubernetes' indexed jobs; the manifest repeats the number of completions.
        ("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", 0),
        // GitHub has them as strategy.job-index and strategy.job-total; the workflow puts them into the environment.
        ("STRATEGY_JOB_INDEX", "STRATEGY_JOB_TOTAL", 0),
        ("BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0),
        ("CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0),
        // GitLab's parallel jobs.
        ("CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
    ]
    /// The variables in words, for a user whose environment has none of them.
    static let known = variables.map { "\($0.index) and \($0.count)" }.joined(separator: ", ")

    /// "2/5", counted from 1; or "auto", from the environment.
    init?(_ text: String, environment: (String) -> String?) {
        if text == "auto" {
            for names in Self.variables {
                guard let index = environment(names.index).flatMap({ Int($0) }),
                    let count = environment(names.count).flatMap({ Int($0) })
                else { continue }
                self.init(index: index &- names.first, count: count)
                return
            }
            return nil
        }
        let parts = text.split(separator: "/").map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1] else { return nil }
        self.init(index: number &- 1, count: count)
    }

    private init?(index: Int, count: Int) {
        guard count > 0, (0..<count).contains(index) else { return nil }
        self.index = index
        self.count = count
    }

    func takes(_ number: Int) -> Bool { number % count == index }
}
