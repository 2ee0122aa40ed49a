using MirrorTools.Engine.AsyncCopy;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>Small writes into large grains .</summary>
public sealed class PartTests
{
    private const int LargeGrain = 1 << 20;
    private const int Part = LargeGrain / 64;

    [Theory]
    [InlineData(100 * 1024, 512, 96 * 1024, Part)]
    [InlineData(LargeGrain - 512, 512, LargeGrain - Part, Part)]
    [InlineData(Part - 512, 1024, 0, 2 * Part)]
    [Rule("A-12")]
    [Rule("P-4")]
    public void A_small_write_into_a_large_grain_sends_its_part_and_no_more(int offset, int length, int sentOffset, int sentLength) => AsyncRig.Run(
        async rig =>
        {
            await StartAsync(rig);
            (int first, long before, long counted) = (rig.SourceEnd.Sent.Count, rig.SourceEnd.SentPayloadBytes, (await rig.Source.GetStatusAsync()).SentBytes);
            await rig.WriteBytesAsync((2 * LargeGrain) + offset, 7, length);
            await rig.DrainedAsync();
            PeerMessage sent = Assert.Single(GrainsSent(rig, first));
            Assert.Equal((MirrorMessage.GrainPart, 2, 1, (uint)sentOffset), (sent.Kind, sent.FirstGrain, sent.GrainCount, sent.Status));
            Assert.Equal(sentLength, rig.SourceEnd.SentPayloadBytes - before);
            Assert.Equal(sentLength, (await rig.Source.GetStatusAsync()).SentBytes - counted);
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
        },
        grains: 4,
        grainBytes: LargeGrain);

    // Up to half a grain is sent from the first written part to the last one; more than that costs less as one whole grain.
    [Theory]
    [InlineData(15, true)]
    [InlineData(31, true)]
    [InlineData(32, false)]
    [InlineData(63, false)]
    [Rule("A-12")]
    public void Two_writes_send_what_is_between_them_or_the_whole_grain_where_they_are_far_apart(int lastPart, bool isPart) => AsyncRig.Run(
        async rig =>
        {
            await StartAsync(rig);
            rig.Cut();
            await rig.WriteBytesAsync(LargeGrain, 7, 512);
            await rig.WriteBytesAsync(LargeGrain + (lastPart * Part), 8, 512);
            await rig.ConnectAsync();
            await rig.DrainedAsync();
            PeerMessage sent = Assert.Single(GrainsSent(rig));
            Assert.Equal((isPart ? MirrorMessage.GrainPart : MirrorMessage.GrainData, 1, 0u), (sent.Kind, sent.FirstGrain, sent.Status));
            Assert.Equal(isPart ? (lastPart + 1) * Part : LargeGrain, rig.SourceEnd.SentPayloadBytes);
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
        },
        grains: 4,
        grainBytes: LargeGrain);

    // What was on its way is not known by its parts any more: a write that follows it must not send its own part alone.
    [Fact]
    [Rule("A-1")]
    [Rule("A-12")]
    public void What_was_on_its_way_at_a_cut_is_sent_as_a_whole() => AsyncRig.Run(
        async rig =>
        {
            await StartAsync(rig);
            rig.SourceEnd.Swallowed.Add(MirrorMessage.GrainPart);
            await rig.WriteBytesAsync(LargeGrain + (3 * Part), 7, 512);
            await rig.UntilAsync(() => Task.FromResult(rig.SourceEnd.Sent.Exists(static sent => sent.Kind == MirrorMessage.GrainPart)));
            rig.Cut();
            await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
            await rig.WriteBytesAsync(LargeGrain + (60 * Part), 8, 512);
            await rig.ConnectAsync();
            await rig.DrainedAsync();
            PeerMessage sent = Assert.Single(GrainsSent(rig));
            Assert.Equal((MirrorMessage.GrainData, 1L), (sent.Kind, sent.FirstGrain));
            Assert.Equal(LargeGrain, rig.SourceEnd.SentPayloadBytes);
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));

