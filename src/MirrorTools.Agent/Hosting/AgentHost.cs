using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using MirrorTools.Agent.Control;
using MirrorTools.Agent.Logging;
using MirrorTools.Contracts;

namespace MirrorTools.Agent.Hosting;

/// <summary>The composition root: plugs real disks, sockets and clocks into the engine.</summary>
internal static class AgentHost
{
    // Reads that miss the page cache and flushes block pool threads; the pool grows too slowly for them from one thread per core.
    private const int PoolThreads = 64;
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    public static WebApplication Build(AgentSettings settings, StateDirectory state)
    {
        PreparePool();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Host.ConfigureHostOptions(options => options.ShutdownTimeout = StopDeadline);
        builder.Logging.ClearProviders().SetMinimumLevel(settings.LogLevel)
            .AddFilter("Microsoft", LogLevel.Warning)

            // A start that fails is told in a sentence; its stack is in the log file.
            .AddFilter<ConsoleLoggerProvider>("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
            .AddSimpleConsole(options => options.SingleLine = true)
            .AddProvider(new JsonFileLoggerProvider(state.Paths.Logs, TimeProvider.System));
        builder.WebHost.ConfigureKestrel(options => Configure(options, settings));
        AgentServices.Add(builder.Services, settings, state);
        ControlApi.AddServices(builder.Services);
        var app = builder.Build();
        BadRequestLog.Attach(app.Services);
        ControlApi.Map(app);
        return app;
    }

    /// <summary>Lets the pool have threads enough for what blocks on disks.</summary>
    public static void PreparePool()
    {
        ThreadPool.GetMinThreads(out _, out var ports);
        ThreadPool.SetMinThreads(PoolThreads, ports);
    }

    private static void Configure(KestrelServerOptions options, AgentSettings settings)
    {
        options.AddServerHeader = false;
        options.Listen(IPAddress.Loopback, settings.ApiPort, listener => listener.Protocols = HttpProtocols.Http1);
        options.Limits.MaxConcurrentConnections = 256;
        options.Limits.MaxRequestBodySize = ApiLimits.MaxRequestJsonBytes;
        options.Limits.MaxRequestHeadersTotalSize = 16 << 10;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(20);
    }
}
