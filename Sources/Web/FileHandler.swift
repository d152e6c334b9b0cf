#if Web
    import NIOCore
    import NIOHTTP1

    /// Answers requests for the page's files. Everything else gets "404" and nothing to learn from. RFC 9110.
    final class FileHandler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        /// Under which a pipeline knows it: a socket has no use for it.
        static let name = "files"

        private let admission: Admission
        private var deadline: Scheduled<Void>?

        init(_ admission: Admission) { self.admission = admission }

        /// A request has to be there in time, whole.
        func handlerAdded(context: ChannelHandlerContext) {
            let channel = context.channel
            deadline = context.eventLoop.scheduleTask(in: .seconds(WebServer.patience)) { channel.close(promise: nil) }
        }

        func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): answer(head, context)
            // Nobody has a reason to send one.
            case .body: context.close(promise: nil)
            case .end: break
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
            let file =
                head.method == .GET || head.method == .HEAD
                ? admission.file(head.uri, host: head.headers["host"]).flatMap(PageFile.named) : nil
            let content = file?.bytes ?? Array("404 not found\n".utf8)
            var headers = HTTPHeaders(PageFile.headers)
            headers.add(name: "Content-Type", value: file?.type ?? "text/plain; charset=utf-8")
            headers.add(name: "Content-Length", value: String(content.count))
            headers.add(name: "Connection", value: "close")
            let response = HTTPResponseHead(version: .http1_1, status: file == nil ? .notFound : .ok, headers: headers)
            context.write(wrapOutboundOut(.head(response)), promise: nil)
            if head.method != .HEAD {
                context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: content)))), promise: nil)
            }
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
        }
    }
#endif
