import Formats

extension DAPServer {
    /// Our abilities, in the protocol's words.
    static let capabilities: [(String, JSON)] =
        [
            "supportsConfigurationDoneRequest", "supportsFunctionBreakpoints", "supportsConditionalBreakpoints",
            "supportsHitConditionalBreakpoints", "supportsEvaluateForHovers", "supportsStepBack", "supportsSetVariable",
            "supportsSetExpression", "supportsExceptionInfoRequest", "supportsLoadedSourcesRequest", "supportsLogPoints",
            "supportsTerminateRequest", "supportsDataBreakpoints", "supportsDataBreakpointBytes", "supportsReadMemoryRequest",
            "supportsWriteMemoryRequest", "supportsDisassembleRequest", "supportsSteppingGranularity",
            "supportsInstructionBreakpoints", "supportsExceptionFilterOptions", "supportsSingleThreadExecutionRequests",
        ].map { ($0, JSON.boolean(true)) } + [("exceptionBreakpointFilters", .list(DAPPoints.exceptionFilters))]
}
