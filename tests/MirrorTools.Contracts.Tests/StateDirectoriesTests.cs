using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.State;
using Xunit;

namespace MirrorTools.Contracts.Tests;

public sealed class StateDirectoriesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mirrortools").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_directory_without_a_record_has_no_running_agent()
    {
        Assert.Null(MirrorAgentClient.ReadRecord(_directory));
        AssertError(ErrorIds.MirrorAgentNotRunning, () => MirrorAgentClient.Open(_directory));
        AssertError(ErrorIds.MirrorAgentNotRunning, () => MirrorAgentClient.Open(Path.Combine(_directory, "not", "there")));
    }

    [Theory]
    [InlineData("{\"apiAddress\":\"http://127.")]
    [InlineData("{\"apiAddress\":\"not an address\"}")]
    [InlineData("{\"apiAddress\":\"file:///etc/passwd\"}")]
    [InlineData("")]
    public void A_record_that_cannot_be_used_is_no_running_agent(string record)
    {
        File.WriteAllText(Path.Combine(_directory, StateFiles.Record), record);
        AssertError(ErrorIds.MirrorAgentNotRunning, () => MirrorAgentClient.Open(_directory));
    }

    [Fact]
    public void A_missing_token_is_said()
    {
        File.WriteAllText(Path.Combine(_directory, StateFiles.Record), "{\"apiAddress\":\"http://127.0.0.1:1\"}");
        AssertError(ErrorIds.MirrorAgentTokenUnreadable, () => MirrorAgentClient.Open(_directory));
    }

    [Fact]
    public async Task A_record_of_an_agent_that_was_killed_is_no_running_agent()
    {
        File.WriteAllText(Path.Combine(_directory, StateFiles.Record), "{\"apiAddress\":\"http://127.0.0.1:1\"}");
        File.WriteAllText(Path.Combine(_directory, StateFiles.Token), "secret\n");
        using var client = MirrorAgentClient.Open(_directory);
        var error = await Assert.ThrowsAsync<MirrorApiException>(() => client.Pairs.ListAsync(CancellationToken.None));
        Assert.Equal(ErrorIds.MirrorAgentNotRunning, error.Error.ErrorId);
        Assert.NotNull(error.InnerException);
    }

    private static void AssertError(string errorId, Func<object> action) =>
        Assert.Equal(errorId, Assert.Throws<MirrorApiException>(action).Error.ErrorId);
}
