using MirrorTools.Contracts.Groups;

namespace MirrorTools.Contracts.Client;

/// <summary>Consistency groups of pairs.</summary>
public sealed class GroupApi
{
    private readonly ApiChannel _channel;

    internal GroupApi(ApiChannel channel) => _channel = channel;

    /// <summary>The groups.</summary>
    /// <param name="cancel">Gives the wait up.</param>
    public async Task<List<GroupInfo>> ListAsync(CancellationToken cancel) =>
        (await _channel.GetAsync<GroupList>(Routes.Groups, cancel).ConfigureAwait(false)).Items;

    /// <summary>One group.</summary>
    /// <param name="group">The group's name or id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<GroupInfo> GetAsync(string group, CancellationToken cancel) =>
        _channel.GetAsync<GroupInfo>(Routes.Fill(Routes.Group, group), cancel);

    /// <summary>Makes a group.</summary>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<GroupInfo> CreateAsync(NewGroupRequest body, CancellationToken cancel) =>
        _channel.PostAsync<NewGroupRequest, GroupInfo>(Routes.Groups, body, cancel);

    /// <summary>Changes a group.</summary>
    /// <param name="group">The group's name or id.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<GroupInfo> SetAsync(string group, SetGroupRequest body, CancellationToken cancel) =>
        _channel.PatchAsync<SetGroupRequest, GroupInfo>(Routes.Fill(Routes.Group, group), body, cancel);

    /// <summary>Dissolves a group; its pairs stay.</summary>
    /// <param name="group">The group's name or id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<GroupInfo> RemoveAsync(string group, CancellationToken cancel) =>
        _channel.DeleteAsync<GroupInfo>(Routes.Fill(Routes.Group, group), cancel);
}
