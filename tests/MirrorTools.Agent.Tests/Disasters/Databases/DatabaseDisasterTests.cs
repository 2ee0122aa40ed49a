using System.Diagnostics;
using System.Globalization;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Disasters.Databases;

/// <summary>
/// PostgreSQL with data and write-ahead log on two mirrored volumes of one group, pgbench at work, everything at site 1 killed at a random moment: recovered at site 2 it starts by itself, holds
/// every transaction that was committed before the point's t1, and its books balance. MIRRORTOOLS_SOAK_ROUNDS asks for more rounds than CI runs.
/// </summary>
public sealed class DatabaseDisasterTests
{
    private const long ImageBytes = 256L << 20;
    private const string Group = "database";

    private static readonly string[] s_pairs = ["data", "wal"];

    public static TheoryData<string, int> Rounds()
    {
        int rounds = int.TryParse(Environment.GetEnvironmentVariable("MIRRORTOOLS_SOAK_ROUNDS"), out int asked) ? asked : 1;
        TheoryData<string, int> data = [];
        foreach (int round in Enumerable.Range(1, rounds))
        {
            data.Add(nameof(CopyService.Flashcopy), round);
            data.Add(nameof(CopyService.AsyncCopy), round);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Rounds))]
    [Rule("P-1")]
    [Rule("F-2")]
    [Rule("A-4")]
    public async Task Every_transaction_committed_before_the_point_is_there_after_the_recovery(string service, int round)
    {
        Skip.If(PostgresServer.MissingReason is not null, PostgresServer.MissingReason);
        Random random = new(round);
        await using TwoSites sites = await TwoSites.StartAsync();
        Command.Run("chmod", "a+x", sites.Directory.Path);
        foreach (string pair in s_pairs)
        {
            await CreatePairAsync(sites, pair, service);
        }

        await sites.Site1.Client.Pairs.SetScheduleAsync("data", new ScheduleInfo { Kind = nameof(ScheduleKind.Continuous) }, CancellationToken.None);
        List<DateTimeOffset> acknowledged;
        using (MountedExport data = await MountAsync(sites.Site1, sites, "data", "one"))
        using (MountedExport wal = await MountAsync(sites.Site1, sites, "wal", "one"))
        using (PostgresServer server = PostgresServer.Create(data.Path, wal.Path, sites.Directory["pg1"]))
        {
            acknowledged = await WorkUntilKilledAsync(server, sites, random, killsBoth: round % 2 == 0);
        }

        if (round % 2 == 0)
        {
            await sites.RestartSite2Async();
        }

        List<RecoveryResult> recovered = [];
        foreach (string pair in s_pairs)
        {
            recovered.Add(await sites.Site2.Client.Recovery.InvokeAsync(pair, new RecoveryRequest { Force = true }, CancellationToken.None));
        }

        Assert.Single(recovered.Select(result => result.Point).Distinct());
        DateTimeOffset takenAt = WireTime.Read(recovered[0].PointTime)!.Value;
        using MountedExport dataSurvivor = await MountAsync(sites.Site2, sites, "data", "two");
        using MountedExport walSurvivor = await MountAsync(sites.Site2, sites, "wal", "two");
        using PostgresServer survivor = PostgresServer.Open(dataSurvivor.Path, walSurvivor.Path, sites.Directory["pg2"]);
        int committed = acknowledged.Count(at => at < takenAt);
        string[] rows = survivor.Query("SELECT count(*), coalesce(max(n), -1) FROM ledger");
        string[] counts = Assert.Single(rows).Split('|');
        int present = int.Parse(counts[0], CultureInfo.InvariantCulture);
        Assert.True(present >= committed, $"{committed} transactions were committed before the point, {present} are there");
        Assert.Equal(present - 1, int.Parse(counts[1], CultureInfo.InvariantCulture));
        Assert.Equal(
            ["t"],
            survivor.Query(
                "SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT coalesce(sum(delta), 0) FROM pgbench_history) "
                + "AND (SELECT sum(tbalance) FROM pgbench_tellers) = (SELECT coalesce(sum(delta), 0) FROM pgbench_history) "
                + "AND (SELECT sum(bbalance) FROM pgbench_branches) = (SELECT coalesce(sum(delta), 0) FROM pgbench_history)"));
        survivor.Query("INSERT INTO ledger VALUES (1000000)");
    }

    private static async Task CreatePairAsync(TwoSites sites, string pair, string service)
    {
        string source = sites.Directory[pair + ".img"];
        using (FileStream image = File.Create(source))
        {
            image.SetLength(ImageBytes);
        }

        Command.Run("mkfs.ext4", "-q", "-F", "-b", "4096", source);
        NewPairRequest request = new()
        {
            Name = pair,
            Service = service,
            Source = source,
            Target = sites.Directory[$"target/{pair}.img"],
            TargetAgent = "site2",
            Group = Group,
        };
        await sites.Site1.Client.Pairs.CreateAsync(request, CancellationToken.None);
    }

    private static async Task<MountedExport> MountAsync(AgentProcess agent, TwoSites sites, string pair, string where)
    {
        AttachmentInfo export = await agent.Client.Volumes.MountAsync(pair, new MountRequest { Protocol = "Nbd" }, CancellationToken.None);
        return await MountedExport.OpenAsync($"nbd+unix:///{export.ExportName}?socket={export.SocketPath}", sites.Directory, $"{pair}-{where}");
    }

    // The instant at which each numbered transaction was known to be committed.
    private static async Task<List<DateTimeOffset>> WorkUntilKilledAsync(PostgresServer server, TwoSites sites, Random random, bool killsBoth)
    {
        server.Run("pgbench", "-h", server.SocketDirectory, "-i", "-q", "-s", "1", "postgres");
        server.Query("CREATE TABLE ledger (n bigint PRIMARY KEY)");
        long before = (await sites.Site1.Client.Pairs.GetAsync("wal", CancellationToken.None)).CommittedPoint ?? 0;
        using BackgroundCommand load = server.Begin("pgbench", "-h", server.SocketDirectory, "-c", "4", "-T", "600", "postgres");
        using Process session = server.OpenSession();
        List<DateTimeOffset> acknowledged = [];
        try
        {
            int atLeast = random.Next(100, 400);
            while (acknowledged.Count < atLeast || (acknowledged.Count % 50 == 0 && !await IsCommittedSinceAsync(sites, before)))
            {
                await session.StandardInput.WriteLineAsync($"INSERT INTO ledger VALUES ({acknowledged.Count}) RETURNING n;");
                string? answer = await session.StandardOutput.ReadLineAsync().InTime("the database answers");
                Assert.Equal(acknowledged.Count.ToString(CultureInfo.InvariantCulture), answer);
                acknowledged.Add(DateTimeOffset.UtcNow);
            }

            await (killsBoth ? Task.WhenAll(sites.Site1.KillAsync(), sites.Site2.KillAsync()) : sites.Site1.KillAsync());
            return acknowledged;
        }
        finally
        {
            session.Kill(entireProcessTree: true);
        }
    }

    private static async Task<bool> IsCommittedSinceAsync(TwoSites sites, long before) =>
        (await sites.Site1.Client.Pairs.GetAsync("wal", CancellationToken.None)).CommittedPoint > before + 1;
}
