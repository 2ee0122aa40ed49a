using MirrorTools.Protocols.Nbd;
using MirrorTools.Protocols.Nbd.Client;
using MirrorTools.Testing;

namespace MirrorTools.Protocols.Tests.Nbd;

public sealed class NbdTransmissionTests
{
    private const int Size = 8 * 1024 * 1024;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_written_is_read_back_at_every_size(bool structured)
    {
        var export = new MemoryExport("v", 64 * 1024 * 1024);
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v", NbdTestServer.ClientOptions("v", structured));
        var random = new Random(1);
        foreach (int length in new[] { 0, 512, 4096, 16 * 1024, 16896, 65536, 131072, 262144 + 512, 1 << 20, 32 << 20 })
        {
            byte[] data = new byte[length];
            random.NextBytes(data);
            await client.WriteAsync(1024, data, NbdWriteOptions.None, CancellationToken.None);
            byte[] read = new byte[length];
            await client.ReadAsync(1024, read, CancellationToken.None);
            Assert.True(data.AsSpan().SequenceEqual(read), $"length {length}");
            Assert.True(data.AsSpan().SequenceEqual(export.Bytes.AsSpan(1024, length)), $"length {length}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Many_requests_in_flight_each_get_their_own_answer(bool completesLater)
    {
        var export = new MemoryExport("v", Size);
        if (completesLater)
        {
            export.Before = async (_, _, _) => await Task.Yield();
        }

        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async worker =>
        {
            var random = new Random(worker);
            byte[] data = new byte[4096 << (worker % 7)];
            byte[] read = new byte[data.Length];
            long region = worker * (Size / 64);
            for (int round = 0; round < 20; round++)
            {
                random.NextBytes(data);
                int length = Math.Min(data.Length, Size / 64);
                await client.WriteAsync(region, data.AsMemory(0, length), NbdWriteOptions.None, CancellationToken.None);
                await client.ReadAsync(region, read.AsMemory(0, length), CancellationToken.None);
                Assert.True(data.AsSpan(0, length).SequenceEqual(read.AsSpan(0, length)));
            }
        }));
    }

    [Fact]
    public async Task A_request_that_waits_does_not_hold_up_the_ones_behind_it()
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var export = new MemoryExport("v", Size) { Before = (_, offset, _) => offset == 0 ? released.Task : Task.CompletedTask };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        Task slow = client.WriteAsync(0, new byte[4096], NbdWriteOptions.None, CancellationToken.None).AsTask();
        await client.WriteAsync(4096, new byte[4096], NbdWriteOptions.None, CancellationToken.None);
        Assert.False(slow.IsCompleted);
        released.SetResult();
        await slow;
    }

    [Fact]
    public async Task Options_of_writes_reach_the_export()
    {
        var export = new MemoryExport("v", Size);
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        await client.WriteAsync(0, new byte[512], NbdWriteOptions.ForceUnitAccess, CancellationToken.None);
        await client.WriteZeroesAsync(512, 1024, NbdWriteOptions.NoHole | NbdWriteOptions.FastZero, CancellationToken.None);
        await client.TrimAsync(0, 4096, NbdWriteOptions.ForceUnitAccess, CancellationToken.None);
        await client.CacheAsync(0, 8192, CancellationToken.None);
        await client.FlushAsync(CancellationToken.None);
        Assert.Equal(
            [
                (NbdCommand.Write, 0, 512, NbdWriteOptions.ForceUnitAccess),
                (NbdCommand.WriteZeroes, 512, 1024, NbdWriteOptions.NoHole | NbdWriteOptions.FastZero),
                (NbdCommand.Trim, 0, 4096, NbdWriteOptions.ForceUnitAccess),
                (NbdCommand.Cache, 0, 8192, NbdWriteOptions.None),
                (NbdCommand.Flush, 0, 0, NbdWriteOptions.None),
            ],
            export.Calls);
    }

    [Fact]
    public async Task Sparse_reads_travel_as_holes()
    {
        var export = new MemoryExport("v", Size);
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        using var raw = new RawNbdClient(server.SocketPath);
        raw.Greet().SendOption(NbdProtocol.OptStructuredReply, []);
        raw.ReceiveOptionReply();
        raw.Go("v").SendRequest(new NbdRequestHeader(0, NbdCommand.Read, 7, 4096, 1 << 20));
        Assert.True(NbdChunkHeader.TryRead(raw.Receive(NbdChunkHeader.Size), out NbdChunkHeader chunk));
        Assert.Equal(new NbdChunkHeader(NbdProtocol.ChunkDone, NbdProtocol.ChunkOffsetHole, 7, NbdHoleChunk.Size), chunk);
        Assert.True(NbdHoleChunk.TryRead(raw.Receive(NbdHoleChunk.Size), out NbdHoleChunk hole));
        Assert.Equal(new NbdHoleChunk(4096, 1 << 20), hole);
    }

