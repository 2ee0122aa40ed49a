using System.Text;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>Short texts inside frames: strict UTF-8 of a bounded length.</summary>
internal static class WireText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text's bytes, cut at a character so that they fit into <paramref name="maxBytes"/>.</summary>
    public static byte[] Encode(string text, int maxBytes)
    {
        var buffer = new byte[maxBytes];
        Encoding.UTF8.GetEncoder().Convert(text, buffer, flush: true, out _, out int usedBytes, out _);
        return buffer[..usedBytes];
    }

    /// <summary>Reads text; false where the bytes are no UTF-8.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out string text)
    {
        try
        {
            text = Strict.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            // Not UTF-8: the caller refuses the frame, which says more than the position of the bad byte would.
            text = "";
            return false;
        }
    }
}
