#if Web
    import NIOCore
    import NIOWebSocket

    /// A client's socket: whole messages go to the mailbox. RFC 6455.
    final class SocketHandler: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        typealias OutboundOut = WebSocketFrame

        private let mailbox: Mailbox
        private var number: Int?

        init(_ mailbox: Mailbox) { self.mailbox = mailbox }

        func handlerAdded(context: ChannelHandlerContext) { number = mailbox.enter(context.channel) }

        func channelInactive(context: ChannelHandlerContext) {
            leave()
            context.fireChannelInactive()
        }

        func handlerRemoved(context: ChannelHandlerContext) { leave() }

        private func leave() {
            if let number { mailbox.leave(number) }
            number = nil
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            switch frame.opcode {
            case .text:
                var content = frame.unmaskedData
                let bytes = content.readBytes(length: content.readableBytes) ?? []
                // 1008: against what was agreed on.
                if let number, !mailbox.put(bytes, from: number) { end(.policyViolation, context) }
            case .ping:
                let answer = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
                context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
            case .connectionClose: end(.normalClosure, context)
            case .pong: break
            default: end(.unacceptableData, context)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func end(_ code: WebSocketErrorCode, _ context: ChannelHandlerContext) {
            var data = context.channel.allocator.buffer(capacity: 2)
            data.write(webSocketErrorCode: code)
            context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: data)), promise: nil)
            context.close(promise: nil)
        }
    }
#endif
