// SDL 2, opened when a window is: linked in the usual way it brings 40 libraries along, which cost every start of the program 6 ms.
#include <SDL2/SDL.h>
#include <dlfcn.h>

#define SDL_CALLS(CALL)                                                                                                \
    CALL(CreateRenderer) CALL(CreateTexture) CALL(CreateWindow) CALL(DestroyRenderer) CALL(DestroyTexture)             \
    CALL(DestroyWindow) CALL(GetClipboardText) CALL(GetError) CALL(GetRendererOutputSize) CALL(GetWindowFlags)         \
    CALL(Init) CALL(PollEvent) CALL(Quit) CALL(RenderClear) CALL(RenderCopy) CALL(RenderPresent) CALL(SetHint)         \
    CALL(SetRelativeMouseMode) CALL(SetRenderDrawColor) CALL(SetRenderTarget) CALL(SetTextureScaleMode)                \
    CALL(SetWindowFullscreen) CALL(SetWindowKeyboardGrab) CALL(SetWindowSize) CALL(SetWindowTitle) CALL(ShowWindow)    \
    CALL(StopTextInput) CALL(UpdateTexture) CALL(WaitEventTimeout) CALL(free)

/// SDL's functions, each under its name without the prefix.
struct SDLCalls {
#define CALL(name) __typeof__(SDL_##name) *name;
    SDL_CALLS(CALL)
#undef CALL
};

/// Opens the library and finds all of its functions; otherwise the first one that is missing, or the host's reason.
static inline const char *SDLCallsOpen(const char *library, struct SDLCalls *calls) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle) return dlerror();
#define CALL(name)                                                   \
    *(void **)&calls->name = dlsym(handle, "SDL_" #name);            \
    if (!calls->name) return "SDL_" #name " is missing in the library";
    SDL_CALLS(CALL)
#undef CALL
    return 0;
}
