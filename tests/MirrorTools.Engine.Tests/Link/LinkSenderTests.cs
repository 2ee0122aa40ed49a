using MirrorTools.Engine.Link;
using MirrorTools.Simulation.Scheduling;
using Xunit;

namespace MirrorTools.Engine.Tests.Link;

public sealed class LinkSenderTests
{
    // On several threads the sender may look between the end of its session and the cancellation that follows. It waited for ever then, and the stop of the agent for it.
    [Fact]
    public void A_sender_that_finds_its_session_ended_does_not_wait_for_more_to_send() => LinkRig.Run(1, async rig =>
    {
        var (transport, _) = await rig.ConnectAsync();
        var queue = new LinkSendQueue();
        using var sender = new LinkSender(transport, new Lock(), queue, rig.A.Time, compressor: null, firstSequence: 1);
        queue.Drain();
        await Assert.ThrowsAsync<LinkClosedException>(() => sender.RunAsync(CancellationToken.None));
    });
}
