using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>This member leads its group: tells the others what it chose about a point that they have prepared, or chooses now (F-9). On the pair's scheduler.</summary>
internal sealed class LeadChoice(TargetCore core, TargetPoint point)
{
    /// <summary>Told of a storage that failed.</summary>
    public required Action<SuspendReason, Exception> Failed { get; init; }

    /// <summary>What became of the point.</summary>
    /// <param name="asked">The prepared point.</param>
    /// <param name="announced">The point that site 1 says is under way, 0 for none; null where it has not said so since it connected.</param>
    /// <param name="force">Gives the point up where nothing is chosen yet: the group is being recovered.</param>
    public async Task<PointDecision> DecideAsync(PreparedPoint asked, ulong? announced, bool force)
    {
        if (force)
        {
            await point.WhenDecided();
        }

        bool mayChoose = force || (announced is { } current && current != asked.Number);
        if (mayChoose && point.WhenDecided().IsCompleted && core.Record.CommitOf(asked).IsNone && asked.Number > core.Record.SettledThrough)
        {
            try
            {
                await core.ChangeRecordAsync(now => now.CommitOf(asked).IsNone ? now with { SettledThrough = Math.Max(now.SettledThrough, asked.Number) } : now);
            }
            catch (IOException exception)
            {
                Failed(SuspendReason.RemoteMetadataFailed, exception);
                return PointDecision.Undecided;
            }
        }

        PairRecord record = core.Record;
        CommittedPoint commit = record.CommitOf(asked);
        return !commit.IsNone ? new PointDecision(PointChoice.Committed, commit)
            : asked.Number <= record.SettledThrough ? PointDecision.GivenUp
            : PointDecision.Undecided;
    }
}
