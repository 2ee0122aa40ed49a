using System.Buffers.Binary;
using MirrorTools.Agent.Tests.Pairs;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Protocols.Nbd.Client;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Groups;

/// <summary>
/// A writer that puts numbered records alternately on two volumes, each after the one before was acknowledged, as a database does with its data and its log: no recovered
/// group holds a record without the one before it. MIRRORTOOLS_SOAK_ROUNDS asks for more rounds than CI runs.
/// </summary>
public sealed class DependentWritesTests
{
    private static readonly string[] s_pairs = ["p", "q"];

    private static int? Asked => int.TryParse(Environment.GetEnvironmentVariable("MIRRORTOOLS_SOAK_ROUNDS"), out int asked) ? asked : null;

    public static TheoryData<CopyService, int> Rounds() => RoundsOf(Asked ?? 4);

    public static TheoryData<CopyService, int> RoundsOverAgents() => RoundsOf(Asked ?? 1);

    private static TheoryData<CopyService, int> RoundsOf(int rounds)
    {
        TheoryData<CopyService, int> data = [];
        foreach (var service in new[] { CopyService.Flashcopy, CopyService.AsyncCopy })
        {
            foreach (var round in Enumerable.Range(0, rounds))
            {
                data.Add(service, round);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Rounds))]
    [Rule("P-1")]
    [Rule("F-2")]
    [Rule("F-9")]
    [Rule("A-4")]
    public async Task No_recovered_group_holds_a_record_without_the_one_before(CopyService service, int round)
    {
        var random = new Random(round);
        await using var agents = await TwoAgents.StartAsync();
        await agents.PairAsync("p", "g", service);
        await agents.PairAsync("q", "g", service);
        await agents.One.Client.Pairs.SetScheduleAsync("p", new ScheduleInfo { Kind = nameof(ScheduleKind.Continuous) }, default);
        List<DateTimeOffset> acknowledged = [];
        var writing = WriteAsync(agents.One, agents.One, acknowledged);
        await Eventually.TrueAsync(async () => (await agents.Two.Client.Pairs.GetAsync("q", default)).CommittedPoint >= 2, "two commits");
        await Task.Delay(random.Next(1500));
        if (round % 2 == 0)
        {
            await agents.One.KillAsync();
        }
        else
        {
            // Both at once: what the other members have prepared is the lead's to settle after the start.
            await Task.WhenAll(agents.One.KillAsync(), agents.Two.KillAsync());
            await agents.StartTwoAsync();
        }

        var last = await writing;
        await CheckAsync(round % 4 < 2 ? s_pairs : s_pairs.Reverse(), _ => agents.Two, acknowledged, last);
    }

    /// <summary>The same with the two volumes at two agents; in every other round their copies are at two agents as well. In a soak each round has twenty points at least.</summary>
    [Theory]
    [MemberData(nameof(RoundsOverAgents))]
    [Rule("P-1")]
    [Rule("A-2")]
    [Rule("A-4")]
    [Rule("A-14")]
    [Rule("A-16")]
    public async Task No_group_over_two_source_agents_holds_a_record_without_the_one_before(CopyService service, int round)
    {
        var random = new Random(round);
        string[] targets = round % 2 == 0 ? ["three", "three"] : ["three", "four"];
        await using var agents = await ManyAgents.StartAsync(trusting: true, ["one", "two", .. targets.Distinct()]);
        await agents.PairAsync("p", "one", targets[0], service);
        await agents.PairAsync("q", "two", targets[1], service);
        await agents.GroupAsync("one", "p", "two/q");
        await agents["one"].Client.Pairs.SetScheduleAsync("p", new ScheduleInfo { Kind = nameof(ScheduleKind.Continuous) }, default);
        List<DateTimeOffset> acknowledged = [];
        var writing = WriteAsync(agents["one"], agents["two"], acknowledged);
        var points = Asked is null ? 3 : 20;
        await Eventually.TrueAsync(async () => (await agents[targets[1]].Client.Pairs.GetAsync("q", default)).CommittedPoint >= points, $"{points} commits");
        await Task.Delay(random.Next(1500));
        string[] first = (round / 2 % 3) switch { 0 => ["one"], 1 => ["two"], _ => ["one", "two", .. targets.Distinct()] };
        await Task.WhenAll(first.Select(name => agents[name].KillAsync()));
        var last = await writing;
        await Task.WhenAll(((string[])["one", "two"]).Except(first).Select(name => agents[name].KillAsync()));
        foreach (var target in targets.Distinct().Intersect(first))
        {
            await agents.StartAsync(target);
        }

        await CheckAsync(round % 4 < 2 ? s_pairs : s_pairs.Reverse(), pair => agents[targets[Array.IndexOf(s_pairs, pair)]], acknowledged, last);
    }

    private static async Task CheckAsync(IEnumerable<string> pairs, Func<string, AgentProcess> targetOf, List<DateTimeOffset> acknowledged, long last)
    {
        Dictionary<string, long> newest = [];
        List<RecoveryResult> results = [];
        foreach (var pair in pairs)
        {
            results.Add(await targetOf(pair).Client.Recovery.InvokeAsync(pair, new RecoveryRequest { Force = true }, default));
            var records = await targetOf(pair).Client.Volumes.ReadAsync(pair, 0, GroupPairs.RecordBytes, default);
            newest[pair] = BinaryPrimitives.ReadInt64LittleEndian(records);
        }

        Assert.Single(results.Select(result => result.Point).Distinct());
        var (even, odd) = (newest["p"], newest["q"]);
        Assert.True(Math.Abs(even - odd) == 1 || (even, odd) == (0, 0), $"p holds record {even}, q holds {odd}");
        var newestOfBoth = Math.Max(even, odd);
        Assert.InRange(newestOfBoth, 0, last);

        // What was acknowledged before the point's instant is in it.
        var taken = DateTimeOffset.Parse(results[0].PointTime, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(acknowledged.Count(at => at < taken) <= newestOfBoth + 1, $"{acknowledged.Count(at => at < taken)} records were acknowledged before the point, which holds {newestOfBoth}");
    }

    // Record n goes to the first block of p where n is even, of q where it is odd. Returns the last one issued.
    private static async Task<long> WriteAsync(AgentProcess sourceOfP, AgentProcess sourceOfQ, List<DateTimeOffset> acknowledged)
    {
        await using NbdClient p = await sourceOfP.AttachAsync("p");
        await using NbdClient q = await sourceOfQ.AttachAsync("q");
        byte[] record = new byte[GroupPairs.RecordBytes];
        for (long number = 0; ; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(record, number);
            try
            {
                await (number % 2 == 0 ? p : q).WriteAsync(0, record, default, CancellationToken.None);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException or TimeoutException)
            {
                return number;
            }

            acknowledged.Add(DateTimeOffset.UtcNow);
        }
    }
}
