using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>The greeting names the copy service: sides of different ones do not talk (P-5, P-7).</summary>
public sealed class ServiceGreetingTests
{
    [Theory]
    [Rule("P-5")]
    [Rule("P-7")]
    [InlineData(CopyService.Flashcopy, SuspendReason.None)]
    [InlineData(CopyService.AsyncCopy, SuspendReason.ServiceMismatch)]
    [InlineData((CopyService)200, SuspendReason.ServiceMismatch)]
    [InlineData(null, SuspendReason.None)]
    public void A_source_stops_where_the_target_s_side_is_of_another_service(CopyService? service, SuspendReason expected) => FlashcopyRig.Run(async rig =>
    {
        GenerationHistory generations = (await rig.Source.GetStatusAsync()).Generations;
        (TestChannel source, TestChannel target) = TestChannel.Pair(rig.PairId, rig.PairId);
        rig.Source.Attach(source);
        await rig.UntilAsync(() => Task.FromResult(source.Sent.Count > 0));
        await target.SendAsync(
            new PeerMessage(MirrorMessage.TargetHello, 0, 0, 0, 0, 0, rig.PairId), Greeting(rig, PairRole.Target, generations, service).Encode(), CancellationToken.None);
        await target.SendAsync(new PeerMessage(MirrorMessage.LostEnd, 0, 0, 0, 0, 0, Guid.Empty), default, CancellationToken.None);
        await rig.StateAsync(expected == SuspendReason.None ? SourceState.Idle : SourceState.Suspended);
        SourceStatus status = await rig.Source.GetStatusAsync();
        Assert.Equal((expected, expected == SuspendReason.None), (status.Suspended, status.IsConnected));
        Assert.True(expected == SuspendReason.None || status.SuspendDetail!.Contains("the source's of Flashcopy", StringComparison.Ordinal), status.SuspendDetail);
        await rig.WriteAsync(3, 7);
    });

    [Theory]
    [Rule("P-5")]
    [InlineData(CopyService.Flashcopy, true)]
    [InlineData(CopyService.AsyncCopy, false)]
    [InlineData(null, true)]
    public void A_target_takes_nothing_of_a_source_of_another_service(CopyService? service, bool isTaken) => FlashcopyRig.Run(async rig =>
    {
        GenerationHistory generations = (await rig.Source.GetStatusAsync()).Generations;
        (TestChannel source, TestChannel target) = TestChannel.Pair(rig.PairId, rig.PairId);
        rig.Target.Attach(target);
        await source.SendAsync(
            new PeerMessage(MirrorMessage.SourceHello, 0, 0, 0, 0, 0, Guid.Empty), Greeting(rig, PairRole.Source, generations, service).Encode(), CancellationToken.None);
        await source.SendAsync(
            new PeerMessage(MirrorMessage.BeginPoint, 0, 0, 1, 0, 1, Guid.Empty), new PointTimes(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch).Encode(), CancellationToken.None);
        await rig.DelayAsync(TimeSpan.FromSeconds(1));

        // Its own greeting says which service it is of, whatever the other one said.
        Assert.Equal(MirrorMessage.TargetHello, target.Sent[0].Kind);
        Assert.Equal((isTaken, !isTaken), ((await rig.Target.GetStatusAsync()).IsConnected, source.Closed.IsCompleted));
    });

    [Fact]
    public void The_service_stands_where_an_older_program_wrote_zero()
    {
        PairRecord record = new() { Role = PairRole.Source, Generations = new GenerationHistory([new Generation(Guid.Empty, DateTimeOffset.UnixEpoch, Guid.Empty)]) };
        byte[] bytes = new PeerGreeting(1 << 20, 4096, record, CopyService.AsyncCopy).Encode();
        Assert.Equal("01000200" + "00100000" + "0000100000000000", Convert.ToHexString(bytes.AsSpan(0, 16)));
        Assert.Equal(CopyService.AsyncCopy, PeerGreeting.Decode(bytes)!.Service);
        Assert.Equal("01000000", Convert.ToHexString(new PeerGreeting(1 << 20, 4096, record, null).Encode().AsSpan(0, 4)));
        bytes[2] = 0;
        Assert.Null(PeerGreeting.Decode(bytes)!.Service);
    }

    private static PeerGreeting Greeting(FlashcopyRig rig, PairRole role, GenerationHistory generations, CopyService? service) =>
        new(rig.Geometry.LengthBytes, rig.Geometry.GrainBytes, new PairRecord { Role = role, Generations = generations }, service);
}
