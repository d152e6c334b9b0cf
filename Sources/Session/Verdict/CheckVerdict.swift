/// The end of a run that `--check` has looked at.
extension HostSession {
    /// Tells what the checks have found. A mistake makes a failure of a run that had none.
    func judgeChecks(_ verdict: inout Verdict) {
        checks?.settle()
        guard let checks, let first = checks.findings.first else { return }
        for line in checks.lines { complain(line) }
        guard [.passed, .budget].contains(verdict.kind) else { return }
        let more = checks.findings.count > 1 ? ", and \(checks.findings.count - 1) more" : ""
        verdict = Verdict(.check, .checkFailed, "--check \(first.check.rawValue): \(first.sentence), at \(first.place)\(more)")
    }
}
