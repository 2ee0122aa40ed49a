using System.Text;
using MirrorTools.Engine.Link;
using Xunit;

namespace MirrorTools.Engine.Tests.Link;

public sealed class LinkRequestTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Fact]
    public void A_request_is_answered_by_its_handler_which_knows_who_asks() => LinkRig.EverySeed(10, async rig =>
    {
        var (a, b) = await StartAsync(rig, async (request, _) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), rig.B.Time);
            return Encoding.UTF8.GetBytes($"{request.PeerAgentId} {request.Method} {Encoding.UTF8.GetString(request.Json.Span)}");
        });
        var answer = await Ask(rig, a, "echo", "{\"x\":1}");
        Assert.Equal($"{LinkRig.AgentA} echo {{\"x\":1}}", answer);
        Assert.Equal(a.SessionId, b.SessionId);
    });

    [Fact]
    public void Errors_come_back_with_their_ids() => LinkRig.EverySeed(5, async rig =>
    {
        var (a, _) = await StartAsync(rig, (request, _) => request.Json.Length == 1
            ? throw new LinkRequestException("PairNotFound", "There is no such pair.")
            : throw new InvalidOperationException("oops"));
        var known = await Assert.ThrowsAsync<LinkRequestException>(() => Ask(rig, a, "echo", "1"));
        Assert.Equal(("PairNotFound", "There is no such pair."), (known.ErrorId, known.Message));
        var failed = await Assert.ThrowsAsync<LinkRequestException>(() => Ask(rig, a, "echo", "22"));
        Assert.Equal(LinkRequestException.HandlerFailed, failed.ErrorId);
        var unknown = await Assert.ThrowsAsync<LinkRequestException>(() => Ask(rig, a, "nonsense", "1"));
        Assert.Equal(LinkRequestException.UnknownMethod, unknown.ErrorId);
        Assert.Null(a.Failure);
    });

    [Fact]
    public void A_handler_that_takes_too_long_is_cancelled_and_its_asker_told_at_the_deadline() => LinkRig.EverySeed(5, async rig =>
    {
        bool cancelled = false;
        var (a, _) = await StartAsync(rig, async (_, token) =>
        {
            try
            {
                await Task.Delay(TimeSpan.FromHours(1), rig.B.Time, token);
            }
            catch (OperationCanceledException)
            {
                cancelled = true;
                throw;
            }

            return default;
        });
        var before = rig.Scheduler.Now;
        var e = await Assert.ThrowsAsync<LinkRequestException>(() => Ask(rig, a, "echo", "1"));
        Assert.Equal(LinkRequestException.DeadlineExceeded, e.ErrorId);
        Assert.Equal(Patience, rig.Scheduler.Now - before);
        await Task.Delay(TimeSpan.FromSeconds(1), rig.Scheduler.World.Time);
        Assert.True(cancelled);
        Assert.Null(a.Failure);
    });

    [Fact]
    public void A_cut_ends_every_waiting_request() => LinkRig.EverySeed(5, async rig =>
    {
        var (a, _) = await StartAsync(rig, async (_, token) =>
        {
            await Task.Delay(TimeSpan.FromHours(1), rig.B.Time, token);
            return default;
        });
        var asked = Ask(rig, a, "echo", "1");
        await Task.Delay(TimeSpan.FromSeconds(1), rig.Scheduler.World.Time);
        rig.Network.Cut("site1", "site2");
        Assert.Equal(LinkCloseReason.Cut, (await Assert.ThrowsAsync<LinkClosedException>(() => asked)).Reason);
    });

    [Fact]
    public void A_session_that_retires_answers_what_was_asked_and_what_is_asked_meanwhile() => LinkRig.EverySeed(5, async rig =>
    {
        var (a, b) = await StartAsync(rig, async (_, token) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(3), rig.B.Time, token);
            return "late"u8.ToArray();
        });
        var asked = Ask(rig, a, "echo", "1");
        await Task.Delay(TimeSpan.FromSeconds(1), rig.Scheduler.World.Time);
        var retired = rig.A.InvokeAsync(async () => { await a.RetireAsync(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60)); return true; });
        var askedMeanwhile = Ask(rig, a, "echo", "1");
        Assert.Equal("late", await asked);
        Assert.Equal("late", await askedMeanwhile);
        await retired;
        Assert.Equal(LinkCloseReason.LocalClosed, a.Failure!.Reason);
        await b.Completion;
        Assert.Equal(LinkCloseReason.PeerClosed, b.Failure!.Reason);
    });

    [Fact]
    public void A_session_that_retires_ends_its_channels_at_once_and_itself_at_the_deadline() => LinkRig.EverySeed(5, async rig =>
    {
        var linked = await rig.OpenAsync(configureB: o => o with
        {
            RequestHandlers = new Dictionary<string, LinkRequestHandler>
            {
                ["never"] = async (_, token) =>
                {
                    await Task.Delay(TimeSpan.FromHours(1), rig.B.Time, token);
                    return default;
                },
            },
        });
        var asked = rig.A.InvokeAsync(() => linked.SessionA.RequestAsync("never", default, TimeSpan.FromHours(1), default));
        var retired = rig.A.InvokeAsync(async () => { await linked.SessionA.RetireAsync(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60)); return true; });
        var before = rig.Scheduler.Now;
        await linked.B.Closed;
        Assert.True(rig.Scheduler.Now - before < TimeSpan.FromSeconds(1), "The channel outlived the retirement.");
        await retired;
        Assert.InRange(rig.Scheduler.Now - before, TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(62));
        await Assert.ThrowsAsync<LinkClosedException>(() => asked);
    });

    [Fact]
    public void Requests_are_bounded_on_both_sides() => LinkRig.Run(1, async rig =>
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (a, _) = await rig.StartAsync(
            o => o with { MaxRequests = 5 },
            o => o with
            {
                MaxRequests = 3,
                RequestHandlers = new Dictionary<string, LinkRequestHandler>
                {
                    ["wait"] = async (_, _) =>
                    {
                        await release.Task;
                        return default;
                    },
                },
            });
        var asked = Enumerable.Range(0, 6).Select(_ => Ask(rig, a, "wait", "1")).ToArray();
        await Task.Delay(TimeSpan.FromSeconds(1), rig.Scheduler.World.Time);
        var busy = asked.Where(task => task.IsFaulted).ToArray();
        Assert.Equal(3, busy.Length);
        foreach (var task in busy)
        {
            Assert.Equal(LinkRequestException.Busy, (await Assert.ThrowsAsync<LinkRequestException>(() => task)).ErrorId);
        }

        release.SetResult();
        foreach (var task in asked.Except(busy))
        {
            await task;
        }

        Assert.Equal("", await Ask(rig, a, "wait", "1"));
    });

    private static Task<(LinkSession A, LinkSession B)> StartAsync(LinkRig rig, LinkRequestHandler echo) => rig.StartAsync(
        configureB: o => o with { RequestHandlers = new Dictionary<string, LinkRequestHandler> { ["echo"] = echo } });

    private static async Task<string> Ask(LinkRig rig, LinkSession session, string method, string body)
    {
        var answer = await rig.A.InvokeAsync(() => session.RequestAsync(method, Encoding.UTF8.GetBytes(body), Patience, default));
        return Encoding.UTF8.GetString(answer.Span);
    }
}
