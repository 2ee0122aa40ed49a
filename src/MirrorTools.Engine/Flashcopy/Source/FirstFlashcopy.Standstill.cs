using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <content>What becomes of B and of the maps while nothing is mirrored: suspension, loan, another role, the close (F-22, F-29, F-16).</content>
internal sealed partial class FirstFlashcopy
{
    /// <inheritdoc/>
    public async Task OnSuspendedAsync(SuspendReason reason)
    {
        if (reason == SuspendReason.FirstIntermediateFailed)
        {
            _core.Journal.IntermediateIsDown = true;
            await _lent.StopUsingFutureAsync();
        }
    }

    /// <inheritdoc/>
    public async Task PrepareResumeAsync(SuspendReason reason)
    {
        await _lent.MergeRetiringAsync();
        if (reason == SuspendReason.FirstIntermediateFailed)
        {
            // What B holds is not to be trusted after a fault; what site 2 holds is.
            await _lent.ForgetIntermediateAsync();
            _core.Journal.IntermediateIsDown = false;
        }
    }

    /// <inheritdoc/>
    public void OnResumed() => Maps.Mode = Maps.Mode with { MarksFuture = true };

    /// <inheritdoc/>
    public Task PrepareLoanAsync() => _recovered?.SettleAsync() ?? Task.CompletedTask;

    /// <inheritdoc/>
    public async Task OnLentAsync()
    {
        await _lent.StopUsingFutureAsync();
        Maps.InB.Reset(false);
        Maps.TouchAll();
    }

    /// <inheritdoc/>
    public async Task PrepareReturnAsync()
    {
        await _lent.MergeRetiringAsync();
        await _lent.ForgetIntermediateAsync();
    }

    /// <inheritdoc/>
    public void PrepareBecomingTarget() => _recovered?.ForgetUnrestored(Maps);

    /// <inheritdoc/>
    public Task CloseAsync() => _recovered?.CloseAsync(Maps) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public void ReleaseWriters() => _waiters.ReleaseAll();
}
