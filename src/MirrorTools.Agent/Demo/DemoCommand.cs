using System.Diagnostics;
using System.Globalization;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Bitmaps;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Points;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Contracts.Trust;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Protocols.Nbd;
using MirrorTools.Protocols.Nbd.Client;

namespace MirrorTools.Agent.Demo;

/// <summary>
/// The main job from end to end, with two agent processes in a temporary directory: trust, a pair, a host on NBD while cycles run, kill -9 of the source's agent in the middle
/// of a cycle, recovery at the target, and the proof by an oracle that knows only what the host was told.
/// </summary>
internal sealed class DemoCommand : IAsyncDisposable
{
    private const long VolumeBytes = 1L << 30;
    private const long DataBytes = 96L << 20;
    private const string Pair = "demo";
    private const int ExitDiffers = 1;

    private static readonly TimeSpan Workload = TimeSpan.FromSeconds(12);

    private readonly string _directory = Directory.CreateTempSubdirectory("mirrortools-demo-").FullName;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private DemoAgent? _site1;
    private DemoAgent? _site2;

    /// <summary>Runs the demo.</summary>
    /// <returns>0 where every sector was right.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length > 0)
        {
            throw new Commands.UsageException($"'demo' takes no '{arguments[0]}'.");
        }

        await using DemoCommand demo = new();
        using CancellationTokenSource deadline = new(TimeSpan.FromMinutes(5));
        return await demo.RunAsync(deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (DemoAgent? agent in (DemoAgent?[])[_site1, _site2])
        {
            if (agent is not null)
            {
                await agent.DisposeAsync();
            }
        }

        Directory.Delete(_directory, recursive: true);
    }

    private async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        Say($"Two agents in {_directory}");
        _site1 = await DemoAgent.StartAsync("site1", InDirectory("s1"), cancellationToken);
        _site2 = await DemoAgent.StartAsync("site2", InDirectory("s2"), cancellationToken);
        Say($"site1 is process {_site1.ProcessId}, site2 is process {_site2.ProcessId}");

        TrustCodeInfo code = await _site2.Client.Trusts.CreateCodeAsync(new NewTrustCodeRequest(), cancellationToken);
        await _site1.Client.Trusts.JoinAsync(new JoinTrustRequest { Code = code.Code }, cancellationToken);
        Say("They trust each other: mutual TLS, keys pinned by a one-time code");

        string source = InDirectory("site1-source.img");
        FileSystemImage fileSystem = await FileSystemImage.CreateAsync(source, VolumeBytes, DataBytes, cancellationToken);
        string original = InDirectory("original.img");
        File.Copy(source, original);
        Say($"Source: 1 GiB with {fileSystem.Kind} and a file of {DataBytes >> 20} MiB on it");

        await CreatePairAsync(source, cancellationToken);
        AttachmentInfo export = await _site1.Client.Volumes.MountAsync(Pair, new MountRequest { Protocol = "Nbd" }, cancellationToken);
        Say($"A host attaches at {export.Uri}");

