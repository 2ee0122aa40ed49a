using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.SyncCache.Members;

public sealed class SyncRecordCodecTests
{
    private static readonly Guid[] Nodes = [new("00000001-0000-0000-0000-000000000000"), new("00000002-0000-0000-0000-000000000000"), new("00000003-0000-0000-0000-000000000000")];

    private static readonly SyncRecord Record = new()
    {
        Role = SyncRole.Secondary,
        Generations = new GenerationHistory([new Generation(new Guid("0000000a-0000-0000-0000-000000000000"), new DateTimeOffset(256, TimeSpan.Zero), Nodes[1])]),
        Nodes = Nodes,
        Members = [Nodes[0], Nodes[2]],
        IsComplete = false,
        YieldedTo = Nodes[1],
        Untold = [Nodes[1]],
        Suspended = SuspendReason.Requested,
        Definition = new byte[] { 7, 8, 9 },
    };

    [Fact, Rule("S-9")]
    public void What_is_encoded_is_decoded()
    {
        Assert.True(SyncRecordCodec.TryDecode(SyncRecordCodec.Encode(Record), out SyncRecord? decoded));

        Assert.Equal(Record.Role, decoded!.Role);
        Assert.Equal(Record.Generations.Items, decoded.Generations.Items);
        Assert.Equal(Record.Nodes, decoded.Nodes);
        Assert.Equal(Record.Members, decoded.Members);
        Assert.Equal(Record.Untold, decoded.Untold);
        Assert.Equal(Record.YieldedTo, decoded.YieldedTo);
        Assert.Equal(Record.Suspended, decoded.Suspended);
        Assert.False(decoded.IsComplete);
        Assert.Equal(Record.Definition.ToArray(), decoded.Definition.ToArray());
    }

    [Fact]
    public void The_bytes_are_those_of_the_picture()
    {
        byte[] bytes = SyncRecordCodec.Encode(Record);

        Assert.Equal("0100020100030501030000000200000002000000000000000000000000000000", Convert.ToHexStringLower(bytes.AsSpan(0, 32)));
        Assert.Equal("01000000000000000000000000000000", Convert.ToHexStringLower(bytes.AsSpan(32, 16)));
        Assert.Equal("0a0000000000000000000000000000000001000000000000", Convert.ToHexStringLower(bytes.AsSpan(80, 24)));
        Assert.Equal("070809", Convert.ToHexStringLower(bytes.AsSpan(bytes.Length - 3)));
    }

    [Fact, Rule("P-9")]
    public void Bytes_that_are_no_record_are_refused()
    {
        byte[] bytes = SyncRecordCodec.Encode(Record);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(SyncRecordCodec.TryDecode(bytes.AsSpan(0, length), out _));
        }

        Random random = new(7);
        for (int round = 0; round < 5000; round++)
        {
            byte[] garbage = [.. bytes];
            garbage[random.Next(garbage.Length)] = (byte)random.Next(256);
            garbage[random.Next(16)] = (byte)random.Next(256);

            // Whatever comes of it, it does not throw.
            SyncRecordCodec.TryDecode(garbage, out _);
        }
    }
}
