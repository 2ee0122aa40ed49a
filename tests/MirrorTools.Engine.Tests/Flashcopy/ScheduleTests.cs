using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>When cycles begin by themselves (F-10).</summary>
public sealed class ScheduleTests
{
    [Fact]
    [Rule("F-10")]
    public void Continuous_begins_as_soon_as_something_changed_and_not_within_a_second_of_the_last_point() => Run(async (rig, points) =>
    {
        await rig.Source.SetScheduleAsync(CycleSchedule.Continuous);
        DateTimeOffset end = rig.Scheduler.UtcNow + TimeSpan.FromSeconds(20);
        while (rig.Scheduler.UtcNow < end)
        {
            await rig.WriteAsync(points.Count % 64, 2);
            await rig.DelayAsync(TimeSpan.FromMilliseconds(20));
        }

        Assert.InRange(points.Count, 8, 21);
        Assert.All(points.Zip(points.Skip(1)), pair => Assert.True(
            pair.Second - pair.First >= TimeSpan.FromSeconds(1), $"{pair.Second - pair.First} between two points."));
    });

    [Fact]
    [Rule("F-10")]
    public void Continuous_takes_no_point_while_nothing_changes() => Run(async (rig, points) =>
    {
        await rig.Source.SetScheduleAsync(CycleSchedule.Continuous);
        await rig.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(points);

        await rig.WriteAsync(7, 2);
        await rig.DelayAsync(TimeSpan.FromSeconds(3));
        Assert.Single(points);
        await rig.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.Single(points);
        Assert.Equal(2, (await rig.ReadImageAsync(rig.Target.Image))[7 * FlashcopyRig.GrainBytes]);
    });

    [Fact]
    [Rule("F-10")]
    public void Manual_waits_to_be_asked() => Run(async (rig, points) =>
    {
        await rig.WriteAsync(0, 2, 64);
        await rig.DelayAsync(TimeSpan.FromMinutes(5));
        Assert.Empty(points);
        await rig.CycleAsync();
        Assert.Single(points);
    });

    [Fact]
    [Rule("F-10")]
    public void A_tick_in_a_running_cycle_is_part_of_it_and_the_next_point_falls_on_the_next_tick() => Run(async (rig, points) =>
    {
        DateTimeOffset start = rig.Scheduler.UtcNow;
        await rig.Source.SetScheduleAsync(CycleSchedule.Every(TimeSpan.FromSeconds(5), start));

        // The first cycle stands still past two more ticks.
        await rig.WriteAsync(3, 2);
        rig.SourceEnd.Swallowed.Add(MirrorMessage.GrainData);
        await rig.DelayAsync(TimeSpan.FromSeconds(17));
        Assert.Single(points);
        rig.Cut();
        await rig.ConnectAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(14));
        Assert.Equal([5, 20, 25, 30], points.Select(point => (int)Math.Round((point - start).TotalSeconds)));
        Assert.All(points, point => Assert.InRange((point - start).TotalSeconds % 5, 0, 0.1));
    });

    private static void Run(Func<FlashcopyRig, List<DateTimeOffset>, Task> body) => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(2));
        List<DateTimeOffset> points = [];
        rig.EventSeen = seen =>
        {
            if (seen.Id == PairEventId.PointTaken)
            {
                points.Add(seen.At);
            }
        };
        await body(rig, points);
    });
}
