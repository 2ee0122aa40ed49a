using MirrorTools.Agent.Storage;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Agent.Tests.Storage;

/// <summary>The file of a point that is kept while commits go on (F-28).</summary>
public sealed class KeptGrainsFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("kept").FullName;

    [Fact]
    [Rule("F-28")]
    public async Task It_is_sparse_and_gone_with_its_last_use()
    {
        var metadata = Path.Combine(_directory, "data.mirror");
        await using (var kept = KeptGrainsFile.Create(metadata, 1L << 40))
        {
            await kept.WriteAsync(1L << 39, new byte[4096].AsMemory(), WriteOptions.None, CancellationToken.None);
            var path = Assert.Single(Directory.GetFiles(_directory));
            Assert.True(StorageFiles.TryMeasureAllocated(path) < 1 << 20);
        }

        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    [Rule("F-28")]
    public void What_a_killed_agent_left_behind_is_removed_and_nothing_else()
    {
        var metadata = Path.Combine(_directory, "data.mirror");
        string[] others = [metadata, Path.Combine(_directory, "other.mirror.1.kept"), metadata + ".old"];
        Array.ForEach(others, path => File.WriteAllText(path, ""));
        File.WriteAllText(metadata + ".1.kept", "");
        KeptGrainsFile.RemoveLeftovers(metadata);
        Assert.Equal(others.Order(), Directory.GetFiles(_directory).Order());
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
