using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Agent.Trust;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Trust;

public sealed class TrustFilesTests
{
    [SkippableFact]
    [Rule("P-9")]
    public void Only_the_agents_account_reads_key_and_trusts()
    {
        Skip.If(OperatingSystem.IsWindows(), "Rights on Windows come from the directory.");
        using var directory = new TemporaryDirectory();
        using var identity = AgentIdentity.LoadOrCreate(directory.Path, "a", TimeProvider.System);
        TrustStore.Open(directory.Path).Add(Peer("x", 1));
        foreach (var file in new[] { AgentIdentity.FileName, TrustStore.FileName })
        {
            Assert.True(
                !OperatingSystem.IsWindows() && File.GetUnixFileMode(directory[file]) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), file);
        }
    }

    [Fact]
    public void An_identity_that_is_damaged_is_refused_and_not_replaced()
    {
        using var directory = new TemporaryDirectory();
        AgentIdentity.LoadOrCreate(directory.Path, "a", TimeProvider.System).Dispose();
        var path = directory[AgentIdentity.FileName];
        var text = File.ReadAllText(path);
        foreach (var damaged in new[] { "", text[..(text.Length / 2)], text.Replace("CERTIFICATE", "NONSENSE", StringComparison.Ordinal) })
        {
            File.WriteAllText(path, damaged);
            var error = Assert.Throws<TrustException>(() => AgentIdentity.LoadOrCreate(directory.Path, "a", TimeProvider.System));
            Assert.Equal(TrustErrorId.TrustStoreFailed, error.ErrorId);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            Assert.Equal(damaged, File.ReadAllText(path));
        }
    }

    [Fact]
    public void A_store_that_is_damaged_or_of_a_later_version_is_refused_and_not_replaced()
    {
        using var directory = new TemporaryDirectory();
        var path = directory[TrustStore.FileName];
        foreach (var content in new[] { "", "{", "[]", "{\"version\":2,\"items\":[]}" })
        {
            File.WriteAllText(path, content);
            Assert.Equal(TrustErrorId.TrustStoreFailed, Assert.Throws<TrustException>(() => TrustStore.Open(directory.Path)).ErrorId);
            Assert.Equal(content, File.ReadAllText(path));
        }
    }

    [Fact]
    public void A_change_that_cannot_be_written_changes_nothing()
    {
        using var directory = new TemporaryDirectory();
        var store = TrustStore.Open(directory.Path);
        store.Add(Peer("x", 1));

        // A directory where the temporary file would go: the write fails, whoever runs the test.
        Directory.CreateDirectory(directory[TrustStore.FileName + ".new"]);
        Assert.Equal(TrustErrorId.TrustStoreFailed, Assert.Throws<TrustException>(() => store.Add(Peer("y", 2))).ErrorId);
        Assert.Equal("x", Assert.Single(store.List()).Name);
        Assert.Equal("x", Assert.Single(TrustStore.Open(directory.Path).List()).Name);
    }

    private static TrustedPeer Peer(string name, byte number) => new(
        new Guid(number, 0, 0, new byte[8]), name, PublicKeyPin.Fingerprint(Enumerable.Repeat(number, 32).ToArray()), ["h:1"], DateTimeOffset.UnixEpoch);
}
