using System.Globalization;
using MirrorTools.Agent.Demo;
using MirrorTools.Agent.Tests.Groups;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Bitmaps;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Protocols.Nbd.Client;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>Pairs of asynchronous copy between two real agents.</summary>
public sealed class AsyncCopyTests : IAsyncLifetime
{
    private const int Writers = 4;
    private const int BlocksEach = 32;
    private TwoAgents _agents = null!;

    public async Task InitializeAsync() => _agents = await TwoAgents.StartAsync();

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [Theory]
    [Rule("A-4")]
    [Rule("A-5")]
    [Rule("A-9")]
    [Rule("P-1")]
    [InlineData(CollisionPolicy.NewImage)]
    [InlineData(CollisionPolicy.SendFirst)]
    public async Task A_recovery_after_three_increments_and_a_kill_shows_what_the_writer_s_log_allows(CollisionPolicy policy)
    {
        var request = _agents.Request(service: CopyService.AsyncCopy);
        request.CollisionPolicy = policy.ToString();
        var made = await _agents.One.Client.Pairs.CreateAsync(request, default);
        Assert.Equal(("AsyncCopy", policy.ToString(), null), (made.Service, made.CollisionPolicy, made.WritePolicy));
        var log = new WriteLog(Writers * BlocksEach);
        List<Task> writing = [];
        await using (var host = await _agents.One.AttachAsync("p"))
        {
            writing.AddRange(Enumerable.Range(0, Writers).Select(writer => WriteAsync(host, writer, log)));
            for (var increment = 0; increment < 3; increment++)
            {
                var before = log.Acknowledged;
                Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
                await Eventually.TrueAsync(() => Task.FromResult(log.Acknowledged > before + 200), "the host writes on");
            }

            await _agents.One.KillAsync();
            await Task.WhenAll(writing);
        }

        var recovered = await _agents.Two.Client.Recovery.InvokeAsync("p", new RecoveryRequest { Force = true }, default);
        Assert.Equal(3, recovered.Point);
        var taken = DateTimeOffset.Parse(recovered.PointTime, CultureInfo.InvariantCulture);
        Assert.True(log.AcknowledgedAfter(taken) > 0, "nothing was written after the point: the test shows nothing");
        await using var image = await _agents.Two.AttachAsync("p");
        for (var block = 0; block < Writers * BlocksEach; block++)
        {
            Assert.True(await IsAllowedAsync(image, block, log.Allowed(block, taken)), $"block {block} is none of what a point of {taken:O} may hold");
        }
    }