        await using NbdClient host = await ConnectAsync(export, cancellationToken);
        WriteLog log = new(HostWriter.CountBlocks(fileSystem));
        HostWriter writer = new(host, fileSystem, log);
        Dictionary<long, byte[]> initial = await ReadBlocksAsync(original, writer, HostWriter.CountBlocks(fileSystem));
        using CancellationTokenSource stopWriting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task writing = writer.RunAsync(stopWriting.Token);
        await WatchCyclesAsync(log, cancellationToken);
        DateTimeOffset killedAt = await KillInMidCycleAsync(cancellationToken);
        await writing;
        Say($"kill -9 of site1. The host had {log.Acknowledged:N0} writes acknowledged, {writer.MeanLatency.TotalMilliseconds:F2} ms each on average");
        return await RecoverAndProveAsync(fileSystem, original, writer, initial, log, killedAt, cancellationToken);
    }

    private async Task CreatePairAsync(string source, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(InDirectory("site2-volumes"));
        PairInfo pair = await _site1!.Client.Pairs.CreateAsync(
            new NewPairRequest
            {
                Name = Pair,
                Service = nameof(CopyService.Flashcopy),
                Source = source,
                Target = InDirectory("site2-volumes/target.img"),
                TargetAgent = "site2",
                Schedule = new ScheduleInfo { Kind = nameof(ScheduleKind.Continuous) },
            },
            cancellationToken);
        Say($"Pair '{pair.Name}': A {Name(pair.Source)} -> B {Name(pair.FirstIntermediate)} => C {Name(pair.SecondIntermediate)} -> D {Name(pair.Target)}, "
            + $"{pair.GrainCount:N0} grains of {pair.GrainSizeBytes >> 10} KiB");

        static string Name(string? path) => Path.GetFileName(path) ?? "?";
    }

    private async Task WatchCyclesAsync(WriteLog log, CancellationToken cancellationToken)
    {
        long startedAt = Stopwatch.GetTimestamp();
        long lastPoint = 0;
        bool drawn = false;
        while (Stopwatch.GetElapsedTime(startedAt) < Workload || lastPoint == 0)
        {
            await Task.Delay(200, cancellationToken);
            PairInfo pair = await _site1!.Client.Pairs.GetAsync(Pair, cancellationToken);
            if (pair.CommittedPoint is { } point && point != lastPoint)
            {
                lastPoint = point;
                Say($"point {point,4} committed; data loss if the site went now: {pair.DataLossMs,5} ms; writes so far {log.Acknowledged,7:N0}");
                if (!drawn && Stopwatch.GetElapsedTime(startedAt) > Workload / 2)
                {
                    drawn = true;
                    await DrawAsync(cancellationToken);
                }
            }
        }
    }

    private async Task DrawAsync(CancellationToken cancellationToken)
    {
        GrainBitmapPage page = await _site1!.Client.Bitmaps.GetAsync(Pair, GrainMap.Future, MirrorSite.Source, 0, ApiLimits.MaxBitmapPageGrains, cancellationToken);
        Say($"future map of the source: {page.SetCount:N0} of {page.GrainCount:N0} grains changed since they were copied");
        Console.WriteLine(GrainMapPicture.Draw(Convert.FromBase64String(page.Bits), page.GrainCount, 96, 8));
    }

    // A cycle of the running workload lasts long enough to be met while it copies; where it is not met in ten seconds, one is asked for.
    private async Task<DateTimeOffset> KillInMidCycleAsync(CancellationToken cancellationToken)
    {
        long startedAt = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(startedAt) < TimeSpan.FromSeconds(10))
        {
            PairInfo pair = await _site1!.Client.Pairs.GetAsync(Pair, cancellationToken);
            if (pair.CurrentCycle is { State: nameof(CycleState.Copying) } cycle && cycle.GrainsDone < cycle.GrainsTotal)
            {
                Say($"point {cycle.Number} is being copied: {cycle.GrainsDone:N0} of {cycle.GrainsTotal:N0} grains done");
                break;
            }
        }

        DateTimeOffset killedAt = DateTimeOffset.UtcNow;
        _site1!.Kill();
        return killedAt;
    }

    private async Task<int> RecoverAndProveAsync(
        FileSystemImage fileSystem, string original, HostWriter writer, Dictionary<long, byte[]> initial, WriteLog log, DateTimeOffset killedAt,
        CancellationToken cancellationToken)
    {
        long recoveryStartedAt = Stopwatch.GetTimestamp();
        RecoveryResult recovered = await _site2!.Client.Recovery.InvokeAsync(Pair, new RecoveryRequest { Force = true }, cancellationToken);
        AttachmentInfo export = await _site2.Client.Volumes.MountAsync(Pair, new MountRequest { Protocol = "Nbd" }, cancellationToken);
        await using NbdClient host = await ConnectAsync(export, cancellationToken);
        await host.ReadAsync(0, new byte[4096], cancellationToken);
        TimeSpan rto = Stopwatch.GetElapsedTime(recoveryStartedAt);
        DateTimeOffset takenAt = DateTimeOffset.Parse(recovered.PointTime, CultureInfo.InvariantCulture);
        TimeSpan rpo = killedAt - takenAt;
        Say($"site2 recovered point {recovered.Point}, taken at {takenAt:HH:mm:ss.fff}, and serves it at {export.Uri}");

        string copy = InDirectory("recovered.img");
        Verdict verdict = await ImageOracle.JudgeAsync(host, original, copy, writer, initial, log, takenAt, cancellationToken);
        byte[] proof = new byte[4096];
        proof.AsSpan().Fill(0x5A);
        await host.WriteAsync(writer.OffsetOf(0), proof, NbdWriteOptions.ForceUnitAccess, cancellationToken);
        Say("A host has written to the recovered volume: it is in use");
        bool isClean = true;
        if (await fileSystem.CheckAsync(copy, cancellationToken) is { } check)
        {
            isClean = check.IsClean;
            Say($"{fileSystem.Kind} on the recovered image is {(isClean ? "clean" : "damaged:\n" + check.Text)}");
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  RPO  {rpo.TotalMilliseconds,8:N0} ms   from the recovered point to the kill; {log.AcknowledgedAfter(takenAt):N0} acknowledged writes are newer"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  RTO  {rto.TotalMilliseconds,8:N0} ms   from the order to recover to the host's first read"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {verdict.Sectors:N0} sectors compared with the host's own log, {verdict.WrongSectors:N0} differ"));
        bool isRight = verdict.WrongSectors == 0 && isClean;
        Console.WriteLine(isRight
            ? $"  PROVED: every sector is the source at one instant. {Stopwatch.GetElapsedTime(_startedAt).TotalSeconds:F0} s in all."
            : $"  FAILED at {verdict.First ?? "the file system"}.");
        return isRight ? 0 : ExitDiffers;
    }

    private static async Task<Dictionary<long, byte[]>> ReadBlocksAsync(string image, HostWriter writer, int count)
    {
        Dictionary<long, byte[]> blocks = [];
        using FileStream file = File.OpenRead(image);
        for (int block = 0; block < count; block++)
        {
            byte[] content = new byte[WriteLog.BlockBytes];
            file.Position = writer.OffsetOf(block);
            await file.ReadExactlyAsync(content);
            blocks[writer.OffsetOf(block)] = content;
        }

        return blocks;
    }

    private static Task<NbdClient> ConnectAsync(AttachmentInfo export, CancellationToken cancellationToken) =>
        NbdClient.ConnectAsync(
            NbdAddress.Parse(export.SocketPath ?? export.Address ?? export.Uri), new NbdClientOptions { ExportName = export.ExportName }, cancellationToken);

    private string InDirectory(string name) => Path.Combine(_directory, name);

    private void Say(string text) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_startedAt).TotalSeconds,6:F1} s  {text}"));
}
