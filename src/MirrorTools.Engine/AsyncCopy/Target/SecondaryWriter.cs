using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Target;

/// <summary>
/// Writes what arrives into the secondary [122], each grain only after the committed image has it elsewhere, and acknowledges it once it is durable there: as many arrivals by
/// one flush as came while the last one ran. On the pair's scheduler.
/// </summary>
/// <param name="geometry">The volume's grains.</param>
/// <param name="secondary">The secondary.</param>
/// <param name="settling">Preserves what is about to be overwritten.</param>
/// <param name="faults">The simulation's deliberate faults.</param>
internal sealed class SecondaryWriter(GrainGeometry geometry, IBlockDevice secondary, GrainSettling settling, MirrorFaults faults)
{
    private readonly WorkUnderWay _arrivals = new();
    private List<(IPeerChannel Channel, PeerMessage Message)> _written = [];
    private TaskCompletionSource _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _stopped;

    /// <summary>Grains received since the process began.</summary>
    public long ReceivedGrains { get; private set; }

    /// <summary>The newest point that anything received belongs to.</summary>
    public ulong Newest { get; private set; }

    /// <summary>Raised when the secondary failed.</summary>
    public required Action<Exception> Failed { get; init; }

    /// <summary>Completes when no arrival is under way.</summary>
    public Task WhenIdle() => _arrivals.WhenIdle();

    /// <summary>Takes one run of grains; owns the message.</summary>
    public async Task TakeAsync(IPeerChannel channel, ReceivedMessage received)
    {
        _arrivals.Enter();
        PeerMessage message = received.Message;
        GrainRange grains = new(message.FirstGrain, message.GrainCount);
        Newest = Math.Max(Newest, message.Point);
        try
        {
            if (message.Kind != MirrorMessage.ZeroGrains || !await AreZerosAsync(grains))
            {
                if (!faults.SkipPreserving)
                {
                    await settling.SettleAsync(grains);
                }

                long offset = geometry.OffsetOf(grains.First) + (message.Kind == MirrorMessage.GrainPart ? message.Status : 0);
                await (message.Kind == MirrorMessage.ZeroGrains
                    ? secondary.WriteZeroesAsync(offset, geometry.LengthOf(grains), WriteOptions.MayUnmap, CancellationToken.None)
                    : secondary.WriteAsync(offset, received.Payload, WriteOptions.None, CancellationToken.None));
            }

            ReceivedGrains += grains.Count;
            _written.Add((channel, new PeerMessage(MirrorMessage.Acknowledge, 0, 0, message.Point, grains.First, grains.Count, Guid.Empty)));
            _work.TrySetResult();
        }
        catch (IOException exception)
        {
            Failed(exception);
        }
        finally
        {
            received.Dispose();
            _arrivals.Leave();
        }
    }

    /// <summary>Flushes and acknowledges until stopped or the secondary fails.</summary>
    public async Task RunAsync()
    {
        while (!_stopped)
        {
            if (_written.Count == 0)
            {
                _work = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await _work.Task;
                continue;
            }

            List<(IPeerChannel Channel, PeerMessage Message)> written = _written;
            _written = [];
            try
            {
                if (!faults.AcknowledgeBeforeDurable)
                {
                    await secondary.FlushAsync(CancellationToken.None);
                }
            }
            catch (IOException exception)
            {
                Failed(exception);
                return;
            }

            foreach ((IPeerChannel channel, PeerMessage message) in written)
            {
                await AcknowledgeAsync(channel, message);
            }
        }
    }

    /// <summary>Stops after the flush under way.</summary>
    public void Stop()
    {
        _stopped = true;
        _work.TrySetResult();
    }

    // Where nothing is, zeros change nothing.
    private async Task<bool> AreZerosAsync(GrainRange grains)
    {
        long length = geometry.LengthOf(grains);
        BlockExtent extent = await secondary.FindExtentAsync(geometry.OffsetOf(grains.First), length, CancellationToken.None);
        return extent.Kind != ExtentKind.Data && extent.LengthBytes >= length;
    }

    private static async Task AcknowledgeAsync(IPeerChannel channel, PeerMessage message)
    {
        try
        {
            await channel.SendAsync(message, default, CancellationToken.None);
        }
        catch (LinkClosedException)
        {
            // Site 1 sends it again over the next session.
        }
    }
}
