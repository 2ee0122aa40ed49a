using System.Buffers;
using System.IO.Compression;

namespace MirrorTools.Engine.Link;

/// <summary>
/// Compresses the data of messages where that saves at least an eighth. Data that did not shrink makes it leave the next messages alone, more of
/// them each time, so that encrypted or compressed volumes cost next to nothing.
/// </summary>
internal sealed class LinkCompressor : IDisposable
{
    private const int MinBytes = 512;
    private const int Quality = 1;
    private const int WindowBits = 18;
    private const int MaxSkipped = 64;

    private byte[]? _scratch;
    private int _skip;
    private int _nextSkip = 1;

    /// <summary>Compresses <paramref name="data"/>; the result is valid until the next call. False where it is to be sent as it is.</summary>
    public bool TryCompress(ReadOnlySpan<byte> data, out ReadOnlyMemory<byte> compressed)
    {
        compressed = default;
        if (data.Length < MinBytes)
        {
            return false;
        }

        if (_skip > 0)
        {
            _skip--;
            return false;
        }

        int goodBytes = data.Length - (data.Length / 8);
        EnsureScratch(data.Length);
        if (BrotliEncoder.TryCompress(data, _scratch.AsSpan(0, goodBytes), out int writtenBytes, Quality, WindowBits))
        {
            _nextSkip = 1;
            compressed = _scratch.AsMemory(0, writtenBytes);
            return true;
        }

        _skip = _nextSkip;
        _nextSkip = Math.Min(_nextSkip * 2, MaxSkipped);
        return false;
    }

    /// <summary>Restores data of a known length; false where the bytes hold anything else.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> compressed, Span<byte> data) =>
        BrotliDecoder.TryDecompress(compressed, data, out int writtenBytes) && writtenBytes == data.Length;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_scratch is not null)
        {
            ArrayPool<byte>.Shared.Return(_scratch);
            _scratch = null;
        }
    }

    private void EnsureScratch(int lengthBytes)
    {
        if (_scratch is null || _scratch.Length < lengthBytes)
        {
            Dispose();
            _scratch = ArrayPool<byte>.Shared.Rent(lengthBytes);
        }
    }
}
