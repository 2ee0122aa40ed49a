using MirrorTools.Agent.Pairs.Making;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>An agent was killed after it had made a file and before it had noted which one it was: what nobody has written goes, anything else stays.</summary>
public sealed class FileTakeBackTests
{
    [Theory]
    [Rule("P-7")]
    [InlineData(0, false, true)]
    [InlineData(1 << 20, false, true)]
    [InlineData(1 << 20, true, false)]
    public async Task A_file_of_which_only_the_path_is_known_goes_where_nobody_has_written_it(int length, bool isWritten, bool isRemoved)
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "a.img");
        await using (var file = File.Create(path))
        {
            file.SetLength(length);
            if (isWritten)
            {
                file.Write([1, 2, 3]);
                file.Flush(flushToDisk: true);
            }
        }

        var why = await FileTakeBack.TryRemoveAsync(Guid.NewGuid(), new MadeFile(path, IsStorage: true));
        Assert.Equal(isRemoved, why is null);
        Assert.Equal(isRemoved, !File.Exists(path));
    }
}