            // From then on parts are enough again.
            await rig.WriteBytesAsync(LargeGrain, 9, 512);
            await rig.DrainedAsync();
            Assert.Equal(LargeGrain + Part, rig.SourceEnd.SentPayloadBytes);
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
        },
        grains: 4,
        grainBytes: LargeGrain);

    [Theory]
    [InlineData(1, CollisionPolicy.NewImage, false)]
    [InlineData(2, CollisionPolicy.NewImage, true)]
    [InlineData(3, CollisionPolicy.NewImage, true)]
    [InlineData(4, CollisionPolicy.SendFirst, false)]
    [InlineData(5, CollisionPolicy.SendFirst, true)]
    [InlineData(6, CollisionPolicy.SendFirst, true)]
    [Rule("A-5")]
    [Rule("A-12")]
    [Rule("P-1")]
    public void Small_writes_at_random_leave_both_sites_alike_and_every_point_as_it_was_taken(int seed, CollisionPolicy policy, bool isCut) => AsyncRig.Run(
        async rig =>
        {
            SimRandom random = new((ulong)seed);
            await StartAsync(rig);
            byte[] committed = rig.Content(rig.A);
            rig.S.Faults.ExtraLatency = TimeSpan.FromMilliseconds(10);
            (int commits, int parts) = (0, 0);
            for (int round = 0; round < 20; round++)
            {
                await WriteSomeAsync(rig, random);
                ulong point = await rig.Source.StartCycleAsync(supersede: false);
                byte[] atThePoint = rig.Content(rig.A);
                await WriteSomeAsync(rig, random);
                if (isCut && random.Chance(0.3))
                {
                    parts += Parts(rig);
                    rig.Cut();
                    await WriteSomeAsync(rig, random);
                    await rig.ConnectAsync();
                }

                await WriteSomeAsync(rig, random);

                // A cut may have ended it.
                await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).Point != point);
                bool isCommitted = (await rig.Target.GetStatusAsync()).LastCommitted.Number == point;
                Assert.True(isCommitted || isCut);
                committed = isCommitted ? atThePoint : committed;
                commits += isCommitted ? 1 : 0;
                Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));
                if (random.Chance(0.5))
                {
                    await rig.DrainedAsync();
                    Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
                    Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));
                }
            }

            await rig.DrainedAsync();
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
            Assert.InRange(commits, isCut ? 10 : 20, 20);
            Assert.InRange(parts + Parts(rig), 100, int.MaxValue);
        },
        (ulong)seed,
        grains: 16,
        prepare: rig => rig.Options = rig.Options with { CollisionPolicy = policy, RunBytes = 64 << 10, MaximumUnacknowledged = 2, KeptImageBytes = 256 << 10 },
        grainBytes: 64 << 10);

    /// <summary>Everything is at both sites and committed, and nothing of it is to be sent as a whole again.</summary>
    private static async Task StartAsync(AsyncRig rig)
    {
        await rig.WriteBytesAsync(0, 1, (int)rig.Geometry.LengthBytes);
        await rig.ConnectAsync();
        await rig.DrainedAsync();
        await rig.CycleAsync();
    }

    private static List<PeerMessage> GrainsSent(AsyncRig rig, int first = 0) =>
        [.. rig.SourceEnd.Sent.Skip(first).Where(static sent => sent.Kind is MirrorMessage.GrainData or MirrorMessage.ZeroGrains or MirrorMessage.GrainPart)];

    private static int Parts(AsyncRig rig) => rig.SourceEnd.Sent.Count(static sent => sent.Kind == MirrorMessage.GrainPart);

    // Several at once, across the borders of parts and grains, zeros among them.
    private static async Task WriteSomeAsync(AsyncRig rig, SimRandom random)
    {
        List<Task> writes = [];
        for (int i = random.Next(2, 12); i > 0; i--)
        {
            int length = BlockGeometry.SectorBytes * random.Next(1, 9);
            long offset = BlockGeometry.SectorBytes * random.NextInt64((rig.Geometry.LengthBytes - length) / BlockGeometry.SectorBytes);
            byte[] data = new byte[length];
            random.NextBytes(data);
            writes.Add((random.Chance(0.1)
                ? rig.Host.WriteZeroesAsync(offset, length, WriteOptions.None, CancellationToken.None)
                : rig.Host.WriteAsync(offset, data, WriteOptions.None, CancellationToken.None)).AsTask());
            await rig.DelayAsync(random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(2)));
        }

        await Task.WhenAll(writes);
    }
}
