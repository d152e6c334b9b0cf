extension Table {
    /// CLC, STC, CMC, CLD, STD, CLI, STI, LAHF, SAHF, and SALC (D6h: AL := CF ? FFh : 0).
    static let flagControl: [Row] = [
        row(0xF5, .cmc),
        row(0xF8, .clc),
        row(0xF9, .stc),
        row(0xFA, .cli, is: .endsBlock),
        row(0xFB, .sti, is: .endsBlock),
        row(0xFC, .cld),
        row(0xFD, .std),
        row(0x9E, .sahf),
        row(0x9F, .lahf),
        row(0xD6, .salc, is: [.undocumented, .invalid64]),
    ]
}
