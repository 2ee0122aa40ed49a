using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Both sites of a flashcopy pair.</summary>
internal sealed class FlashcopyRig : PairRig
{
    private FlashcopyRig(SimScheduler scheduler, GrainGeometry geometry)
        : base(scheduler, geometry, CopyService.Flashcopy, ["A", "B", "C", "D"], geometry.LengthBytes)
    {
    }

    public SimDisk A => Volume1;

    public SimDisk B => Intermediate1;

    public SimDisk C => Intermediate2;

    public SimDisk D => Volume2;

    public static void Run(Func<FlashcopyRig, Task> body, ulong seed = 1, int grains = 64, Action<FlashcopyRig>? prepare = null, int lastGrainLacksBytes = 0) => Simulate(
        seed,
        async scheduler =>
        {
            FlashcopyRig rig = new(scheduler, new GrainGeometry(((long)grains * GrainBytes) - lastGrainLacksBytes, GrainBytes));
            prepare?.Invoke(rig);
            await rig.CreateAsync(rig.NeedsComparison);
            await body(rig);
        });

    /// <summary>Waits until everything that was committed is on D.</summary>
    public Task SettledAsync() => UntilAsync(async () => (await Target.GetStatusAsync()).UncopiedGrains == 0);
}
