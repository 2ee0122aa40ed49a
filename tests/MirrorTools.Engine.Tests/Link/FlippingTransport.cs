using MirrorTools.Engine.Link;

namespace MirrorTools.Engine.Tests.Link;

/// <summary>A transport on which one bit of what is sent is flipped on its way.</summary>
internal sealed class FlippingTransport(ILinkTransport inner, long flipAtBit) : ILinkTransport
{
    private long _sentBits;

    public bool HasFlipped { get; private set; }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        byte[] copy = bytes.ToArray();
        long at = flipAtBit - _sentBits;
        if (at >= 0 && at < 8L * copy.Length)
        {
            copy[at / 8] ^= (byte)(1 << (int)(at % 8));
            HasFlipped = true;
        }

        _sentBits += 8L * copy.Length;
        await inner.SendAsync(copy, cancellationToken);
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReceiveAsync(buffer, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
