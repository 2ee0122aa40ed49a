using System.Text.Json;
using MirrorTools.Agent.Control.Json;
using MirrorTools.Contracts;

namespace MirrorTools.Agent.Control;

/// <summary>Sends items as server-sent events, and a comment where there was nothing to send for a while, so that a dead client is noticed.</summary>
/// <typeparam name="T">A data contract.</typeparam>
/// <param name="items">What to send; its end ends the stream.</param>
internal sealed class ServerSentEvents<T>(IAsyncEnumerable<T> items) : IResult
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMilliseconds(ApiLimits.KeepAliveMs);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        // A stream that never ends must not hold up the agent's stop.
        var stopping = httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, stopping);
        httpContext.Response.ContentType = "text/event-stream";
        httpContext.Response.Headers.CacheControl = "no-store";
        try
        {
            await httpContext.Response.StartAsync(either.Token);
            await SendAsync(httpContext.Response, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // Either end has gone; the stream just ends.
        }
    }

    private async Task SendAsync(HttpResponse response, CancellationToken cancel)
    {
        await using var enumerator = items.GetAsyncEnumerator(cancel);
        while (true)
        {
            var next = enumerator.MoveNextAsync().AsTask();
            try
            {
                await WaitAsync(response, next, cancel);
            }
            finally
            {
                // The enumerator may not be disposed under a move that is under way; the token ends that too.
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (!await next)
            {
                return;
            }

            await response.WriteAsync($"data: {JsonSerializer.Serialize(enumerator.Current, ContractJson.Options)}\n\n", cancel);
            await response.Body.FlushAsync(cancel);
        }
    }

    private static async Task WaitAsync(HttpResponse response, Task<bool> next, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await next.WaitAsync(KeepAlive, cancel);
                return;
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                await response.WriteAsync(": keep-alive\n\n", cancel);
                await response.Body.FlushAsync(cancel);
            }
        }
    }
}
