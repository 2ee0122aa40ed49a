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
public sealed class BadInputTests : OneAgentTests
{
    [Fact]
    [Rule("F-26")]
    public async Task The_same_file_twice_is_refused_by_any_of_its_names()
    {
        Command.Run("ln", Files["a"], Files["hard"]);
        File.CreateSymbolicLink(Files["soft"], Files["a"]);
        await RefusedAsync(ErrorIds.StoragesAreTheSame, Request(target: "a"));
        await RefusedAsync(ErrorIds.StoragesAreTheSame, Request(target: "hard"));
        await RefusedAsync(ErrorIds.StoragesAreTheSame, Request(target: "soft"));
        var same = Request();
        same.FirstIntermediate = same.SecondIntermediate = Files["b"];
        await RefusedAsync(ErrorIds.StoragesAreTheSame, same);
    }

    [Fact]
    [Rule("F-26")]
    public async Task A_source_or_a_storage_of_another_pair_is_refused()
    {
        await Agent.Client.Pairs.CreateAsync(Request(), default);
        await RefusedAsync(ErrorIds.PairExists, Request());
        await RefusedAsync(ErrorIds.StorageAlreadyInPair, Request("q", target: "d2"));
        Command.Run("cp", Files["a"], Files["a2"]);
        await RefusedAsync(ErrorIds.StorageAlreadyInPair, Request("q", source: "a2", target: "d"));
    }

