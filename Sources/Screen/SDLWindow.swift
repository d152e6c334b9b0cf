#if SDL
    import CSDL
    import Wiring

    /// The window, made with SDL 2. Frames are drawn sharp: each dot becomes a block of whole size first, and the picture its final size then.
    ///
    /// Text and VGA graphics are shown four to three, as the tube did; modes with square dots by whole factors.
    final class SDLWindow: Window {
        private let window: OpaquePointer
        private let renderer: OpaquePointer
        private var picture: OpaquePointer?
        private var sharp: OpaquePointer?
        private var sharpSize = (width: 0, height: 0)
        private var shown: PixelFrame?
        private var needsDrawing = true
        /// The window has had a size that the user chose.
        private var isUserSized = false
        private var keys = WindowKeys()
        private var buttons: UInt8 = 0
        private var isGrabbed = false

        var title: String {
            didSet { if title != oldValue { showTitle() } }
        }

        init(title: String) throws(WindowError) {
            self.title = title
            // Signals are the host loop's business.
            SDL_SetHint("SDL_NO_SIGNAL_HANDLERS", "1")
            SDL_SetHint("SDL_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR", "0")
            guard SDL_Init(UInt32(SDL_INIT_VIDEO)) == 0 else { throw .refused(Self.reason) }
            let anywhere: Int32 = 0x1FFF_0000
            let flags = SDL_WINDOW_RESIZABLE.rawValue | SDL_WINDOW_ALLOW_HIGHDPI.rawValue
            guard let window = SDL_CreateWindow(title, anywhere, anywhere, 720, 540, flags) else {
                throw .refused(Self.reason)
            }
            guard let renderer = SDL_CreateRenderer(window, -1, 0) ?? SDL_CreateRenderer(window, -1, SDL_RENDERER_SOFTWARE.rawValue)
            else {
                throw .refused(Self.reason)
            }
            self.window = window
            self.renderer = renderer
            SDL_StopTextInput()
        }

        deinit {
            if let sharp { SDL_DestroyTexture(sharp) }
            if let picture { SDL_DestroyTexture(picture) }
            SDL_DestroyRenderer(renderer)
            SDL_DestroyWindow(window)
            SDL_Quit()
        }

        private static var reason: String { SDL_GetError().map { String(cString: $0) } ?? "SDL gives no reason" }

        private func showTitle() {
            SDL_SetWindowTitle(window, isGrabbed ? "\(title) - Ctrl-Alt-G gives the mouse back" : title)
        }

        // MARK: What the user does

        func wait(milliseconds: Int) { SDL_WaitEventTimeout(nil, Int32(milliseconds)) }

        func takeEvents() -> [UserEvent] {
            var events: [UserEvent] = []
            var event = SDL_Event()
            while SDL_PollEvent(&event) != 0 { take(event, &events) }
            return events
        }

        private func take(_ event: SDL_Event, _ events: inout [UserEvent]) {
            switch event.type {
            case SDL_QUIT.rawValue: events.append(.quit)
            case SDL_KEYDOWN.rawValue: move(event.key, event.key.repeat == 0 ? .down : .repetition, &events)
            case SDL_KEYUP.rawValue: move(event.key, .up, &events)
            case SDL_MOUSEMOTION.rawValue where isGrabbed:
                events.append(.mouse(MouseMovement(dx: Int(event.motion.xrel), dy: Int(event.motion.yrel), buttons: buttons)))
            case SDL_MOUSEBUTTONDOWN.rawValue:
                // The click that takes the mouse is not the guest's.
                guard isGrabbed else { return setGrab(true) }
                press(event.button.button, down: true, &events)
            case SDL_MOUSEBUTTONUP.rawValue where isGrabbed: press(event.button.button, down: false, &events)
            case SDL_MOUSEWHEEL.rawValue where isGrabbed:
                events.append(.mouse(MouseMovement(wheel: -Int(event.wheel.y), buttons: buttons)))
            case SDL_WINDOWEVENT.rawValue: take(event.window, &events)
            case SDL_RENDER_TARGETS_RESET.rawValue, SDL_RENDER_DEVICE_RESET.rawValue: forgetTextures()
            default: break
            }
        }

        private func take(_ event: SDL_WindowEvent, _ events: inout [UserEvent]) {
            switch UInt32(event.event) {
            case SDL_WINDOWEVENT_FOCUS_LOST.rawValue:
                events += keys.releaseAll()
                if isGrabbed { setGrab(false) }
            case SDL_WINDOWEVENT_RESIZED.rawValue:
                isUserSized = true
                needsDrawing = true
            case SDL_WINDOWEVENT_SIZE_CHANGED.rawValue, SDL_WINDOWEVENT_EXPOSED.rawValue: needsDrawing = true
            default: break
            }
        }

        private func move(_ event: SDL_KeyboardEvent, _ movement: KeyMovement, _ events: inout [UserEvent]) {
            guard let key = Key(usage: Int(event.keysym.scancode.rawValue)) else { return }
            for action in keys.move(key, movement) {
                switch action {
                case .guest(let event): events.append(event)
                case .grab: setGrab(!isGrabbed)
                case .fullScreen:
                    let isFull = SDL_GetWindowFlags(window) & SDL_WINDOW_FULLSCREEN_DESKTOP.rawValue != 0
                    SDL_SetWindowFullscreen(window, isFull ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP.rawValue)
                case .paste:
                    guard let text = SDL_GetClipboardText() else { break }
                    events.append(.text(String(cString: text)))
                    SDL_free(text)
                case .naturalSize:
                    isUserSized = false
                    if let shown { adoptSize(of: shown) }
                }
            }
        }

        private func press(_ button: UInt8, down: Bool, _ events: inout [UserEvent]) {
            // SDL counts left, middle, right from 1.
            let bit: UInt8 = button == 1 ? 0x01 : button == 3 ? 0x02 : button == 2 ? 0x04 : 0
            buttons = down ? buttons | bit : buttons & ~bit
            events.append(.mouse(MouseMovement(buttons: buttons)))
        }

        private func setGrab(_ isOn: Bool) {
            isGrabbed = isOn
            buttons = 0
            SDL_SetRelativeMouseMode(isOn ? SDL_TRUE : SDL_FALSE)
            SDL_SetWindowKeyboardGrab(window, isOn ? SDL_TRUE : SDL_FALSE)
            showTitle()
        }

        // MARK: What the user sees

        func draw(_ frame: PixelFrame) {
            guard frame.width > 0, frame.height > 0, needsDrawing || frame != shown else { return }
            if shown?.width != frame.width || shown?.height != frame.height || picture == nil {
                forgetTextures()
                let access = Int32(SDL_TEXTUREACCESS_STREAMING.rawValue)
                picture = SDL_CreateTexture(
                    renderer, SDL_PIXELFORMAT_RGB24.rawValue, access, Int32(frame.width), Int32(frame.height))
                adoptSize(of: frame)
            }
            shown = frame
            needsDrawing = false
            guard let picture else { return }
            SDL_UpdateTexture(picture, nil, frame.bytes, Int32(3 * frame.width))
            present(picture, frame)
        }

        private func present(_ picture: OpaquePointer, _ frame: PixelFrame) {
            var width: Int32 = 0, height: Int32 = 0
            SDL_GetRendererOutputSize(renderer, &width, &height)
            let layout = WindowLayout((frame.width, frame.height, frame.shape), window: (Int(width), Int(height)))
            let blocks = (width: frame.width * layout.sharpening, height: frame.height * layout.sharpening)
            var source = picture
            if (layout.width, layout.height) != blocks || layout.sharpening > 1 { source = enlarged(picture, blocks) ?? picture }
            SDL_SetRenderDrawColor(renderer, 0, 0, 0, 255)
            SDL_RenderClear(renderer)
            var target = SDL_Rect(x: Int32(layout.x), y: Int32(layout.y), w: Int32(layout.width), h: Int32(layout.height))
            SDL_RenderCopy(renderer, source, nil, &target)
            SDL_RenderPresent(renderer)
        }

        /// The picture with dots as blocks of whole size, in a texture that is scaled smoothly.
        private func enlarged(_ picture: OpaquePointer, _ size: (width: Int, height: Int)) -> OpaquePointer? {
            if sharp == nil || sharpSize != size {
                if let sharp { SDL_DestroyTexture(sharp) }
                let access = Int32(SDL_TEXTUREACCESS_TARGET.rawValue)
                sharp = SDL_CreateTexture(renderer, SDL_PIXELFORMAT_RGB888.rawValue, access, Int32(size.width), Int32(size.height))
                sharpSize = size
                if let sharp { SDL_SetTextureScaleMode(sharp, SDL_ScaleModeLinear) }
            }
            guard let sharp, SDL_SetRenderTarget(renderer, sharp) == 0 else { return nil }
            SDL_RenderCopy(renderer, picture, nil, nil)
            SDL_SetRenderTarget(renderer, nil)
            return sharp
        }

        private func forgetTextures() {
            if let sharp { SDL_DestroyTexture(sharp) }
            if let picture { SDL_DestroyTexture(picture) }
            (sharp, picture) = (nil, nil)
            needsDrawing = true
        }

        /// A window that the user has not resized follows the guest's modes.
        private func adoptSize(of frame: PixelFrame) {
            guard !isUserSized else { return }
            let size = WindowLayout.naturalSize((frame.width, frame.height, frame.shape))
            SDL_SetWindowSize(window, Int32(size.width), Int32(size.height))
            needsDrawing = true
        }
    }
#endif
