using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Pairs.Making;

/// <summary>
/// The sides that this agent makes just now for other agents, and those that were taken back before they were made. A request to make a side may be handled after the one that takes it back, since
/// the two come over two sessions where the agent that asks was restarted in between; then nothing may be made any more. Nothing outlives the sessions, so that memory is enough.
/// </summary>
internal sealed class SidesInMaking
{
    private const int MaxTakenBack = 1024;
    private readonly Lock _gate = new();
    private readonly HashSet<Guid> _beingMade = [];
    private readonly Queue<Guid> _takenBack = [];

    /// <summary>Begins the making of a side; it ends when the result is disposed of.</summary>
    /// <exception cref="ControlException">The pair was taken back (<see cref="ErrorIds.PairNotFound"/>), or is being made already (<see cref="ErrorIds.PairBusy"/>).</exception>
    public IDisposable Begin(Guid pairId)
    {
        lock (_gate)
        {
            if (_takenBack.Contains(pairId))
            {
                throw new ControlException(ErrorIds.PairNotFound, $"The pair {pairId} was taken back before it was made.");
            }

            return _beingMade.Add(pairId) ? new Making(this, pairId) : throw Busy(pairId);
        }
    }

    /// <summary>Lets the side of a pair not be made any more.</summary>
    /// <exception cref="ControlException">It is being made (<see cref="ErrorIds.PairBusy"/>): to be asked again.</exception>
    public void TakeBack(Guid pairId)
    {
        lock (_gate)
        {
            if (_beingMade.Contains(pairId))
            {
                throw Busy(pairId);
            }

            if (!_takenBack.Contains(pairId))
            {
                _takenBack.Enqueue(pairId);
            }

            if (_takenBack.Count > MaxTakenBack)
            {
                _takenBack.Dequeue();
            }
        }
    }

    private static ControlException Busy(Guid pairId) => new(ErrorIds.PairBusy, $"The side of the pair {pairId} is being made.");

    private sealed class Making(SidesInMaking sides, Guid pairId) : IDisposable
    {
        public void Dispose()
        {
            lock (sides._gate)
            {
                sides._beingMade.Remove(pairId);
            }
        }
    }
}