    [Fact]
    [Rule("A-1")]
    [Rule("A-6")]
    [Rule("P-3")]
    public async Task Each_side_shows_its_maps_and_says_which_where_another_one_is_asked_for()
    {
        await _agents.CreateAsync(CopyService.AsyncCopy);
        await _agents.CycleAsync();
        await _agents.WriteAsync(_agents.One, 3 << 16, 0x11);
        await Eventually.TrueAsync(async () => (await RangesAsync(GrainMap.OutOfSync, MirrorSite.Source)).SetCount == 0, "the drain has sent what was written");

        // The committed point's own grain is kept at the target, and the recovery would show it.
        foreach (var agent in new[] { _agents.One, _agents.Two })
        {
            var preserved = await agent.Client.Bitmaps.GetRangesAsync("p", GrainMap.Preserved, MirrorSite.Target, 0, 10, default);
            Assert.Equal((3L, 1L), (Assert.Single(preserved.Items).First, preserved.Items[0].Count));
        }

        // Though nothing is left to be sent, a recovery would lose what was written (P-3).
        var seen = await _agents.One.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Idle), 0L), (seen.State, seen.ChangedGrains));
        Assert.True(seen.DataLossMs > 0, $"a data loss of {seen.DataLossMs} ms");
        Assert.Equal(0, (await RangesAsync(GrainMap.ChangeRecording, MirrorSite.Source)).SetCount);
        Assert.Equal(0, (await _agents.Two.Client.Volumes.ReadAsync("p", 3 << 16, 512, default))[0]);
        foreach (var (map, site) in new[] { (GrainMap.Copied, MirrorSite.Source), (GrainMap.Preserved, MirrorSite.Source), (GrainMap.Future, MirrorSite.Target) })
        {
            var refused = await Assert.ThrowsAsync<MirrorApiException>(() => RangesAsync(map, site));
            Assert.Equal(ErrorIds.MapNotKept, refused.Error.ErrorId);
            Assert.Contains("OutOfSync", refused.Message);
        }
    }

    [SkippableFact]
    public async Task The_maps_of_the_source_are_contexts_of_its_export()
    {
        Skip.IfNot(Command.Exists("nbdinfo"), "needs nbdinfo");
        await _agents.CreateAsync(CopyService.AsyncCopy);
        await _agents.CycleAsync();
        await _agents.One.Client.Pairs.SuspendAsync("p", default);
        await _agents.WriteAsync(_agents.One, 1 << 20, 0x66);
        var attachment = await _agents.One.Client.Volumes.MountAsync("p", new MountRequest { Protocol = "Nbd" }, default);
        Assert.Contains("mirrortools:change-recording", Command.Run("nbdinfo", attachment.Uri));
        Assert.Matches(@"1048576 +65536 +1", Command.Run("nbdinfo", "--map=mirrortools:out-of-sync", attachment.Uri));
    }

    [Fact]
    [Rule("A-5")]
    public async Task The_policy_and_the_service_of_a_pair_are_the_same_after_a_restart_and_a_change()
    {
        await _agents.CreateAsync(CopyService.AsyncCopy);
        await _agents.One.Client.Pairs.SetAsync("p", new SetPairRequest { CollisionPolicy = nameof(CollisionPolicy.SendFirst), WriteDeadlineMs = 777 }, default);
        var unused = await Assert.ThrowsAsync<MirrorApiException>(
            () => _agents.One.Client.Pairs.SetAsync("p", new SetPairRequest { WritePolicy = nameof(WritePolicy.Hold) }, default));
        Assert.Equal(ErrorIds.ParameterNotUsedByService, unused.Error.ErrorId);
        await _agents.One.KillAsync();
        await _agents.StartOneAsync();
        foreach (var agent in new[] { _agents.One, _agents.Two })
        {
            var pair = await agent.Client.Pairs.GetAsync("p", default);
            Assert.Equal(("AsyncCopy", "SendFirst", 777L), (pair.Service, pair.CollisionPolicy, pair.WriteDeadlineMs));
        }
    }

    [Fact]
    public async Task A_seeded_start_compares_instead_of_copying()
    {
        byte[] content = [.. Enumerable.Range(0, 4 << 20).Select(at => (byte)(at >> 12))];
        await File.WriteAllBytesAsync(_agents.Source, content);
        File.Copy(_agents.Source, _agents.Target);
        var request = _agents.Request(service: CopyService.AsyncCopy);
        (request.Seeded, request.SizeBytes) = (true, null);
        await _agents.One.Client.Pairs.CreateAsync(request, default);
        await _agents.WaitForEventAsync(_agents.One, "Compared");
        Assert.Equal((nameof(CycleState.Committed), 0L), ((await _agents.CycleAsync()).State, (await RangesAsync(GrainMap.OutOfSync, MirrorSite.Source)).SetCount));
        var compared = (await _agents.One.Client.Events.ListAsync(0, 1000, default)).Items.Single(item => item.Name == "Compared");
        Assert.Contains("64 grains are equal, 0 differ", compared.Message);
        Assert.Equal(content, await _agents.Two.Client.Volumes.ReadAsync("p", 0, 4 << 20, default));
    }

    [Fact]
    public async Task Areas_may_be_placed_and_have_to_be_large_enough()
    {
        var request = _agents.Request(service: CopyService.AsyncCopy);
        (request.FirstIntermediate, request.SecondIntermediate) = (_agents.At(1, "one.area"), _agents.At(2, "two.area"));
        await File.WriteAllBytesAsync(request.SecondIntermediate, new byte[16 << 20]);
        var small = await Assert.ThrowsAsync<MirrorApiException>(() => _agents.One.Client.Pairs.CreateAsync(request, default));
        Assert.Equal(ErrorIds.TargetTooSmall, small.Error.ErrorId);
        Assert.Contains($"'{request.SecondIntermediate}' has 16777216 bytes; an area of preserved grains takes", small.Message);

        // What was made for the pair is gone again, the admin's own file is not.
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_agents.Source)!));
        Assert.Equal([request.SecondIntermediate], Directory.GetFiles(Path.GetDirectoryName(_agents.Target)!));

        await File.WriteAllBytesAsync(request.SecondIntermediate, new byte[17 << 20]);
        var pair = await _agents.One.Client.Pairs.CreateAsync(request, default);
        Assert.Equal((request.FirstIntermediate, request.SecondIntermediate), (pair.FirstIntermediate, pair.SecondIntermediate));
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
    }

    [Fact]
    [Rule("P-5")]
    public async Task An_area_of_the_source_that_was_overwritten_is_laid_out_anew_for_the_way_back()
    {
        var pair = await _agents.CreateAsync(CopyService.AsyncCopy);
        await _agents.WriteAsync(_agents.One, 0, 0x11);
        await _agents.CycleAsync();
        Assert.Equal(0, await _agents.One.TerminateAsync());
        await _agents.One.DisposeAsync();
        Overwrite(pair.FirstIntermediate!);
        await _agents.StartOneAsync();
        await _agents.WaitForEventAsync(_agents.One, "StorageChangedOutside");

        // The source itself was not written: nothing has to be compared.
        await _agents.WriteAsync(_agents.One, 1 << 20, 0x22);
        await _agents.WaitForStateAsync(_agents.One, nameof(PairState.Idle));
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
        await _agents.One.DisposeAsync();
        await _agents.Two.Client.Recovery.InvokeAsync("p", new RecoveryRequest { Force = true }, default);
        await _agents.WriteAsync(_agents.Two, 2 << 20, 0x33);
        await _agents.StartOneAsync();
        await _agents.WaitForStateAsync(_agents.One, nameof(PairState.SplitBrain));
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "one" }, default);
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync(_agents.Two)).State);
        Assert.Equal(0x33, (await _agents.One.Client.Volumes.ReadAsync("p", 2 << 20, 512, default))[0]);
    }

    [Fact]
    [Rule("P-7")]
    public async Task An_area_of_the_target_that_can_t_be_read_is_named_and_made_anew_on_an_admin_s_word()
    {
        var pair = await _agents.CreateAsync(CopyService.AsyncCopy);
        await _agents.WriteAsync(_agents.One, 0, 0x11);
        await _agents.CycleAsync();
        await _agents.Two.KillAsync();
        Overwrite(pair.SecondIntermediate!);
        await _agents.Two.DisposeAsync();
        await _agents.StartTwoAsync();
        var closed = await _agents.Two.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Failed), ErrorIds.MetadataCorrupt), (closed.State, closed.StateErrorId));
        Assert.Contains(pair.SecondIntermediate!, closed.StateReason);
        Assert.Contains("Resume-MirrorPair -DiscardChangesOn two", closed.RecommendedAction);
        await Eventually.TrueAsync(
            async () => (await _agents.One.Client.Pairs.GetAsync("p", default)).StateErrorId == ErrorIds.MetadataCorrupt, "site 1 says what keeps site 2 away");

        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "two" }, default);
        await _agents.WaitForEventAsync(_agents.One, "Compared");
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
        Assert.Equal(0x11, (await _agents.Two.Client.Volumes.ReadAsync("p", 0, 512, default))[0]);
        await _agents.WriteAsync(_agents.One, 0, 0x22);
        await Eventually.TrueAsync(
            async () => (await RangesAsync(GrainMap.Preserved, MirrorSite.Target)).SetCount == 1, "the area keeps the committed point's grain: the service is the same");
    }

    private Task<GrainRangePage> RangesAsync(GrainMap map, MirrorSite site) => _agents.One.Client.Bitmaps.GetRangesAsync("p", map, site, 0, 10, default);

    // Both copies of the header, and what is between them.
    private static void Overwrite(string path)
    {
        using var foreign = File.OpenWrite(path);
        foreign.Write(Enumerable.Repeat((byte)0xEE, 160 << 10).ToArray());
    }

    // Blocks are far apart by writer and close together among those of one: some share a grain, and each is written by one writer only.
    private static long OffsetOf(int block) => ((long)(block / BlocksEach) << 21) + ((block % BlocksEach) * 3 * WriteLog.BlockBytes);

    private static async Task WriteAsync(NbdClient host, int writer, WriteLog log)
    {
        var random = new Random(writer);
        var content = new byte[WriteLog.BlockBytes];
        while (true)
        {
            var block = (writer * BlocksEach) + (random.Next(10) < 7 ? random.Next(3) : random.Next(BlocksEach));
            WriteLog.Fill(content, block, log.Issue(block));
            try
            {
                await host.WriteAsync(OffsetOf(block), content, default, CancellationToken.None);
                log.Acknowledge(block);
                await Task.Delay(random.Next(3));
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException or TimeoutException)
            {
                return;
            }
        }
    }

    private static async Task<bool> IsAllowedAsync(NbdClient image, int block, IReadOnlyList<long> allowed)
    {
        var actual = new byte[WriteLog.BlockBytes];
        await image.ReadAsync(OffsetOf(block), actual, CancellationToken.None);
        var expected = new byte[WriteLog.BlockBytes];
        foreach (var sequence in allowed)
        {
            Array.Clear(expected);
            if (sequence != 0)
            {
                WriteLog.Fill(expected, block, sequence);
            }

            if (actual.AsSpan().SequenceEqual(expected))
            {
                return true;
            }
        }

        return false;
    }
}
