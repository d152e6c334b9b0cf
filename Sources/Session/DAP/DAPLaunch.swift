import Formats

/// The wishes of the request `launch`.
package struct DAPLaunch {
    let plan: SessionPlan
    let stopsOnEntry: Bool
    let explains: Bool
    let tellsScreen: Bool

    package init(_ plan: SessionPlan, stopsOnEntry: Bool, explains: Bool, tellsScreen: Bool) {
        self.plan = plan
        self.stopsOnEntry = stopsOnEntry
        self.explains = explains
        self.tellsScreen = tellsScreen
    }

    /// Reads the arguments of the request. Throws what is wrong with them, in one line.
    package typealias Reader = (_ arguments: JSON) throws -> DAPLaunch
}