    [Theory]
    [Rule("F-26")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_intermediate_of_another_pair_is_refused(bool isFirst)
    {
        var pair = await Agent.Client.Pairs.CreateAsync(Request(), default);
        Command.Run("cp", Files["a"], Files["a2"]);
        var other = Request("q", source: "a2", target: "d2");
        other.FirstIntermediate = isFirst ? pair.FirstIntermediate : null;
        other.SecondIntermediate = isFirst ? null : pair.SecondIntermediate;
        await RefusedAsync(ErrorIds.StorageAlreadyInPair, other);
    }

    // Both were checked before either was kept: the second one stayed in the index as a pair that could not be opened.
    [Theory]
    [Rule("F-26")]
    [InlineData("q", "a", "d2", ErrorIds.StorageAlreadyInPair)]
    [InlineData("p", "other/a", "other/d", ErrorIds.PairExists)]
    public async Task Of_two_pairs_asked_for_at_once_over_one_source_or_name_one_is_made_and_nothing_is_left_of_the_other(
        string otherName, string otherSource, string otherTarget, string errorId)
    {
        Directory.CreateDirectory(Files["other"]);
        Command.Run("cp", Files["a"], Files["other/a"]);
        for (var round = 0; round < 8; round++)
        {
            var both = new[] { TryCreateAsync(Request()), TryCreateAsync(Request(otherName, otherSource, otherTarget)) };
            Assert.Equal(errorId, Assert.Single(await Task.WhenAll(both), error => error is not null));
            var pair = Assert.Single(await Agent.Client.Pairs.ListAsync(default));
            Assert.Equal(nameof(PairState.Idle), pair.State);
            await Agent.Client.Pairs.RemoveAsync(pair.Name, deleteData: true, default);
        }
    }

    [Fact]
    public async Task A_target_that_is_smaller_than_the_source_is_refused()
    {
        File.WriteAllBytes(Files["small"], new byte[1 << 20]);
        await RefusedAsync(ErrorIds.TargetTooSmall, Request(target: "small"));
    }

    [Fact]
    [Rule("F-25")]
    public async Task Sizes_that_are_not_sectors_and_grains_that_are_no_power_of_two_are_refused()
    {
        File.WriteAllBytes(Files["odd"], new byte[1000]);
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
        File.WriteAllBytes(Files["empty"], []);
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
        Assert.Contains(Files["missing"], error.Message);
        Assert.Contains(Files["no"], (await RefusedAsync(ErrorIds.PathNotFound, Request(target: Path.Combine("no", "d")))).Message);
        Command.Run("mkfifo", Files["pipe"]);
        Assert.Contains("neither a file nor a block device", (await RefusedAsync(ErrorIds.StorageNotAccessible, Request(source: "pipe"))).Message);
        Assert.Contains("neither a file nor a block device", (await RefusedAsync(ErrorIds.StorageNotAccessible, Request(target: "pipe"))).Message);
        Directory.CreateDirectory(Files["folder"]);
        Assert.Contains("neither a file nor a block device", (await RefusedAsync(ErrorIds.StorageNotAccessible, Request(source: "folder"))).Message);
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
        await Agent.Client.Pairs.CreateAsync(Request(), default);
        await PlanRefusedAsync(ErrorIds.PairExists, Request());
        await PlanRefusedAsync(ErrorIds.StorageAlreadyInPair, Request("q"));
    }

    [Fact]
    public async Task A_pair_that_comes_to_nothing_at_site_1_leaves_nothing_at_site_2()
    {
        File.WriteAllBytes(Files["p.source.mirror"], []);
        await RefusedAsync(ErrorIds.FileExists, Request());
    }

    [Fact]
    public async Task A_storage_that_another_program_has_locked_is_told_as_in_use()
    {
        using var held = new FileStream(Files["a"], FileMode.Open, FileAccess.ReadWrite, FileShare.None);
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
        service.Service = nameof(CopyService.SyncCache);
        await RefusedAsync(ErrorIds.CopyServiceNotSupported, service);
        var unused = Request();
        unused.CollisionPolicy = "NewImage";
        await RefusedAsync(ErrorIds.ParameterNotUsedByService, unused);
        (unused.Service, unused.CollisionPolicy, unused.WritePolicy) = (nameof(CopyService.AsyncCopy), "SendFirst", "Hold");
        await RefusedAsync(ErrorIds.ParameterNotUsedByService, unused);
        (unused.CollisionPolicy, unused.WritePolicy) = ("Both", null);
        await RefusedAsync(ErrorIds.InvalidArgument, unused);
        foreach (var (retaining, points) in new[] { (CopyService.Flashcopy, 2), (CopyService.AsyncCopy, 0), (CopyService.AsyncCopy, 33) })
        {
            var request = Request();
            (request.Service, request.RetainPoints) = (retaining.ToString(), points);
            Assert.Contains("-RetainPoints", (await RefusedAsync(ErrorIds.InvalidArgument, request)).RecommendedAction);
        }

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
        await ErrorAsync(ErrorIds.PairNotFound, () => Agent.Client.Pairs.GetAsync("nope", default));
        await ErrorAsync(ErrorIds.PairNotFound, () => Agent.Client.Cycles.StartAsync("nope", new StartCycleRequest(), default));
        await ErrorAsync(ErrorIds.VolumeNotFound, () => Agent.Client.Volumes.GetAsync("nope", default));
        await ErrorAsync(ErrorIds.OperationNotFound, () => Agent.Client.Operations.GetAsync("nope", default));
        await ErrorAsync(ErrorIds.TrustNotFound, () => Agent.Client.Trusts.RemoveAsync("nope", default));
        await Agent.Client.Pairs.CreateAsync(Request(), default);
        await ErrorAsync(ErrorIds.CycleNotFound, () => Agent.Client.Cycles.GetAsync("p", 99, default));
        await ErrorAsync(ErrorIds.NoCommittedPoint, () => Agent.Client.Recovery.PlanAsync("p", new(), default));
        await ErrorAsync(ErrorIds.PairNotSuspended, () => Agent.Client.Pairs.ResumeAsync("p", new(), default));
    }

    [Fact]
    public async Task Ranges_and_addresses_that_are_not_allowed_are_told()
    {
        await Agent.Client.Pairs.CreateAsync(Request(), default);
        await ErrorAsync(ErrorIds.RangeNotAligned, () => Agent.Client.Volumes.ReadAsync("p", 100, 512, default));
        await ErrorAsync(ErrorIds.RangeOutOfVolume, () => Agent.Client.Volumes.ReadAsync("p", 4 << 20, 512, default));
        await ErrorAsync(ErrorIds.VolumeNotMountable, () => Agent.Client.Volumes.ReadAsync("p.Target", 0, 512, default));
        await ErrorAsync(ErrorIds.ProtocolNotSupported, () => MountAsync(new MountRequest { Protocol = "Smb" }));
        await ErrorAsync(ErrorIds.AddressNotAllowed, () => MountAsync(new MountRequest { Address = "0.0.0.0:0", AllowLocalUsers = true }));
        await ErrorAsync(ErrorIds.AddressNotAllowed, () => MountAsync(new MountRequest { Address = "127.0.0.1:0" }));
        await ErrorAsync(ErrorIds.VolumeNotMounted, () => Agent.Client.Volumes.DismountAsync("p", null, false, default));
        var tcp = await MountAsync(new MountRequest { Address = "127.0.0.1:0", AllowLocalUsers = true });
        await ErrorAsync(ErrorIds.VolumeAlreadyMounted, () => MountAsync(new MountRequest { Address = tcp.Address, AllowLocalUsers = true }));
    }

    private async Task<string?> TryCreateAsync(NewPairRequest request)
    {
        try
        {
            await Agent.Client.Pairs.CreateAsync(request, default);
            return null;
        }
        catch (MirrorApiException exception)
        {
            return exception.Error.ErrorId;
        }
    }

    private Task<AttachmentInfo> MountAsync(MountRequest request) => Agent.Client.Volumes.MountAsync("p", request, default);

    private async Task<ErrorBody> RefusedAsync(string errorId, NewPairRequest request)
    {
        var before = Directory.GetFiles(Files.Path).Order();
        var error = await ErrorAsync(errorId, () => Agent.Client.Pairs.CreateAsync(request, default));
        Assert.Equal(before, Directory.GetFiles(Files.Path).Order());
        return error;
    }

    private Task<ErrorBody> PlanRefusedAsync(string errorId, NewPairRequest request) =>
        ErrorAsync(errorId, () => Agent.Client.Pairs.PlanAsync(new PlanRequest { Action = nameof(PlanAction.NewPair), NewPair = request }, default));
}
