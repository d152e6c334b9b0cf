import Testing

@testable import Executables

@Suite struct PlainNameTests {
    @Test func namesOfCompilersAreRead() {
        let names: [(String, String?)] = [
            ("_ZN2ns1fERi", "ns::f"), ("_ZNK2ns1S1mEi", "ns::S::m"), ("_ZN2ns1SC1ERi", "ns::S::S"), ("_ZN2ns1SD2Ev", "ns::S::~S"),
            ("_Z5kmainv", "kmain"), ("_ZL5firsti", "first"), ("_ZN1r5inner4work17h86febad9fee9a9d9E", "r::inner::work"),
            ("_ZN4core3ptr13read_volatile17hfaaad5ae49f4ad23E", "core::ptr::read_volatile"),
            ("_RNvCsfLfy6EI15iL_7___rustc17rust_begin_unwind", "__rustc::rust_begin_unwind"),
            ("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"),
        ]
        for (symbol, name) in names { #expect(PlainName.read(symbol) == name, "\(symbol)") }
    }

    @Test func otherNamesStay() {
        for symbol in [
            "kmain", "_start", "_Z", "_ZN", "_ZN9999999999999999999999xE", "_ZN5abE", "_RNG_init", "_RC", "_RNvC", "_ZTV1S",
            "_ZN1aIiEE", "_R", "_ZNé",
        ] {
            #expect(PlainName.read(symbol) == nil, "\(symbol)")
        }
        let table = SymbolTable([.init(name: "_ZN2ns1fERi", address: 16, size: 4, isFunction: true)])
        #expect(table.symbol(at: 17)?.symbol.name == "ns::f")
        #expect(table.address(of: "ns::f") == 16 && table.address(of: "_ZN2ns1fERi") == 16)
    }
}
