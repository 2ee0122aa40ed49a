using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Protocols.Tests.Nbd;

[CollectionDefinition(nameof(NbdAllocationTests), DisableParallelization = true)]
[Collection(nameof(NbdAllocationTests))]
public sealed class NbdAllocationTests
{
    /// <summary>What threads of the runtime and of the test framework may allocate meanwhile.</summary>
    private const long SlackBytes = 64 * 1024;

    private const int Requests = 10_000;
    private const int Rounds = 5;

    [SkippableTheory]
    [InlineData(NbdCommand.Read, 4096)]
    [InlineData(NbdCommand.Write, 4096)]
    [InlineData(NbdCommand.Write, 65536)]
    [InlineData(NbdCommand.Read, 65536)]
    [InlineData(NbdCommand.Flush, 0)]
    public async Task Serving_allocates_nothing_per_request(NbdCommand command, int length)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The file export is for Linux.");
        string path = Path.GetTempFileName();
        using var export = new FileExport("v", path, 1 << 20);
        await using NbdTestServer server = await NbdTestServer.StartAsync(export);
        using var raw = new RawNbdClient(server.SocketPath);
        raw.Greet().Go("v");

        byte[] request = new byte[NbdRequestHeader.Size + (command == NbdCommand.Write ? length : 0)];
        new NbdRequestHeader(0, command, 1, 0, (uint)length).Write(request);
        byte[] reply = new byte[NbdSimpleReplyHeader.Size + (command == NbdCommand.Read ? length : 0)];
        int count = command == NbdCommand.Flush ? Requests / 10 : Requests;
        Exchange(raw, request, reply, count / 10);

        // The figure is the whole process's: what allocates per request does so in every round, what else runs here does not.
        long allowed = command == NbdCommand.Flush ? SlackBytes / 4 : SlackBytes;
        long least = long.MaxValue;
        for (int round = 0; round < Rounds && least > allowed; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Exchange(raw, request, reply, count);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.InRange(least, 0, allowed);
        File.Delete(path);
    }

    private static void Exchange(RawNbdClient raw, byte[] request, byte[] reply, int count)
    {
        for (int index = 0; index < count; index++)
        {
            raw.Send(request);
            for (int at = 0; at < reply.Length;)
            {
                at += raw.Socket.Receive(reply.AsSpan(at));
            }
        }
    }
}
