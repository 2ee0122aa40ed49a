namespace MirrorTools.Agent.Groups;

/// <summary>What one open source has of its group, until it is closed.</summary>
/// <param name="group">The group.</param>
/// <param name="leave">Gives the seat back; the last one closes the group.</param>
internal sealed class GroupSeat(OpenGroup group, Func<OpenGroup, ValueTask> leave) : IAsyncDisposable
{
    private Func<OpenGroup, ValueTask>? _leave = leave;

    /// <summary>The group.</summary>
    public OpenGroup Group { get; } = group;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _leave, null)?.Invoke(Group) ?? ValueTask.CompletedTask;
}
