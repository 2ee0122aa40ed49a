using System.Runtime.InteropServices;
using MirrorTools.Agent.Hosting;
using MirrorTools.Agent.Link;
using MirrorTools.Agent.Pairs;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Agents;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Agent.Control.Endpoints;

/// <summary>The agent itself.</summary>
internal static class AgentEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Agent, DescribeAsync);
        routes.MapPost(Routes.AgentStop, async (AgentRuntime runtime, LinkHost link, PairRegistry pairs, HttpContext context, IHostApplicationLifetime lifetime) =>
        {
            // After the answer is out, so that the admin sees it.
            context.Response.OnCompleted(() =>
            {
                lifetime.StopApplication();
                return Task.CompletedTask;
            });
            return TypedResults.Accepted((string?)null, await DescribeAsync(runtime, link, pairs));
        });
    }

    private static async Task<AgentInfo> DescribeAsync(AgentRuntime runtime, LinkHost link, PairRegistry pairs)
    {
        var statuses = await Task.WhenAll(pairs.List().Select(pair => pair.SourceSide?.Source).OfType<MirrorSource>().Select(source => source.GetStatusAsync()));
        return new AgentInfo
        {
            AgentId = runtime.AgentId.ToString(),
            Name = runtime.Settings.Name,
            Version = ProductVersion.Text,
            ApiVersions = [Routes.Version],
            ProcessId = Environment.ProcessId,
            StartedAt = WireTime.Write(runtime.StartedAt),
            StateDirectory = runtime.Paths.Directory,
            ApiAddress = runtime.ApiAddress,
            LinkAddress = runtime.AdvertisedAddresses(link.ListenEndPoints) is [var address, ..] ? address : null,
            CertificateFingerprint = runtime.Fingerprint,
            ConfigPath = runtime.Settings.ConfigPath,
            OperatingSystem = RuntimeInformation.OSDescription,
            PairCount = pairs.List().Count,
            RunningCycleCount = statuses.Count(status => status.Point != 0),
        };
    }
}
