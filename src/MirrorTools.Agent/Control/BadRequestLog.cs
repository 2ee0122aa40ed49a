using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;

namespace MirrorTools.Agent.Control;

/// <summary>Logs a line for each connection to the control API that is closed because what came over it is no HTTP; the server itself says nothing of it.</summary>
internal sealed partial class BadRequestLog(ILogger<BadRequestLog> logger) : IObserver<KeyValuePair<string, object?>>
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Begins to listen.</summary>
    public static void Attach(IServiceProvider services) => services.GetRequiredService<DiagnosticListener>()
        .Subscribe(new BadRequestLog(services.GetRequiredService<ILogger<BadRequestLog>>()), name => name == BadRequest);

    /// <inheritdoc/>
    public void OnNext(KeyValuePair<string, object?> told)
    {
        if (told.Key == BadRequest && told.Value is IFeatureCollection features && features.Get<IBadRequestExceptionFeature>()?.Error is { } error)
        {
            var from = features.Get<IHttpConnectionFeature>();
            LogClosed($"{from?.RemoteIpAddress}:{from?.RemotePort}", error.Message);
        }
    }

    /// <inheritdoc/>
    public void OnCompleted()
    {
        // The process ends.
    }

    /// <inheritdoc/>
    public void OnError(Exception error)
    {
        // Nothing that is told here fails.
    }

    [LoggerMessage(101, LogLevel.Information, "A connection to the control API from {Address} was closed: {Cause}")]
    private partial void LogClosed(string address, string cause);
}
