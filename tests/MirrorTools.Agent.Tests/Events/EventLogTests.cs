using Microsoft.Extensions.Logging.Abstractions;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Tests.Rigs;

namespace MirrorTools.Agent.Tests.Events;

public sealed class EventLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Ids_rise_over_restarts_and_sentences_are_rendered_from_arguments()
    {
        using (var log = Open())
        {
            log.Write(EventKinds.CycleCommitted, new EventPair(Guid.Empty, "sales"), "anna", ("point", "7"), ("t1", "2026-01-01T00:00:00Z"));
        }

        using var again = Open();
        again.Write(EventKinds.AgentStopped, null, null, ("name", "berlin"));
        var events = again.List(0, 10);
        Assert.Equal([1, 2], events.Items.Select(item => item.Id));
        Assert.Equal("Point 7 of pair sales was committed; it was taken at 2026-01-01T00:00:00Z.", events.Items[0].Message);
        Assert.Equal(("sales", "anna", "7"), (events.Items[0].Pair, events.Items[0].Actor, events.Items[0].Arguments["point"]));
    }

    [Fact]
    public void A_torn_last_line_is_cut_off_and_the_rest_is_kept()
    {
        using (var log = Open())
        {
            WriteMany(log, 3);
        }

        var file = Directory.GetFiles(_directory.Path).Single();
        using (var stream = File.OpenWrite(file))
        {
            stream.SetLength(stream.Length - 5);
        }

        using var again = Open();
        WriteMany(again, 1);
        Assert.Equal([1, 2, 3], again.List(0, 10).Items.Select(item => item.Id));
    }

    [Fact]
    public void A_damaged_line_is_left_out_and_told()
    {
        using (var log = Open())
        {
            WriteMany(log, 3);
        }

        var file = Directory.GetFiles(_directory.Path).Single();
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 0x20;
        File.WriteAllBytes(file, bytes);
        using var again = Open();
        Assert.Equal(["AgentStopped", "AgentStopped", "EventsDamaged"], again.List(0, 10).Items.Select(item => item.Name));
    }

    [Fact]
    public void The_oldest_files_are_dropped_and_pages_cross_files()
    {
        using var log = Open(maxFileBytes: 1000, keptFiles: 3);
        WriteMany(log, 50);
        var all = log.List(0, 100);
        Assert.Equal(3, Directory.GetFiles(_directory.Path).Length);
        Assert.Equal(50, all.NewestId);
        Assert.Equal(all.OldestId, all.Items[0].Id);
        Assert.True(all.OldestId > 1);
        Assert.Equal(Enumerable.Range((int)all.OldestId, 51 - (int)all.OldestId).Select(id => (long)id), all.Items.Select(item => item.Id));
        Assert.Equal([48, 49, 50], log.List(null, 3).Items.Select(item => item.Id));
        Assert.Equal([47, 48], log.List(46, 2).Items.Select(item => item.Id));
    }

    [Fact]
    public async Task A_follower_gets_the_kept_ones_and_then_new_ones()
    {
        using var log = Open();
        WriteMany(log, 2);
        await using var follower = log.FollowAsync(1, default).GetAsyncEnumerator();
        Assert.True(await follower.MoveNextAsync());
        Assert.Equal(2, follower.Current.Id);
        var next = follower.MoveNextAsync();
        Assert.False(next.IsCompleted);
        WriteMany(log, 1);
        Assert.True(await next.AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(3, follower.Current.Id);
    }

    [Fact]
    public void Every_template_names_its_arguments_in_camelCase_and_ends_as_a_sentence() =>
        Assert.All(EventKinds.All, kind =>
        {
            Assert.Matches("^[A-Z][A-Za-z]+$", kind.Name);
            Assert.DoesNotMatch(@"\{[^a-z]", kind.Template);
        });

    private static void WriteMany(EventLog log, int count)
    {
        for (var i = 0; i < count; i++)
        {
            log.Write(EventKinds.AgentStopped, null, null, ("name", "berlin"));
        }
    }

    private EventLog Open(long maxFileBytes = 1 << 20, int keptFiles = 4) =>
        new(_directory.Path, "berlin", TimeProvider.System, NullLogger<EventLog>.Instance, maxFileBytes, keptFiles);
}
