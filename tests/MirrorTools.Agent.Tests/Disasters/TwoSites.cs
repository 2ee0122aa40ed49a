using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Contracts.Trust;
using MirrorTools.Contracts.Volumes;

namespace MirrorTools.Agent.Tests.Disasters;

/// <summary>Two real agents that trust each other and hold one pair.</summary>
public sealed class TwoSites : IAsyncDisposable
{
    public const string PairName = "data";

    private TwoSites(TemporaryDirectory directory) => Directory = directory;

    public TemporaryDirectory Directory { get; }

    public AgentProcess Site1 { get; private set; } = null!;

    public AgentProcess Site2 { get; private set; } = null!;

    public string Source => Directory["source.img"];

    /// <summary>Starts both agents and joins them by a one-time code.</summary>
    public static async Task<TwoSites> StartAsync()
    {
        TwoSites sites = new(new TemporaryDirectory());
        System.IO.Directory.CreateDirectory(sites.Directory["target"]);
        sites.Site1 = await sites.StartSite1Async();
        sites.Site2 = await sites.StartSite2Async();
        TrustCodeInfo code = await sites.Site2.Client.Trusts.CreateCodeAsync(new NewTrustCodeRequest(), CancellationToken.None);
        await sites.Site1.Client.Trusts.JoinAsync(new JoinTrustRequest { Code = code.Code }, CancellationToken.None);
        return sites;
    }

    /// <summary>Makes the pair over <see cref="Source"/>, which is there already.</summary>
    public Task<PairInfo> PairAsync(ScheduleKind schedule, WritePolicy policy = WritePolicy.CopyOnWriteLocal, long grainSizeBytes = 65536) =>
        Site1.Client.Pairs.CreateAsync(
            new NewPairRequest
            {
                Name = PairName,
                Service = nameof(CopyService.Flashcopy),
                Source = Source,
                Target = Directory["target/target.img"],
                TargetAgent = "site2",
                GrainSizeBytes = grainSizeBytes,
                WritePolicy = policy.ToString(),
                Schedule = new ScheduleInfo { Kind = schedule.ToString() },
            },
            CancellationToken.None);

    /// <summary>Makes an image full of bytes that differ everywhere.</summary>
    public void FillSource(long lengthBytes, int seed = 1)
    {
        byte[] block = new byte[1 << 20];
        Random random = new(seed);
        using FileStream image = File.Create(Source);
        for (long done = 0; done < lengthBytes; done += block.Length)
        {
            random.NextBytes(block);
            image.Write(block, 0, (int)Math.Min(block.Length, lengthBytes - done));
        }
    }

    public static async Task<string> MountAsync(AgentProcess agent)
    {
        AttachmentInfo export = await agent.Client.Volumes.MountAsync(PairName, new MountRequest { Protocol = "Nbd" }, CancellationToken.None);
        return $"nbd+unix:///{export.ExportName}?socket={export.SocketPath}";
    }

    public async Task UntilCommittedAsync(long atLeast = 1) => await Eventually.TrueAsync(
        async () => (await Site1.Client.Pairs.GetAsync(PairName, CancellationToken.None)).CommittedPoint >= atLeast, $"point {atLeast} is committed");

    /// <summary>Runs a cycle to its commit and returns its point.</summary>
    public async Task<long> CycleAsync()
    {
        long point = (await Site1.Client.Cycles.StartAsync(PairName, new Contracts.Cycles.StartCycleRequest(), CancellationToken.None)).Number;
        await UntilCommittedAsync(point);
        return point;
    }

    public async Task RestartSite2Async() => Site2 = await StartSite2Async();

    public async Task RestartSite1Async() => Site1 = await StartSite1Async();

    public Task<RecoveryResult> RecoverAsync() =>
        Site2.Client.Recovery.InvokeAsync(PairName, new RecoveryRequest { Force = true }, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Site1.DisposeAsync();
        await Site2.DisposeAsync();
        Directory.Dispose();
    }

    private Task<AgentProcess> StartSite1Async() => AgentProcess.StartAsync(Directory["s1"], "--name", "site1", "--listen", Listen("1"));

    private Task<AgentProcess> StartSite2Async() => AgentProcess.StartAsync(Directory["s2"], "--name", "site2", "--listen", Listen("2"));

    // The port stays the same over a restart, as it does at a customer's: the first start takes a free one.
    private string Listen(string site)
    {
        string file = Directory["port" + site];
        if (!File.Exists(file))
        {
            File.WriteAllText(file, $"127.0.0.1:{FreePort.Next()}");
        }

        return File.ReadAllText(file);
    }
}
