using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// The volume of a source that came out of a recovery (F-16): the committed image over C and D, with the second flashcopy still restoring D in the background. C is its
/// first intermediate from now on.
/// </summary>
internal sealed class RecoveredVolume
{
    private readonly TargetMaps _maps;
    private readonly TargetJournal _journal;
    private readonly SecondFlashcopy _second;
    private Task _run = Task.CompletedTask;

    private static readonly TimeSpan s_retryPause = TimeSpan.FromSeconds(1);

    private RecoveredVolume(TargetMaps maps, TargetJournal journal, SecondFlashcopy second, CommittedImage image)
    {
        _maps = maps;
        _journal = journal;
        _second = second;
        Image = image;
    }

    /// <summary>What hosts read and write.</summary>
    public CommittedImage Image { get; }

    /// <summary>Loads the target maps and derives from them what the source maps of the new role begin with: <c>inB = copied2 AND NOT future2</c>.</summary>
    public static async Task<RecoveredVolume> OpenAsync(SourceOpening opening, SourceMaps derived)
    {
        MirrorParts parts = opening.Parts;
        (TargetMaps maps, TargetJournal journal, EpochGate readers, SecondFlashcopy second) = await TargetLoader.LoadMapsAsync(parts, opening.Store, opening.Log, opening.Record);
        GrainMap.Or(derived.InB, maps.Copied);
        GrainMap.AndNot(derived.InB, maps.Future);
        if (parts.Faults.TrustFirstIntermediate)
        {
            derived.InB.Reset(true);
        }

        GrainMap.OrNot(derived.OnC, maps.Future);
        CommittedImage image = new(
            maps, parts.Intermediate, parts.Volume, readers, second, new ControlFlow(parts.Scheduler), parts.Faults, isWritable: true);
        return new RecoveredVolume(maps, journal, second, image);
    }

    /// <summary>Begins to restore D in the background.</summary>
    public void Start(Action<SuspendReason, FaultText> fault)
    {
        _second.Failed = (part, exception) => fault(
            part == CopyBackFault.Intermediate ? SuspendReason.SecondIntermediateFailed
            : part == CopyBackFault.Target ? SuspendReason.TargetFailed
            : SuspendReason.MetadataFailed,
            FaultText.Of(exception));
        _second.RetryPause = s_retryPause;
        _run = _second.RunAsync();
    }

    /// <summary>Makes sure, durably, that nothing of the volume is on C alone, so that C may be used for other work (F-29).</summary>
    /// <exception cref="PairException">It is still being restored.</exception>
    public async Task SettleAsync()
    {
        if (_maps.Settled.NextClear(0) < _maps.Geometry.GrainCount)
        {
            throw new PairException(PairError.RestoreRunning,
                "The volume is still being restored after the recovery, and the first intermediate holds grains that are nowhere else. Get-MirrorPair shows how far that is.");
        }

        await _journal.PersistAllAsync();
    }

    /// <summary>
    /// Stops. What is not on D yet counts as different, and every source page is to be written, so that they no longer stand on the target's maps.
    /// </summary>
    public async Task CloseAsync(SourceMaps maps)
    {
        _second.Stop();
        await _run;
        await _journal.PersistAllAsync();
        maps.TouchAll();
    }

    /// <summary>Takes the grains that are not on D for different: the role ends, and D alone stands for this side.</summary>
    public void ForgetUnrestored(SourceMaps maps)
    {
        for (long first = _maps.Settled.NextClear(0); first < _maps.Geometry.GrainCount;)
        {
            long end = _maps.Settled.RunEnd(first);
            maps.ClearOnC(new GrainRange(first, end - first));
            first = _maps.Settled.NextClear(end);
        }
    }
}
