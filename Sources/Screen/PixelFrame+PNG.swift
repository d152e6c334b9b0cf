import CPNG
import Wiring

extension PixelFrame {
    /// The picture as a PNG file (ISO/IEC 15948) with eight bits for each component, made by libpng. Empty when the frame is, or when the host has
    /// no memory left.
    public var PNG: [UInt8] { Self.encode(bytes, width: width, height: height) }

    /// A PNG file of `width` × `height` dots of three bytes.
    static func encode(_ bytes: [UInt8], width: Int, height: Int) -> [UInt8] {
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        image.width = png_uint_32(width)
        image.height = png_uint_32(height)
        image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
        defer { png_image_free(&image) }
        // The largest that deflate can make of it, and room for the chunks around.
        var room = png_alloc_size_t(bytes.count + height + bytes.count / 100 + 4096)
        var file = [UInt8](repeating: 0, count: room)
        guard width > 0, height > 0, png_image_write_to_memory(&image, &file, &room, 0, bytes, 0, nil) != 0 else { return [] }
        file.removeLast(file.count - room)
        return file
    }
}
