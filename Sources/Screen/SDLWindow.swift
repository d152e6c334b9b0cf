#if SDL
    import CSDL
    import Wiring

    /// The window, made with SDL 2. Frames are drawn sharp: each dot becomes a block of whole size first, and the picture its final size then.
    ///
    /// Text and VGA graphics are shown four to three, as the tube did; modes with square dots by whole factors.
    final class SDLWindow: DesktopWindow {
        private let sdl: SDLCalls
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
            let sdl = try Self.library()
            self.sdl = sdl
            // Signals are the host loop's business.
            _ = sdl.SetHint("SDL_NO_SIGNAL_HANDLERS", "1")
            _ = sdl.SetHint("SDL_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR", "0")
            guard sdl.Init(UInt32(SDL_INIT_VIDEO)) == 0 else { throw .refused(Self.reason(sdl)) }
            let anywhere: Int32 = 0x1FFF_0000
            // Shown when it is whole: a renderer that wants another kind of window makes SDL replace it.
            let flags = SDL_WINDOW_HIDDEN.rawValue | SDL_WINDOW_RESIZABLE.rawValue | SDL_WINDOW_ALLOW_HIGHDPI.rawValue
            guard let window = sdl.CreateWindow(title, anywhere, anywhere, 720, 540, flags) else {
                throw .refused(Self.reason(sdl))
            }
            guard let renderer = sdl.CreateRenderer(window, -1, 0) ?? sdl.CreateRenderer(window, -1, SDL_RENDERER_SOFTWARE.rawValue)
            else {
                throw .refused(Self.reason(sdl))
            }
            self.window = window
            self.renderer = renderer
            sdl.ShowWindow(window)
            sdl.StopTextInput()
        }

        deinit {
            if let sharp { sdl.DestroyTexture(sharp) }
            if let picture { sdl.DestroyTexture(picture) }
            sdl.DestroyRenderer(renderer)
            sdl.DestroyWindow(window)
            sdl.Quit()
        }

        private static func reason(_ sdl: SDLCalls) -> String {
            sdl.GetError().map { String(cString: $0) } ?? "SDL gives no reason"
        }

        /// SDL's functions, from where the host keeps the library.
        private static func library() throws(WindowError) -> SDLCalls {
            #if os(macOS)
                let names = ["libSDL2-2.0.0.dylib", "/opt/homebrew/lib/libSDL2-2.0.0.dylib", "/usr/local/lib/libSDL2-2.0.0.dylib"]
            #else
                let names = ["libSDL2-2.0.so.0"]
            #endif
            var calls = SDLCalls()
            var reason = ""
            for name in names {
                guard let problem = SDLCallsOpen(name, &calls) else { return calls }
                reason = String(cString: problem)
            }
            throw .refused("SDL 2 cannot be loaded (\(reason))")
        }

        private func showTitle() {
            sdl.SetWindowTitle(window, isGrabbed ? "\(title) - Ctrl-Alt-G gives the mouse back" : title)
        }

        // MARK: What the user does

        func wait(milliseconds: Int) { _ = sdl.WaitEventTimeout(nil, Int32(milliseconds)) }

        func takeEvents() -> [UserEvent] {
            var events: [UserEvent] = []
            var event = SDL_Event()
            while sdl.PollEvent(&event) != 0 { take(event, &events) }
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
                    let isFull = sdl.GetWindowFlags(window) & SDL_WINDOW_FULLSCREEN_DESKTOP.rawValue != 0
                    _ = sdl.SetWindowFullscreen(window, isFull ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP.rawValue)
                case .paste:
                    guard let text = sdl.GetClipboardText() else { break }
                    events.append(.text(String(cString: text)))
                    sdl.free(text)
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
            _ = sdl.SetRelativeMouseMode(isOn ? SDL_TRUE : SDL_FALSE)
            sdl.SetWindowKeyboardGrab(window, isOn ? SDL_TRUE : SDL_FALSE)
            showTitle()
        }

        // MARK: What the user sees

        func draw(_ frame: PixelFrame) {
            guard frame.width > 0, frame.height > 0, needsDrawing || frame != shown else { return }
            if shown?.width != frame.width || shown?.height != frame.height || picture == nil {
                forgetTextures()
                let access = Int32(SDL_TEXTUREACCESS_STREAMING.rawValue)
                picture = sdl.CreateTexture(
                    renderer, SDL_PIXELFORMAT_RGB24.rawValue, access, Int32(frame.width), Int32(frame.height))
                adoptSize(of: frame)
            }
            shown = frame
            needsDrawing = false
            guard let picture else { return }
            _ = sdl.UpdateTexture(picture, nil, frame.bytes, Int32(3 * frame.width))
            present(picture, frame)
        }

        private func present(_ picture: OpaquePointer, _ frame: PixelFrame) {
            var width: Int32 = 0, height: Int32 = 0
            _ = sdl.GetRendererOutputSize(renderer, &width, &height)
            let layout = WindowLayout((frame.width, frame.height, frame.shape), window: (Int(width), Int(height)))
            let blocks = (width: frame.width * layout.sharpening, height: frame.height * layout.sharpening)
            var source = picture
            if (layout.width, layout.height) != blocks || layout.sharpening > 1 { source = enlarged(picture, blocks) ?? picture }
            _ = sdl.SetRenderDrawColor(renderer, 0, 0, 0, 255)
            _ = sdl.RenderClear(renderer)
            var target = SDL_Rect(x: Int32(layout.x), y: Int32(layout.y), w: Int32(layout.width), h: Int32(layout.height))
            _ = sdl.RenderCopy(renderer, source, nil, &target)
            sdl.RenderPresent(renderer)
        }

        /// The picture with dots as blocks of whole size, in a texture that is scaled smoothly.
        private func enlarged(_ picture: OpaquePointer, _ size: (width: Int, height: Int)) -> OpaquePointer? {
            if sharp == nil || sharpSize != size {
                if let sharp { sdl.DestroyTexture(sharp) }
                let access = Int32(SDL_TEXTUREACCESS_TARGET.rawValue)
                sharp = sdl.CreateTexture(renderer, SDL_PIXELFORMAT_RGB888.rawValue, access, Int32(size.width), Int32(size.height))
                sharpSize = size
                if let sharp { _ = sdl.SetTextureScaleMode(sharp, SDL_ScaleModeLinear) }
            }
            guard let sharp, sdl.SetRenderTarget(renderer, sharp) == 0 else { return nil }
            _ = sdl.RenderCopy(renderer, picture, nil, nil)
            _ = sdl.SetRenderTarget(renderer, nil)
            return sharp
        }

        private func forgetTextures() {
            if let sharp { sdl.DestroyTexture(sharp) }
            if let picture { sdl.DestroyTexture(picture) }
            (sharp, picture) = (nil, nil)
            needsDrawing = true
        }

        /// A window that the user has not resized follows the guest's modes.
        private func adoptSize(of frame: PixelFrame) {
            guard !isUserSized else { return }
            let size = WindowLayout.naturalSize((frame.width, frame.height, frame.shape))
            sdl.SetWindowSize(window, Int32(size.width), Int32(size.height))
            needsDrawing = true
        }
    }
#endif
