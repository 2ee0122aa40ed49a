using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Plans;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>Each kind of bad input gets a clear error with an id and a remedy, and leaves nothing behind.</summary>
public sealed class BadInputTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private AgentProcess _agent = null!;

    public async Task InitializeAsync()
    {
        _agent = await AgentProcess.StartAsync(_directory["state"]);
        using var source = File.Create(_directory["a"]);
        source.SetLength(4 << 20);
    }

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    [Rule("F-26")]
    public async Task The_same_file_twice_is_refused_by_any_of_its_names()
    {
        Command.Run("ln", _directory["a"], _directory["hard"]);
        File.CreateSymbolicLink(_directory["soft"], _directory["a"]);
        await RefusedAsync(ErrorIds.StoragesAreTheSame, Request(target: "a"));
        await RefusedAsync(ErrorIds.StoragesAreTheSame, Request(target: "hard"));
        await RefusedAsync(ErrorIds.StoragesAreTheSame, Request(target: "soft"));
        var same = Request();
        same.FirstIntermediate = same.SecondIntermediate = _directory["b"];
        await RefusedAsync(ErrorIds.StoragesAreTheSame, same);
    }

    [Fact]
    [Rule("F-26")]
    public async Task A_source_or_a_storage_of_another_pair_is_refused()
    {
        await _agent.Client.Pairs.CreateAsync(Request(), default);
        await RefusedAsync(ErrorIds.PairExists, Request());
        await RefusedAsync(ErrorIds.StorageAlreadyInPair, Request("q", target: "d2"));
        Command.Run("cp", _directory["a"], _directory["a2"]);
        await RefusedAsync(ErrorIds.StorageAlreadyInPair, Request("q", source: "a2", target: "d"));
    }

    // Both were checked before either was kept: the second one stayed in the index as a pair that could not be opened.
    [Theory]
    [Rule("F-26")]
    [InlineData("q", "a", "d2", ErrorIds.StorageAlreadyInPair)]
    [InlineData("p", "other/a", "other/d", ErrorIds.PairExists)]
    public async Task Of_two_pairs_asked_for_at_once_over_one_source_or_name_one_is_made_and_nothing_is_left_of_the_other(
        string otherName, string otherSource, string otherTarget, string errorId)
    {
        Directory.CreateDirectory(_directory["other"]);
        Command.Run("cp", _directory["a"], _directory["other/a"]);
        for (var round = 0; round < 8; round++)
        {
            var both = new[] { TryCreateAsync(Request()), TryCreateAsync(Request(otherName, otherSource, otherTarget)) };
            Assert.Equal(errorId, Assert.Single(await Task.WhenAll(both), error => error is not null));
            var pair = Assert.Single(await _agent.Client.Pairs.ListAsync(default));
            Assert.Equal(nameof(PairState.Idle), pair.State);
            await _agent.Client.Pairs.RemoveAsync(pair.Name, deleteData: true, default);
        }
    }

    [Fact]
    public async Task A_target_that_is_smaller_than_the_source_is_refused()
    {
        File.WriteAllBytes(_directory["small"], new byte[1 << 20]);
        await RefusedAsync(ErrorIds.TargetTooSmall, Request(target: "small"));
    }

    [Fact]
    [Rule("F-25")]
    public async Task Sizes_that_are_not_sectors_and_grains_that_are_no_power_of_two_are_refused()
    {
        File.WriteAllBytes(_directory["odd"], new byte[1000]);
        await RefusedAsync(ErrorIds.SizeNotSectors, Request(source: "odd"));
        foreach (var grain in new long[] { 0, 1000, 2048, 65537, 8 << 20 })
        {
            var request = Request();
            request.GrainSizeBytes = grain;
            await RefusedAsync(ErrorIds.GrainSizeInvalid, request);
        }

        var made = Request(source: "new");
        made.SizeBytes = 1000;
        Assert.Contains("-Size", (await RefusedAsync(ErrorIds.SizeNotSectors, made)).RecommendedAction);
        File.WriteAllBytes(_directory["empty"], []);
        Assert.Contains("is empty", (await RefusedAsync(ErrorIds.SizeNotSectors, Request(source: "empty"))).Message);
        var other = Request();
        other.SizeBytes = 8 << 20;
        Assert.Contains("4194304", (await RefusedAsync(ErrorIds.InvalidArgument, other)).Message);
        var large = Request(source: "new");
        large.SizeBytes = (64L << 40) + 512;
        await RefusedAsync(ErrorIds.SizeTooLarge, large);
    }

    [Fact]
    public async Task Paths_that_are_not_there_are_told_by_name()
    {
        var error = await RefusedAsync(ErrorIds.StorageNotFound, Request(source: "missing"));
        Assert.Contains(_directory["missing"], error.Message);
        Assert.Contains(_directory["no"], (await RefusedAsync(ErrorIds.PathNotFound, Request(target: Path.Combine("no", "d")))).Message);
        var relative = Request();
        relative.Source = "a";
        await RefusedAsync(ErrorIds.InvalidArgument, relative);
    }

    [Fact]
    public async Task A_plan_for_a_new_pair_is_refused_as_the_pair_would_be()
    {
        var grain = Request();
        grain.GrainSizeBytes = 1000;
        await PlanRefusedAsync(ErrorIds.GrainSizeInvalid, grain);
        await PlanRefusedAsync(ErrorIds.StorageNotFound, Request(source: "missing"));
        var stranger = Request();
        stranger.TargetAgent = "nobody";
        await PlanRefusedAsync(ErrorIds.AgentNotTrusted, stranger);
        var made = Request(source: "new");
        made.SizeBytes = 1000;
        await PlanRefusedAsync(ErrorIds.SizeNotSectors, made);
        await _agent.Client.Pairs.CreateAsync(Request(), default);
        await PlanRefusedAsync(ErrorIds.PairExists, Request());
        await PlanRefusedAsync(ErrorIds.StorageAlreadyInPair, Request("q"));
    }

    [Fact]
    public async Task A_pair_that_comes_to_nothing_at_site_1_leaves_nothing_at_site_2()
    {
        File.WriteAllBytes(_directory["p.source.mirror"], []);
        await RefusedAsync(ErrorIds.FileExists, Request());
    }

    [Fact]
    public async Task A_storage_that_another_program_has_locked_is_told_as_in_use()
    {
        using var held = new FileStream(_directory["a"], FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        await RefusedAsync(ErrorIds.StorageInUse, Request());
    }

    [Fact]
    public async Task Names_services_and_parameters_that_do_not_exist_are_refused()
    {
        foreach (var name in new[] { "", "a b", "../x", ".x", new string('x', 64), Guid.NewGuid().ToString() })
        {
            await RefusedAsync(ErrorIds.PairNameInvalid, Request(name));
        }

        var service = Request();
        service.Service = nameof(CopyService.AsyncCopy);
        await RefusedAsync(ErrorIds.CopyServiceNotSupported, service);
        var unused = Request();
        unused.CollisionPolicy = "NewImage";
        await RefusedAsync(ErrorIds.ParameterNotUsedByService, unused);
        var stranger = Request();
        stranger.TargetAgent = "nobody";
        await RefusedAsync(ErrorIds.AgentNotTrusted, stranger);
        var policy = Request();
        policy.WritePolicy = "Fast";
        await RefusedAsync(ErrorIds.InvalidArgument, policy);
    }

    [Theory]
    [InlineData("x", null, null, ErrorIds.InvalidArgument)]
    [InlineData("Cron", "61 * * * *", null, ErrorIds.ScheduleInvalid)]
    [InlineData("Cron", "0 0 31 2 *", null, ErrorIds.ScheduleInvalid)]
    [InlineData("Cron", "0 * * * *", "Mars/Phobos", ErrorIds.TimeZoneNotFound)]
    [InlineData("Every", null, null, ErrorIds.ScheduleInvalid)]
    [InlineData("Manual", "0 * * * *", null, ErrorIds.ScheduleInvalid)]
    public async Task Schedules_that_make_no_sense_are_refused(string kind, string? cron, string? zone, string errorId)
    {
        var request = Request();
        request.Schedule = new ScheduleInfo { Kind = kind, Cron = cron, TimeZone = zone };
        await RefusedAsync(errorId, request);
    }

    [Fact]
    public async Task Unknown_pairs_cycles_volumes_and_operations_are_told()
    {
        await ErrorAsync(ErrorIds.PairNotFound, () => _agent.Client.Pairs.GetAsync("nope", default));
        await ErrorAsync(ErrorIds.PairNotFound, () => _agent.Client.Cycles.StartAsync("nope", new StartCycleRequest(), default));
        await ErrorAsync(ErrorIds.VolumeNotFound, () => _agent.Client.Volumes.GetAsync("nope", default));
        await ErrorAsync(ErrorIds.OperationNotFound, () => _agent.Client.Operations.GetAsync("nope", default));
        await ErrorAsync(ErrorIds.TrustNotFound, () => _agent.Client.Trusts.RemoveAsync("nope", default));
        await _agent.Client.Pairs.CreateAsync(Request(), default);
        await ErrorAsync(ErrorIds.CycleNotFound, () => _agent.Client.Cycles.GetAsync("p", 99, default));
        await ErrorAsync(ErrorIds.NoCommittedPoint, () => _agent.Client.Recovery.PlanAsync("p", new(), default));
        await ErrorAsync(ErrorIds.PairNotSuspended, () => _agent.Client.Pairs.ResumeAsync("p", new(), default));
    }

    [Fact]
    public async Task Ranges_and_addresses_that_are_not_allowed_are_told()
    {
        await _agent.Client.Pairs.CreateAsync(Request(), default);
        await ErrorAsync(ErrorIds.RangeNotAligned, () => _agent.Client.Volumes.ReadAsync("p", 100, 512, default));
        await ErrorAsync(ErrorIds.RangeOutOfVolume, () => _agent.Client.Volumes.ReadAsync("p", 4 << 20, 512, default));
        await ErrorAsync(ErrorIds.VolumeNotMountable, () => _agent.Client.Volumes.ReadAsync("p.Target", 0, 512, default));
        await ErrorAsync(ErrorIds.ProtocolNotSupported, () => MountAsync(new MountRequest { Protocol = "Smb" }));
        await ErrorAsync(ErrorIds.AddressNotAllowed, () => MountAsync(new MountRequest { Address = "0.0.0.0:0", AllowLocalUsers = true }));
        await ErrorAsync(ErrorIds.AddressNotAllowed, () => MountAsync(new MountRequest { Address = "127.0.0.1:0" }));
        await ErrorAsync(ErrorIds.VolumeNotMounted, () => _agent.Client.Volumes.DismountAsync("p", null, false, default));
        var tcp = await MountAsync(new MountRequest { Address = "127.0.0.1:0", AllowLocalUsers = true });
        await ErrorAsync(ErrorIds.VolumeAlreadyMounted, () => MountAsync(new MountRequest { Address = tcp.Address, AllowLocalUsers = true }));
    }

    [Fact]
    [Rule("P-7")]
    [Rule("P-8")]
    public async Task A_side_that_is_lost_beside_the_source_on_one_agent_keeps_no_host_away()
    {
        await _agent.Client.Pairs.CreateAsync(Request(), default);
        await WriteAsync(0, 1 << 20, 1);
        await CycleAsync();
        await _agent.TerminateAsync();
        File.Delete(_directory["p.target.mirror"]);
        _agent = await AgentProcess.StartAsync(_directory["state"]);
        var pair = await _agent.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Disconnected), ErrorIds.MetadataCorrupt), (pair.State, pair.StateErrorId));
        Assert.Contains("Resume-MirrorPair -DiscardChangesOn Target", pair.RecommendedAction);
        await WriteAsync(1 << 20, 1 << 20, 2);
        await ErrorAsync(ErrorIds.MetadataCorrupt, () => _agent.Client.Pairs.ResumeAsync("p", new ResumePairRequest(), default));
        await _agent.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "Target" }, default);
        await Eventually.TrueAsync(async () => (await _agent.Client.Pairs.GetAsync("p", default)).State == nameof(PairState.Idle), "the comparison ends");
        Assert.Equal(nameof(CycleState.Committed), await CycleAsync());
        Assert.Equal(1, (await _agent.Client.Volumes.ReadAsync("p.CommittedImage", 0, 512, default))[0]);
        Assert.Equal(2, (await _agent.Client.Volumes.ReadAsync("p.CommittedImage", 1 << 20, 512, default))[0]);
    }

    [Fact]
    public async Task A_truncated_image_and_a_corrupt_metadata_file_keep_a_side_closed_and_say_why()
    {
        await _agent.Client.Pairs.CreateAsync(Request(), default);
        await _agent.KillAsync();
        Command.Run("truncate", "-s", "1M", _directory["d"]);
        _agent = await AgentProcess.StartAsync(_directory["state"]);
        var pair = await _agent.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Disconnected), ErrorIds.ImageTruncated), (pair.State, pair.StateErrorId));
        await _agent.KillAsync();
        Command.Run("truncate", "-s", "4M", _directory["d"]);
        File.WriteAllBytes(_directory["p.source.mirror"], new byte[new FileInfo(_directory["p.source.mirror"]).Length]);
        _agent = await AgentProcess.StartAsync(_directory["state"]);
        pair = await _agent.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Failed), ErrorIds.MetadataCorrupt), (pair.State, pair.StateErrorId));
        Assert.Contains("New-MirrorPair -Seeded", pair.RecommendedAction);
    }

    [SkippableFact]
    [Rule("F-22")]
    [Rule("P-8")]
    public async Task A_full_disk_under_B_suspends_the_pair_with_an_event_and_hosts_go_on()
    {
        Skip.IfNot(Command.IsRoot, "mounting a tmpfs needs root");
        using var small = new SmallFileSystem(1 << 20);
        var request = Request();
        request.FirstIntermediate = Path.Combine(small.Path, "b");
        request.MetadataPath = _directory.Path;
        await _agent.Client.Pairs.CreateAsync(request, default);
        await WriteAsync(0, 2 << 20, 1);
        await _agent.Client.Cycles.StartAsync("p", new StartCycleRequest(), default);
        await Eventually.TrueAsync(
            async () => (await _agent.Client.Pairs.GetAsync("p", default)).State == nameof(PairState.Suspended), "the pair is suspended");
        await WriteAsync(2 << 20, 2 << 20, 2);
        var events = (await _agent.Client.Events.ListAsync(0, 100, default)).Items;
        Assert.Contains(events, item => item.Name == "PairSuspendedByFault" && item.Message.Contains("space", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("Resume-MirrorPair", (await _agent.Client.Pairs.GetAsync("p", default)).RecommendedAction);
    }

    [SkippableFact]
    [Rule("P-7")]
    public async Task A_full_disk_under_D_suspends_the_pair_and_a_resume_goes_on_once_there_is_room()
    {
        Skip.IfNot(Command.IsRoot, "mounting a tmpfs needs root");
        using var small = new SmallFileSystem(1 << 20);
        var request = Request();
        request.Target = Path.Combine(small.Path, "d");
        request.SecondIntermediate = _directory["c"];
        request.TargetMetadataPath = _directory.Path;
        await _agent.Client.Pairs.CreateAsync(request, default);
        await CycleAsync();
        await WriteAsync(0, 3 << 20, 1);
        await CycleAsync();
        await Eventually.TrueAsync(
            async () => (await _agent.Client.Pairs.GetAsync("p", default)).State == nameof(PairState.Suspended), "the pair is suspended");
        var pair = await _agent.Client.Pairs.GetAsync("p", default);
        Assert.Contains("Resume-MirrorPair", pair.RecommendedAction);

        // What was committed is there all the same: it is in C.
        Assert.Equal(1, (await _agent.Client.Volumes.ReadAsync("p.CommittedImage", 2 << 20, 512, default))[0]);
        Command.Run("mount", "-o", "remount,size=8m", small.Path);
        await _agent.Client.Pairs.ResumeAsync("p", new ResumePairRequest(), default);
        await WriteAsync(3 << 20, 1 << 20, 2);
        Assert.Equal(nameof(CycleState.Committed), await CycleAsync());
        Assert.Equal(2, (await _agent.Client.Volumes.ReadAsync("p.CommittedImage", 3 << 20, 512, default))[0]);
    }

    [Fact]
    public async Task A_source_that_was_written_while_the_agent_was_stopped_is_compared_before_anything_is_trusted()
    {
        await _agent.Client.Pairs.CreateAsync(Request(), default);
        await WriteAsync(0, 1 << 20, 1);
        await CycleAsync();
        await _agent.TerminateAsync();
        using (var foreign = File.OpenWrite(_directory["a"]))
        {
            foreign.Position = 2 << 20;
            foreign.Write(new byte[] { 7 });
        }

        _agent = await AgentProcess.StartAsync(_directory["state"]);
        await Eventually.TrueAsync(
            async () => (await _agent.Client.Events.ListAsync(0, 100, default)).Items.Any(item => item.Name == "Compared"), "the comparison ends");
        Assert.Equal(nameof(CycleState.Committed), await CycleAsync());
        Assert.Equal(7, (await _agent.Client.Volumes.ReadAsync("p.CommittedImage", 2 << 20, 512, default))[0]);
    }

    private async Task<string?> TryCreateAsync(NewPairRequest request)
    {
        try
        {
            await _agent.Client.Pairs.CreateAsync(request, default);
            return null;
        }
        catch (MirrorApiException exception)
        {
            return exception.Error.ErrorId;
        }
    }

    private Task<AttachmentInfo> MountAsync(MountRequest request) => _agent.Client.Volumes.MountAsync("p", request, default);

    private async Task<string> CycleAsync()
    {
        var cycle = await _agent.Client.Cycles.StartAsync("p", new StartCycleRequest(), default);
        using var stream = await _agent.Client.Cycles.FollowAsync("p", cycle.Number, default);
        while (await stream.NextAsync(default).InTime() is { } item)
        {
            cycle = item;
        }

        return cycle.State;
    }

    private Task WriteAsync(long offset, int length, byte value) =>
        _agent.Client.Volumes.WriteAsync("p", offset, Enumerable.Repeat(value, length).ToArray(), 0, length, default);

    private NewPairRequest Request(string name = "p", string source = "a", string target = "d") =>
        new() { Name = name, Source = _directory[source], Target = _directory[target] };

    private async Task<ErrorBody> RefusedAsync(string errorId, NewPairRequest request)
    {
        var before = Directory.GetFiles(_directory.Path).Order();
        var error = await ErrorAsync(errorId, () => _agent.Client.Pairs.CreateAsync(request, default));
        Assert.Equal(before, Directory.GetFiles(_directory.Path).Order());
        return error;
    }

    private Task<ErrorBody> PlanRefusedAsync(string errorId, NewPairRequest request) =>
        ErrorAsync(errorId, () => _agent.Client.Pairs.PlanAsync(new PlanRequest { Action = nameof(PlanAction.NewPair), NewPair = request }, default));

    private static async Task<ErrorBody> ErrorAsync(string errorId, Func<Task> action)
    {
        var error = (await Assert.ThrowsAsync<MirrorApiException>(action)).Error;
        Assert.Equal(errorId, error.ErrorId);
        Assert.NotEmpty(error.RecommendedAction);
        Assert.NotEqual("NotSpecified", error.Category);
        return error;
    }
}
