using MirrorTools.Engine.Link;
using Xunit;

namespace MirrorTools.Engine.Tests.Link;

/// <summary>Numbered messages of many sizes that tell of themselves whether they arrived whole.</summary>
internal static class LinkTraffic
{
    private static readonly int[] Lengths = [0, 0, 1, 511, 4096, 4097, 65536, 65537, 98304, 98305, 300_000, 1 << 20];

    public static async Task<bool> SendManyAsync(IPeerChannel channel, LinkRig rig, int count)
    {
        var sends = new List<Task>();
        for (int i = 0; i < count; i++)
        {
            byte[] payload = new byte[Lengths[rig.Random.Next(Lengths.Length)]];
            payload.AsSpan().Fill((byte)i);
            sends.Add(channel.SendAsync(new PeerMessage { FirstGrain = i, Point = (ulong)payload.Length }, payload, default).AsTask());
            if (rig.Random.Chance(0.3))
            {
                await sends[^1];
            }
        }

        foreach (var send in sends)
        {
            await send;
        }

        return true;
    }

    public static void AssertPayload(int number, ReceivedMessage message)
    {
        Assert.Equal((ulong)message.Payload.Length, message.Message.Point);
        Assert.Equal(-1, message.Payload.Span.IndexOfAnyExcept((byte)number));
    }
}
