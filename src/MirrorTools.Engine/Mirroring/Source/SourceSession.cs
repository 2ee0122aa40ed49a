using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>One conversation of site 1 with site 2 over one session of the link: greets, hears what site 2 lost, then takes answers until the link is cut.</summary>
/// <param name="channel">The pair's channel.</param>
/// <param name="greet">Makes this side's greeting.</param>
internal sealed class SourceSession(IPeerChannel channel, Func<PeerGreeting> greet)
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isRefused;

    /// <summary>The channel.</summary>
    public IPeerChannel Channel => channel;

    /// <summary>Site 2's instance: new after each of its starts and each flush it failed.</summary>
    public Guid Instance { get; private set; }

    /// <summary>Takes site 2's greeting; where it answers false nothing more is taken from it.</summary>
    public required Func<PeerGreeting, Task<bool>> Greeted { get; init; }

    /// <summary>Site 2 lost grains of the cycle.</summary>
    public required Action<GrainRange> Lost { get; init; }

    /// <summary>The former source tells which grains may differ.</summary>
    public required Action<GrainRange> Differs { get; init; }

    /// <summary>All differences were told.</summary>
    public required Func<Task> DifferencesEnded { get; init; }

    /// <summary>The conversation has come to where grains may travel.</summary>
    public required Func<Task> Ready { get; init; }

    /// <summary>An answer to what this side sent.</summary>
    public required Func<ReceivedMessage, Task> Answered { get; init; }

    /// <summary>Completes once grains may travel; fails with the link.</summary>
    public Task WhenReady => _ready.Task;

    /// <summary>Runs the conversation until the link is cut or a side ends it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await channel.SendAsync(new PeerMessage(MirrorMessage.SourceHello, 0, 0, 0, 0, 0, Guid.Empty), greet().Encode(), cancellationToken);
            while (true)
            {
                using ReceivedMessage received = await channel.ReceiveAsync(cancellationToken);
                if (!await TakeAsync(received))
                {
                    return;
                }
            }
        }
        finally
        {
            _ready.TrySetCanceled(CancellationToken.None);
        }
    }

    private async Task<bool> TakeAsync(ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        if (_isRefused)
        {
            return true;
        }

        switch (message.Kind)
        {
            case MirrorMessage.SourceHello:
            case MirrorMessage.TargetHello:
                if (PeerGreeting.Decode(received.Payload.Span) is not { } greeting)
                {
                    throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "The other side's greeting can't be read.");
                }

                Instance = message.Subject;

                // Nobody hangs up: the other side may not have heard yet why nothing goes on here, and an old generation has to refuse its hosts then (P-6).
                _isRefused = !await Greeted(greeting);
                return true;
            case MirrorMessage.LostGrains:
                Lost(new GrainRange(message.FirstGrain, message.GrainCount));
                return true;
            case MirrorMessage.Differences:
                Differs(new GrainRange(message.FirstGrain, message.GrainCount));
                return true;
            case MirrorMessage.DifferencesEnd:
                await DifferencesEnded();
                await channel.SendAsync(
                    new PeerMessage(MirrorMessage.DifferencesTaken, 0, 0, 0, 0, 0, Guid.Empty), default, CancellationToken.None);
                return true;
            case MirrorMessage.LostEnd:
                await Ready();
                _ready.TrySetResult();
                return true;
            case MirrorMessage.Refused:
                Instance = message.Subject;
                await Answered(received);
                return true;
            default:
                await Answered(received);
                return true;
        }
    }
}
