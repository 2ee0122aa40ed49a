using System.Runtime.InteropServices;
using MirrorTools.Agent.Hosting;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Agents;

namespace MirrorTools.Agent.Control.Endpoints;

/// <summary>The agent itself.</summary>
internal static class AgentEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Agent, (AgentRuntime runtime) => Describe(runtime));
        routes.MapPost(Routes.AgentStop, (AgentRuntime runtime, HttpContext context, IHostApplicationLifetime lifetime) =>
        {
            // After the answer is out, so that the admin sees it.
            context.Response.OnCompleted(() =>
            {
                lifetime.StopApplication();
                return Task.CompletedTask;
            });
            return TypedResults.Accepted((string?)null, Describe(runtime));
        });
    }

    private static AgentInfo Describe(AgentRuntime runtime) => new()
    {
        AgentId = runtime.AgentId.ToString(),
        Name = runtime.Settings.Name,
        Version = ProductVersion.Text,
        ApiVersions = [Routes.Version],
        ProcessId = Environment.ProcessId,
        StartedAt = WireTime.Write(runtime.StartedAt),
        StateDirectory = runtime.Paths.Directory,
        ApiAddress = runtime.ApiAddress,
        ConfigPath = runtime.Settings.ConfigPath,
        OperatingSystem = RuntimeInformation.OSDescription,
    };
}
