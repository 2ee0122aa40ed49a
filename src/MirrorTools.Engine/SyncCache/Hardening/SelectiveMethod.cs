using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>As figure 5, but only those grains are hardened that the mirror of the keeper's old map has and that are unhardened (S-6).</summary>
/// <param name="ranges">The volume's ranges.</param>
/// <param name="port">The node.</param>
/// <param name="faults">Deliberate faults.</param>
internal sealed class SelectiveMethod(HardeningRanges ranges, IHardeningPort port, SyncFaults faults) : IScanMethod
{
    private readonly ToggledMaps _mirror = new(ranges);

    public void Mark(int range, GrainRange grains) => _mirror.Mark(grains);

    public void Toggle(int range)
    {
        if (faults.ToggleWhileOldInUse)
        {
            _mirror.ClearOld(range);
        }

        _mirror.Toggle(range);
    }

    public void OnHardened(int range, long grain)
    {
    }

    public async Task HardenOldAsync(int range, CancellationToken cancellationToken)
    {
        if (!faults.CompleteUnsettled)
        {
            await port.WhenSettledAsync(cancellationToken);
        }

        GrainMap old = _mirror.Old(range);
        await port.HardenAsync(ranges.GrainsOf(range), grain => old[grain], cancellationToken);
    }

    public void ClearOld(int range) => _mirror.ClearOld(range);

    public void OnSessionLost()
    {
        for (int range = 0; range < ranges.Count && faults.ForgetMirrorWithSession; range++)
        {
            _mirror.ClearOld(range);
        }

        _mirror.Merge();
    }
}
