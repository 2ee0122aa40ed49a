using MirrorTools.Agent.Demo;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Contracts.Trust;
using MirrorTools.Contracts.Volumes;

namespace MirrorTools.Benchmarks.Pairs;

/// <summary>Two agents that trust each other, in a directory of their own.</summary>
internal sealed class BenchSites : IAsyncDisposable
{
    private readonly DemoAgent _site1;
    private readonly DemoAgent _site2;

    private BenchSites(string directory, DemoAgent site1, DemoAgent site2)
    {
        Directory = directory;
        _site1 = site1;
        _site2 = site2;
    }

    public string Directory { get; }

    public Contracts.Client.MirrorAgentClient Client => _site1.Client;

    public static async Task<BenchSites> StartAsync(string directory, CancellationToken cancellationToken)
    {
        System.IO.Directory.CreateDirectory(Path.Combine(directory, "target"));
        DemoAgent site1 = await DemoAgent.StartAsync("site1", Path.Combine(directory, "s1"), cancellationToken);
        DemoAgent site2 = await DemoAgent.StartAsync("site2", Path.Combine(directory, "s2"), cancellationToken);
        TrustCodeInfo code = await site2.Client.Trusts.CreateCodeAsync(new NewTrustCodeRequest(), cancellationToken);
        await site1.Client.Trusts.JoinAsync(new JoinTrustRequest { Code = code.Code }, cancellationToken);
        return new BenchSites(directory, site1, site2);
    }

    public Task<PairInfo> PairAsync(string name, string source, ScheduleKind schedule, CancellationToken cancellationToken, CopyService service = CopyService.Flashcopy) => Client.Pairs.CreateAsync(
        new NewPairRequest
        {
            Name = name,
            Service = service.ToString(),
            Source = source,
            Target = Path.Combine(Directory, "target", name + ".img"),
            TargetAgent = "site2",
            Schedule = new ScheduleInfo { Kind = schedule.ToString() },
        },
        cancellationToken);

    public async Task<string> MountAsync(string name, CancellationToken cancellationToken)
    {
        AttachmentInfo export = await Client.Volumes.MountAsync(name, new MountRequest { Protocol = "Nbd" }, cancellationToken);
        return $"nbd+unix:///{export.ExportName}?socket={export.SocketPath}";
    }

    /// <summary>Runs a cycle to its commit.</summary>
    public async Task<TimeSpan> CycleAsync(string name, CancellationToken cancellationToken)
    {
        long startedAt = System.Diagnostics.Stopwatch.GetTimestamp();
        Contracts.Cycles.CycleInfo cycle = await Client.Cycles.StartAsync(name, new Contracts.Cycles.StartCycleRequest(), cancellationToken);
        while ((await Client.Pairs.GetAsync(name, cancellationToken)).CommittedPoint is not { } committed || committed < cycle.Number)
        {
            // The longer it takes the less often it is asked, so that asking costs nothing that is measured.
            await Task.Delay(Math.Clamp((int)(System.Diagnostics.Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds / 50), 1, 50), cancellationToken);
        }

        return System.Diagnostics.Stopwatch.GetElapsedTime(startedAt);
    }

    public async ValueTask DisposeAsync()
    {
        await _site1.DisposeAsync();
        await _site2.DisposeAsync();
    }
}
