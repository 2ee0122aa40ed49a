using System.Buffers.Binary;
using System.Text;

namespace MirrorTools.Protocols.Nbd;

/// <summary>Reads the fields of an option's payload, each checked against what is left.</summary>
internal ref struct NbdOptionPayload(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private ReadOnlySpan<byte> _left = bytes;

    public readonly bool IsAtEnd => _left.IsEmpty;

    public bool TryReadUInt16(out ushort value)
    {
        if (!BinaryPrimitives.TryReadUInt16BigEndian(_left, out value))
        {
            return false;
        }

        _left = _left[sizeof(ushort)..];
        return true;
    }

    public bool TryReadUInt32(out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(_left, out value))
        {
            return false;
        }

        _left = _left[sizeof(uint)..];
        return true;
    }

    /// <summary>A string after its 32-bit length.</summary>
    public bool TryReadString(out string value)
    {
        value = "";
        return TryReadUInt32(out uint length) && length <= _left.Length && TryReadText((int)length, out value);
    }

    /// <summary>All that is left, as a string.</summary>
    public bool TryReadRest(out string value) => TryReadText(_left.Length, out value);

    private bool TryReadText(int lengthBytes, out string value)
    {
        value = "";
        if (lengthBytes > NbdProtocol.MaxStringBytes)
        {
            return false;
        }

        try
        {
            value = StrictUtf8.GetString(_left[..lengthBytes]);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        _left = _left[lengthBytes..];
        return true;
    }
}
