using System.Security.Cryptography;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Disasters;

/// <summary>
/// ext4 on a mirrored export, a workload on it, kill -9 of either or both agents at random moments, recovery: the file system is sound, and every file that was synced
/// before the recovered point's t1 is there whole. MIRRORTOOLS_SOAK_ROUNDS asks for more rounds than CI runs.
/// </summary>
public sealed class FileSystemDisasterTests
{
    private const long ImageBytes = 192L << 20;
    private const int RoundsInCi = 5;

    public static TheoryData<int> Rounds()
    {
        int rounds = int.TryParse(Environment.GetEnvironmentVariable("MIRRORTOOLS_SOAK_ROUNDS"), out int asked) ? asked : RoundsInCi;
        return new TheoryData<int>(Enumerable.Range(1, rounds));
    }

    [SkippableTheory]
    [MemberData(nameof(Rounds))]
    [Rule("P-1")]
    [Rule("P-2")]
    [Rule("F-17")]
    public async Task Every_file_synced_before_the_recovered_point_survives_the_kill(int round)
    {
        Skip.If(MountedExport.MissingReason is not null, MountedExport.MissingReason);
        Random random = new(round);
        await using TwoSites sites = await TwoSites.StartAsync();
        using (FileStream image = File.Create(sites.Source))
        {
            image.SetLength(ImageBytes);
        }

        Command.Run("mkfs.ext4", "-q", "-F", "-b", "4096", sites.Source);
        await sites.PairAsync(ScheduleKind.Continuous);
        List<SyncedFile> files;
        using (MountedExport host = await MountedExport.OpenAsync(await TwoSites.MountAsync(sites.Site1), sites.Directory, "host"))
        {
            files = await WorkUntilKilledAsync(host.Path, sites, random, round);
        }

        if (round % 3 != 0)
        {
            await sites.RestartSite2Async();
        }

        RecoveryResult recovered = await sites.RecoverAsync();
        DateTimeOffset takenAt = WireTime.Read(recovered.PointTime)!.Value;
        using MountedExport survivor = await MountedExport.OpenAsync(await TwoSites.MountAsync(sites.Site2), sites.Directory, "survivor");
        foreach (SyncedFile file in files.Where(file => file.SyncedAt < takenAt))
        {
            string path = Path.Combine(survivor.Path, file.Name);
            Assert.True(File.Exists(path), $"{file.Name} was synced {takenAt - file.SyncedAt} before the point and is missing.");
            Assert.Equal(file.Hash, Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(path))));
        }

        // The journal was replayed by the mount; what is left must be without a fault.
        await File.WriteAllTextAsync(Path.Combine(survivor.Path, "written-after-recovery"), "in use");
        survivor.Unmount();
        Command.Run("e2fsck", "-f", "-n", survivor.Device);
    }

    // Rounds by turns: both sites at once, site 2 first and site 1 while it is away, site 1 alone.
    private static async Task<List<SyncedFile>> WorkUntilKilledAsync(string directory, TwoSites sites, Random random, int round)
    {
        List<SyncedFile> files = [];
        int killAfter = random.Next(20, 120);
        int killSite2After = random.Next(10, killAfter);
        bool site2IsDead = false;
        for (int i = 0; i < killAfter || (await sites.Site1.Client.Pairs.GetAsync(TwoSites.PairName, CancellationToken.None)).CommittedPoint is null or 0; i++)
        {
            files.Add(await WriteFileAsync(directory, $"file{i}", random));
            bool isCommitted = (await sites.Site1.Client.Pairs.GetAsync(TwoSites.PairName, CancellationToken.None)).CommittedPoint > 0;
            if (round % 3 == 2 && i >= killSite2After && isCommitted && !site2IsDead)
            {
                await sites.Site2.KillAsync();
                site2IsDead = true;
            }
        }

        await (round % 3 == 1 ? Task.WhenAll(sites.Site1.KillAsync(), sites.Site2.KillAsync()) : sites.Site1.KillAsync());
        return files;
    }

    private static async Task<SyncedFile> WriteFileAsync(string directory, string name, Random random)
    {
        byte[] content = new byte[random.Next(4_000, 200_000)];
        random.NextBytes(content);

        // On another thread: a disk that does not answer holds its writer, and the test is to say so.
        await Task.Run(() => WriteAndSync(Path.Combine(directory, name), content)).InTime($"the mirrored disk takes {name}");

        // The name is as durable as the content only once the directory is synced too.
        Command.Run("sync", directory);
        return new SyncedFile(name, Convert.ToHexString(SHA256.HashData(content)), DateTimeOffset.UtcNow);
    }

    private static void WriteAndSync(string path, byte[] content)
    {
        using FileStream file = File.Create(path);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    private sealed record SyncedFile(string Name, string Hash, DateTimeOffset SyncedAt);
}
