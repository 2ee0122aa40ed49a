using MirrorTools.Agent.Control.Errors;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Agent.Pairs;

/// <summary>
/// Keeps a pair's two sides connected, from the side that is the source, or a group's coordinator to one of its branches: opens a channel, waits for its end, and opens another one after a
/// pause that grows while conversations end at once.
/// </summary>
internal sealed partial class PairConnector : IAsyncDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    private PairConnector(Func<CancellationToken, Task<IPeerChannel>> open, PairEnvironment environment) =>
        _run = RunAsync(open, environment.Time, environment.Logger);

    /// <summary>Connects a side to another agent.</summary>
    /// <param name="source">The side.</param>
    /// <param name="peerAgentId">The other agent.</param>
    /// <param name="links">The links.</param>
    /// <param name="environment">The agent.</param>
    /// <param name="refused">Called when the other agent takes no channel of this pair.</param>
    /// <param name="accepted">Called when it took one.</param>
    public static PairConnector ToPeer(
        PairSide source, Guid peerAgentId, IPeerLinks links, PairEnvironment environment, Func<CancellationToken, Task> refused, Action accepted) => new(
        async cancel =>
        {
            try
            {
                var channel = await links.OpenChannelAsync(peerAgentId, source.Definition.Id, cancel);
                accepted();
                source.Attach(channel);
                return channel;
            }
            catch (LinkClosedException error) when (error.Reason == LinkCloseReason.Refused)
            {
                await refused(cancel);
                throw;
            }
        },
        environment);

    /// <summary>Connects a group to the agent of some of its other sources.</summary>
    /// <param name="group">The group.</param>
    /// <param name="branch">The other agent.</param>
    /// <param name="channelId">The channels' id.</param>
    /// <param name="links">The links.</param>
    /// <param name="environment">The agent.</param>
    /// <param name="refused">Called when the other agent takes no channel of this group.</param>
    /// <param name="accepted">Called when it took one.</param>
    public static PairConnector ToBranch(
        PointGroup group, Guid branch, Guid channelId, IPeerLinks links, PairEnvironment environment, Action refused, Action accepted) => new(
        async cancel =>
        {
            try
            {
                var channel = await links.OpenChannelAsync(branch, channelId, cancel);
                accepted();
                group.Attach(branch, channel);
                return channel;
            }
            catch (LinkClosedException error) when (error.Reason == LinkCloseReason.Refused)
            {
                refused();
                throw;
            }
        },
        environment);

    /// <summary>Connects the two sides of one agent.</summary>
    public static PairConnector Within(PairSide source, PairSide other, PairEnvironment environment) => new(
        cancel =>
        {
            var (near, far) = LocalChannel.Create(source.Definition.Id);
            other.Attach(far);
            source.Attach(near);
            return Task.FromResult<IPeerChannel>(near);
        },
        environment);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, Task<IPeerChannel>> open, TimeProvider time, ILogger logger)
    {
        await Task.Yield();
        var pause = ShortestPause;
        while (!_stop.IsCancellationRequested)
        {
            var began = time.GetTimestamp();
            try
            {
                var channel = await open(_stop.Token);
                await channel.Closed.WaitAsync(_stop.Token);
            }
            catch (Exception error) when (error is LinkClosedException or ControlException or LinkRequestException)
            {
                // The pair's own state and the link's events tell; here it only means to try again.
            }
            catch (Exception error) when (!_stop.IsCancellationRequested)
            {
                // Whatever it is, a pair that nobody connects any more would be worse.
                LogUnknownFault(logger, error);
            }

            pause = time.GetElapsedTime(began) > SteadyAfter ? ShortestPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            await Task.Delay(pause, time, _stop.Token);
        }
    }

    [LoggerMessage(302, LogLevel.Error, "A pair could not be connected, for a reason that was not foreseen; it is tried again")]
    private static partial void LogUnknownFault(ILogger logger, Exception error);
}