    public static TheoryData<Exception, NbdError> Faults => new()
    {
        { new NbdException(NbdError.NoSpace, "The volume is full."), NbdError.NoSpace },
        { new IOException("bad sector"), NbdError.InputOutput },
        { new UnauthorizedAccessException(), NbdError.NotPermitted },
        { new OperationCanceledException(), NbdError.ShuttingDown },
        { new ArgumentException("no"), NbdError.Invalid },
        { new NotSupportedException(), NbdError.NotSupported },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_of_the_export_is_the_requests_error_and_nothing_more(Exception fault, NbdError expected)
    {
        foreach (bool completesLater in new[] { false, true })
        {
            foreach (bool structured in new[] { false, true })
            {
                var export = new MemoryExport("v", Size);
                await using NbdTestServer server = await NbdTestServer.StartAsync(export);
                await using NbdClient client = await server.ConnectAsync("v", NbdTestServer.ClientOptions("v", structured));
                export.Before = async (_, _, _) =>
                {
                    if (completesLater)
                    {
                        await Task.Yield();
                    }

                    throw fault;
                };
                byte[] data = new byte[4096];
                Assert.Equal(expected, (await Assert.ThrowsAsync<NbdException>(async () => await client.ReadAsync(0, data, CancellationToken.None))).Error);
                NbdException onWrite = await Assert.ThrowsAsync<NbdException>(async () => await client.WriteAsync(0, data, NbdWriteOptions.None, CancellationToken.None));
                Assert.Equal(expected, onWrite.Error);
                Assert.Equal(structured && fault is NbdException, onWrite.Message.Contains("The volume is full.", StringComparison.Ordinal));

                export.Before = null;
                await client.WriteAsync(0, data, NbdWriteOptions.None, CancellationToken.None);
            }
        }
    }

    [Fact]
    public async Task Requests_outside_the_export_or_not_aligned_never_reach_it()
    {
        var export = new MemoryExport("v", Size);
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        byte[] data = new byte[4096];
        Assert.Equal(NbdError.Invalid, await ErrorOfAsync(client.ReadAsync(Size - 512, data, CancellationToken.None)));
        Assert.Equal(NbdError.NoSpace, await ErrorOfAsync(client.WriteAsync(Size, data, NbdWriteOptions.None, CancellationToken.None)));
        Assert.Equal(NbdError.NoSpace, await ErrorOfAsync(client.WriteZeroesAsync(0, Size + 512L, NbdWriteOptions.None, CancellationToken.None)));
        Assert.Equal(NbdError.Invalid, await ErrorOfAsync(client.TrimAsync(long.MaxValue - 511, 512, NbdWriteOptions.None, CancellationToken.None)));
        Assert.Equal(NbdError.Invalid, await ErrorOfAsync(client.ReadAsync(100, data, CancellationToken.None)));
        Assert.Equal(NbdError.Invalid, await ErrorOfAsync(client.WriteAsync(0, data.AsMemory(0, 100), NbdWriteOptions.None, CancellationToken.None)));
        Assert.Empty(export.Calls);
        await client.WriteAsync(0, data, NbdWriteOptions.None, CancellationToken.None);
    }

    [Fact]
    public async Task Commands_and_flags_that_were_not_offered_are_invalid()
    {
        var export = new MemoryExport("v", Size) { Features = NbdExportFeatures.None, MetaContexts = [] };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        using var raw = new RawNbdClient(server.SocketPath);
        raw.Greet().Go("v");
        ulong cookie = 0;
        foreach ((ushort flags, NbdCommand command) in new (ushort, NbdCommand)[]
        {
            (0, NbdCommand.Flush), (0, NbdCommand.Trim), (0, NbdCommand.WriteZeroes), (0, NbdCommand.Cache), (0, NbdCommand.BlockStatus), (0, (NbdCommand)99),
            (NbdProtocol.CommandDontFragment, NbdCommand.Read), (NbdProtocol.CommandFua, NbdCommand.Read), (0x8000, NbdCommand.Read),
        })
        {
            raw.SendRequest(new NbdRequestHeader(flags, command, ++cookie, 0, 512));
            Assert.Equal(new NbdSimpleReplyHeader(NbdError.Invalid, cookie), raw.ReceiveSimple());
        }

        Assert.Empty(export.Calls);
    }

    [Fact]
    public async Task A_read_only_export_takes_no_writes()
    {
        var export = new MemoryExport("v", Size)
        {
            Features = NbdExportFeatures.ReadOnly | NbdExportFeatures.Trim | NbdExportFeatures.WriteZeroes | NbdExportFeatures.Flush,
        };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        Assert.True(client.Features.HasFlag(NbdExportFeatures.ReadOnly));
        Assert.Equal(NbdError.NotPermitted, await ErrorOfAsync(client.WriteAsync(0, new byte[512], NbdWriteOptions.None, CancellationToken.None)));
        Assert.Equal(NbdError.NotPermitted, await ErrorOfAsync(client.WriteZeroesAsync(0, 512, NbdWriteOptions.None, CancellationToken.None)));
        Assert.Equal(NbdError.NotPermitted, await ErrorOfAsync(client.TrimAsync(0, 512, NbdWriteOptions.None, CancellationToken.None)));
        await client.ReadAsync(0, new byte[512], CancellationToken.None);
        Assert.DoesNotContain(export.Calls, call => call.Command != NbdCommand.Read);
    }

    [Fact]
    [Rule("P-6")]
    public async Task An_export_that_became_unavailable_fails_the_requests_of_attached_hosts()
    {
        var export = new MemoryExport("v", Size);
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        await client.WriteAsync(0, new byte[512], NbdWriteOptions.None, CancellationToken.None);
        export.RefusalReason = "Its generation is old.";
        NbdException refused = await Assert.ThrowsAsync<NbdException>(
            async () => await client.WriteAsync(0, new byte[512], NbdWriteOptions.None, CancellationToken.None));
        Assert.Equal(NbdError.ShuttingDown, refused.Error);
        Assert.Contains("Its generation is old.", refused.Message, StringComparison.Ordinal);
        Assert.Single(export.Calls);
    }

    [Fact]
    public async Task Block_status_tells_each_context_apart()
    {
        var export = new MemoryExport("v", Size)
        {
            StatusAt = (context, at) => context switch
            {
                NbdMetaContexts.Copied => at < 1 << 20 ? 1u : 0,
                NbdMetaContexts.Future => at is >= 65536 and < 131072 ? 1u : 0,
                _ => at >= 4 << 20 ? NbdMetaContexts.Hole | NbdMetaContexts.Zero : 0,
            },
        };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        Assert.Equal(3, client.MetaContexts.Count);
        Assert.Equal([new(1 << 20, 1), new(7 << 20, 0)], await client.BlockStatusAsync(NbdMetaContexts.Copied, 0, Size, false, CancellationToken.None));
        Assert.Equal(
            [new(65536, 0), new(65536, 1), new(Size - 131072, 0)], await client.BlockStatusAsync(NbdMetaContexts.Future, 0, Size, false, CancellationToken.None));
        Assert.Equal(
            [new(2 << 20, 0), new(1 << 20, 3)], await client.BlockStatusAsync(NbdMetaContexts.BaseAllocation, 2 << 20, 3 << 20, false, CancellationToken.None));
    }

    [Fact]
    public async Task Block_status_of_one_extent_is_one_and_stays_inside()
    {
        var export = new MemoryExport("v", Size) { StatusAt = (_, at) => (uint)(at / 65536 % 2) };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        Assert.Equal([new(4096, 1)], await client.BlockStatusAsync(NbdMetaContexts.Copied, 65536, 4096, true, CancellationToken.None));
        Assert.Equal([new(65536, 1)], await client.BlockStatusAsync(NbdMetaContexts.Copied, 65536, Size - 65536, true, CancellationToken.None));
    }

    [Fact]
    public async Task Block_status_of_a_ragged_map_is_bounded_and_can_be_continued()
    {
        var export = new MemoryExport("v", 128 * 1024 * 1024) { StatusAt = (_, at) => (uint)(at / 65536 % 2) };
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        await using NbdClient client = await server.ConnectAsync("v");
        long at = 0;
        for (int calls = 0; at < export.LengthBytes; calls++)
        {
            Assert.InRange(calls, 0, 3);
            IReadOnlyList<NbdStatusExtent> extents = await client.BlockStatusAsync(NbdMetaContexts.Future, at, export.LengthBytes - at, false, CancellationToken.None);
            Assert.InRange(extents.Count, 1, 1024);
            Assert.All(extents, extent => Assert.Equal(65536, extent.LengthBytes));
            at += extents.Sum(extent => extent.LengthBytes);
        }
    }

    private static async Task<NbdError> ErrorOfAsync(ValueTask request) =>
        (await Assert.ThrowsAsync<NbdException>(async () => await request)).Error;
}
