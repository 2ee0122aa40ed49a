using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>A committed point that a recovery goes to: site 2 does not give it up, nor takes another one, until this is disposed of.</summary>
public sealed class HeldPoint : IAsyncDisposable
{
    private readonly ControlFlow _control;

    internal HeldPoint(ControlFlow control) => _control = control;

    /// <summary>The point.</summary>
    public CommittedPoint Point { get; internal set; }

    /// <summary>What keeps it; null where the last committed point is the only one there is.</summary>
    internal PinnedPoint? Pin { get; set; }

    /// <summary>Lets points be taken again; null while they may.</summary>
    internal Action? Reopen { get; set; }

    /// <summary>Lets the point go.</summary>
    public async ValueTask DisposeAsync() => await _control.InvokeAsync(async () =>
    {
        (Action? reopen, Reopen) = (Reopen, null);
        reopen?.Invoke();
        if (Pin is { } pin)
        {
            await pin.DisposeAsync();
        }
    });
}
