using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>A half-drained increment that is undone in steps, while hosts read and write and power is lost .</summary>
public sealed class UndoingTests
{
    private const int First = 8;
    private const int Count = 40;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [Rule("A-9")]
    [Rule("P-1")]
    [Rule("P-2")]
    public void The_image_is_right_before_during_and_after_it_whenever_power_is_lost(int seed) => AsyncRig.Run(
        async rig =>
        {
            SimRandom random = new((ulong)seed);
            byte[] expected = await rig.HalfDrainAsync(First, Count);
            rig.Cut();
            await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
            await rig.Target.RecoverAsync(force: false);
            HashSet<long> written = [];
            rig.S.Changed = (offset, length) => written.UnionWith(GrainsOf(rig, offset, length));
            HalfWrite? last = null;
            foreach (int grain in (int[])[33, 40, 45])
            {
                last = await CrashAsync(rig, random, grain, expected, last);
            }

            MirrorSource recovered = await MirrorSource.OpenAsync(rig.Parts2());
            AssertImage(expected, last, await rig.ReadImageAsync(recovered.Volume)).CopyTo(expected, 0);
            await rig.UntilAsync(() => Task.FromResult(rig.Content(rig.S).AsSpan().SequenceEqual(expected)));
            await rig.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.Equal(expected, await rig.ReadImageAsync(recovered.Volume));
            Assert.Equal(Enumerable.Range(First, Count).Select(static grain => (long)grain), written.Order());

            // What was undone is known as different from the former source, whenever it was.
            await rig.ReturnAsync(rig.Source, recovered);
            MirrorTarget one = await MirrorTarget.OpenAsync(rig.Parts1());
            await rig.JoinAsync(recovered, one);
            await rig.CycleAsync(recovered);
            Assert.Equal(expected, await rig.ReadImageAsync(one.Image));
            Assert.Equal(Count, (await recovered.GetStatusAsync()).SentGrains);
        },
        (ulong)seed,
        prepare: rig => rig.Options = rig.Options with { BatchBytes = 4 * PairRig.GrainBytes });

    /// <summary>Opens the recovered side, lets a host write half a grain, and takes the power at a random write; the image is read all the while.</summary>
    /// <param name="rig">The rig.</param>
    /// <param name="random">Chooses the write.</param>
    /// <param name="grain">Where the host writes.</param>
    /// <param name="expected">What the image is, but for the last host's write; that joins it as far as it came.</param>
    /// <param name="last">The last host's write; null where there was none.</param>
    private static async Task<HalfWrite> CrashAsync(AsyncRig rig, SimRandom random, int grain, byte[] expected, HalfWrite? last)
    {
        MirrorSource recovered = await MirrorSource.OpenAsync(rig.Parts2());

        // Nothing is undone before it is durable what is to be: that takes long enough for a first look.
        rig.Metadata2.Faults.ExtraLatency = TimeSpan.FromSeconds(1);
        AssertImage(expected, last, await rig.ReadImageAsync(recovered.Volume)).CopyTo(expected, 0);
        rig.Metadata2.Faults.ExtraLatency = TimeSpan.Zero;
        HalfWrite write = new((int)rig.Geometry.OffsetOf(grain), (byte)(100 + grain), IsDurable: false);
        TaskCompletionSource died = StrikeAtWrite(rig, random.Next(1, 15));
        Task host = HostAsync();
        _ = ReadOnAsync();
        await died.Task;
        return write with { IsDurable = host.IsCompletedSuccessfully };

        async Task HostAsync()
        {
            byte[] half = new byte[HalfWrite.Bytes];
            half.AsSpan().Fill(write.Value);
            await recovered.Volume.WriteAsync(write.Offset, half, WriteOptions.None, CancellationToken.None);
            await recovered.Volume.FlushAsync(CancellationToken.None);
        }

        // Until the site dies, and the last read with it.
        async Task ReadOnAsync()
        {
            try
            {
                DateTimeOffset end = rig.Scheduler.UtcNow + TimeSpan.FromSeconds(20);
                while (!died.Task.IsCompleted)
                {
                    AssertImage(expected, write, await rig.ReadImageAsync(recovered.Volume));
                    Assert.True(rig.Scheduler.UtcNow < end, "There were fewer writes than the power should have lasted for.");
                }
            }
            catch (Exception exception)
            {
                died.TrySetException(exception);
            }
        }
    }

    /// <summary>Asserts that the image is what is expected, each sector of a host's write there or, unless it is durable, not.</summary>
    /// <returns>What the image is.</returns>
    private static byte[] AssertImage(byte[] expected, HalfWrite? write, byte[] seen)
    {
        byte[] wanted = [.. expected];
        for (int offset = write?.Offset ?? 0; offset < (write?.Offset + HalfWrite.Bytes ?? 0); offset += BlockGeometry.SectorBytes)
        {
            if (write!.IsDurable || seen[offset] == write.Value)
            {
                wanted.AsSpan(offset, BlockGeometry.SectorBytes).Fill(write.Value);
            }
        }

        Assert.Equal(wanted, seen);
        return wanted;
    }

    /// <summary>Takes site 2's power when a write to the secondary or the area is about to take effect: the first from now on, or one of those after it.</summary>
    private static TaskCompletionSource StrikeAtWrite(AsyncRig rig, int left)
    {
        TaskCompletionSource died = new(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.S.Reached = rig.Area.Reached = Strike;
        return died;

        void Strike(SimDisk disk, string kind)
        {
            if (kind == "write" && --left == 0)
            {
                rig.S.Reached = rig.Area.Reached = null;
                rig.KillSite2(losePower: true);
                died.TrySetResult();
            }
        }
    }

    private static IEnumerable<long> GrainsOf(AsyncRig rig, long offset, long length)
    {
        for (long grain = rig.Geometry.GrainAt(offset); grain <= rig.Geometry.GrainAt(offset + length - 1); grain++)
        {
            yield return grain;
        }
    }

    /// <summary>A host's write of half a grain.</summary>
    private sealed record HalfWrite(int Offset, byte Value, bool IsDurable)
    {
        public const int Bytes = PairRig.GrainBytes / 2;
    }
}
