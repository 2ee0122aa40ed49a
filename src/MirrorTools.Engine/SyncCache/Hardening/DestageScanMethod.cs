using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>Figure 5: everything unhardened in the range is hardened, with one flush (S-4). What the keeper's maps hold need not be known for that.</summary>
/// <param name="ranges">The volume's ranges.</param>
/// <param name="port">The node.</param>
/// <param name="faults">Deliberate faults.</param>
internal sealed class DestageScanMethod(HardeningRanges ranges, IHardeningPort port, SyncFaults faults) : IScanMethod
{
    public void Mark(int range, GrainRange grains)
    {
    }

    public void Toggle(int range)
    {
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

        await port.HardenAsync(ranges.GrainsOf(range), only: null, cancellationToken);
    }

    public void ClearOld(int range)
    {
    }

    public void OnSessionLost()
    {
    }
}
