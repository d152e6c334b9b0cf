/// A date and a time of day in the Gregorian calendar, without a time zone: what a PC's clock chip is set to.
extension MC146818 {
    /// A date and a time of day.
    public struct DateTime: Codable, Equatable, Sendable {
        /// 1980–2099 are what a PC's clock can hold.
        public var year: Int
        /// 1–12.
        public var month: Int
        /// 1–31.
        public var day: Int
        /// 0–23.
        public var hour: Int
        /// 0–59.
        public var minute: Int
        /// 0–59.
        public var second: Int

        /// A date with a time of day.
        public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
            self.year = year
            self.month = month
            self.day = day
            self.hour = hour
            self.minute = minute
            self.second = second
        }

        /// The date `seconds` after 1970-01-01 00:00:00. Dates outside 1980–2099 become the nearest one inside.
        public init(secondsSince1970 seconds: Int64) {
            let earliest: Int64 = 315_532_800
            let latest: Int64 = 4_102_444_799
            let clamped = min(max(seconds, earliest), latest)
            var days = Int(clamped / 86_400)
            let rest = Int(clamped % 86_400)
            self.init(year: 1970, month: 1, day: 1, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60)
            while days >= Self.days(inYear: year) {
                days -= Self.days(inYear: year)
                year += 1
            }
            while days >= Self.days(inMonth: month, ofYear: year) {
                days -= Self.days(inMonth: month, ofYear: year)
                month += 1
            }
            day = days + 1
        }

        /// 1 for Sunday to 7 for Saturday (Zeller's congruence).
        public var dayOfWeek: Int {
            let isEarly = month < 3
            let m = isEarly ? month + 12 : month
            let y = isEarly ? year - 1 : year
            let h = (day + 13 * (m + 1) / 5 + y + y / 4 - y / 100 + y / 400) % 7
            return (h + 6) % 7 + 1
        }

        static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        static func days(inYear year: Int) -> Int { isLeap(year) ? 366 : 365 }
        static func days(inMonth month: Int, ofYear year: Int) -> Int {
            switch month {
            case 2: isLeap(year) ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        }
    }
}
