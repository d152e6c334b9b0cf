import ArgumentParser
import Session

/// A debugger from outside.
struct GDBOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Let gdb attach: tcp::1234 (this host alone), tcp:HOST:PORT, unix:PATH, or stdio for `target remote | swemu …`.",
            valueName: "where"))
    var gdb: GDBAddress?
    @Option(
        help: ArgumentHelp(
            "Let an editor attach by the Debug Adapter Protocol: tcp::4711 (this host alone), tcp:HOST:PORT, unix:PATH.",
            valueName: "where"))
    var dap: GDBAddress?
    @Flag(help: "Execute nothing before a debugger says so.")
    var stopped = false
}
