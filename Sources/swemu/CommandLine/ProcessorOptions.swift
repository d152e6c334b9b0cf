import ArgumentParser
import Board
import Processor
import Session

/// The number of processors, and how they take turns.
struct ProcessorOptions: ParsableArguments {
    @Option(
        name: .customLong("smp"),
        help: ArgumentHelp(
            "Processors, 1 to 16: a number, or parts of cpus=, sockets=, cores=, threads= as QEMU has them; on the board with PCI.",
            valueName: "n"))
    var topology = TopologyArgument()
    @Option(help: ArgumentHelp("Instructions that one of several processors executes in its turn at most.", valueName: "count"))
    var quantum = Count(PC.usualQuantum)
}

/// "4", "cpus=4,cores=2": as QEMU's -smp. What is not said is one, but sockets, which are as many as it takes.
struct TopologyArgument: ExpressibleByArgument, Equatable {
    var value = ProcessorTopology()

    init() {}

    var defaultValueDescription: String { String(value.count) }

    init?(argument: String) {
        var numbers: [Substring: Int] = [:]
        for (index, word) in argument.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
            let isBare = parts.count == 1 && index == 0
            guard parts.count == 2 || isBare, let number = parts.last.flatMap({ Int($0) }), number > 0,
                number <= ProcessorTopology.most || parts[0] == "maxcpus",
                numbers.updateValue(number, forKey: isBare ? "cpus" : parts[0]) == nil
            else { return nil }
        }
        let known: Set<Substring> = ["cpus", "maxcpus", "sockets", "cores", "threads", "dies", "clusters"]
        guard known.isSuperset(of: numbers.keys),
            numbers["dies"] ?? 1 == 1, numbers["clusters"] ?? 1 == 1
        else { return nil }
        let (cores, threads) = (numbers["cores"] ?? 1, numbers["threads"] ?? 1)
        let count = numbers["cpus"] ?? (numbers["sockets"] ?? 1) * cores * threads
        // Sockets that wait for processors are empty for good.
        let most = numbers["maxcpus"] ?? count
        if most > count { numbers["sockets"] = nil }
        // With sockets and no cores, QEMU makes the cores as many as it takes.
        if let sockets = numbers["sockets"], numbers["cores"] == nil {
            value = ProcessorTopology(sockets: sockets, cores: max(1, count / (sockets * threads)), threads: threads)
        } else {
            value = ProcessorTopology(
                sockets: numbers["sockets"] ?? max(1, count / (cores * threads)), cores: cores, threads: threads)
        }
        guard value.count == count, most >= count, value.isPossible else { return nil }
    }
}
