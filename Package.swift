// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    // Run-time exclusivity checks were 10 % of the io-port benchmark; debug builds keep them.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

// The commit, for `swemu --version`: `make` says it. One file is compiled again when it changes.
let revision = Context.environment["SWEMU_REVISION"] ?? ""

let package = Package(
    name: "swemu",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "swemu", targets: ["swemu"]),
        .library(
            name: "SwemuMachine",
            targets: [
                "X86", "Wiring", "SoftFloat", "Processor", "Recompiler", "Executables", "Chips", "Disks", "Board", "Inspection",
                "Explanations", "Checks", "Trace", "Debugging", "GDB", "Screen",
            ]),
    ],
    traits: [
        .trait(name: "SDL", description: "A window for --display sdl; needs SDL 2 (Debian: libsdl2-dev)."),
        .trait(name: "Web", description: "The machine in a browser, swemu serve; needs SwiftNIO."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .target(name: "X86", swiftSettings: strict),
        .target(name: "Wiring", swiftSettings: strict),
        // Its hot arithmetic is public and @inlinable: no other access is compiled into the callers of another module.
        .target(name: "SoftFloat", swiftSettings: strict),
        .target(name: "Processor", dependencies: ["SoftFloat", "X86", "Wiring"], swiftSettings: strict),
        .target(name: "Recompiler", dependencies: ["Processor", "X86"], swiftSettings: strict),
        .target(name: "Executables", dependencies: ["Wiring"], swiftSettings: strict),
        .target(name: "Formats", swiftSettings: strict),
        .target(name: "Chips", dependencies: ["Wiring", "Formats"], swiftSettings: strict),
        .target(name: "Compression", dependencies: ["CZlib"], swiftSettings: strict),
        .target(name: "Disks", dependencies: ["Wiring", "Compression"], swiftSettings: strict),
        .target(name: "Board", dependencies: ["Processor", "Chips", "Wiring", "Compression", "Formats"], swiftSettings: strict),
        .target(
            name: "Inspection", dependencies: ["Board", "Processor", "X86", "Executables", "Wiring"], swiftSettings: strict),
        .target(
            name: "Explanations",
            dependencies: ["Inspection", "Board", "Processor", "SoftFloat", "X86", "Executables", "Wiring"],
            swiftSettings: strict),
        .target(
            name: "Checks", dependencies: ["Inspection", "Board", "Processor", "X86", "Executables", "Wiring"],
            swiftSettings: strict),
        .target(
            name: "Trace", dependencies: ["Inspection", "Board", "Processor", "Wiring", "X86", "Executables"], swiftSettings: strict),
        .target(
            name: "Debugging",
            dependencies: [
                "Inspection", "Explanations", "Trace", "Formats", "Board", "Chips", "Processor", "SoftFloat", "X86", "Executables",
                "Wiring",
            ],
            swiftSettings: strict),
        .target(
            name: "GDB", dependencies: ["Inspection", "Debugging", "Board", "Processor", "SoftFloat", "X86"],
            swiftSettings: strict),
        .target(
            name: "Screen", dependencies: ["Wiring", "Formats", "CPNG", .target(name: "CSDL", condition: .when(traits: ["SDL"]))],
            swiftSettings: strict),
        .target(
            name: "Web",
            dependencies: ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOWebSocket"].map {
                .product(name: $0, package: "swift-nio", condition: .when(traits: ["Web"]))
            },
            resources: [.embedInCode("Page")], swiftSettings: strict),
        .target(
            name: "Session",
            dependencies: [
                "X86", "Wiring", "Processor", "Recompiler", "Executables", "Chips", "Disks", "Board", "Inspection", "Explanations",
                "Checks",
                "Trace", "Debugging", "GDB", "Formats", "Screen", "CYAML", "CSandbox",
            ], swiftSettings: strict),
        .executableTarget(
            name: "swemu",
            dependencies: [
                "X86", "Wiring", "Processor", "Recompiler", "Executables", "Chips", "Disks", "Board", "Inspection", "Explanations",
                "Checks",
                "Trace", "Debugging", "Formats", "Screen", "Session", "Web", "Compression", "CRevision",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            resources: [.embedInCode("Learn/Lessons")], swiftSettings: strict),

        // Another program with a machine in it, for docs/library.md.
        .executableTarget(
            name: "BootAMachine", dependencies: ["Board", "Disks", "Recompiler"], path: "Examples/BootAMachine",
            swiftSettings: strict),
        .target(name: "CRevision", cSettings: [.define("SWEMU_REVISION", to: "\"\(revision)\"")]),
        .systemLibrary(name: "CSandbox"),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
        .systemLibrary(name: "CSDL", providers: [.apt(["libsdl2-dev"]), .brew(["sdl2"])]),
        // A second disassembler to compare with; the tests alone need it.
        .systemLibrary(
            name: "CCapstone", path: "Tests/CCapstone", pkgConfig: "capstone", providers: [.apt(["libcapstone-dev"])]),
        .target(
            name: "TestKit", dependencies: ["X86", "Wiring", "SoftFloat", "Processor", "Recompiler", "CZlib"],
            path: "Tests/TestKit", swiftSettings: strict),
        .testTarget(
            name: "X86Tests", dependencies: ["X86", "TestKit", "CCapstone"], exclude: ["Cases"], swiftSettings: strict),
        .testTarget(name: "WiringTests", dependencies: ["Wiring"], swiftSettings: strict),
        .testTarget(name: "CompressionTests", dependencies: ["Compression"], swiftSettings: strict),
        .testTarget(name: "SoftFloatTests", dependencies: ["SoftFloat", "TestKit"], swiftSettings: strict),
        .testTarget(name: "ProcessorTests", dependencies: ["Processor", "SoftFloat", "TestKit"], swiftSettings: strict),
        .testTarget(name: "ExecutablesTests", dependencies: ["Executables", "Wiring"], swiftSettings: strict),
        .testTarget(
            name: "RecompilerTests", dependencies: ["Recompiler", "Processor", "SoftFloat", "X86", "TestKit"], exclude: ["Cases"],
            swiftSettings: strict),
        .testTarget(name: "ChipsTests", dependencies: ["Chips", "Wiring", "TestKit"], swiftSettings: strict),
        .testTarget(name: "DisksTests", dependencies: ["Disks", "Wiring"], swiftSettings: strict),
        .testTarget(
            name: "BoardTests", dependencies: ["Board", "Compression", "Disks", "Processor", "Recompiler", "Screen", "TestKit"],
            swiftSettings: strict),
        .target(
            name: "MachineKit", dependencies: ["Board", "Processor", "Wiring"], path: "Tests/MachineKit", swiftSettings: strict),
        .testTarget(
            name: "InspectionTests", dependencies: ["Inspection", "Explanations", "Board", "Processor", "MachineKit", "TestKit"],
            swiftSettings: strict),
        .testTarget(
            name: "ExplanationsTests",
            dependencies: ["Explanations", "Inspection", "Board", "Processor", "SoftFloat", "X86", "MachineKit", "TestKit"],
            swiftSettings: strict),
        .testTarget(name: "ChecksTests", dependencies: ["Checks", "Board", "Processor", "MachineKit"], swiftSettings: strict),
        .testTarget(
            name: "TraceTests", dependencies: ["Trace", "Board", "Disks", "Recompiler", "MachineKit"], swiftSettings: strict),
        .testTarget(
            name: "DebuggingTests",
            dependencies: [
                "Debugging", "GDB", "Inspection", "Board", "Disks", "Executables", "Processor", "Recompiler", "X86", "MachineKit",
                "TestKit",
            ], swiftSettings: strict),
        .testTarget(name: "GDBTests", dependencies: ["GDB", "Debugging", "Board", "MachineKit"], swiftSettings: strict),
        .testTarget(name: "FormatsTests", dependencies: ["Formats"], swiftSettings: strict),
        .testTarget(
            name: "SessionTests", dependencies: ["Session", "Formats", "Board", "Chips", "Screen"], swiftSettings: strict),
        .testTarget(name: "ScreenTests", dependencies: ["Screen", "Wiring"], swiftSettings: strict),
        .testTarget(name: "WebTests", dependencies: ["Web"], swiftSettings: strict),
        .testTarget(
            name: "swemuTests",
            dependencies: [
                "swemu", "Session", "Formats", "Board", "Chips", "CSandbox", "Debugging", "Disks", "Executables", "GDB",
                "Inspection",
                "Processor", "Screen", "TestKit", "Trace", "Web", "Wiring",
                .product(name: "NIOEmbedded", package: "swift-nio", condition: .when(traits: ["Web"])),
            ], swiftSettings: strict),
    ]
)

// `make docs` alone fetches what writes the pages.
if Context.environment["SWEMU_DOCS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"))
}
